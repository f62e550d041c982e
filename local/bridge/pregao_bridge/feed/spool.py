"""Closed candles that wait on disk while the cloud does not take them.

Why a spool as well as the terminal's history: that history loses expired contracts, is rewritten at each
roll ("WIN$") and by broker corrections, and is lost on reinstall. Whole windows are kept, so that new candles
are never joined to rewritten history. A window is 13 KB; a session of M5 is 1.5 MB. When the file is full,
nothing is deleted; new windows are read from the terminal later.
"""

from __future__ import annotations

import json
import os
from collections import deque
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from pregao_bridge.batch import Columns, Window
from pregao_bridge.files import remove

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 64 * 1024 * 1024
"""Six sessions of M1, a month of M5."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """Where a window stands in the file, its newest candle and how many are new."""

    at: int
    size: int
    newest: int
    new: int


class Spool:
    """A file to which windows are appended, forgotten from the oldest on, emptied when all are."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        self._path, self._max = path, max_bytes
        self._size = 0
        self._entries: deque[_Entry] = deque()
        self._load()

    def __len__(self) -> int:
        """Return how many new candles wait."""
        return sum(entry.new for entry in self._entries)

    @property
    def newest(self) -> int | None:
        """Return the newest waiting candle's open, epoch seconds UTC."""
        return self._entries[-1].newest if self._entries else None

    def append(self, window: Window) -> bool:
        """Keep a window, on the disk when this returns True; False, and nothing kept, at the bound."""
        kept = {name: value for name, value in asdict(window).items() if name not in {"aside", "gaps"}}
        line = json.dumps(kept, separators=(",", ":")).encode() + b"\n"
        if self._size + len(line) > self._max:
            return False
        with self._path.open("r+b" if self._path.exists() else "w+b") as file:
            file.truncate(self._size)  # what a full disk or a power cut left of a line
            file.seek(self._size)
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        self._keep(window, len(line))
        return True

    def head(self, after: int | None) -> Window | None:
        """Return the oldest window with candles newer than `after`, those alone new; None when none waits."""
        self.forget(after)
        if not self._entries:
            return None
        with self._path.open("rb") as file:
            file.seek(self._entries[0].at)
            window = _window(file.read(self._entries[0].size))
        return window.after(after)

    def forget(self, through: int | None) -> None:
        """Drop the windows whose candles have all been taken; empty the file when none is left."""
        while self._entries and through is not None and self._entries[0].newest <= through:
            self._entries.popleft()
        if self._size and not self._entries:
            self._size = 0
            with suppress(PermissionError):  # held by another program: overwritten by the next window
                remove(self._path)

    def _load(self) -> None:
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            for line in file:
                if not line.endswith(b"\n"):
                    break  # torn by a power cut: the terminal still has it
                self._keep(_window(line), len(line))

    def _keep(self, window: Window, size: int) -> None:
        self._entries.append(_Entry(self._size, size, window.columns.time[-1], window.new))
        self._size += size


def _window(line: bytes) -> Window:
    said = json.loads(line)
    return Window(Columns(**said.pop("columns")), **said)
