"""What counts are worth: shares beside their baseline, intervals, expectancy, and the gates."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import sqrt
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pregao.domain.backtest.rules import Gates
    from pregao.domain.market.candles import Floats

Z95 = 1.959963984540054
"""The normal distribution's 97.5 % point: two-sided 95 % intervals."""
DRAWS, SEED = 2000, 20261129
"""The session bootstrap: how often sessions are drawn with replacement, and from which seed."""
FEWEST_SESSIONS = 30
"""Under so many sessions nothing can be compared with other days."""
Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `whole` (e.g. legs captured of all legs), what chance gives, and how much better it is.

    interval: of the share, 95 %, the wider of Wilson's and of the session bootstrap's at each end. baseline:
    the same share of the same alerts on other days, at the same clock. lift: how much better the share is,
    positive when better also where less is better; lift_interval: its 95 % interval by session bootstrap.
    Baseline and lift are None where there are too few sessions or nothing to compare with.
    """

    part: int
    whole: int
    interval: Interval = (0.0, 1.0)
    baseline: float | None = None
    lift: float | None = None
    lift_interval: Interval | None = None

    @property
    def value(self) -> float | None:
        """The share, None of nothing."""
        return self.part / self.whole if self.whole else None

    def plain(self) -> dict[str, Any]:
        """Return it as JSON values; `cases` is what the share is of."""
        known, (lift_low, lift_high) = self.whole > 0, self.lift_interval or (None, None)
        return {
            "value": self.value,
            "low": self.interval[0] if known else None,
            "high": self.interval[1] if known else None,
            "baseline": self.baseline,
            "lift": self.lift,
            "lift_low": lift_low,
            "lift_high": lift_high,
            "part": self.part,
            "cases": self.whole,
        }


@dataclass(frozen=True, slots=True)
class Expectancy:
    """The mean result after costs of the alerts that could be entered, in R; None of nothing."""

    cases: int
    r: float | None = None
    interval: Interval | None = None

    def plain(self) -> dict[str, Any]:
        """Return it as JSON values."""
        low, high = self.interval or (None, None)
        return {"r": self.r, "low": low, "high": high, "cases": self.cases}


@dataclass(frozen=True, slots=True)
class Score:
    """Capture of legs, false positives of alerts, wins of the alerts that reached target or stop.

    missed: alerts that could not be entered; sessions: how many were judged.
    """

    capture: Share
    false_positives: Share
    wins: Share
    expectancy: Expectancy
    missed: int
    sessions: int

    def plain(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "capture": self.capture.plain(),
            "false_positives": self.false_positives.plain(),
            "win_rate": self.wins.plain(),
            "expectancy_r": self.expectancy.r,
            "expectancy": self.expectancy.plain(),
            "missed": self.missed,
        }


@dataclass(frozen=True, slots=True)
class Counts:
    """What a share is made of, per judged session: in place, and of the alerts moved to other sessions."""

    part: Floats
    whole: Floats
    moved_part: Floats
    moved_whole: Floats


@dataclass(frozen=True, slots=True)
class Tally:
    """Everything that a score is made of, per judged session; `net_r` is summed over the `taken` alerts."""

    capture: Counts
    false_positives: Counts
    wins: Counts
    net_r: Floats
    taken: Floats


def score_of(tally: Tally, missed: int) -> Score:
    """Return the score of all sessions together, its intervals by one bootstrap over them."""
    shares = (tally.capture, tally.false_positives, tally.wins)
    columns = [column for counts in shares for column in _columns(counts)]
    sessions = len(tally.net_r)
    sums = (draws(sessions) @ np.stack((*columns, tally.net_r, tally.taken), axis=1)).T
    comparable = sessions >= FEWEST_SESSIONS
    capture, false, wins = (
        _share(counts, sums[4 * at : 4 * at + 4], comparable, 1 if counts is not shares[1] else -1)
        for at, counts in enumerate(shares)
    )
    return Score(capture, false, wins, _expectancy(tally, sums[-2:]), missed, sessions)


def share_of(counts: Counts) -> Share:
    """Return one share, more of which is better, of all sessions together."""
    sessions = len(counts.whole)
    sums = (draws(sessions) @ np.stack(_columns(counts), axis=1)).T
    return _share(counts, sums, sessions >= FEWEST_SESSIONS, 1)


def _columns(counts: Counts) -> tuple[Floats, ...]:
    return counts.part, counts.whole, counts.moved_part, counts.moved_whole


def _share(counts: Counts, sums: Floats, comparable: bool, sign: int) -> Share:
    """Return a share, `sign` -1 where less is better; `sums` of its four columns per draw of sessions."""
    part, whole, there = int(counts.part.sum()), int(counts.whole.sum()), float(counts.moved_whole.sum())
    if not whole:
        return Share(0, 0)
    drawn = _ratio(sums[0], sums[1])
    narrow, (low, high) = wilson(part, whole), _middle(drawn)
    bounds = min(narrow[0], low), max(narrow[1], high)
    if not comparable or not there:
        return Share(part, whole, bounds)
    baseline = float(counts.moved_part.sum()) / there
    lifts = _middle(sign * (drawn - _ratio(sums[2], sums[3])))
    return Share(part, whole, bounds, baseline, sign * (part / whole - baseline), lifts)


def _expectancy(tally: Tally, sums: Floats) -> Expectancy:
    count = int(tally.taken.sum())
    if not count:
        return Expectancy(0)
    return Expectancy(count, float(tally.net_r.sum()) / count, _middle(_ratio(sums[0], sums[1])))


def wilson(part: int, whole: int) -> Interval:
    """Return the 95 % score interval of a share (E. B. Wilson, JASA 22, 1927); (0, 1) of nothing."""
    if not whole:
        return 0.0, 1.0
    n, p = whole, part / whole
    middle = p + Z95**2 / (2 * n)
    reach = Z95 * sqrt(p * (1 - p) / n + Z95**2 / (4 * n * n))
    scale = 1 + Z95**2 / n
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)


@lru_cache(maxsize=8)
def draws(sessions: int) -> Floats:
    """Return how often each of so many sessions is drawn, (DRAWS, sessions); the same for the same number."""
    if not sessions:
        return np.zeros((DRAWS, 0))
    chosen = np.random.default_rng(SEED).integers(sessions, size=(DRAWS, sessions))
    flat = chosen + sessions * np.arange(DRAWS)[:, None]
    counts = np.bincount(flat.ravel(), minlength=DRAWS * sessions)
    return counts.reshape(DRAWS, sessions).astype(np.float64)


def _ratio(part: Floats, whole: Floats) -> Floats:
    """Return the share in every draw of sessions, NaN in one without cases."""
    ratio: Floats = np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0)
    return ratio


def _middle(values: Floats) -> Interval:
    """Return the values' middle 95 %, without those of draws that held no case."""
    low, high = np.quantile(values[np.isfinite(values)], (0.025, 0.975)).tolist()
    return low, high


