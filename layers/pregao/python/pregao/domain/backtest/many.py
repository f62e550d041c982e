"""Histories judged by many settings: what settings share is worked out once.

Prices, RSI, ATR, the market's legs and how an alert on any candle would end do not depend on what a detector
is set to; a pattern's own part does not depend on the other patterns. Counts are those of `Sample.in_place`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pregao.domain.backtest.baseline import grid_of
from pregao.domain.backtest.sample import InPlace
from pregao.domain.backtest.trades import PATTERNS, trades_at
from pregao.domain.backtest.truth import find_legs, joined_legs, leg_of_candle
from pregao.domain.calibration.barrier import MISSED, STOP, TARGET
from pregao.domain.detectors.prices import DAY_S, Series, in_session, local_seconds
from pregao.domain.detectors.scan import prepared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pregao.domain.alerts.signal import Levels, Pattern
    from pregao.domain.backtest.rules import Truth
    from pregao.domain.backtest.truth import Flags, Legs
    from pregao.domain.detectors.firings import Sides
    from pregao.domain.detectors.scan import Prepared
    from pregao.domain.detectors.settings import DetectorSettings
    from pregao.domain.market.candles import Candles, Floats, Ints
    from pregao.domain.market.instrument import Instrument


@dataclass(frozen=True, slots=True)
class _Part:
    """What one pattern's alerts came to.

    captured: which legs they capture; alerts, hits, stops: how many there are, reached the target, the stop;
    per session the result in R after costs and how many were entered.
    """

    captured: Flags
    alerts: int
    hits: int
    stops: int
    net_r: Floats
    taken: Floats


@dataclass(frozen=True, slots=True)
class _Ends:
    """How an alert would end, by side (0 long, 1 short) and candle of all histories; R after costs."""

    touched: NDArray[np.int8]
    net_r: Floats


class _History:
    """One history, prepared: its parts as `columns` reads them, its ATR, its judged candles and legs."""

    def __init__(self, candles: Candles, instrument: Instrument, truth: Truth, warmup: int) -> None:
        self.series = Series(candles, instrument.tick_size, instrument.timezone, instrument.contract_on)
        self.parts: list[tuple[slice, Prepared]] = list(prepared(candles, instrument, warmup))
        self.atr: Floats = np.full(len(candles), np.nan)
        for rows, part in self.parts:
            self.atr[rows] = part.atr[warmup - 1 :]
        self.judged = in_session(self.series, instrument)
        self.judged[: warmup - 1] = False
        self.wall = local_seconds(candles.time, instrument.timezone)
        self.legs = find_legs(self.series, self.atr, truth, warmup)

    def sides(self, pattern: Pattern, settings: DetectorSettings) -> Sides:
        """Return the side that a pattern fires on every judged candle, 0 elsewhere."""
        found = np.zeros(len(self.series), dtype=np.int8)
        for rows, part in self.parts:
            firings, held = part.find(pattern, settings), part.held(settings.hole)
            found[rows] = (firings if held is None else firings.without(held)).sides[settings.warmup - 1 :]
        return found * self.judged


class Many:
    """Histories of one instrument in order of time, to be judged by many settings.

    Settings of another warm-up begin anew: it decides where judging begins.
    """

    def __init__(
        self, histories: Sequence[Candles], instrument: Instrument, truth: Truth, cost_points: float
    ) -> None:
        self._histories, self._instrument = tuple(histories), instrument
        self._truth, self._cost_points = truth, cost_points
        self._warmed: dict[int, _Warmed] = {}

    def in_place(self, settings: DetectorSettings) -> InPlace:
        """Return the counts of all alerts of these settings and of all legs."""
        warmed = self._warmed.get(settings.warmup)
        if warmed is None:
            every = [_History(one, self._instrument, self._truth, settings.warmup) for one in self._histories]
            warmed = self._warmed[settings.warmup] = _Warmed(every, self._truth.horizon, self._cost_points)
        return warmed.in_place(settings)


class _Warmed:
    """The histories prepared with one warm-up, and what was worked out of each pattern's settings."""

    def __init__(self, histories: Sequence[_History], horizon: int, cost_points: float) -> None:
        self._histories, self._horizon, self._cost_points = histories, horizon, cost_points
        self._ends: dict[Levels, _Ends] = {}
        self._parts: dict[object, _Part] = {}
        wall = np.concatenate([one.wall for one in histories])
        judged = np.concatenate([one.judged for one in histories])
        grid = grid_of(wall // DAY_S, wall % DAY_S, judged)
        self._session, self._sessions = grid.session, len(grid)

    @cached_property
    def _legs(self) -> Legs:
        offsets = np.cumsum([0, *(len(one.series) for one in self._histories)])[:-1].tolist()
        legs = joined_legs([one.legs.shifted(at) for one, at in zip(self._histories, offsets, strict=True)])
        return legs[self._session[legs.first] >= 0]

    @cached_property
    def _leg_of_candle(self) -> Ints:
        return leg_of_candle(self._legs, len(self._session))

    def in_place(self, settings: DetectorSettings) -> InPlace:
        parts = [self._part(pattern, settings) for pattern in settings.enabled]
        captured = np.zeros(len(self._legs), dtype=np.bool_)
        net_r, taken = np.zeros((2, self._sessions))
        for one in parts:
            captured |= one.captured
            net_r += one.net_r
            taken += one.taken
        hits, stops = sum(one.hits for one in parts), sum(one.stops for one in parts)
        return InPlace(
            captured=(int(captured.sum()), len(self._legs)),
            right=(hits, sum(one.alerts for one in parts)),
            won=(hits, hits + stops),
            net_r=net_r,
            taken=taken,
        )

    def _part(self, pattern: Pattern, settings: DetectorSettings) -> _Part:
        key = pattern, settings.of(pattern), settings.hole
        if key not in self._parts:
            self._parts[key] = self._worked_out(pattern, settings)
        return self._parts[key]

    def _worked_out(self, pattern: Pattern, settings: DetectorSettings) -> _Part:
        sides = np.concatenate([one.sides(pattern, settings) for one in self._histories])
        rows = np.flatnonzero(sides)
        short = (sides[rows] < 0).astype(np.intp)
        ends = self._ended(settings.levels(pattern))
        touched, sessions = ends.touched[short, rows], self._session[rows]
        own = self._leg_of_candle[short, rows]
        captured = np.zeros(len(self._legs), dtype=np.bool_)
        captured[own[own >= 0]] = True

        def summed(values: Floats) -> Floats:
            return np.bincount(sessions, values, minlength=self._sessions).astype(np.float64)

        return _Part(
            captured=captured,
            alerts=len(rows),
            hits=int((touched == TARGET).sum()),
            stops=int((touched == STOP).sum()),
            net_r=summed(ends.net_r[short, rows]),
            taken=summed((touched != MISSED).astype(np.float64)),
        )

    def _ended(self, levels: Levels) -> _Ends:
        """Work out, once per levels, how an alert of each side on any judged candle would end."""
        if levels not in self._ends:
            touched = np.full((2, len(self._session)), MISSED, dtype=np.int8)
            net_r = np.zeros((2, len(self._session)))
            for short, sign in enumerate((1, -1)):
                at = 0
                for one in self._histories:
                    rows = np.flatnonzero(one.judged)
                    side = np.full(len(rows), sign, dtype=np.int8)
                    done = trades_at(
                        one.series, rows, side, one.atr[rows], levels, self._horizon, PATTERNS[0]
                    )
                    touched[short, at + rows] = done.touched
                    net_r[short, at + rows] = done.net_r(self._cost_points)
                    at += len(one.series)
            self._ends[levels] = _Ends(touched, net_r)
        return self._ends[levels]
