"""What makes a file of candles one that can be trusted: possible prices, one order, one grid."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from local.lab.columns import Table
    from pregao.domain.market.candles import Floats, Ints

_MINUTE = 60
TIMEFRAMES = tuple(
    minutes * _MINUTE
    for minutes in (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1440)
)
"""MetaTrader 5's timeframes up to one day, in seconds."""
_MIXED_RUN = 16
_WITHIN_SESSION_S = 4 * 3600


def check_prices(table: Table, prices: tuple[Floats, Floats, Floats, Floats]) -> None:
    """Refuse a candle with high < low, or with open or close outside [low, high]."""
    open_, high, low, close = prices
    _refuse_first(table, high < low, "high is below low")
    _refuse_first(table, (open_ < low) | (open_ > high), "open is outside [low, high]")
    _refuse_first(table, (close < low) | (close > high), "close is outside [low, high]")


def oldest_first(table: Table, wall: Ints) -> bool:
    """Tell whether a file runs oldest first. Refuses equal times and a file in neither order."""
    steps = np.diff(wall)
    ascending = bool((steps > 0).sum() >= (steps < 0).sum())
    if not (steps > 0 if ascending else steps < 0).all():
        _refuse_duplicates(table, wall)
        row = int(np.argmax(steps <= 0 if ascending else steps >= 0)) + 1
        order = "ascending nor descending"
        raise table.refuse(row, f"times are neither {order}: this candle breaks the order; sort the file")
    return ascending


def check_grid(table: Table, wall: Ints, ascending: bool) -> None:
    """Refuse candles off the file's own time grid, and a stretch of another timeframe."""
    times = wall if ascending else wall[::-1]
    timeframe = spacing(times)
    if timeframe is None:
        raise table.refuse(0, "times follow no timeframe from M1 to D1; export candles of one timeframe")
    message = f"the time is off the file's grid of {timeframe // _MINUTE} min; export one timeframe"
    _refuse_first(table, (wall - _phase(wall, timeframe)) % timeframe != 0, message)
    mixed = _other_timeframe(times, timeframe)
    if mixed is not None:
        row = mixed if ascending else len(wall) - 1 - mixed
        raise table.refuse(row, "another timeframe begins here; split the file, one timeframe in each")


def spacing(times: Ints) -> int | None:
    """Return the timeframe in seconds of increasing times, None when there is none; one candle reads as M1.

    It is the most frequent step where that makes more than half of them, otherwise (thin trading, many gaps)
    the largest timeframe that occurs as a step and on whose grid four of five candles stand.
    """
    steps, counts = np.unique(np.diff(times), return_counts=True)
    if not len(steps):
        return _MINUTE if times[0] % _MINUTE == 0 else None
    commonest = int(steps[np.argmax(counts)])
    if 2 * counts.max() > counts.sum() and commonest in TIMEFRAMES:
        return commonest
    fitting = (one for one in reversed(TIMEFRAMES) if one in steps and _share_on_grid(times, one) >= 0.8)
    return next(fitting, None)


def _share_on_grid(times: Ints, timeframe: int) -> float:
    return float(((times - _phase(times, timeframe)) % timeframe == 0).mean())


def _phase(times: Ints, timeframe: int) -> int:
    """Return the commonest remainder: UTC times of H4 candles do not start the day at a multiple of four."""
    remainders, counts = np.unique(times % timeframe, return_counts=True)
    return int(remainders[np.argmax(counts)])


def _other_timeframe(times: Ints, timeframe: int) -> int | None:
    """Return the row where a run of equal, larger steps begins that missing candles cannot explain."""
    rows = np.flatnonzero(np.diff(times) <= _WITHIN_SESSION_S)
    steps = np.diff(times)[rows]
    if timeframe >= _WITHIN_SESSION_S or len(steps) < _MIXED_RUN:
        return None
    starts = np.flatnonzero(np.r_[True, steps[1:] != steps[:-1]])
    lengths = np.diff(np.r_[starts, len(steps)])
    runs = starts[(lengths >= _MIXED_RUN) & (steps[starts] > timeframe)]
    return int(rows[runs[0]]) if len(runs) else None


def _refuse_duplicates(table: Table, wall: Ints) -> None:
    order = np.argsort(wall, kind="stable")
    equal = np.flatnonzero(np.diff(wall[order]) == 0)
    if len(equal):
        first, second = int(order[equal[0]]), int(order[equal[0] + 1])
        message = f"the same time as line {table.lines[first]}; keep one of the two candles"
        raise table.refuse(second, message)


def _refuse_first(table: Table, wrong: NDArray[np.bool_], message: str) -> None:
    if wrong.any():
        row = int(np.argmax(wrong))
        remedy = "" if ";" in message else "; export the period again"
        raise table.refuse(row, message + remedy)
