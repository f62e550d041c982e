"""The triple barrier: from a candle on, which comes first, the target, the stop or the end of patience.

M. Lopez de Prado, Advances in Financial Machine Learning (2018), chapter 3; here the third barrier is a
number of candles or the end of the session, whichever comes first, and a candle that holds both prices
counts as the stop, because inside it nobody knows which came first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pregao.domain.detectors.prices import UNITS_PER_TICK

if TYPE_CHECKING:
    from pregao.domain.alerts.signal import Levels
    from pregao.domain.detectors.firings import Rows
    from pregao.domain.detectors.prices import Series
    from pregao.domain.market.candles import Floats, Ints

TARGET, STOP, TIME = 1, -1, 0
MISSED = 2
"""Beside TARGET, STOP and TIME: the alert could not be entered."""
Sides = NDArray[np.int8]
"""Per entry: +1 long, -1 short."""
Planned = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]
"""Per entry the ends of the entry band, target and stop, in units."""


@dataclass(frozen=True, slots=True)
class Exits:
    """How each entry ended: `touched` is TARGET, STOP or TIME, `row` the candle it ended on."""

    touched: NDArray[np.int8]
    row: Rows


def first_touch(
    series: Series, rows: Rows, sign: Ints | int, target: Floats, stop: Floats, horizon: int
) -> Exits:
    """Return how trades that begin after the candles `rows` end within the next `horizon` candles.

    `sign` is +1 for long, -1 for short, per entry or for all; `target` and `stop` are in units (see
    `Series`), per entry. A price is touched when high or low reaches it. Entries on the session's last
    candle end there by TIME.
    """
    touched = np.zeros(len(rows), dtype=np.int8)
    ended = np.minimum(rows + horizon, series.session_last[rows])
    signs = np.broadcast_to(np.asarray(sign, dtype=np.int64), rows.shape)
    highs, lows = series.highs, series.lows
    open_ = np.flatnonzero(ended > rows)
    for step in range(1, horizon + 1):
        if not len(open_):
            break
        at, long = rows[open_] + step, signs[open_] > 0
        best, worst = np.where(long, highs[at], -lows[at]), np.where(long, lows[at], -highs[at])
        stopped = worst <= signs[open_] * stop[open_]
        reached = ~stopped & (best >= signs[open_] * target[open_])
        done = stopped | reached
        touched[open_] = np.where(stopped, STOP, reached)
        ended[open_[done]] = at[done]
        open_ = open_[~done & (ended[open_] > at)]
    return Exits(touched, ended)


def planned(series: Series, rows: Rows, side: Sides, atr: Floats, levels: Levels) -> Planned:
    """Return the entry band's ends, target and stop in units, exactly where `raise_alert` puts them."""
    close, tick = series.closes[rows].astype(np.float64), float(UNITS_PER_TICK)
    low, high = (_to_tick(close + sign * levels.entry_atr * atr) for sign in (-1, 1))
    near = np.where(side > 0, low, high)  # the band's end on the stop's side
    far = np.where(side > 0, high, low)
    stop = side * np.minimum(side * _to_tick(close - side * levels.stop_atr * atr), side * near - tick)
    target = side * np.maximum(side * _to_tick(close + side * levels.target_atr * atr), side * far + tick)
    return low, high, target, stop


def _to_tick(units: Floats) -> Floats:
    """Round to whole ticks, halves to the even one."""
    ticks: Floats = np.rint(units / UNITS_PER_TICK) * UNITS_PER_TICK
    return ticks


@dataclass(frozen=True, slots=True)
class Ends:
    """How alerts of one pattern end, prices in units.

    entry: the open of the next candle; touched: TARGET, STOP, TIME or MISSED; row, price: where it ended;
    first: what came first whether or not the entry could be had. A missed one has entry and price NaN.
    """

    entry: Floats
    target: Floats
    stop: Floats
    touched: NDArray[np.int8]
    row: Rows
    price: Floats
    first: NDArray[np.int8]


def follow(series: Series, rows: Rows, side: Sides, atr: Floats, levels: Levels, horizon: int) -> Ends:
    """Return how alerts on the candles `rows` end; `atr` is per alert, in units. See `followed`."""
    return followed(series, rows, side, planned(series, rows, side, atr, levels), horizon)


def followed(series: Series, rows: Rows, side: Sides, plan: Planned, horizon: int) -> Ends:
    """Return how alerts with these levels end, which follow the candles `rows`.

    Entered at the open of the next candle of the session, which is the first of `horizon`; without such a
    candle, or where it opens outside the entry band, the alert is MISSED. Where stop and target fall in one
    candle the stop comes first. A candle that opens beyond the stop or the target is filled at its open.
    TIME ends at the last close.
    """
    low, high, target, stop = plan
    exits = first_touch(series, rows, side.astype(np.int64), target, stop, horizon)
    after = np.minimum(rows + 1, series.session_last[rows])
    entry, opened = series.opens[after].astype(np.float64), series.opens[exits.row]
    missed = (after == rows) | (entry < low) | (entry > high)
    gained = side * np.maximum(side * target, side * opened)
    lost = side * np.minimum(side * stop, side * opened)
    closed = series.closes[exits.row].astype(np.float64)
    price = np.where(exits.touched == TARGET, gained, np.where(exits.touched == STOP, lost, closed))
    return Ends(
        entry=np.where(missed, np.nan, entry),
        target=target,
        stop=stop,
        touched=np.where(missed, np.int8(MISSED), exits.touched),
        row=np.where(missed, rows, exits.row),
        price=np.where(missed, np.nan, price),
        first=exits.touched,
    )


def target_first(
    series: Series, atr: Floats, judged: NDArray[np.bool_], levels: Levels, horizon: int
) -> tuple[Ints, Ints]:
    """Return per candle in how many sides the target of an alert there came first, and of how many.

    Followed from the candle on, whether or not its entry could be had; `atr` is in units. Two cases on each
    candle `judged`, none on others.
    """
    rows: Rows = np.flatnonzero(judged)
    hits, cases = np.zeros((2, len(series)), dtype=np.int64)
    cases[rows] = 2
    for sign in (1, -1):
        side = np.full(len(rows), sign, dtype=np.int8)
        _, _, target, stop = planned(series, rows, side, atr[rows], levels)
        hits[rows] += first_touch(series, rows, sign, target, stop, horizon).touched == TARGET
    return hits, cases
