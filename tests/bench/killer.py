"""Kills the emulator's function processes while they work."""

from __future__ import annotations

import json
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.stack.running import StackInfo

EVERY_S = (1.0, 4.0)
"""Between two kills."""


class Killer(threading.Thread):
    """Kills one of the emulator's warm functions at random moments.

    `kills` holds when (epoch seconds) and which function, "" where that could not be read.
    """

    def __init__(self, emulator: int, seed: int) -> None:
        super().__init__(daemon=True)
        self._emulator, self._dice, self._over = emulator, random.Random(seed), threading.Event()
        self.kills: list[tuple[float, str]] = []

    def run(self) -> None:
        while not self._over.wait(self._dice.uniform(*EVERY_S)):
            workers = children(self._emulator)
            if workers:
                worker = self._dice.choice(workers)
                self.kills.append((time.time(), function_of(worker)))
                os.kill(worker, signal.SIGKILL)

    def end(self) -> None:
        self._over.set()
        self.join()


def emulator_of(stack: StackInfo) -> int:
    """Return the pid of the stack's emulator, whose children the functions are."""
    kept = json.loads((stack.state_dir / "stack.json").read_text(encoding="utf-8"))
    (emulator,) = children(kept["emulator"]["pid"])  # what is written down is its supervisor
    return emulator


@contextmanager
def halting(stack: StackInfo, after_s: float, for_s: float) -> Iterator[None]:
    """Halt the emulator once, so long after the block began: calls to it hang, and are done afterwards."""
    pid, over = emulator_of(stack), threading.Event()

    def halt() -> None:
        if not over.wait(after_s):
            os.kill(pid, signal.SIGSTOP)
            try:
                time.sleep(for_s)
            finally:
                os.kill(pid, signal.SIGCONT)

    thread = threading.Thread(target=halt)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def function_of(worker: int) -> str:
    """Return the name of the function that a process runs, without the stack's; "" where it has ended."""
    try:
        environment = Path(f"/proc/{worker}/environ").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return ""
    named = dict(one.partition("=")[::2] for one in environment)
    return named.get("AWS_LAMBDA_FUNCTION_NAME", "").partition("-")[2]


def children(parent: int) -> list[int]:
    """The processes that this one started and that still run."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found
