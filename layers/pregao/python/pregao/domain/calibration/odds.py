"""How often a target comes first, by half hour of the day: the chance that an alert is told with.

Cases are any judged candle and side: an alert there, with its own levels, is followed to target, stop or the
end of patience. A half hour's share over the SESSIONS before is drawn towards the share of the whole day, the
more so the less its sessions agree: empirical Bayes with normal errors (C. Morris, Parametric Empirical Bayes
Inference, JASA 78, 1983). A session is one observation: its candles share their future.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np

from pregao.domain.alerts.outcome import HORIZON
from pregao.domain.alerts.signal import Chance, Unmeasured
from pregao.domain.calibration.barrier import target_first
from pregao.domain.detectors.indicators import rsi_and_atr
from pregao.domain.detectors.prices import DAY_S, in_session, local_days, local_seconds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pregao.domain.alerts.signal import Levels
    from pregao.domain.detectors.prices import Series
    from pregao.domain.market.candles import Floats, Ints
    from pregao.domain.market.instrument import Instrument

SESSIONS = 60
"""Sessions before that shares, and what was said of them, are judged over ..."""
FEWEST = 20
"""... and how many of them must have the half hour."""
HALF_HOUR_S = 1800
HALF_HOURS = DAY_S // HALF_HOUR_S
Half = tuple[float, float, float, int]
"""p, low, high and the number of cases."""
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
    hit, asked = reached.sum(axis=0), tried.sum(axis=0)
    total, share = asked.sum(), hit / asked
    day = hit.sum() / total
    # how far a mean over sessions errs, by the ratio estimator: sessions weigh by their cases
    errors = np.where(there, reached - share * tried, 0.0)
    variance = (errors**2).sum(axis=0) / asked**2 * count / (count - 1)
    of_day = reached.sum(axis=1) - day * tried.sum(axis=1)
    day_variance = (of_day**2).sum() / total**2
    between = max(0.0, float(((share - day) ** 2).mean() - variance.mean()))
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
class KnownOdds:
    """What is known after a session of alerts with these levels.

    `halves` has p, low, high and the number of cases per half hour of the exchange's day; empty where too few
    sessions are known. `baseline` is the day's share; `reliable` as in `Odds`.
    """

    levels: Levels
    baseline: float
    reliable: bool
    halves: Mapping[int, Half]

    def is_of(self, levels: Levels) -> bool:
        """Tell whether alerts with these levels are meant; settings are levels of another class."""
        own = self.levels
        return (own.entry_atr, own.stop_atr, own.target_atr) == (
            levels.entry_atr,
            levels.stop_atr,
            levels.target_atr,
        )

    def taken(self, second: int) -> KnownOdds:
        """Return the part that decides of alerts whose candle opens at this second of the exchange's day."""
        own = second // HALF_HOUR_S
        return replace(self, halves={half: said for half, said in self.halves.items() if half == own})

    def chance(self, second: int, as_of: date) -> Chance | Unmeasured:
        """Return what an alert is told with whose candle opens at this second of the exchange's day.

        `as_of` is the session after which this was known.
        """
        half = self.halves.get(second // HALF_HOUR_S)
        if half is None:
            return Unmeasured.FEW_SESSIONS
        if not self.reliable:
            return Unmeasured.NOT_RELIABLE
        p, low, high, cases = half
        return Chance(p, low, high, cases, self.baseline, as_of.isoformat())


@dataclass(frozen=True, slots=True)
class Chances:
    """The odds of alerts with one set of levels, session by session.

    session: of each candle; days: of each session, counted from 1970-01-01 at the exchange; second: of the
    exchange's day at which each candle opens.
    """

    levels: Levels
    odds: Odds
    session: Ints
    days: Ints
    second: Ints

    def before(self, session: int) -> KnownOdds:
        """Return what is known before a session, by its number; that of the one to come is the last."""
        return self._known(session, np.flatnonzero(np.isfinite(self.odds.p[session])).tolist())

    def _known(self, session: int, measured: Sequence[int]) -> KnownOdds:
        """Return what is known before a session of these halves, all of them measured."""
        known = self.odds
        columns = (known.p, known.low, known.high, known.cases)
        halves: dict[int, Half] = {}
        for at in measured:
            p, low, high, cases = (float(one[session, at]) for one in columns)
            halves[at] = round(p, 4), round(low, 4), round(high, 4), int(cases)
        baseline = round(float(known.baseline[session]), 4) if halves else 0.0
        return KnownOdds(self.levels, baseline, bool(known.reliable[session]), halves)

    def at(self, row: int) -> Chance | Unmeasured:
        """Return the chance that an alert on a candle is told with, from the sessions before its own."""
        session = int(self.session[row])
        if session == 0:
            return Unmeasured.FEW_SESSIONS
        until = date(1970, 1, 1) + timedelta(days=int(self.days[session - 1]))
        second = int(self.second[row])
        half = second // HALF_HOUR_S
        measured = [half] if np.isfinite(self.odds.p[session, half]) else []
        return self._known(session, measured).chance(second, until)


def chances(series: Series, instrument: Instrument, levels: Levels) -> Chances:
    """Return what alerts with these levels are told with; cases are the candles in session with an ATR.

    The session of a candle has no part in what stands beside it.
    """
    atr = rsi_and_atr(series)[1]
    days = local_days(series.candles.time, series.timezone)
    found, session = np.unique(days, return_inverse=True)
    wall = local_seconds(series.candles.time, series.timezone)
    judged = in_session(series, instrument) & np.isfinite(atr)
    hits, cases = target_first(series, atr, judged, levels, HORIZON)
    known = odds(session, half_hours(wall), hits, cases)
    return Chances(levels, known, session.astype(np.int64), found, wall % DAY_S)
