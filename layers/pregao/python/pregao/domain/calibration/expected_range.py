"""How far the next candles are expected to reach: a log-linear model and a band that corrects itself.

log range = least squares over seven terms: a constant and the logarithms of ATR(14), of what is usual after
this slot, and of the mean true range of the last 1, 3, 6 and 12 candles. The band holds 80 % of what came in
this hour of the day, adaptively: where a side was exceeded more often than it should be, its share is
lowered (I. Gibbs, E. Candes, Adaptive Conformal Inference under Distribution Shift, NeurIPS 2021), half by
what the hour exceeded and half by what the whole session did, as a session that moves more does so in every
hour. Model and band of a session come from the sessions before it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from pregao.domain.detectors.indicators import rolling_sum, true_ranges
from pregao.domain.detectors.prices import UNITS_PER_TICK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pregao.domain.calibration.usual import Usual
    from pregao.domain.detectors.prices import Series
    from pregao.domain.market.candles import Floats, Ints

LEVEL = 0.8
TERMS = 7
FITTED = 120
"""Sessions before that the model is fitted to, FEWEST_FITTED of them at least."""
FEWEST_FITTED = 10
POOLED = 60
"""Sessions before whose errors the band is made of."""
FEWEST_ERRORS = 100
"""Errors that an hour needs for a band of its own; those of all hours serve until then."""
STEP = 0.05
"""How far the session moves the share left out on a side of every hour's band; the hour itself as far again.

Chosen on synthetic sessions whose volatility drifts, jumps or climbs (docs/DECISIONS.md), on no real file.
"""
_SIDE = (1 - LEVEL) / 2
_LAST = (1, 3, 6, 12)
_RIDGE = 1e-9
HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class Model:
    """What is known before a session: the coefficients, and per hour of the day the ends of the band.

    Ends are differences of logarithms, (24, 2), NaN where no band is known.
    """

    coefficients: Floats | None
    ends: Floats

    def band(self, terms: Floats, hour: Ints) -> Floats:
        """Return low end, prediction and high end in units, (3, n), for terms (TERMS, n) and hours.

        NaN where they are not known.
        """
        if self.coefficients is None:
            return np.full((3, terms.shape[1]), np.nan)
        middle = predicted(self.coefficients, terms)
        low, high = self.ends[hour].T
        found: Floats = np.exp(np.stack([middle + low, middle, middle + high]))
        return found


class Kept:
    """The newest `most` arrays of one shape, oldest first, side by side in memory."""

    def __init__(self, most: int, shape: tuple[int, ...]) -> None:
        self._most, self._end = most, 0
        self._all = np.empty((2 * most, *shape))

    def add(self, one: Floats) -> None:
        """Take one more; the oldest goes where there are more than `most`."""
        if self._end == len(self._all):
            self._end = self._most - 1
            self._all[: self._end] = self._all[-self._end :]
        self._all[self._end] = one
        self._end += 1

    @property
    def newest(self) -> Floats:
        """Those that are kept, (n, *shape)."""
        return self._all[max(0, self._end - self._most) : self._end]


@dataclass(slots=True)
class Learner:
    """Learns session by session; `model()` is what is known before the next one."""

    sums: Kept = field(default_factory=lambda: Kept(FITTED, (TERMS, TERMS + 1)))
    """Of each session terms times terms, and terms times what came: what least squares are made of."""
    errors: list[tuple[Floats, Ints]] = field(default_factory=list)
    left_out: Floats = field(default_factory=lambda: np.full((24, 2), _SIDE))
    _ends: Floats = field(default_factory=lambda: np.full((24, 2), np.nan))
    _solved: tuple[Floats | None] | None = None
    """The coefficients of what is learnt, once somebody has asked for them."""

    def model(self) -> Model:
        """Return what is known now."""
        return Model(self._coefficients(), self._ends)

    def learn(self, terms: Floats, came: Floats, hour: Ints) -> None:
        """Take a session's candles: terms (TERMS, n), what came as logarithm (n), hours; all known."""
        coefficients = self._coefficients()
        self._solved = None
        self.sums.add(np.column_stack((terms @ terms.T, terms @ came)))
        if coefficients is None or not len(came):
            return
        error = came - predicted(coefficients, terms)
        self._correct(error, hour)
        self.errors.append((error, hour))
        del self.errors[:-POOLED]
        self._draw_ends()

    def _coefficients(self) -> Floats | None:
        if self._solved is None:
            self._solved = (self._solve(),)
        return self._solved[0]

    def _solve(self) -> Floats | None:
        kept = self.sums.newest
        if np.count_nonzero(kept[:, 0, 0]) < FEWEST_FITTED:
            return None
        both = kept.sum(axis=0)
        total, products = both[:, :TERMS], both[:, TERMS]
        solved: Floats = np.linalg.solve(total + _RIDGE * total[0, 0] * np.eye(TERMS), products)
        return solved

    def _correct(self, error: Floats, hour: Ints) -> None:
        """Move each hour's shares by how often the session, and it, exceeded its ends."""
        if np.isnan(self._ends).any():
            return
        low, high = self._ends[hour].T
        cases = np.bincount(hour, minlength=24)
        for side, beyond in enumerate((error < low, error > high)):
            share = self.left_out[:, side]
            share += STEP * (_SIDE - beyond.mean())
            seen = cases > 0
            share[seen] += STEP * (_SIDE - np.bincount(hour, beyond, minlength=24)[seen] / cases[seen])
        np.clip(self.left_out, 0.005, 0.5, out=self.left_out)

    def _draw_ends(self) -> None:
        errors = np.concatenate([error for error, _ in self.errors])
        hours = np.concatenate([hour for _, hour in self.errors])
        self._ends = np.full((24, 2), np.nan)
        if len(errors) < FEWEST_ERRORS:
            return
        grouped = errors[np.argsort(hours.astype(np.int16), kind="stable")]  # int16 is sorted by counting
        cases = np.bincount(hours, minlength=24).tolist()
        pooled, end = np.sort(errors), 0  # what most hours take
        shared: dict[tuple[float, ...], list[float]] = {}
        for at, (count, out) in enumerate(zip(cases, map(tuple, self.left_out.tolist()), strict=True)):
            end += count
            if count >= FEWEST_ERRORS:
                self._ends[at] = _ends(np.sort(grouped[end - count : end]), *out)
            else:
                self._ends[at] = shared.get(out) or shared.setdefault(out, _ends(pooled, *out))


