"""Parity: a scan of the kept candles of a session gives what rang, and each difference has a cause.

What an alert was judged on stands in its record: the candles seen, the rules, the code, the calibration. Of
one that did not ring nothing stands there; what its neighbours saw, and when the candles came, tell of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pregao.domain.alerts.signal import Direction, Pattern
from pregao.domain.calibration.ledger import Difference

Firing = tuple[int, Pattern, Direction]
"""The candle's open, the pattern and the side."""
Prices = tuple[float, ...]
"""Open, high, low and close of a candle."""
OUTAGE_S = 86_400
"""A candle that came later than this after its close is a replay's: that says nothing of an outage."""


class Cause(StrEnum):
    """Why what rang differs from what the scan gives."""

    CHANGED_CONFIGURATION = "changed_configuration"
    CHANGED_CODE = "changed_code"
    LATE_CANDLE = "late_candle"
    """A candle of the window came after the one that was judged, or came again with other prices."""
    HOLE = "hole"
    """A candle that was seen is not among those kept."""
    RESTART = "restart"
    """The candle came with others long after its close: the bridge or its line had been down."""
    OTHER_CALIBRATION = "other_calibration"
    """A calibration came late, or another one was taken."""
    SHORT_WINDOW = "short_window"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class Rang:
    """An alert that was recorded, and what it was judged on.

    `calibration` is the session (ISO) of the calibration it took, None without one.
    """

    firing: Firing
    window: Mapping[int, Prices]
    rules: str
    code: str
    calibration: str | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A candle as it is kept; `came_at` in epoch seconds, None where it is not known."""

    prices: Prices
    came_at: float | None = None


@dataclass(frozen=True, slots=True)
class Scanned:
    """What the scan gave, and what it was made with.

    `candles` are those kept by open, of the session and the warm-up before it; `step` is the timeframe in
    seconds, `calibration` the session (ISO) of the calibration it took.
    """

    firings: frozenset[Firing]
    candles: Mapping[int, Kept]
    rules: str
    code: str
    calibration: str | None
    warmup: int
    step: int
    _times: Sequence[int] = field(init=False, default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "_times", sorted(self.candles))

    def window(self, time: int) -> list[int]:
        """Return the opens of the kept candles that decide at a candle, its own the last."""
        until = [one for one in self._times if one <= time]
        return until[-self.warmup :]


def differences(rang: Iterable[Rang], scanned: Scanned) -> list[Difference]:
    """Return where what rang differs from the scan, by candle, each with its cause."""
    every = {one.firing: one for one in rang}
    near = list(every.values())
    alone = [(one, True, _why_it_rang(every[one], scanned)) for one in every.keys() - scanned.firings]
    silent = [(one, False, _why_it_did_not(one, near, scanned)) for one in scanned.firings - every.keys()]
    return [
        Difference(time, pattern.value, direction.value, did, cause.value)
        for (time, pattern, direction), did, cause in sorted(alone + silent)
    ]


def _why_it_rang(one: Rang, scanned: Scanned) -> Cause:
    """Return why the scan does not give an alert that is on record."""
    return (
        _other_ways(one, scanned)
        or _short(scanned.window(one.firing[0]), scanned)
        or _other_candles(one.window, scanned)
        or (Cause.OTHER_CALIBRATION if one.calibration != scanned.calibration else None)
        or _short(one.window, scanned)
        or Cause.UNEXPLAINED
    )


def _why_it_did_not(firing: Firing, rang: Sequence[Rang], scanned: Scanned) -> Cause:
    """Return why an alert that the scan gives is not on record, as far as its neighbours tell."""
    time, pattern, _ = firing
    own = scanned.window(time)
    near = [one for one in rang if set(one.window) & set(own)]
    late = _late(time, own, scanned)
    if late:
        return late
    for one in near:
        seen = {at: prices for at, prices in one.window.items() if own[0] <= at <= time}
        cause = _other_ways(one, scanned) or _other_candles(seen, scanned)
        if cause:
            return cause
    if pattern is Pattern.UNUSUAL_RANGE and any(one.calibration != scanned.calibration for one in near):
        return Cause.OTHER_CALIBRATION
    return _short(own, scanned) or Cause.UNEXPLAINED


def _short(window: Collection[int], scanned: Scanned) -> Cause | None:
    return Cause.SHORT_WINDOW if len(window) < scanned.warmup else None


def _other_ways(one: Rang, scanned: Scanned) -> Cause | None:
    if one.rules != scanned.rules:
        return Cause.CHANGED_CONFIGURATION
    return Cause.CHANGED_CODE if one.code != scanned.code else None


def _other_candles(seen: Mapping[int, Prices], scanned: Scanned) -> Cause | None:
    """Return how the candles that were seen differ from those kept; None where they are the same."""
    if not seen:
        return None
    if any(time not in scanned.candles for time in seen):
        return Cause.HOLE
    span = [time for time in scanned.candles if min(seen) <= time <= max(seen)]
    came_again = any(scanned.candles[time].prices != prices for time, prices in seen.items())
    return Cause.LATE_CANDLE if came_again or len(span) > len(seen) else None


def _late(time: int, own: Sequence[int], scanned: Scanned) -> Cause | None:
    """Return whether a candle of the window came after the judged one, or that one long after its close."""
    came = scanned.candles[time].came_at
    if came is None:
        return None
    before = [at for at in (scanned.candles[one].came_at for one in own[:-1]) if at is not None]
    if any(at > came for at in before):
        return Cause.LATE_CANDLE
    waited = came - (time + scanned.step)
    return Cause.RESTART if scanned.step <= waited < OUTAGE_S else None
