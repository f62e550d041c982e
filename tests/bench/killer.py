"""Kills the emulator's function processes while they work."""

from __future__ import annotations

import os
import random
import signal
import threading
from pathlib import Path

EVERY_S = (1.0, 4.0)
"""Between two kills."""


class Killer(threading.Thread):
    """Kills one of the emulator's warm functions at random moments."""

    def __init__(self, emulator: int, seed: int) -> None:
        super().__init__(daemon=True)
        self._emulator, self._dice, self._over = emulator, random.Random(seed), threading.Event()
        self.killed = 0

    def run(self) -> None:
        while not self._over.wait(self._dice.uniform(*EVERY_S)):
            workers = children(self._emulator)
            if workers:
                os.kill(self._dice.choice(workers), signal.SIGKILL)
                self.killed += 1

    def end(self) -> None:
        self._over.set()
        self.join()


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