@dataclass(frozen=True, slots=True)
class Verdict:
    """One gate's judgement; `why` names everything that it fails by."""

    name: str
    share: Share
    threshold: float
    passed: bool
    why: str

    def plain(self) -> dict[str, Any]:
        """Return it as JSON values."""
        facts = {"gate": self.name, "threshold": self.threshold, "passed": self.passed, "why": self.why}
        return facts | self.share.plain()


def judge(score: Score, gates: Gates) -> tuple[Verdict, ...]:
    """Hold a score against the gates: capture and win rate at least, false positives at most.

    A gate passes when the bound of the share's interval does, the interval of its lift lies above zero and
    the expectancy after costs is above zero, on `gates.evidence` cases at least.
    """
    asked = (
        ("capture", score.capture, gates.capture, True),
        ("false_positives", score.false_positives, gates.false_positives, False),
        ("win_rate", score.wins, gates.win_rate, True),
    )
    return tuple(
        _verdict(name, one, threshold, tuple(_faults(score, one, threshold, gates.evidence, least)), least)
        for name, one, threshold, least in asked
    )


def _verdict(name: str, one: Share, threshold: float, faults: tuple[str, ...], least: bool) -> Verdict:
    held = f"{one.interval[0 if least else 1]:.1%} is {'>=' if least else '<='} {threshold:.0%}"
    return Verdict(name, one, threshold, not faults, "; ".join(faults) or held)


def _faults(score: Score, one: Share, threshold: float, evidence: int, least: bool) -> Iterator[str]:
    if one.whole < evidence:
        yield f"{one.whole} cases, {evidence} are needed"
        return
    bound = one.interval[0 if least else 1]
    if not (bound >= threshold if least else bound <= threshold):
        yield f"the interval's bound {bound:.1%} is not {'>=' if least else '<='} {threshold:.0%}"
    if one.lift is None or one.lift_interval is None:
        yield f"{score.sessions} sessions give no baseline"
    elif not one.lift_interval[0] > 0:
        yield f"the lift {100 * one.lift:+.1f} pp may be {100 * one.lift_interval[0]:+.1f}"
    if score.expectancy.r is None or not score.expectancy.r > 0:
        yield f"the expectancy {score.expectancy.r or 0.0:+.3f} R is not above 0"
