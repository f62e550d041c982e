"""Small files replaced and removed as a whole, and the place of a feed in one of them."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Protocol

from pregao_bridge.pace import Backoff, repeat

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TRIES, WAIT_S = 10, (0.01, 0.2)
"""Antivirus and backup hold a file for moments: a second in all."""


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file's content: a power cut leaves the old one or the new one.

    Raises PermissionError where another program has the file open for more than a second.
    """
    beside = path.with_name(f"{path.name}.new")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    _persist(lambda: beside.replace(path))


def remove(path: Path) -> None:
    """Remove a file. Raises PermissionError where another program has it open for more than a second."""
    _persist(path.unlink)


def _persist(act: Callable[[], object]) -> None:
    waits = Backoff(lambda: 1.0)

    def once() -> PermissionError | None:
        try:
            act()
        except PermissionError as error:
            return error
        return None

    error, _ = repeat(once, lambda error: None if error is None else waits.next(WAIT_S), TRIES, time.sleep)
    if error is not None:
        raise error


class Cursor(Protocol):
    """Where a feed keeps its place."""

    def read(self) -> int | None:
        """Return the open of the newest accepted candle, epoch seconds UTC; None before the first."""
        ...

    def write(self, newest: int) -> None:
        """Keep the place."""
        ...


class CursorError(Exception):
    """A cursor file that does not hold a place; the message says what to do."""


class MemoryCursor:
    """A place that lasts as long as the process: replays and tests."""

    def __init__(self, newest: int | None = None) -> None:
        self._newest = newest

    def read(self) -> int | None:
        """Return the place."""
        return self._newest

    def write(self, newest: int) -> None:
        """Keep the place."""
        self._newest = newest


class FileCursor:
    """A place in a small JSON file, replaced as a whole: a power cut leaves the old one or the new one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self) -> int | None:
        """Return the place, None without a file. Raises CursorError for a file that holds none."""
        try:
            newest = json.loads(self._path.read_bytes())["newest"]
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError) as error:
            raise CursorError(self._remedy()) from error
        if type(newest) is not int:
            raise CursorError(self._remedy())
        return newest

    def write(self, newest: int) -> None:
        """Write beside, force to disk, replace."""
        write_whole(self._path, json.dumps({"newest": newest}).encode())

    def _remedy(self) -> str:
        return f"{self._path} holds no place; delete it and the feed begins anew (nothing is alerted twice)"
