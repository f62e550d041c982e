"""The judged sessions of one or several histories as one sample, and the score of any part of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from pregao.domain.alerts.opportunity import beginnings
from pregao.domain.backtest.baseline import Alerts, Grid, Moved, grid_of, move, moved_events
from pregao.domain.backtest.gates import Counts, Score, Share, Tally, score_of, share_of
from pregao.domain.backtest.trades import PATTERNS, Trades, joined
from pregao.domain.backtest.truth import Flags, Legs, joined_legs, leg_of_candle
from pregao.domain.calibration.barrier import STOP, TARGET
from pregao.domain.calibration.expected_range import LEVEL
from pregao.domain.detectors.prices import DAY_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pregao.domain.alerts.signal import Pattern
    from pregao.domain.backtest.run import Backtest
    from pregao.domain.market.candles import Floats, Ints

_HOUR_S = 3600
FOREVER = 2**62


@dataclass(frozen=True, slots=True)
class InPlace:
    """(part, whole) of legs, alerts and ended alerts; per session the result after costs and the entered."""

    captured: tuple[int, int]
    right: tuple[int, int]
    won: tuple[int, int]
    net_r: Floats
    taken: Floats


@dataclass(frozen=True, slots=True)
class SizeScore:
    """How good what is said of sizes is; pairs are (part, whole).

    right: unusual ranges after which an unusual range came, beside the same rings on other days; base: any
    candle after which one came; coverage: outlooks that held what came, by hour at the exchange too.
    """

    right: Share
    base: tuple[int, int]
    rings_per_session: float | None
    coverage: tuple[int, int]
    coverage_by_hour: Mapping[str, tuple[int, int]]

    def plain(self, evidence: int) -> dict[str, Any]:
        """Return it as JSON values; the gate of `right` is that it is better than the baseline."""
        base, lifts = _part(self.base), self.right.lift_interval
        passed = self.right.whole >= evidence and lifts is not None and lifts[0] > 0
        gate = {"gate": "right", "threshold": None, "passed": passed} | self.right.plain()
        return {
            "expectancy_r": None,
            "gates": [gate | {"base_rate": base}],
            "base_rate": base,
            "rings_per_session": self.rings_per_session,
        }

    def outlook(self) -> dict[str, Any]:
        """Return the outlook's coverage as JSON values."""
        hours = {hour: {"value": _part(one), "cases": one[1]} for hour, one in self.coverage_by_hour.items()}
        return {"level": LEVEL, "value": _part(self.coverage), "cases": self.coverage[1], "hours": hours}


def _part(counted: tuple[int, int]) -> float | None:
    return counted[0] / counted[1] if counted[1] else None


