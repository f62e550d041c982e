"""The state directory, of one process at a time: the log, and a directory per feed."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Self
from urllib.parse import quote

from pregao_bridge.files import FileCursor, remove

if TYPE_CHECKING:
    from pregao_bridge.config import FeedName

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


@dataclass(frozen=True, slots=True)
class FeedDirectory:
    """One feed's files."""

    path: Path

    @property
    def cursor(self) -> FileCursor:
        """Return the newest accepted candle's place."""
        return FileCursor(self.path / "cursor.json")

    @property
    def history_file(self) -> Path:
        """Return the file of what is left of the history from before the first start."""
        return self.path / "history.json"

    @property
    def spool_file(self) -> Path:
        """Return the file of the windows that wait for the cloud."""
        return self.path / "spool.jsonl"

    @property
    def set_aside_file(self) -> Path:
        """Return the file of the candles that cannot be."""
        return self.path / "set-aside.json"

    @property
    def late_file(self) -> Path:
        """Return the file of the times whose candles may still come."""
        return self.path / "late.json"

    def held(self) -> Path | None:
        """Return the oldest refused batch that the cursor has not passed; None when there is none."""
        place = self.cursor.read()
        held = {newest: path for path in self.path.glob("refused-*-*.json") if (newest := _newest(path))}
        waiting = [newest for newest in held if place is None or newest > place]
        return held[min(waiting)] if waiting else None

    def reasons(self) -> tuple[str, ...]:
        """Return why the held batch was refused."""
        held = self.held()
        return () if held is None else tuple(self._kept(held)["reasons"])

    def utc_offset_s(self) -> int:
        """Return the exchange's offset in the held batch, for times that people read; 0 without one."""
        held = self.held()
        return 0 if held is None else int(json.loads(self._kept(held)["body"])["utc_offset_s"])

    def pass_over(self) -> int | None:
        """Write down the decision to pass over the held batch; returns its newest candle, if there is one."""
        held = self.held()
        if held is None:
            return None
        FileCursor(self._decision).write(_newest(held))
        return _newest(held)

    def decided(self) -> int | None:
        """Take a decision that was written down, once: the newest candle to pass over."""
        if not self._decision.exists():
            return None
        newest = FileCursor(self._decision).read()
        remove(self._decision)
        return newest

    def _kept(self, held: Path) -> dict[str, Any]:
        kept: dict[str, Any] = json.loads(held.read_text(encoding="utf-8"))
        return kept

    @property
    def _decision(self) -> Path:
        return self.path / "pass-over.json"


class StateDir:
    """The directory that one running bridge has for itself."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def make(self) -> None:
        """Make it. Raises OSError where that is not allowed."""
        self.path.mkdir(parents=True, exist_ok=True)

    def lock(self, name: str = "bridge") -> Lock:
        """Return the lock of a kind of process."""
        return Lock(self.path / f"{name}.lock")

    @property
    def log(self) -> Path:
        """Return the log file."""
        return self.path / "bridge.log"

    def room(self, feed: FeedName) -> FeedDirectory:
        """Return a feed's room, made; characters that no file name may have are written as %XX."""
        path = self.path / quote(f"{feed.symbol} {feed.timeframe}", safe="$@ ")
        path.mkdir(parents=True, exist_ok=True)
        return FeedDirectory(path)


def _newest(refused: Path) -> int:
    return int(refused.stem.rsplit("-", 1)[1])
