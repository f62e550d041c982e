"""What became of an alert: its target, its stop, or neither within its horizon."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from enum import StrEnum

from pregao.domain.alerts.alert import Alert
from pregao.domain.alerts.signal import Direction
from pregao.domain.market.candle import Candle

HORIZON = 12
"""Candles after the alert's own; the triple barrier of the backtest has the same."""


class Outcome(StrEnum):
    """How it ended; `open` while candles that could decide have not come."""

    TARGET = "target"
    STOP = "stop"
    EXPIRED = "expired"
    OPEN = "open"


def outcome_of(
    alert: Alert, after: Iterable[Candle], day_of: Callable[[int], date], *, over: bool
) -> Outcome:
    """Return which barrier the candles after the alert's reached first, the stop where one reached both.

    `after` in order of time; those of another date at the exchange (`day_of` of an open, epoch seconds) do
    not count, nor do more than HORIZON. `over` tells that the session has ended: no more will come.
    """
    day, seen = day_of(alert.candle.time), 0
    long = alert.direction is Direction.LONG
    for candle in after:
        if candle.time <= alert.candle.time:
            continue
        if day_of(candle.time) != day or seen == HORIZON:
            return Outcome.EXPIRED
        seen += 1
        if candle.low <= alert.stop_loss if long else candle.high >= alert.stop_loss:
            return Outcome.STOP
        if candle.high >= alert.take_profit if long else candle.low <= alert.take_profit:
            return Outcome.TARGET
    return Outcome.EXPIRED if over or seen == HORIZON else Outcome.OPEN
