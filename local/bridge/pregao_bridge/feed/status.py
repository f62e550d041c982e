"""How one feed stands: what the heartbeat, the log and `check` say of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pregao_bridge.market import Condition

if TYPE_CHECKING:
    from pregao_bridge.config import FeedName
    from pregao_bridge.feed.set_aside import Summary

REFUSED, POSTING_FAILED = "refused", "posting_failed"
"""The cloud's troubles, as heartbeats name them."""
DETAIL = 200
"""Characters of a detail in a heartbeat."""


@dataclass(slots=True)
class FeedStatus:
    """Times are candle opens, epoch seconds UTC; `waiting` counts closed candles not yet accepted.

    `market` is the terminal's condition for the symbol, `posting` the cloud's trouble ("refused",
    "posting_failed"), in words `trouble`. `utc_offset_s` is the exchange's, for times that people read;
    `tried_at` is the moment of the last post.
    """

    name: FeedName
    market: Condition = Condition.LIVE
    detail: str = ""
    posting: str | None = None
    trouble: str = ""
    contract: str | None = None
    newest: int | None = None
    accepted: int | None = None
    waiting: int = 0
    utc_offset_s: int = 0
    tried_at: float = 0.0
    set_aside: Summary | None = None

    def plain(self) -> dict[str, object]:
        """Return the feed's part of a heartbeat; the cloud's trouble goes before the terminal's.

        `set_aside` is there when candles were set aside lately.
        """
        return {
            "symbol": self.name.symbol,
            "contract": self.contract,
            "timeframe": self.name.timeframe,
            "condition": self.posting or str(self.market),
            "detail": (self.trouble if self.posting else self.detail)[:DETAIL],
            "newest": self.newest,
            "accepted": self.accepted,
            "waiting": self.waiting,
            **({"set_aside": self.set_aside.plain(DETAIL)} if self.set_aside else {}),
        }

    def local(self, epoch_s: int) -> str:
        """Return a time as the exchange's clock shows it."""
        shown = datetime.fromtimestamp(epoch_s, UTC) + timedelta(seconds=self.utc_offset_s)
        return f"{shown:%Y-%m-%d %H:%M}"
