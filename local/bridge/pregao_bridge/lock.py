"""One process per state directory: the operating system's lock ends with its process, however that ends."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, BinaryIO, Self

if TYPE_CHECKING:
    from pathlib import Path

_FAR = 1 << 20
"""The byte that is locked: Windows lets nobody read a locked one, and the pid stands at the beginning."""


class Running(Exception):
    """Another process has the directory; `pid` is its number, None when it cannot be read."""

    def __init__(self, pid: int | None) -> None:
        super().__init__(f"process {pid} runs here")
        self.pid = pid


class Lock:
    """Held from `take` until `release` or the process's end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None

    def take(self) -> None:
        """Take the lock and write this process's number into it. Raises Running."""
        file = self._path.open("a+b")
        try:
            _lock(file)
        except OSError as error:
            file.close()
            raise Running(self._pid()) from error
        file.truncate(0)
        file.write(str(os.getpid()).encode())
        file.flush()
        self._file = file

    def release(self) -> None:
        """Let it go; the file stays, for removing it would let two processes lock two files of one name."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def __enter__(self) -> Self:
        self.take()
        return self

    def __exit__(self, *_error: object) -> None:
        self.release()

    def holder(self) -> int | None:
        """Return the number of the process that has the lock; None when nobody has."""
        try:
            self.take()
        except Running as running:
            return running.pid or 0
        self.release()
        return None

    def _pid(self) -> int | None:
        text = self._path.read_bytes()[:20]
        return int(text) if text.isdigit() else None


if sys.platform == "win32":
    import msvcrt

    def _lock(file: BinaryIO) -> None:
        file.seek(_FAR)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        file.seek(0)
else:
    import fcntl

    def _lock(file: BinaryIO) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
