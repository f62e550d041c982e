"""A further alert of an opportunity that rings nobody: the message that was sent of it says so."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from pregao.domain.delivery.alert_state import state_of
from pregao.domain.delivery.operators import EDITED
from pregao.domain.text.note import joined_line, render_note
from pregao.flow.steps.phone import NOT_DONE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from pregao.domain.alerts.alert import Alert
    from pregao.domain.delivery.operators import Channel, Operator
    from pregao.flow.steps.in_time import TimeLeft
    from pregao.flow.steps.phone import Phone


EDIT_S = 15.0
"""Time budget in seconds of changing one operator's messages, if every call times out."""


def tell_of_joined(
    alert: Alert,
    joins: tuple[str, ...],
    desk: Mapping[str, Operator],
    phone: Phone,
    zone: ZoneInfo,
    time: TimeLeft,
) -> tuple[str, ...]:
    """Add an alert to the messages that those of `joins` have of its opportunity, where one can be changed.

    Changing a message does not ring. Of one that is not sent yet the line is kept until it is. Nobody waits
    for it, so a service that does not take it is not asked again.

    Returns those for whom the time is too short.
    """
    if phone.notes is None:
        return ()
    for place, name in enumerate(joins):
        if not time.for_more(EDIT_S):
            return joins[place:]
        for step in desk[name].steps if name in desk else ():
            if step.channel in EDITED and step.channel in phone.senders:
                _tell(alert, desk[name], step.channel, desk, phone, zone)
    return ()


def _tell(
    alert: Alert,
    operator: Operator,
    channel: Channel,
    desk: Mapping[str, Operator],
    phone: Phone,
    zone: ZoneInfo,
) -> None:
    now, line = phone.journal.clock(), joined_line(alert, operator.language, zone)
    kept = phone.notes.join(alert, operator.id, channel, line, now) if phone.notes else None
    if kept is None or kept.alert is None:
        return
    acts = phone.journal.book.progress(kept.alert.id).acts
    state = state_of(kept.alert, acts.stands_for(operator.id), desk.values(), now)
    if state.is_open:
        link = phone.link(kept.alert, operator.id)
        note = render_note(kept.alert, operator, link, state, zone, kept.joined)
        with suppress(*NOT_DONE):
            phone.senders[channel].amend(operator, kept.provider_id, note)
