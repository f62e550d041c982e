"""Who may ring: the verdicts, and the rules that need no memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Alert


class Verdict(StrEnum):
    """What admission says of an alert; every verdict is audited with its reason."""

    ADMITTED = "admitted"
    DUPLICATE = "duplicate"
    RATE_LIMITED = "rate_limited"
    QUEUE_FULL = "queue_full"
    STALE = "stale"
    OUT_OF_SESSION = "out_of_session"
    MUTED = "muted"


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and its reason in words for the audit."""

    verdict: Verdict
    reason: str


@dataclass(frozen=True, slots=True)
class Mute:
    """Silences an instrument, a pattern, or a pattern of an instrument; None means any."""

    instrument: str | None = None
    pattern: str | None = None

    def covers(self, alert: Alert) -> bool:
        """Tell whether the alert falls under this mute."""
        return self.instrument in (None, alert.instrument) and self.pattern in (None, alert.pattern)


@dataclass(frozen=True, slots=True)
class AdmissionRules:
    """Limits in seconds of candle time, ticks and counts; see config/alertas.yaml."""

    dedup_window_s: int = 120
    price_band_ticks: int = 10
    rate_window_s: int = 60
    queue_limit: int = 100
    mutes: Sequence[Mute] = ()


def share(limit: int, parts: int, part: int) -> int:
    """Return how many places one part (from 0) of a waiting list has; all parts have the limit."""
    return limit // parts + (part < limit % parts)


def places(held: Sequence[int], limit: int, parts: int) -> list[int]:
    """Return how many places each part of a waiting list has where so many are taken in it.

    `held` may have more entries than there are parts: those of a number of parts of before. What is taken
    beyond a part's share the others do without, those with most free places first, so that the sum is the
    limit; it is more only where more is taken already.
    """
    found = [max(n, share(limit, parts, at) if at < parts else 0) for at, n in enumerate(held)]
    for _ in range(sum(found) - limit):
        at = max(range(len(found)), key=lambda one: found[one] - held[one])
        if found[at] == held[at]:
            break
        found[at] -= 1
    return found


class Session(Protocol):
    """The part of an instrument that admission asks."""

    def in_session(self, epoch_s: int) -> bool:
        """Tell whether a candle that opens then belongs to the trading session."""
        ...


def gate(
    alert: Alert, rules: AdmissionRules, session: Session, now: float, *, replay: bool
) -> Judgement | None:
    """Judge what needs no memory; None lets the alert go on to the claims.

    `stale` goes by the real clock `now` (epoch seconds); `replay` is a batch marked historical in a stack
    that allows replays, whose age says nothing.
    """
    if not replay and now > alert.expires_at:
        return Judgement(Verdict.STALE, f"{now - alert.candle_closed_at:.0f} s after the candle closed")
    if not session.in_session(alert.candle.time):
        return Judgement(Verdict.OUT_OF_SESSION, "the candle opens outside the trading session")
    if any(mute.covers(alert) for mute in rules.mutes):
        return Judgement(Verdict.MUTED, "muted by configuration")
    return None
