"""Processes by identity: a pid alone may belong to another process by now."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Process:
    """A pid and when it started, in the system's own words."""

    pid: int
    started: str

    @classmethod
    def of(cls, pid: int) -> Process:
        """Return the process that has this pid now; `started` is empty when there is none."""
        return cls(pid, _started(pid))

    @classmethod
    def here(cls) -> Process:
        """Return this process."""
        return cls.of(os.getpid())

    def alive(self) -> bool:
        """Tell whether this very process still runs."""
        return bool(self.started) and _started(self.pid) == self.started

    def kill_group(self, grace_s: float = 3.0) -> None:
        """End the process group this process leads, kindly first; nothing happens when it is gone."""
        if not self.alive():
            return
        for number in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)
            deadline = time.monotonic() + grace_s
            while self.alive() and time.monotonic() < deadline:
                time.sleep(0.02)


def _started(pid: int) -> str:
    """Return when a process started, empty when there is none or only its zombie."""
    stat = Path(f"/proc/{pid}/stat")
    if not Path("/proc/self/stat").exists():
        return _started_by_ps(pid)
    try:
        fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] == "Z" else fields[19]


def _started_by_ps(pid: int) -> str:
    asked = subprocess.run(
        ["ps", "-p", str(pid), "-o", "lstart="], capture_output=True, text=True, check=False, timeout=10
    )
    return asked.stdout.strip()
