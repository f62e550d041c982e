"""Which moments a file's stamps name: order of the date, clock and end of the candle, by evidence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from local.lab.candlefile import evidence, timegrid
from local.lab.candlefile.clocks import (
    DAY_S,
    UTC_CLOCK,
    Clock,
    ClockError,
    clock_named,
    second_passing,
    to_utc,
    to_wall,
)
from local.lab.candlefile.facts import DateOrder, Stamps

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.errors import HistoryError
    from local.lab.candlefile.cells import Cells
    from local.lab.candlefile.facts import Choices, Market, Stamped
    from local.lab.candlefile.stamps import Sources
    from pregao.domain.market.candles import Ints

EASTERN_STANDARD = Clock("Etc/GMT+5")
"""HistData's clock: New York's winter time all year."""

_CONTRADICTED = 0.03
_CLEARLY = 0.98
_NEAR, _FAR = 0.8, 0.3
_IDLE = 0.1


@dataclass(frozen=True, slots=True)
class Timed:
    """When each candle opens (UTC, in the file's order), and how that was found, in words."""

    opens: Ints
    timeframe_s: int
    dates: str
    clock: str
    stamps: str
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Way:
    """One reading of the clock: its UTC, and what share of the candles then lies in session."""

    clock: Clock
    said: str
    utc: Ints
    share: float | None
    wrong: HistoryError | None = None

    @property
    def holds(self) -> bool:
        return self.share is None or self.share >= evidence.HOLDS


def decide(cells: Cells, sources: Sources, market: Market, choices: Choices) -> Timed:
    """Return the openings of the candles.

    Raises HistoryError for times in no order or on no grid, for columns that disagree, and where two
    readings stay possible; then it names both and the option that decides.
    """
    stamped, dates, doubts = _order(cells, sources, market)
    timeframe = timegrid.timeframe_of(cells, stamped.seconds)
    way, more = _clock(cells, sources, stamped, timeframe, market, choices)
    if way.wrong is not None:
        raise way.wrong
    stamps, even_more = _stamps(cells, way, timeframe, market, choices)
    opens = way.utc - (timeframe if stamps.startswith(Stamps.CLOSE) else 0)
    timegrid.check(cells, stamped.seconds, opens, timeframe, market)
    return Timed(opens, timeframe, dates, way.said, stamps, (*doubts, *more, *even_more))


# --- the order of day and month ---


def _order(cells: Cells, sources: Sources, market: Market) -> tuple[Stamped, str, tuple[str, ...]]:
    orders = list(sources.main)
    if orders[0].epoch:
        return orders[0], "epoch", ()
    if len(orders) == 1:
        _refuse_monthly(cells, orders[0])
        return orders[0], orders[0].order.value, ()
    for keep in (_by_nearness, _by_calendar, _by_monotony):
        orders = keep(orders, market)
        if len(orders) == 1:
            return orders[0], orders[0].order.value, ()
    usual = [one for one in orders if one.order is cells.layout.kind.dates]
    if usual:
        doubt = f"day and month could be exchanged; {cells.layout.kind.name} writes {usual[0].order.value}"
        return usual[0], usual[0].order.value, () if cells.layout.kind.sure else (doubt,)
    told = " or ".join(f"{_told(one.seconds[0])[:10]} (--dates {one.order.value})" for one in orders)
    raise cells.undecided(0, f"the first date is {told}; the dates of the file do not tell, say which")


def _by_nearness(orders: list[Stamped], _market: Market) -> list[Stamped]:
    """Keep the readings whose dates follow each other, where another's lie weeks apart."""
    near = [evidence.near_share(one.seconds // DAY_S) for one in orders]
    if any(share is not None and share >= _NEAR for share in near):
        return [one for one, share in zip(orders, near, strict=True) if share is None or share > _FAR]
    return orders


def _by_calendar(orders: list[Stamped], market: Market) -> list[Stamped]:
    """Keep the readings whose dates are sessions, where another's are not."""
    idle = [evidence.idle_share(one.seconds // DAY_S, market) for one in orders]
    if 0 in idle:
        return [one for one, share in zip(orders, idle, strict=True) if share is None or share < _IDLE]
    return orders


def _by_monotony(orders: list[Stamped], _market: Market) -> list[Stamped]:
    steps = [np.diff(one.seconds) for one in orders]
    broken = [min(int((one > 0).sum()), int((one < 0).sum())) for one in steps]
    return [one for one, count in zip(orders, broken, strict=True) if count == 0] if 0 in broken else orders


def _refuse_monthly(cells: Cells, stamped: Stamped) -> None:
    """Refuse dates that a spreadsheet read month first: always the same day of another month."""
    days = np.unique(stamped.seconds // DAY_S).astype("datetime64[D]")
    numbers = (days - days.astype("datetime64[M]")).astype(int)
    if len(days) >= 3 and len(set(numbers.tolist())) == 1 and len(stamped.seconds) > 2 * len(days):
        what = f"every date is the {numbers[0] + 1}. of another month; a program exchanged day and month"
        raise cells.refuse(0, f"{what}; export again with dates as 2026-03-02")


# --- the clock ---


def _clock(
    cells: Cells, sources: Sources, stamped: Stamped, timeframe: int, market: Market, choices: Choices
) -> tuple[_Way, tuple[str, ...]]:
    asked = _asked(cells, market, choices)
    own = stamped.offset_s if stamped.offset_s is not None else cells.layout.utc_offset_s
    if own is not None and (asked is None or stamped.offset_s is not None):
        utc = stamped.seconds - own
        said = (
            "UTC, each time names its offset" if stamped.offset_s is not None else "UTC, as the header says"
        )
        way = _Way(UTC_CLOCK, said, utc, _share(utc, timeframe, market, cells))
        _check_others(cells, sources, way, stamped, market)
        return way, _outside(way, market)
    if asked is not None:
        way = _way(cells, stamped, asked, f"{asked}, as asked", timeframe, market)
        _check_others(cells, sources, way, stamped, market)
        return way, _outside(way, market)
    told = _by_other_column(cells, sources, stamped, market)
    server = Clock(market.timezone)
    ways = [_way(cells, stamped, one, str(one), timeframe, market) for one in _possible(cells, server)]
    if told is not None:
        way = next(one for one in ways if one.clock == told)
        return replace(way, said=f"{way.clock}, a second column says so"), _outside(way, market)
    ways = [
        one for at, one in enumerate(ways) if not any(np.array_equal(one.utc, two.utc) for two in ways[:at])
    ]
    return _best(cells, ways, market)


def _asked(cells: Cells, market: Market, choices: Choices) -> Clock | None:
    if choices.clock is None:
        return None
    try:
        return clock_named(choices.clock, market.timezone)
    except ClockError as error:
        raise cells.refuse(0, f"--clock {error}") from None


def _possible(cells: Cells, server: Clock) -> tuple[Clock, ...]:
    if cells.layout.kind.clock == "utc":
        return UTC_CLOCK, server
    if cells.layout.kind.name.startswith("NinjaTrader"):  # HistData counts in Eastern standard time
        return server, UTC_CLOCK, EASTERN_STANDARD
    return server, UTC_CLOCK


def _best(cells: Cells, ways: Sequence[_Way], market: Market) -> tuple[_Way, tuple[str, ...]]:
    first, others = ways[0], ways[1:]
    kind = cells.layout.kind
    better = [one for one in others if (one.share or 0) - (first.share or 0) >= _CONTRADICTED and one.holds]
    if kind.clock is None:  # the format does not tell: exactly one must lie in session
        fitting = [one for one in ways if one.holds and one.share is not None]
        if len(ways) == 1:
            return first, ()
        if len(fitting) == 1:
            return replace(fitting[0], said=f"{fitting[0].clock}, the only one in session"), ()
        raise _two_clocks(cells, ways, market)
    if first.share is None:
        return first, ()
    tells = len(better) == 1 and not first.holds and (better[0].share or 0) >= _CLEARLY
    if tells and not kind.sure and not _epoch(cells):
        said = f"{better[0].clock}, in session; {first.clock} is not"
        return replace(better[0], said=said), (f"the times were taken as {better[0].clock}: {_shares(ways)}",)
    if better or (not first.holds and not kind.sure):
        raise _two_clocks(cells, ways, market)
    also = [one for one in others if one.holds]
    if also and not kind.sure and kind.dates is not DateOrder.DMY and not _epoch(cells):
        raise _two_clocks(cells, ways, market)
    if also and not kind.sure:
        return first, (f"{also[0].clock} would lie in session too; {kind.name} counts in {first.clock}",)
    return first, _outside(first, market)


def _epoch(cells: Cells) -> bool:
    return cells.layout.kind.name in ("copy_rates", "TradingView export", "epoch table")


def _opens_only(cells: Cells) -> bool:
    """Tell whether the format is known to stamp openings."""
    kind = cells.layout.kind
    return kind.sure or kind.name in ("copy_rates", "TradingView export", "Dukascopy")


def _two_clocks(cells: Cells, ways: Sequence[_Way], market: Market) -> HistoryError:
    told = "; ".join(
        f"as {one.clock} the first is {_told(to_wall(one.utc[:1], market.timezone)[0])} in {market.timezone}"
        + (f", {one.share:.0%} in session" if one.share is not None else "")
        for one in ways
    )
    options = " or ".join(f"--clock {_option(one.clock, market)}" for one in ways)
    return cells.undecided(0, f"the clock of the times is not certain: {told}; say {options}")


def _option(clock: Clock, market: Market) -> str:
    if clock == UTC_CLOCK:
        return "utc"
    return "server" if clock == Clock(market.timezone) else str(clock)


def _shares(ways: Sequence[_Way]) -> str:
    return ", ".join(f"{one.share:.0%} in session as {one.clock}" for one in ways if one.share is not None)


def _outside(way: _Way, market: Market) -> tuple[str, ...]:
    if way.share is None or way.share >= evidence.HOLDS:
        return ()
    return (
        f"{1 - way.share:.0%} of the candles lie outside the session of {market.name or market.timezone}",
    )


def _way(cells: Cells, stamped: Stamped, clock: Clock, said: str, timeframe: int, market: Market) -> _Way:
    utc, wrong = _utc(cells, stamped.seconds, clock)
    return _Way(clock, said, utc, _share(utc, timeframe, market, cells), wrong)


def _share(utc: Ints, timeframe: int, market: Market, cells: Cells) -> float | None:
    """Return the share in session, the better of both ends where the stamps' end is open."""
    found = evidence.session_share(utc, timeframe, market)
    if found is None or _opens_only(cells):
        return found
    return max(found, evidence.session_share(utc - timeframe, timeframe, market) or 0.0)


def _utc(cells: Cells, seconds: Ints, clock: Clock) -> tuple[Ints, HistoryError | None]:
    """Return UTC, the passings of a repeated hour told apart by the file's order where it tells."""
    found = to_utc(seconds, clock)
    if found.skipped.any():
        row = int(np.argmax(found.skipped))
        what = f"{_told(seconds[row])} does not exist in {clock.zone} (daylight saving begins)"
        return found.utc, cells.refuse(row, f"{what}; name the zone of the file's wall clock")
    if not found.repeated.any():
        return found.utc, None
    second, unclear = _second_rows(seconds, found.repeated)
    if unclear is not None:
        what = f"{_told(seconds[unclear])} comes twice in {clock.zone} (daylight saving ends)"
        return found.utc, cells.refuse(unclear, f"{what}; export in UTC or take that hour out")
    return np.where(second, second_passing(seconds, clock, second), found.utc), None


def _second_rows(seconds: Ints, repeated: np.ndarray) -> tuple[np.ndarray, int | None]:
    """Return which rows are a second passing: those after the one step back; or the first unclear row."""
    turned = timegrid.descends(seconds)
    wall, rows = (seconds[::-1], repeated[::-1]) if turned else (seconds, repeated)
    second = np.zeros(len(wall), dtype=bool)
    at = np.flatnonzero(rows)
    groups = np.split(at, np.flatnonzero((np.diff(at) > 1) | (np.abs(np.diff(wall[at])) > DAY_S / 2)) + 1)
    for group in groups:
        steps = np.diff(wall[group])
        if (steps < 0).sum() != 1 or (steps == 0).any():
            row = int(group[0])
            return second, len(wall) - 1 - row if turned else row
        second[group[np.flatnonzero(steps < 0)[0] + 1 :]] = True
    return (second[::-1] if turned else second), None


# --- columns that say the same once more ---


def _by_other_column(cells: Cells, sources: Sources, stamped: Stamped, market: Market) -> Clock | None:
    """Return the clock that a readable column beside an epoch proves; refuse columns that disagree."""
    told: Clock | None = None
    for name, others in zip(sources.names[1:], sources.others, strict=True):
        if any(_agrees(stamped, one) for one in others):
            continue
        if stamped.epoch and any(_local(stamped.seconds, one, market.timezone) for one in others):
            told = UTC_CLOCK
            continue
        if stamped.epoch and any(_moment(stamped.seconds, one, market.timezone) for one in others):
            told = Clock(market.timezone)
            continue
        raise _disagree(cells, sources, stamped, others[0], name)
    return told


def _check_others(cells: Cells, sources: Sources, way: _Way, stamped: Stamped, market: Market) -> None:
    wall = replace(stamped, seconds=to_wall(way.utc, market.timezone), offset_s=None)
    utc = replace(stamped, seconds=way.utc, offset_s=None)
    for name, others in zip(sources.names[1:], sources.others, strict=True):
        if not any(_agrees(one, other) for one in (stamped, wall, utc) for other in others):
            raise _disagree(cells, sources, stamped, others[0], name)


def _agrees(one: Stamped, other: Stamped) -> bool:
    if other.offset_s is not None:
        own = one.offset_s if one.offset_s is not None else 0
        return bool(np.array_equal(other.seconds - other.offset_s, one.seconds - own))
    if not (other.seconds % DAY_S).any():  # dates only
        return bool(np.array_equal(other.seconds // DAY_S, one.seconds // DAY_S))
    return bool(np.array_equal(other.seconds, one.seconds))


def _local(epoch: Ints, other: Stamped, zone: str) -> bool:
    wall = to_wall(epoch, zone)
    return _agrees(replace(other, seconds=wall, offset_s=None), other)


def _moment(epoch: Ints, other: Stamped, zone: str) -> bool:
    """Tell whether a server's clock written as an epoch names the moments of a column with offsets."""
    if other.offset_s is None:
        return False
    return bool(np.array_equal(to_utc(epoch, Clock(zone)).utc, other.seconds - other.offset_s))


def _disagree(cells: Cells, sources: Sources, stamped: Stamped, other: Stamped, name: str) -> HistoryError:
    one, two = (at.seconds - (at.offset_s if at.offset_s is not None else 0) for at in (stamped, other))
    row = int(np.argmax(one != two))
    what = f"{sources.names[0]!r} and {name!r} name different times"
    return cells.refuse(row, f"{what}: {_told(one[row])} and {_told(two[row])}; take one column out")


# --- the end of the candle that the stamp names ---


def _stamps(
    cells: Cells, way: _Way, timeframe: int, market: Market, choices: Choices
) -> tuple[str, tuple[str, ...]]:
    if choices.stamps is not None:
        return f"{choices.stamps}, as asked", ()
    kind = cells.layout.kind
    if _opens_only(cells) or timeframe >= DAY_S:  # a day is named by its date
        return Stamps.OPEN.value, ()
    found = evidence.edges(way.utc, timeframe, market)
    ends = "by the sessions' ends"
    if found is not None and found.says_close and not found.says_open:
        doubt = "the times are the candles' ends: sessions begin one candle late and end at the close"
        return f"{Stamps.CLOSE}, {ends}", (doubt,)
    if found is not None and found.says_open:
        return f"{Stamps.OPEN}, {ends}", ()
    if kind.stamps is Stamps.OPEN and (found is None or not found.hints_close):
        return f"{Stamps.OPEN}, as {kind.name} has it", ()
    first = to_wall(way.utc[:1], market.timezone)[0]
    told = f"as openings the first is {_told(first)}, as ends {_told(first - timeframe)}"
    why = f"the times may be openings or ends ({kind.name}: both occur), no session's end in the file decides"
    raise cells.undecided(0, f"{why}: {told}; say --stamps open or --stamps close")


def _told(seconds: int | np.int64) -> str:
    return str(np.datetime64(int(seconds), "s"))[:16].replace("T", " ")
