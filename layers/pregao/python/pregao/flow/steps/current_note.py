"""A message that was sent is changed until it says what is known, whoever else changes it too."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pregao.domain.delivery.alert_state import state_of
from pregao.domain.delivery.operators import EDITED
from pregao.flow.ports.refusals import NOT_DONE, ChannelSilent

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from pregao.domain.alerts.alert import Alert
    from pregao.domain.delivery.alert_state import AlertState
    from pregao.domain.delivery.operators import Channel, Operator
    from pregao.domain.text.note import Note
    from pregao.flow.steps.phone import Phone

ROUNDS = 3
"""A message is changed so often at most; more than two are at it at once where a service hangs."""
EDIT_S = 45.0
"""Time budget in seconds of changing one operator's messages, if every call takes its longest."""


@dataclass(frozen=True, slots=True)
class Message:
    """What an operator was sent of an alert, by the service's id of it; its times on the clock of `zone`."""

    alert: Alert
    operator: Operator
    channel: Channel
    provider_id: str
    zone: ZoneInfo


def bring_up_to_date(message: Message, phone: Phone, shown: Note | None = None) -> None:
    """Change a message until it says what is known; `shown` is what it says now, where that is known.

    What is known is read anew after each change. So whoever changes it last has read last, and of several at
    once none leaves an older text over a newer one. Nobody waits for it: a service that does not take it is
    not asked again.
    """
    with suppress(*NOT_DONE):
        for _ in range(ROUNDS):
            known = rendered(message, state_now(message, phone), phone)
            if shown is not None and (known.title, known.lines) == (shown.title, shown.lines):
                return
            with suppress(ChannelSilent):  # it may have been taken, over a newer text: read again
                phone.senders[message.channel].amend(message.operator, message.provider_id, known)
            shown = known


def rendered(message: Message, state: AlertState, phone: Phone) -> Note:
    """Write a message for an alert that stands so, with what joined its opportunity until now."""
    from pregao.domain.text.note import render_note

    link = phone.link(message.alert, message.operator.id)
    return render_note(message.alert, message.operator, link, state, message.zone, joined(message, phone))


def joined(message: Message, phone: Phone) -> tuple[str, ...]:
    """Return the lines of what joined until now; none where a message is not one of its opportunity's."""
    if phone.notes is None or not message.alert.opportunity or message.channel not in EDITED:
        return ()
    from pregao.domain.text.note import topic_of

    return phone.notes.of(topic_of(message.alert), message.operator.id, message.channel).joined


def state_now(message: Message, phone: Phone) -> AlertState:
    """Read how an alert stands for an operator now."""
    taken = phone.journal.book.progress(message.alert.id).acts.stands_for(message.operator.id)
    return state_of(message.alert, taken, phone.desk.values(), phone.journal.clock())