@dataclass(frozen=True)
class Sample:
    """Alerts and legs of the sessions judged, rows counted through all histories.

    wall: the exchange's wall clock of every candle, written as if it were UTC; cost_points: of a round trip.
    """

    parts: tuple[Backtest, ...]
    wall: Ints
    grid: Grid
    trades: Trades
    legs: Legs
    cost_points: float

    @cached_property
    def sides(self) -> Ints:
        """The side of every alert: 0 long, 1 short."""
        return (self.trades.side < 0).astype(np.int64)

    @cached_property
    def leg_of_candle(self) -> Ints:
        """The leg that an alert of a side captures on each candle, -1 where none."""
        return leg_of_candle(self.legs, len(self.wall))

    @cached_property
    def moved(self) -> Moved:
        """The alerts moved to the other sessions."""
        levels = self.parts[0].levels
        which = np.array([levels.index(self.parts[0].settings.levels(one)) for one in PATTERNS])
        alerts = Alerts(self.trades.row, self.sides, which[self.trades.pattern])
        ends = np.concatenate([part.ends_anywhere for part in self.parts], axis=2)
        return move(self.grid, alerts, ends, self.leg_of_candle)

    def score(
        self, alerts: Flags | None = None, legs: Flags | None = None, capturing: Flags | None = None
    ) -> Score:
        """Return the score of some alerts and legs (masks; None: all).

        `capturing` are the alerts that may capture a leg: all, unless the question is about one pattern.
        """
        which = np.ones(len(self.trades), dtype=np.bool_) if alerts is None else alerts
        touched, taken, moved = self.trades.touched, self.trades.taken, self.moved
        of_alerts = self._alerts_by_session(which)
        hits, moved_hits, landed = (
            of_alerts(touched == TARGET),
            of_alerts(moved.hits),
            of_alerts(moved.landed),
        )
        ended = of_alerts((touched == TARGET) | (touched == STOP))
        tally = Tally(
            capture=self._capture(legs, capturing),
            false_positives=Counts(of_alerts(touched != TARGET), of_alerts(1), landed - moved_hits, landed),
            wins=Counts(hits, ended, moved_hits, of_alerts(moved.resolved)),
            net_r=of_alerts(self.trades.net_r(self.cost_points)),
            taken=of_alerts(taken),
        )
        return score_of(tally, int((which & ~taken).sum()))

    def in_place(self) -> InPlace:
        """Return the counts of all alerts and legs, without baseline or interval: what a sweep compares."""
        touched, of_alerts = (
            self.trades.touched,
            self._alerts_by_session(np.ones(len(self.trades), dtype=np.bool_)),
        )
        own = self.leg_of_candle[self.sides, self.trades.row]
        hits = int((touched == TARGET).sum())
        return InPlace(
            captured=(len(np.unique(own[own >= 0])), len(self.legs)),
            right=(hits, len(touched)),
            won=(hits, hits + int((touched == STOP).sum())),
            net_r=of_alerts(self.trades.net_r(self.cost_points)),
            taken=of_alerts(self.trades.taken),
        )

    @cached_property
    def rung(self) -> Flags:
        """Which alerts would have rung where nothing is known of how good they are.

        Of an opportunity the first alert rings, unless its candle has alerts of both sides.
        """
        rings = np.zeros(len(self.trades), dtype=np.bool_)
        rows, firsts, counts = np.unique(self.trades.row, return_index=True, return_counts=True)
        begun = beginnings(rows.tolist(), self._session_first)
        for row, at, count in zip(rows.tolist(), firsts.tolist(), counts.tolist(), strict=True):
            if begun[row] == row:
                rings[at] = len(set(self.trades.side[at : at + count].tolist())) == 1
        return rings

    def _session_first(self, row: int) -> int:
        return int(np.searchsorted(self.wall, self.wall[row] // DAY_S * DAY_S))

    def by_pattern(self) -> dict[Pattern, Score]:
        """Return each pattern's score as if it were alone: only its own alerts capture."""
        masks = {pattern: self.trades.pattern == at for at, pattern in enumerate(PATTERNS)}
        return {pattern: self.score(mask, None, mask) for pattern, mask in masks.items() if mask.any()}

    def by_direction(self) -> dict[str, Score]:
        """Return the scores of long and short alerts and legs."""
        sides = {"long": 1, "short": -1}
        return {
            name: self.score(self.trades.side == side, self.legs.side == side) for name, side in sides.items()
        }

    def by_hour(self) -> dict[str, Score]:
        """Return the scores by the hour at the exchange: "09" to "18"."""
        return self._by(self.wall % DAY_S // _HOUR_S, lambda hour: f"{hour:02d}")

    def by_month(self) -> dict[str, Score]:
        """Return the scores by month at the exchange: "2021-08"."""
        months = self.wall.astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
        return self._by(months, lambda month: str(np.datetime64(month, "M")))

    def size(self) -> SizeScore:
        """Return how good unusual ranges and outlooks are; of candles of which it is known what came."""
        sizes = [part.size for part in self.parts]
        judged = np.concatenate([one.judged for one in sizes]) & (self.grid.clock >= 0)
        came = np.concatenate([one.came for one in sizes]) & judged
        rings = np.flatnonzero(np.concatenate([one.fires for one in sizes]) & judged)
        landed, hits = moved_events(self.grid, rings, judged, came)
        sessions = self.grid.session[rings]

        def summed(values: NDArray[np.generic]) -> Floats:
            weights = values.astype(np.float64)
            return np.bincount(sessions, weights, minlength=len(self.grid)).astype(np.float64)

        told = np.concatenate([one.told for one in sizes]) & (self.grid.clock >= 0)
        covered = np.concatenate([one.covered for one in sizes]) & told
        hours = self.wall % DAY_S // _HOUR_S
        return SizeScore(
            right=share_of(Counts(summed(came[rings]), summed(landed >= 0), summed(hits), summed(landed))),
            base=(int(came.sum()), int(judged.sum())),
            rings_per_session=len(rings) / len(self.grid) if len(self.grid) else None,
            coverage=(int(covered.sum()), int(told.sum())),
            coverage_by_hour={
                f"{hour:02d}": (int((covered & (hours == hour)).sum()), int((told & (hours == hour)).sum()))
                for hour in np.unique(hours[told]).tolist()
            },
        )

    def _by(self, keys: Ints, name: Callable[[int], str]) -> dict[str, Score]:
        of_trades, of_legs = keys[self.trades.row], keys[self.legs.first]
        every = np.union1d(of_trades, of_legs).tolist()
        return {name(key): self.score(of_trades == key, of_legs == key) for key in every}

    def _alerts_by_session(self, which: Flags) -> Callable[[NDArray[np.generic] | int], Floats]:
        """Return what sums a value of the chosen alerts per session."""
        sessions = self.grid.session[self.trades.row[which]]

        def summed(values: NDArray[np.generic] | int) -> Floats:
            chosen = np.broadcast_to(np.asarray(values, dtype=np.float64), which.shape)[which]
            return np.bincount(sessions, chosen, minlength=len(self.grid)).astype(np.float64)

        return summed

    def _capture(self, legs: Flags | None, capturing: Flags | None) -> Counts:
        what = np.ones(len(self.legs), dtype=np.bool_) if legs is None else legs
        caught, times = self._captured_by_all if capturing is None else self._captured(capturing)
        sessions = self._session_of_leg[what]

        def summed(values: NDArray[np.generic]) -> Floats:
            weights = values[what].astype(np.float64)
            return np.bincount(sessions, weights, minlength=len(self.grid)).astype(np.float64)

        there = summed(np.ones(len(self.legs)))
        return Counts(summed(caught), there, summed(times), there * len(self.moved.leg))

    @cached_property
    def _captured_by_all(self) -> tuple[Flags, Ints]:
        return self._captured(np.ones(len(self.trades), dtype=np.bool_))

    def _captured(self, by: Flags) -> tuple[Flags, Ints]:
        """Return which legs some of these alerts capture, and how often when they are moved."""
        own = self.leg_of_candle[self.sides[by], self.trades.row[by]]
        caught = np.zeros(len(self.legs), dtype=np.bool_)
        caught[own[own >= 0]] = True
        return caught, self.moved.captures(by, len(self.legs))

    @cached_property
    def _session_of_leg(self) -> Ints:
        return self.grid.session[self.legs.first]


def sample_of(parts: Sequence[Backtest], cost_points: float, since: int = 0, until: int = FOREVER) -> Sample:
    """Join the sessions of histories in order of time whose candles open in [since, until), epoch seconds."""
    offsets = np.cumsum([0, *(len(part.series) for part in parts)])[:-1].tolist()
    times = np.concatenate([part.series.candles.time for part in parts])
    wall = np.concatenate([part.wall_clock for part in parts])
    within = (times >= since) & (times < until)
    judged = np.concatenate([part.judged for part in parts]) & within
    grid = grid_of(wall // DAY_S, wall % DAY_S, judged)
    found = joined([part.trades.shifted(at) for part, at in zip(parts, offsets, strict=True)])
    legs = joined_legs([part.legs.shifted(at) for part, at in zip(parts, offsets, strict=True)])
    inside = grid.session[legs.first] >= 0
    return Sample(tuple(parts), wall, grid, found[within[found.row]], legs[inside], cost_points)
