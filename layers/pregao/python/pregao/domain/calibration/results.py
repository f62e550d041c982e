"""What became of recorded alerts, by the candles that came: entry, target, stop, and how far price went."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pregao.domain.alerts.outcome import EVENT, HORIZON, USUAL_AHEAD, Outcome, Result
from pregao.domain.calibration.barrier import MISSED, STOP, TARGET, TIME, followed
from pregao.domain.calibration.usual import ranges_ahead
from pregao.domain.detectors.prices import DAY_S, local_days

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pregao.domain.alerts.alert import Alert, Plan
    from pregao.domain.calibration.barrier import Ends
    from pregao.domain.detectors.firings import Rows
    from pregao.domain.detectors.prices import Series
    from pregao.domain.market.candles import Ints

ENDED = {TARGET: Outcome.TARGET, STOP: Outcome.STOP, TIME: Outcome.EXPIRED, MISSED: Outcome.MISSED}
DECIMALS = 3
"""Of what is told in multiples of the risk."""


def results(series: Series, alerts: Sequence[Alert]) -> list[Result | None]:
    """Return what became of alerts whose sessions are over, each by its own recorded levels.

    None where the series holds no candle of the alert's session up to its own.
    """
    rows = np.searchsorted(series.candles.time, [one.candle.time for one in alerts], side="right") - 1
    ahead = ranges_ahead(series)
    found = list[Result | None]()
    for alert, row in zip(alerts, rows.tolist(), strict=True):
        if row < 0 or not _same_session(series, row, alert.candle.time):
            found.append(None)
        elif alert.plan is None:
            found.append(_of_range(series, alert, row, ahead))
        else:
            found.append(_of_plan(series, alert.plan, alert.direction.sign, row, ahead))
    return found


def _same_session(series: Series, row: int, time: int) -> bool:
    """Tell whether a time (epoch seconds) is of the same date at the exchange as a candle."""
    day = local_days(np.array([time]), series.timezone)[0]
    return bool(day == series.wall[row] // DAY_S)


def _of_range(series: Series, alert: Alert, row: int, ahead: Ints) -> Result:
    reached, usual = _range(series, ahead, row), alert.reason.get(USUAL_AHEAD)
    last = int(min(row + HORIZON, series.session_last[row]))
    ended_at = int(series.candles.time[last])
    if not isinstance(usual, int | float):
        return Result(Outcome.EXPIRED, covered=reached, ended_at=ended_at)
    # `usual` is rounded far below a tick, and what is reached is a number of ticks.
    came = reached is not None and reached >= EVENT * usual - alert.tick_size / 1000
    return Result(Outcome.CAME if came else Outcome.DID_NOT, covered=reached, ended_at=ended_at)


def _of_plan(series: Series, plan: Plan, sign: int, row: int, ahead: Ints) -> Result:
    side = np.array([sign], dtype=np.int8)
    prices = np.array([plan.entry_min, plan.entry_max, plan.take_profit, plan.stop_loss])
    low, high, target, stop = (np.array([one]) for one in series.units(prices).astype(np.float64))
    at: Rows = np.array([row])
    ends = followed(series, at, side, (low, high, target, stop), HORIZON)
    touched, first = int(ends.touched[0]), int(ends.first[0]) == TARGET
    ended_at, reached = int(series.candles.time[ends.row[0]]), _range(series, ahead, row)
    if touched == MISSED:
        return Result(Outcome.MISSED, first, covered=reached, ended_at=ended_at)
    r, mfe, mae = _in_risks(series, row, sign, ends)
    return Result(ENDED[touched], first, r, mfe, mae, reached, ended_at)


def _in_risks(series: Series, row: int, sign: int, ends: Ends) -> tuple[float, float, float]:
    """Return result, best and worst excursion from the entry until the end, in multiples of the risk."""
    entry, price, stop = (float(one[0]) for one in (ends.entry, ends.price, ends.stop))
    risk = abs(entry - stop)
    until = slice(row + 1, int(ends.row[0]) + 1)
    highs, lows = series.highs[until], series.lows[until]
    best, worst = (highs.max(), lows.min()) if sign > 0 else (lows.min(), highs.max())
    gone = (sign * (price - entry), max(0.0, sign * (best - entry)), min(0.0, sign * (worst - entry)))
    r, mfe, mae = (round(float(one) / risk, DECIMALS) for one in gone)
    return r, mfe, mae


def _range(series: Series, ahead: Ints, row: int) -> float | None:
    return float(series.difference(ahead[[row]])[0]) if ahead[row] >= 0 else None
