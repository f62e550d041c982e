"""A further alert of an opportunity that rings nobody: the message that was sent of it says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pregao.domain.delivery.operators import EDITED
from pregao.flow.steps.current_note import EDIT_S, Message, bring_up_to_date, state_now

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from pregao.domain.alerts.alert import Alert
    from pregao.domain.delivery.operators import Channel, Operator
    from pregao.flow.steps.in_time import TimeLeft
    from pregao.flow.steps.phone import Phone


def tell_of_joined(
    alert: Alert, joins: tuple[str, ...], phone: Phone, zone: ZoneInfo, time: TimeLeft
) -> tuple[str, ...]:
    """Add an alert to the messages that those of `joins` have of its opportunity, where one can be changed.

    Changing a message does not ring. Of one that is not sent yet the line is kept until it is.

    Returns those for whom the time is too short.
    """
    for place, name in enumerate(joins):
        if not time.for_more(EDIT_S):
            return joins[place:]
        for step in phone.desk[name].steps if name in phone.desk else ():
            if step.channel in EDITED and step.channel in phone.senders:
                _tell(alert, phone.desk[name], step.channel, phone, zone)
    return ()


def _tell(alert: Alert, operator: Operator, channel: Channel, phone: Phone, zone: ZoneInfo) -> None:
    from pregao.domain.text.note import joined_line

    now, line = phone.journal.clock(), joined_line(alert, operator.language, zone)
    kept = phone.notes.join(alert, operator.id, channel, line, now) if phone.notes else None
    if kept is None or kept.alert is None:
        return
    message = Message(kept.alert, operator, channel, kept.provider_id, zone)
    if state_now(message, phone).is_open:
        bring_up_to_date(message, phone)
