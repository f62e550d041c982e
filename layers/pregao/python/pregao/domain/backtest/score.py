"""Counts and what they are worth: capture, false positives and win rate, their intervals, the gates."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pregao.domain.backtest.rules import Gates

Z95 = 1.959963984540054
"""The normal distribution's 97.5 % point: two-sided 95 % intervals."""


@dataclass(frozen=True, slots=True)
class Share:
    """`part` of `whole`, e.g. episodes captured of all episodes."""

    part: int
    whole: int

    @property
    def value(self) -> float | None:
        """The share, None of nothing."""
        return self.part / self.whole if self.whole else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % score interval (E. B. Wilson, JASA 22, 1927); (0, 1) of nothing."""
        if not self.whole:
            return 0.0, 1.0
        n, p = self.whole, self.part / self.whole
        middle = p + Z95**2 / (2 * n)
        reach = Z95 * sqrt(p * (1 - p) / n + Z95**2 / (4 * n * n))
        scale = 1 + Z95**2 / n
        return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)

    def __add__(self, other: Share) -> Share:
        return Share(self.part + other.part, self.whole + other.whole)


@dataclass(frozen=True, slots=True)
class Score:
    """Capture of episodes, false positives of alerts, wins of the alerts that reached target or stop."""

    capture: Share
    false_positives: Share
    wins: Share

    def __add__(self, other: Score) -> Score:
        return Score(
            self.capture + other.capture,
            self.false_positives + other.false_positives,
            self.wins + other.wins,
        )


NOTHING = Score(Share(0, 0), Share(0, 0), Share(0, 0))


@dataclass(frozen=True, slots=True)
class Verdict:
    """One gate's judgement; `passed` is False also where the evidence is too thin, `why` says which."""

    name: str
    share: Share
    threshold: float
    passed: bool
    why: str


def judge(score: Score, gates: Gates) -> tuple[Verdict, ...]:
    """Hold a score against the gates: capture and win rate at least, false positives at most."""
    return (
        _verdict("capture", score.capture, gates.capture, gates.evidence, least=True),
        _verdict(
            "false_positives", score.false_positives, gates.false_positives, gates.evidence, least=False
        ),
        _verdict("win_rate", score.wins, gates.win_rate, gates.evidence, least=True),
    )


def _verdict(name: str, share: Share, threshold: float, evidence: int, *, least: bool) -> Verdict:
    sign = ">=" if least else "<="
    if share.whole < evidence:
        return Verdict(name, share, threshold, False, f"{share.whole} cases, {evidence} are needed")
    value = share.part / share.whole
    passed = value >= threshold if least else value <= threshold
    held = "" if passed else "not "
    return Verdict(name, share, threshold, passed, f"{value:.1%} is {held}{sign} {threshold:.0%}")
