"""A feed: the candles of one instrument and timeframe, and the bridges that bring them.

What is known of feeds has three parts: what came (`Seen`), what the bridges say of themselves (`Beat`), and
what the desk was told (`FeedState` in told.py). Times are epoch seconds UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pregao.domain.market.candle import Candle

KEPT_S = 7 * 86_400
"""A feed or a bridge not heard of for so long is no longer expected."""
MISSED_BEATS = 2.5
"""A bridge is mute after so many of its own intervals without a heartbeat."""

FeedKey = tuple[str, str]
"""Instrument and timeframe."""


LIVE = "live"
"""The condition of a terminal or feed to which none of the causes applies."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of a feed: the opens of its newest candle and of the newest that came by backfill (0: none).

    A feed is one that has ever posted live: history alone, a replay's for one, promises no candle to come.
    `gap_to` is the last candle before a live post that left some out, or before the very first one.
    """

    instrument: str
    timeframe: str
    symbol: str
    contract: str
    bridge_id: str
    newest: int
    received_at: float
    gap_to: int = 0
    backfilled_to: int = 0


@dataclass(frozen=True, slots=True)
class Mark:
    """One accepted post: its newest candle, and its first new one's predecessor in the terminal's history.

    `candles` are its new ones. One of the `past` (a replay, deep history) is no sign of a living feed. What
    is kept and not `judged` is of the past too.
    """

    instrument: str
    timeframe: str
    symbol: str
    contract: str
    bridge_id: str
    newest: int
    before: int | None
    received_at: float
    historical: bool
    past: bool = False
    candles: Sequence[Candle] = ()
    judged: bool = True


@dataclass(frozen=True, slots=True)
class SetAside:
    """Candles that a bridge keeps and does not post, because they cannot be.

    `count` lie aside, `newest` is the newest open among them and `reason` the bridge's words about that one.
    """

    count: int
    newest: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """What a bridge says of one of its feeds; `contract` is empty where it knows none."""

    symbol: str
    contract: str
    timeframe: str
    condition: str
    detail: str
    waiting: int
    set_aside: SetAside | None = None


@dataclass(frozen=True, slots=True)
class Beat:
    """A bridge's newest heartbeat; `condition` and `detail` are its terminal's."""

    bridge_id: str
    received_at: float
    interval_s: int
    skew_s: float | None
    condition: str
    detail: str
    feeds: Sequence[Report] = ()

    def mute(self, now: float, since: float = 0.0) -> bool:
        """Tell whether it is overdue; one that was expected from `since` on has its intervals from there."""
        return now - max(self.received_at, since) > MISSED_BEATS * self.interval_s


def carrier_of(beats: Iterable[Beat], means: Callable[[str], bool]) -> tuple[str, str] | None:
    """Return a bridge and its symbol that `means` says yes to, a live one first; None where none has it.

    Of several the same one whoever asks: two would send the same prices twice.
    """
    found = [
        (one.condition != LIVE or report.condition != LIVE, one.bridge_id, report.symbol)
        for one in beats
        for report in one.feeds
        if means(report.symbol)
    ]
    return min(found)[1:] if found else None


@dataclass(frozen=True, slots=True)
class BridgeOwner:
    """Whom a bridge's name belongs to: an ARN, and since when."""

    bridge_id: str
    owner: str
    since: float


def joined(live: Seen, backfill: Seen | None) -> Seen:
    """Return what came of a feed, of what came live and what came by backfill."""
    if backfill is None:
        return live
    newest = max(live, backfill, key=lambda one: one.newest)  # of two, the live one
    return replace(newest, received_at=live.received_at, gap_to=live.gap_to, backfilled_to=backfill.newest)
