"""What the queue's bound held back, in a few lines: a burst must not be told alert by alert."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Alert

LISTED = "listed"
"""The reason of a digest at the session's end: alerts that were admitted and did not ring."""


@dataclass(frozen=True, slots=True)
class HeldBackCount:
    """So many alerts of one contract, pattern and side."""

    instrument: str
    contract: str
    pattern: str
    direction: str
    count: int


@dataclass(frozen=True, slots=True)
class Digest:
    """Alerts of one kind, detected from `since` to `until` (epoch seconds).

    `reason` is the verdict that refused them, or LISTED: they were admitted and did not ring.
    """

    reason: str
    since: float
    until: float
    counts: tuple[HeldBackCount, ...]

    @property
    def total(self) -> int:
        """How many alerts it stands for."""
        return sum(one.count for one in self.counts)


def digest_of(alerts: Sequence[Alert], reason: str) -> Digest:
    """Count alerts (at least one) by contract, pattern and side, the most frequent first."""
    counted = Counter((one.instrument, one.contract, str(one.pattern), str(one.direction)) for one in alerts)
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    times = [one.detected_at for one in alerts]
    return Digest(reason, min(times), max(times), tuple(HeldBackCount(*key, count) for key, count in ordered))
