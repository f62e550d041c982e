"""What waits on the fallback queue: an alert's next step for some operators."""

from __future__ import annotations

from dataclasses import dataclass

from pregao.domain.alerts.alert import Alert
from pregao.domain.delivery.operators import Channel


@dataclass(frozen=True, slots=True)
class Timer:
    """Wakes fallback for these operators' step on `channel`; `attempt` counts its tries from 1.

    `cause` tells why it is due. `listed` are those whom the alert concerns and did not ring: nothing is due
    to them. A timer of before there were steps names no channel: e-mail. `joins` are those of them whose
    message of its opportunity is to say that it came.
    """

    alert: Alert
    operators: tuple[str, ...]
    attempt: int
    cause: str
    listed: tuple[str, ...] = ()
    channel: Channel = Channel.EMAIL
    joins: tuple[str, ...] = ()
