"""What processes of this machine have used: CPU time, resident memory, open files. By /proc."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from local.stack.running import StackInfo
from tests.bench.killer import children, emulator_of, function_of

EMULATOR = "the emulator"


def cpu_s(pid: int) -> float:
    """Seconds of processor that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(pid: int) -> float:
    """Megabytes of a process that are in memory."""
    return status_kb(pid, "VmRSS") / 1024


def status_kb(pid: int, name: str) -> int:
    """A process's VmRSS or VmHWM, in kilobytes."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def open_files(pid: int) -> int:
    """How many file descriptors a process has open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def of_stack(stack: StackInfo) -> Iterator[tuple[str, int]]:
    """The emulator and the warm functions, by name and process; a function may have several."""
    emulator = emulator_of(stack)
    yield EMULATOR, emulator
    for worker in children(emulator):
        if name := function_of(worker):
            yield name, worker


def cpu_by_name(stack: StackInfo) -> Mapping[int, tuple[str, float]]:
    """Seconds of processor by process, with the name of whose it is."""
    found = {}
    for name, pid in of_stack(stack):
        try:
            found[pid] = name, cpu_s(pid)
        except OSError:
            continue  # it has ended
    return found


def spent(before: Mapping[int, tuple[str, float]], after: Mapping[int, tuple[str, float]]) -> Counter[str]:
    """Seconds of processor by name between two looks; a process that ended meanwhile is not counted."""
    took: Counter[str] = Counter()
    for pid, (name, seconds) in after.items():
        took[name] += seconds - before.get(pid, (name, 0.0))[1]
    return took
