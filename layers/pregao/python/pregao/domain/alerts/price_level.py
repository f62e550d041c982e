"""An operator's own alert at a price: what it is, and on which closed candles it rings."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from pregao.domain.market.candle import Candle


class Crossing(StrEnum):
    """What makes a level ring; ROLLED tells its owner that its contract is over, nobody asks for it."""

    UP = "cross_up"
    DOWN = "cross_down"
    TOUCH = "touch"
    ROLLED = "rolled"


ASKED = (Crossing.UP, Crossing.DOWN, Crossing.TOUCH)
"""What an operator can ask for."""


class Often(StrEnum):
    """How often a level rings: once since it was armed, or once in each session."""

    ONCE = "once"
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class PriceLevel:
    """One level. Times are epoch seconds UTC, `price` is in the instrument's own numbers, on its tick grid.

    `owner` is an operator's audit id. Candles of its contract and timeframe count that open at `armed_at` or
    later, which is when it was set, moved or resumed, and close by `expires_at`. `alert_id` is the watched
    alert that it brings back, None for none.
    """

    id: str
    owner: str
    instrument: str
    contract: str
    timeframe: str
    price: float
    crossing: Crossing
    often: Often
    created_at: float
    armed_at: float
    expires_at: float
    note: str = ""
    paused: bool = False
    alert_id: str | None = None


@dataclass(frozen=True, slots=True)
class OwnLevel:
    """The level that an alert of pattern `price_level` is about; the alert is for its owner alone.

    It rings once in all candles that open at `since` or later (epoch seconds).
    """

    id: str
    owner: str
    price: float
    crossing: Crossing
    since: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class ArmedLevel:
    """A level as a feed has it, and the open of the last candle on which it rang (epoch seconds)."""

    level: PriceLevel
    rang: int | None = None


@dataclass(frozen=True, slots=True)
class Marked:
    """What a feed's mark says to a post: its levels, and the newest candle posted live before (0: none)."""

    levels: tuple[ArmedLevel, ...] = ()
    newest: int = 0


@dataclass(frozen=True, slots=True)
class Reached:
    """A level that rings on a candle; `before` is the close that the candle is compared with."""

    level: PriceLevel
    own: OwnLevel
    candle: Candle
    before: float | None = None


class Hours(Protocol):
    """What a level asks of its instrument."""

    def in_session(self, epoch_s: int) -> bool:
        """Tell whether a candle that opens then belongs to a session."""
        ...

    def local_date(self, epoch_s: int) -> date:
        """Return the date at the exchange."""
        ...

    def session_of(self, day: date) -> tuple[int, int] | None:
        """Return a session's open and close (epoch seconds)."""
        ...

    def follows(self, contract: str, other: str) -> bool:
        """Tell whether a contract expires after another."""
        ...


def level_id(owner: str, created_at: float, number: int) -> str:
    """Return 16 hex digits; `number` tells apart what an operator sets at one moment."""
    return hashlib.sha256(f"{owner}|{created_at!r}|{number}".encode()).hexdigest()[:16]


def reached(
    armed: ArmedLevel,
    candles: Sequence[Candle],
    first: int,
    timeframe_s: int,
    contract: str,
    hours: Hours,
) -> Iterator[Reached]:
    """Yield where a level rings on the closed candles from index `first` on, in order.

    A candle is compared with the close of the session candle before it. The candle during which the level was
    armed is left out of both: the level is on the side where price stood when it was armed. `contract` is
    that of the candles; on the first of a later one than its own the level tells that it has rolled.
    """
    level, rang = armed.level, armed.rang
    for row in range(first, len(candles)):
        candle = candles[row]
        if not _counts(level, candle, timeframe_s, hours):
            continue
        if contract != level.contract:
            if hours.follows(contract, level.contract):
                yield Reached(level, _own(level, Crossing.ROLLED, level.armed_at), candle)
                return
            continue
        since = max(level.armed_at, _since(level, candle, hours))
        if rang is not None and rang >= since:
            continue
        before = _before(level, candles, row, timeframe_s, hours)
        if _happens(level, before, candle):
            yield Reached(level, _own(level, level.crossing, since), candle, before)
            rang = candle.time


def _own(level: PriceLevel, crossing: Crossing, since: float) -> OwnLevel:
    return OwnLevel(level.id, level.owner, level.price, crossing, since, level.note)


def _counts(level: PriceLevel, candle: Candle, timeframe_s: int, hours: Hours) -> bool:
    lives = level.armed_at <= candle.time and candle.time + timeframe_s <= level.expires_at
    return lives and not level.paused and hours.in_session(candle.time)


def _since(level: PriceLevel, candle: Candle, hours: Hours) -> float:
    """Return from when on the level rings once: its session's open, or ever."""
    if level.often is Often.ONCE:
        return 0.0
    span = hours.session_of(hours.local_date(candle.time))
    return float(span[0]) if span else float(candle.time)


def _before(
    level: PriceLevel, candles: Sequence[Candle], row: int, timeframe_s: int, hours: Hours
) -> float | None:
    """Return the close to compare a candle with, None where the window holds none."""
    for at in range(row - 1, -1, -1):
        opened = candles[at].time
        while_armed = opened < level.armed_at < opened + timeframe_s
        if not while_armed and hours.in_session(opened):
            return candles[at].close
    return None


def _happens(level: PriceLevel, before: float | None, candle: Candle) -> bool:
    """Tell whether a candle crosses, by its close, or touches; a jump over the price touches it, too."""
    price = level.price
    if level.crossing is Crossing.UP:
        return before is not None and before < price <= candle.close
    if level.crossing is Crossing.DOWN:
        return before is not None and before > price >= candle.close
    if candle.low <= price <= candle.high:
        return True
    return before is not None and (before < price < candle.low or before > price > candle.high)
