"""What became of the operators of a timer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

TOLD = "told"
"""Among the ends of steps: that a channel's trouble begins, which is told once."""


class MailResult(StrEnum):
    """How it ended for an operator who did not confirm; one whose e-mail is tried again has no end yet."""

    EMAILED = "emailed"
    FAILED = "failed"
    WITHHELD = "withheld"
    SUPPRESSED = "suppressed"
    RECOVERED = "recovered"
    """E-mailed, and no e-mail to them had been taken for a while."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Operators who had confirmed, were e-mailed, will be tried again, were given up, or must have none.

    `withheld` wish for none now, `suppressed` have an address that takes none, `unknown` are not on the desk.
    `recovered` were e-mailed too, and are reached again. `steps` counts how a step before e-mail ended, as
    "telegram sent". `told` are the troubles of channels that began with it.
    """

    received: int = 0
    mailed: int = 0
    retried: int = 0
    given_up: int = 0
    withheld: int = 0
    suppressed: int = 0
    unknown: int = 0
    recovered: int = 0
    steps: Mapping[str, int] = field(default_factory=dict)
    told: int = 0

    def by_outcome(self) -> dict[str, int]:
        """Return how many by the words that logs and metrics have for it."""
        return {
            "confirmed": self.received,
            "retried": self.retried,
            MailResult.EMAILED.value: self.mailed,
            MailResult.RECOVERED.value: self.recovered,
            "unknown": self.unknown,
            MailResult.FAILED.value: self.given_up,
            MailResult.WITHHELD.value: self.withheld,
            MailResult.SUPPRESSED.value: self.suppressed,
        }


def counted(
    confirmed: int,
    strangers: int,
    retried: int,
    results: Sequence[MailResult | None],
    steps: Mapping[str, int],
) -> Settled:
    """Sum up; `results` are how the e-mails ended, None for one that is tried again."""
    ends = Counter(results)
    mailed = ends[MailResult.EMAILED] + ends[MailResult.RECOVERED]
    return Settled(
        received=confirmed,
        mailed=mailed,
        retried=retried,
        given_up=ends[MailResult.FAILED] + ends[None] - retried,
        withheld=ends[MailResult.WITHHELD],
        suppressed=ends[MailResult.SUPPRESSED],
        unknown=strangers,
        recovered=ends[MailResult.RECOVERED],
        steps={name: times for name, times in steps.items() if name != TOLD},
        told=steps.get(TOLD, 0),
    )
