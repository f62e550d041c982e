"""The newest candle that the cloud has accepted, kept over restarts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Protocol

from pregao_bridge.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path


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
