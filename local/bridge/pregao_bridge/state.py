"""The state directory: lock, log, and a room per feed with its cursor, its spool and what was refused."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pregao_bridge.cursor import FileCursor
from pregao_bridge.files import remove
from pregao_bridge.lock import Lock
from pregao_bridge.setaside import SetAside
from pregao_bridge.spool import Spool

if TYPE_CHECKING:
    from pregao_bridge.config import FeedName


@dataclass(frozen=True, slots=True)
class FeedRoom:
    """One feed's files."""

    path: Path

    @property
    def cursor(self) -> FileCursor:
        """Return the newest accepted candle's place."""
        return FileCursor(self.path / "cursor.json")

    def spool(self) -> Spool:
        """Open what waits for the cloud."""
        return Spool(self.path / "spool.jsonl")

    def set_aside(self) -> SetAside:
        """Open the candles that cannot be."""
        return SetAside(self.path / "set-aside.json")

    @property
    def late(self) -> Path:
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

    def room(self, feed: FeedName) -> FeedRoom:
        """Return a feed's room, made; characters that no file name may have are written as %XX."""
        path = self.path / quote(f"{feed.symbol} {feed.timeframe}", safe="$@ ")
        path.mkdir(parents=True, exist_ok=True)
        return FeedRoom(path)


def _newest(refused: Path) -> int:
    return int(refused.stem.rsplit("-", 1)[1])
