"""How often a target comes first, by half hour of the day: the chance that an alert is told with.

Cases are any judged candle and side: an alert there, with its own levels, is followed to target, stop or the
end of patience. A half hour's share over the SESSIONS before is drawn towards the share of the whole day, the
more so the less its sessions agree: empirical Bayes with normal errors (C. Morris, Parametric Empirical Bayes
Inference, JASA 78, 1983). A session is one observation: its candles share their future.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from pregao.domain.alerts.alert import Chance
from pregao.domain.alerts.outcome import HORIZON
from pregao.domain.alerts.signal import Unmeasured
from pregao.domain.calibration.barrier import target_first
from pregao.domain.detectors.prices import DAY_S, local_days, local_seconds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pregao.domain.alerts.alert import Levels
    from pregao.domain.detectors.prices import Series
    from pregao.domain.market.candles import Floats, Ints

SESSIONS = 60
"""Sessions before that shares, and what was said of them, are judged over ..."""
FEWEST = 20
"""... and how many of them must have the half hour."""
HALF_HOUR_S = 1800
HALF_HOURS = DAY_S // HALF_HOUR_S
_TWO_SIDED = 1.959963984540054
"""The normal quantile of a 95 % interval."""


@dataclass(frozen=True, slots=True)
class Odds:
    """What is known before each session, and before the one to come (the last row).

    p, low, high: per session and half hour, NaN where fewer than FEWEST sessions have it; cases: of any
    candle and side; baseline: per session, the share of all of them; reliable: per session, whether what was
    said over the SESSIONS before was better than the baseline alone (Brier score); False where little was.
    """

    p: Floats
    low: Floats
    high: Floats
    cases: Ints
    baseline: Floats
    reliable: NDArray[np.bool_]


def half_hours(wall: Ints) -> Ints:
    """Return the half hour of the day of each second of the exchange's wall clock."""
    found: Ints = wall % DAY_S // HALF_HOUR_S
    return found


def odds(session: Ints, half_hour: Ints, hits: Ints, cases: Ints) -> Odds:
    """Return the odds of every session from those before it.

    Per candle: its session (0, 1, ... in order of time), its half hour, in how many of `cases` sides the
    target came first; no cases where it was not judged.
    """
    shape = int(session.max(initial=-1)) + 1, HALF_HOURS
    reached, tried = (_table(shape, session, half_hour, one) for one in (hits, cases))
    known = [
        _before(reached[max(0, at - SESSIONS) : at], tried[max(0, at - SESSIONS) : at])
        for at in range(shape[0] + 1)
    ]
    p, low, high = (np.array([one[at] for one in known]) for at in range(3))
    baseline = np.array([one[3] for one in known])
    running = np.concatenate([np.zeros((1, HALF_HOURS), dtype=np.int64), np.cumsum(tried, axis=0)])
    earlier = running[np.maximum(np.arange(shape[0] + 1) - SESSIONS, 0)]
    return Odds(p, low, high, running - earlier, baseline, _reliable(reached, tried, p, baseline))


def _table(shape: tuple[int, int], session: Ints, half_hour: Ints, values: Ints) -> Ints:
    table = np.zeros(shape, dtype=np.int64)
    np.add.at(table, (session, half_hour), values)
    return table


def _before(reached: Ints, tried: Ints) -> tuple[Floats, Floats, Floats, float]:
    """Return p, low and high per half hour, and the baseline, of the sessions given."""
    unknown = np.full(HALF_HOURS, np.nan)
    there = tried > 0
    count = there.sum(axis=0)
    known = count >= FEWEST
    if not known.any():
        return unknown, unknown, unknown, np.nan
    reached, tried, there, count = reached[:, known], tried[:, known], there[:, known], count[known]
    share = reached.sum(axis=0) / tried.sum(axis=0)
    day = reached.sum() / tried.sum()
    # how far a mean over sessions errs, by the ratio estimator: sessions weigh by their cases
    errors = np.where(there, reached - share * tried, 0.0)
    variance = (errors**2).sum(axis=0) / tried.sum(axis=0) ** 2 * count / (count - 1)
    of_day = reached.sum(axis=1) - day * tried.sum(axis=1)
    day_variance = (of_day**2).sum() / tried.sum() ** 2
    between = max(0.0, float(np.mean((share - day) ** 2) - np.mean(variance)))
    weight = between / (between + variance) if between else np.zeros(len(share))
    middle = day + weight * (share - day)
    half = _TWO_SIDED * np.sqrt(weight * variance + (1 - weight) ** 2 * day_variance)
    columns = []
    for values in (middle, np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)):
        column = unknown.copy()
        column[known] = values
        columns.append(column)
    return columns[0], columns[1], columns[2], float(day)


def _reliable(reached: Ints, tried: Ints, p: Floats, baseline: Floats) -> NDArray[np.bool_]:
    """Tell, before every session, whether p was better than the baseline over the SESSIONS before."""
    said = np.isfinite(p[:-1]) & (tried > 0)

    def squares(share: Floats) -> Floats:
        missed = reached * (1 - share) ** 2 + (tried - reached) * share**2
        found: Floats = np.where(said, missed, 0.0).sum(axis=1)
        return found

    better = squares(baseline[:-1, None]) - squares(p[:-1])
    gained = np.concatenate([[0.0], np.cumsum(better)])
    told = np.concatenate([[0], np.cumsum(said.any(axis=1))])
    first = np.maximum(np.arange(len(gained)) - SESSIONS, 0)
    reliable: NDArray[np.bool_] = (gained - gained[first] > 0) & (told - told[first] >= FEWEST)
    return reliable


@dataclass(frozen=True, slots=True)
class Chances:
    """The odds of alerts with one set of levels, beside every candle of a history.

    session, half_hour: of each candle; days: of each session, counted from 1970-01-01 at the exchange.
    """

    odds: Odds
    session: Ints
    half_hour: Ints
    days: Ints

    def at(self, row: int) -> Chance | Unmeasured:
        """Return the chance that an alert on a candle is told with, from the sessions before its own."""
        place = (session, _) = int(self.session[row]), int(self.half_hour[row])
        if np.isnan(self.odds.p[place]):
            return Unmeasured.FEW_SESSIONS
        if not self.odds.reliable[session]:
            return Unmeasured.NOT_RELIABLE
        p, low, high = (round(float(one[place]), 4) for one in (self.odds.p, self.odds.low, self.odds.high))
        until = date(1970, 1, 1) + timedelta(days=int(self.days[session - 1]))
        baseline = round(float(self.odds.baseline[session]), 4)
        return Chance(p, low, high, int(self.odds.cases[place]), baseline, until.isoformat())


def chances(series: Series, atr: Floats, judged: NDArray[np.bool_], levels: Levels) -> Chances:
    """Return what alerts with these levels are told with; `atr` is in units, `judged` are candles in session.

    The session of a candle has no part in what stands beside it.
    """
    days = local_days(series.candles.time, series.timezone)
    found, session = np.unique(days, return_inverse=True)
    half_hour = half_hours(local_seconds(series.candles.time, series.timezone))
    hits, cases = target_first(series, atr, judged, levels, HORIZON)
    return Chances(odds(session, half_hour, hits, cases), session.astype(np.int64), half_hour, found)