def _ends(ordered: Floats, low: float, high: float) -> list[float]:
    """Return the ends of a band that leaves these shares out, below and above, of sorted errors."""
    return [_quantile(ordered, low), _quantile(ordered, 1 - high)]


def _quantile(ordered: Floats, share: float) -> float:
    """Return the quantile of a share below 1 as numpy's linear one, of two sorted values or more."""
    place = share * (len(ordered) - 1)
    below = int(place)
    low, high = ordered[below : below + 2].tolist()
    found: float = (high - low) * (place - below) + low
    return found


def predicted(coefficients: Floats, terms: Floats) -> Floats:
    """Return the expected logarithm, summed term by term so that one candle is as all of them."""
    total = np.zeros(terms.shape[1])
    for coefficient, term in zip(coefficients.tolist(), terms, strict=True):
        total += coefficient * term
    return total


def terms_of(series: Series, atr: Floats, usual_ahead: Floats) -> Floats:
    """Return the model's terms of every candle, (TERMS, n), NaN where ATR or usual range is not known."""
    ranges = true_ranges(series)
    logs = [np.ones(len(series)), _log(atr), _log(usual_ahead)]
    for count in _LAST:
        mean = rolling_sum(ranges, count) / count
        mean[: count - 1] = np.nan
        logs.append(_log(mean))
    return np.stack(logs)


def hours_of(usual: Usual) -> Ints:
    """Return the hour of the day of every candle at the exchange."""
    hours: Ints = usual.clocks[usual.slot] // HOUR_S
    return hours


@dataclass(frozen=True, slots=True)
class Expected:
    """Per candle the band of the range ahead in units and the prediction in it, NaN where not known.

    `models` holds what is known before each session, and before the one to come.
    """

    low: Floats
    middle: Floats
    high: Floats
    models: Sequence[Model] = ()


def expected(series: Series, atr: Floats, usual: Usual, ahead: Ints) -> Expected:
    """Return the band of every candle, from what was known before its session; `ahead` is what came."""
    terms, hour = terms_of(series, atr, usual.ahead_of_candle), hours_of(usual)
    known: NDArray[np.bool_] = np.asarray(np.isfinite(terms).all(axis=0))
    came = _log(np.where(ahead >= 0, ahead, np.nan))
    band = np.full((3, len(series)), np.nan)
    learner = Learner()
    models = [learner.model()]
    firsts = [*series.session_firsts.tolist(), len(series)]
    for first, end in pairwise(firsts):
        rows = first + np.flatnonzero(known[first:end])
        band[:, rows] = models[-1].band(terms[:, rows], hour[rows])
        over = rows[ahead[rows] >= 0]
        learner.learn(terms[:, over], came[over], hour[over])
        models.append(learner.model())
    low, middle, high = band
    return Expected(low, middle, high, models)


def _log(units: NDArray[np.generic]) -> Floats:
    """Return the logarithm of units, at least a tick of them; NaN stays NaN."""
    values: Floats = np.log(np.maximum(np.asarray(units, dtype=np.float64), UNITS_PER_TICK))
    return values
