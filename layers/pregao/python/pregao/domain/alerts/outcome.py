"""What became of an alert: its target, its stop, or neither within its horizon."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from pregao.domain.alerts.signal import Direction
from pregao.domain.market.candle import Candle

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Alert, Plan

HORIZON = 12
"""Candles after the alert's own; the triple barrier of the backtest has the same."""


EVENT = 1.5
"""An unusual range came where the next candles reach at least so many times what is usual then."""
USUAL_AHEAD = "usual_ahead"
"""The number of a reason that tells what is usual after that time of day, in the instrument's own numbers."""


class Outcome(StrEnum):
    """How it ended; `open` while candles that could decide have not come.

    An alert with a side ends in `target`, `stop` or `expired`, or was `missed`: the next candle opened
    outside the entry band, or did not come. One without a side ends in `came` or `did_not`, or in `expired`
    where what is usual was not known.
    """

    TARGET = "target"
    STOP = "stop"
    EXPIRED = "expired"
    MISSED = "missed"
    CAME = "came"
    DID_NOT = "did_not"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an alert, as it is recorded.

    `target_first` tells whether its target came before its stop within HORIZON candles, entered or not: what
    `chance` speaks of; None without a side. r: the result, mfe and mae: how far price went for it and against
    it until then, in multiples of the risk from the entry; None where it was not entered. covered: the range
    of the next HORIZON candles, in the instrument's own numbers; ended_at: the open of the candle it ended
    on, epoch seconds.
    """

    result: Outcome
    target_first: bool | None = None
    r: float | None = None
    mfe: float | None = None
    mae: float | None = None
    covered: float | None = None
    ended_at: int | None = None


def outcome_of(
    alert: Alert, after: Iterable[Candle], day_of: Callable[[int], date], *, over: bool
) -> Outcome:
    """Return what became of an alert: which barrier came first, or whether the range came.

    Of two barriers in one candle the stop counts. `after` in order of time; those of another date at the
    exchange (`day_of` of an open, epoch seconds) do not count, nor do more than HORIZON. `over` tells that
    the session has ended: no more will come.
    """
    counted, complete = _counted(alert, after, day_of)
    ended, plan = complete or over, alert.plan
    if plan is None:
        return _by_range(alert, counted, ended)
    return _by_barrier(plan, counted, ended, long=alert.direction is Direction.LONG)


def _counted(
    alert: Alert, after: Iterable[Candle], day_of: Callable[[int], date]
) -> tuple[list[Candle], bool]:
    """Return the candles that decide, and whether no more can come."""
    day, counted = day_of(alert.candle.time), list[Candle]()
    for candle in after:
        if candle.time <= alert.candle.time:
            continue
        if day_of(candle.time) != day or len(counted) == HORIZON:
            return counted, True
        counted.append(candle)
    return counted, len(counted) == HORIZON


def _by_barrier(plan: Plan, counted: Iterable[Candle], ended: bool, *, long: bool) -> Outcome:
    counted = list(counted)
    if counted and not plan.entry_min <= counted[0].open <= plan.entry_max:
        return Outcome.MISSED
    for candle in counted:
        if candle.low <= plan.stop_loss if long else candle.high >= plan.stop_loss:
            return Outcome.STOP
        if candle.high >= plan.take_profit if long else candle.low <= plan.take_profit:
            return Outcome.TARGET
    return (Outcome.EXPIRED if counted else Outcome.MISSED) if ended else Outcome.OPEN


def _by_range(alert: Alert, counted: Sequence[Candle], ended: bool) -> Outcome:
    usual = alert.reason.get(USUAL_AHEAD)
    if not isinstance(usual, int | float):
        return Outcome.EXPIRED if ended else Outcome.OPEN
    if counted:
        reached = max(one.high for one in counted) - min(one.low for one in counted)
        # `usual` is rounded far below a tick, and what is reached is a number of ticks.
        if reached >= EVENT * usual - alert.tick_size / 1000:
            return Outcome.CAME
    return Outcome.DID_NOT if ended else Outcome.OPEN
