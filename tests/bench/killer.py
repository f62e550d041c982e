"""Kills the emulator's function processes while they work."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from pathlib import Path

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
