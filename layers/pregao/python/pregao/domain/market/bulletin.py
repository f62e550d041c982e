"""B3's daily bulletin, a contract's day in numbers, and what of it an alert may know.

An alert knows the newest bulletin whose trade date is before its candle's date at the exchange, if somebody
had received it by then. Never that of its own day: settlement and open interest are known after the close.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from pregao.domain.market.sessions import TradingDays

OLDEST_TRADING_DAYS = 5
"""What is older tells nothing of today's market."""
ABSURD = 2.0
"""No two prices of a contract's day are so many times apart: limits and breakers stop it long before."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Bulletin:
    """One contract's trading day; None where the file says nothing.

    Prices in the instrument's own numbers, `financial_volume` in BRL, `trades` counted, `volume` and
    `open_interest` in contracts. `settlement_status` is the file's own letter, F for final. `made_at` is when
    the file was made and `received_at` when this system got it, epoch seconds UTC.
    """

    contract: str
    trade_date: date
    settlement: float | None = None
    settlement_status: str | None = None
    previous_settlement: float | None = None
    trades: int | None = None
    volume: int | None = None
    financial_volume: float | None = None
    open_interest: int | None = None
    first: float | None = None
    low: float | None = None
    high: float | None = None
    average: float | None = None
    last: float | None = None
    made_at: float | None = None
    received_at: float = 0.0


class Fate(StrEnum):
    """What becomes of a bulletin that comes in."""

    STORED = "stored"
    REPLACED = "replaced"
    UNCHANGED = "unchanged"
    OLDER = "older"


@dataclass(frozen=True, slots=True)
class Context:
    """What was known of an alert's contract from the bulletin of `trade_date` (ISO), a day before its own.

    Distances are the alert's price less the settlement, in points and in percent of it. The change of open
    interest is in contracts, against the trading day before; None where one of the two is not known.
    """

    trade_date: str
    settlement: float | None = None
    settlement_distance: float | None = None
    settlement_distance_pct: float | None = None
    open_interest: int | None = None
    open_interest_change: int | None = None
    volume: int | None = None


def context_of(
    price: float, day: date, bulletins: Iterable[Bulletin], days: TradingDays, now: float
) -> Context | None:
    """Return what an alert at that price on that day at the exchange knows; None when that is nothing.

    `bulletins` are those of its contract, in any order; what is of that day or later, or was received after
    `now` (epoch seconds), is passed over.
    """
    known = {one.trade_date: one for one in bulletins if one.trade_date < day and one.received_at <= now}
    newest = known.get(max(known, default=date.min))
    if newest is None or newest.trade_date < oldest_useful(day, days):
        return None
    before = known.get(days.on_or_before(newest.trade_date - _DAY))
    distance = None if newest.settlement is None else round(price - newest.settlement, 10)
    return Context(
        trade_date=newest.trade_date.isoformat(),
        settlement=newest.settlement,
        settlement_distance=distance,
        settlement_distance_pct=_percent(distance, newest.settlement),
        open_interest=newest.open_interest,
        open_interest_change=_change(newest, before),
        volume=newest.volume,
    )


def fate_of(bulletin: Bulletin, stands: Bulletin | None) -> Fate:
    """Tell what becomes of a bulletin where another of its contract and day may stand.

    The file made later wins. One that does not tell (the CSV) never replaces one that does: it knows less.
    """
    if stands is None:
        return Fate.STORED
    if replace(stands, received_at=bulletin.received_at) == bulletin:
        return Fate.UNCHANGED
    earlier = (bulletin.made_at or 0.0) < (stands.made_at or 0.0)
    return Fate.OLDER if earlier else Fate.REPLACED


def oldest_useful(day: date, days: TradingDays) -> date:
    """Return the oldest trade date of which a day wants to hear."""
    for _ in range(OLDEST_TRADING_DAYS):
        day = days.on_or_before(day - _DAY)
    return day


def problem_of(bulletin: Bulletin, days: TradingDays, today: date) -> str | None:
    """Return why a bulletin cannot be true, None when it may; `today` is the date at the exchange."""
    if bulletin.trade_date > today:
        return f"trade date {bulletin.trade_date} is still to come; today is {today}"
    if bulletin.trade_date not in days:
        return f"trade date {bulletin.trade_date} is no trading day of calendar.yaml"
    if bulletin.low and bulletin.high and bulletin.low > bulletin.high:
        return f"its lowest price {bulletin.low} is above its highest {bulletin.high}"
    prices = [price for price in _prices(bulletin) if price]
    if prices and max(prices) > ABSURD * min(prices):
        return f"its prices run from {min(prices)} to {max(prices)}; is a decimal mark misplaced?"
    return None


def _prices(bulletin: Bulletin) -> Sequence[float | None]:
    traded = (bulletin.first, bulletin.low, bulletin.high, bulletin.average, bulletin.last)
    return (bulletin.settlement, bulletin.previous_settlement, *traded)


def _percent(part: float | None, whole: float | None) -> float | None:
    return None if part is None or not whole else round(100 * part / whole, 4)


def _change(newest: Bulletin, before: Bulletin | None) -> int | None:
    if before is None or newest.open_interest is None or before.open_interest is None:
        return None
    return newest.open_interest - before.open_interest
