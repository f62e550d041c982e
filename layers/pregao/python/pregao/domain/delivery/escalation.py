"""In which order an operator's channels are tried, when each step begins, and how often it is tried."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pregao.domain.delivery.operators import Channel, Step


@dataclass(frozen=True, slots=True)
class Start:
    """A step and the seconds until it begins."""

    channel: Channel
    delay_s: int


EMAIL_NOW = Start(Channel.EMAIL, 0)
"""The last step, at once."""


@dataclass(frozen=True, slots=True)
class Retry:
    """How often and how late a channel is tried: `backoff_s` doubles from try to try."""

    tries: int = 3
    backoff_s: int = 30
    give_up_s: int = 300

    def waited(self, attempt: int) -> int:
        """Return the seconds from the first try to `attempt`, by the back-offs between them alone.

        The alert's age says nothing of it: steps before this channel may have taken minutes.
        """
        return self.backoff_s * ((1 << (attempt - 1)) - 1)

    def next_delay(self, attempt: int, waited_s: float, at_least_s: float = 0.0) -> int | None:
        """Return the seconds before the try after `attempt`, None when that is one too many or too late.

        `at_least_s` is what the service asks for.
        """
        delay = max(self.backoff_s * 2 ** (attempt - 1), math.ceil(at_least_s))
        return None if attempt >= self.tries or waited_s + delay > self.give_up_s else delay


SETTLED_S = 1200
"""Seconds from an alert's delivery after which its operators' timers count as lost, at least."""
REPEATED_S = 600
"""Seconds for timers that come again: one whose function died is hidden for 180 s, three times at most."""


def settled_within(desk: Iterable[Sequence[Step]], grace_s: int, email: Retry) -> int:
    """Return the seconds from its delivery after which an alert's timers count as lost.

    That is longer than the longest way to an e-mail on a desk, and its tries: a timer that is started because
    one was lost sends the e-mail at once, which would come before its step otherwise.
    """
    longest = max((sum(_wait(step, grace_s) for step in steps) for steps in desk), default=0)
    return max(SETTLED_S, longest + email.give_up_s + REPEATED_S)


def first_step(steps: Sequence[Step], grace_s: int, *, screen: bool) -> Start:
    """Return the step behind the screen: after its wait, at once for somebody who has no screen open."""
    return Start(steps[0].channel, _wait(steps[0], grace_s) if screen else 0)


def step_after(steps: Sequence[Step], channel: Channel, grace_s: int) -> Start:
    """Return the step behind a channel; e-mail at once behind one that is not among the steps any more."""
    names = [one.channel for one in steps]
    at = names.index(channel) + 1 if channel in names else len(names)
    return Start(names[at], _wait(steps[at], grace_s)) if at < len(names) else EMAIL_NOW


def _wait(step: Step, grace_s: int) -> int:
    return grace_s if step.after_s is None else step.after_s
