"""A step between screen and e-mail: one note to what an operator carries, once, then the step behind it.

The right to send is taken before sending, the step behind is started before too: whatever becomes of this
process, the operator is tried on. A note of which nobody can tell whether it was taken is not sent again on
its channel; the step behind begins at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pregao.domain.delivery.alert_state import Phase
from pregao.domain.delivery.escalation import EMAIL_NOW, Retry, Start, step_after
from pregao.domain.delivery.operators import EDITED, PICTURED, Status, Tried
from pregao.flow.ports.refusals import NOT_DONE, ChannelBusy, ChannelRefused, ChannelSilent, NoAddress
from pregao.flow.steps.current_note import Message, bring_up_to_date, joined, rendered

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from pregao.domain.alerts.alert import Alert
    from pregao.domain.delivery.alert_state import AlertState
    from pregao.domain.delivery.operators import Channel, Operator, Reached
    from pregao.domain.delivery.timer import Timer
    from pregao.domain.text.note import Note
    from pregao.flow.ports.delivery import FallbackQueue
    from pregao.flow.ports.phone import OpportunityNotes, Pictures, Sender, TroubleBook
    from pregao.flow.steps.audit.journal import Journal

LEASE_S = 85
"""Longer than the function may run: a function that still holds the right to send then has died."""
RETRY = Retry(tries=3, backoff_s=5, give_up_s=120)
"""Of a note that a service certainly did not take; the step behind begins in its time all the same."""
NO_ADDRESS, SILENCED, SILENT, NOT_ENDED = "no_address", "silenced", "no_answer", "not_ended"
"""Why nothing was sent; why it is not known: the answer did not come, the function died before it."""
TO = "to:"
"""Before the keyed hash of an address, in the record of an intent."""


@dataclass(frozen=True, slots=True)
class Phone:
    """What a step needs; `desk` is who works there, `grace_s` the wait of a step that names none.

    `link` signs an operator's way to an alert; `silent_until` tells until when they want their phone silent.
    `notes` are the messages of opportunities, None where no channel changes one; `troubles` remember what was
    told of a channel, None where nobody is told; `pictures` draw charts, None where messages have none.
    """

    desk: Mapping[str, Operator]
    senders: Mapping[Channel, Sender]
    queue: FallbackQueue
    journal: Journal
    grace_s: int
    link: Callable[[Alert, str], str]
    silent_until: Callable[[str], float | None]
    notes: OpportunityNotes | None = None
    troubles: TroubleBook | None = None
    pictures: Pictures | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """An operator whom a timer's step is due to, what is known of them, and how the alert stands."""

    timer: Timer
    operator: Operator
    reached: Reached
    state: AlertState
    zone: ZoneInfo

    @property
    def alert(self) -> Alert:
        """The alert."""
        return self.timer.alert

    @property
    def channel(self) -> Channel:
        """The step's channel."""
        return self.timer.channel


@dataclass(frozen=True, slots=True)
class End:
    """How a step ended; `tells`: with it a trouble of the operator's channel begins, which is told once."""

    status: Status
    tells: bool = False


def take_step(case: Case, phone: Phone) -> End | None:
    """Send one note, or say why not, and see that the step behind it begins.

    Returns how it ended, INTENT where it is tried again; None where another invocation is at it or it ended
    before. The step behind is started then too: where the order of the steps was changed meanwhile, it was
    not. Each channel takes the right to send once, so a step that is started twice sends once.
    """
    before = case.reached.tried.get(case.channel)
    if before is not None and before.end is None:
        return None
    if before is not None:
        if _led_here(case, before):
            _start(case, step_after(case.operator.steps, case.channel, phone.grace_s), phone)
        return None
    if case.channel not in phone.senders:
        return _pass_over(case, NO_ADDRESS, phone)
    if not case.state.is_open:
        return _pass_over(case, case.state.phase.value, phone)
    now = phone.journal.clock()
    if (phone.silent_until(case.operator.id) or 0.0) > now:
        return _pass_over(case, SILENCED, phone)
    if not phone.journal.book.trying(case.alert.id, case.operator.id, case.channel, now):
        return None
    if case.timer.attempt == 1:
        _start(case, step_after(case.operator.steps, case.channel, phone.grace_s), phone)
    return _send(case, phone)


def _led_here(case: Case, before: Tried) -> bool:
    """Tell whether a step that stands before this one now was taken after it: the order was another then."""
    names = [one.channel for one in case.operator.steps]
    earlier = names[: names.index(case.channel)] if case.channel in names else names
    return any(case.reached.tried[one].at >= before.at for one in earlier if one in case.reached.tried)


def end_in_doubt(case: Case, phone: Phone) -> End | None:
    """Write down that a step's end is unknown where the function that took it died before it told.

    Whatever has become of the operator since: an intent has an end. None where there is nothing to say.
    """
    tried = case.reached.tried.get(case.channel)
    if tried is None or tried.end is not None or phone.journal.clock() - tried.at < LEASE_S:
        return None
    return _end(case, Status.UNKNOWN, {"cause": NOT_ENDED}, phone)


def amend_notes(case: Case, phone: Phone) -> None:
    """Let the notes that somebody was sent say that the alert is decided or over, where the service can."""
    if case.state.is_open:
        return
    for channel, tried in case.reached.tried.items():
        if channel in EDITED and tried.end is Status.SENT and tried.provider_id and channel in phone.senders:
            bring_up_to_date(_message(case, channel, tried.provider_id), phone)


def _message(case: Case, channel: Channel, provider_id: str = "") -> Message:
    return Message(case.alert, case.operator, channel, provider_id, case.zone)


def _replace_older(case: Case, provider_id: str, sent: Note, phone: Phone) -> None:
    """Leave an operator one message of an opportunity: the newest alert's, which rang; an older one goes.

    What joined while it was on its way found no message to stand in: it is added here.
    """
    if phone.notes is None or not case.alert.opportunity or case.channel not in EDITED:
        return
    old = phone.notes.keep(case.alert, case.operator.id, case.channel, provider_id, phone.journal.clock())
    if old is not None:
        with suppress(*NOT_DONE):
            phone.senders[case.channel].withdraw(case.operator, old.provider_id)
    from pregao.domain.text.note import JOINED

    message = _message(case, case.channel, provider_id)
    newest = old is None or old.provider_id != provider_id
    if newest and not set(joined(message, phone)[-JOINED:]) <= set(sent.lines):
        bring_up_to_date(message, phone, sent)


def _pass_over(case: Case, cause: str, phone: Phone) -> End:
    """Write down why nothing is sent; behind a decision, and where the phone is silent, e-mail comes next."""
    _note(case, Status.WITHHELD, {"cause": cause}, phone)
    over = cause in {Phase.DECIDED.value, Phase.EXPIRED.value, SILENCED}
    _start(case, EMAIL_NOW if over else _at_once(case, phone), phone)
    return End(Status.WITHHELD)


def _send(case: Case, phone: Phone) -> End:
    mark = phone.senders[case.channel].mark(case.operator)
    to = {"provider_id": f"{TO}{mark}"} if mark else {}
    _note(case, Status.INTENT, {"cause": case.timer.cause, **to}, phone)
    note = rendered(_message(case, case.channel), case.state, phone)
    if phone.pictures and case.channel in PICTURED:
        note = replace(note, picture=phone.pictures.of(case.alert, case.operator.language))
    try:
        provider_id = phone.senders[case.channel].send(case.operator, note)
    except NoAddress:
        return _end(case, Status.WITHHELD, {"cause": NO_ADDRESS}, phone)
    except ChannelBusy as busy:
        return _busy(case, busy, phone)
    except ChannelRefused as refused:
        return _end(case, Status.FAILED, {"error": str(refused)}, phone)
    except ChannelSilent:
        return _end(case, Status.UNKNOWN, {"cause": SILENT}, phone)
    end = _end(case, Status.SENT, {"provider_id": provider_id} if provider_id else {}, phone)
    _replace_older(case, provider_id, note, phone)
    return end


def _busy(case: Case, busy: ChannelBusy, phone: Phone) -> End:
    """Try again in time, else give the channel up."""
    delay = RETRY.next_delay(case.timer.attempt, RETRY.waited(case.timer.attempt), busy.after_s)
    if delay is None:
        return _end(case, Status.FAILED, {"error": str(busy)}, phone)
    _note(case, Status.FAILED, {"error": str(busy)}, phone)
    phone.journal.book.not_sent(case.alert.id, case.operator.id, case.channel)
    again = replace(case.timer, operators=(case.operator.id,), attempt=case.timer.attempt + 1)
    phone.queue.start(again, delay)
    return End(Status.INTENT)


def _end(case: Case, status: Status, detail: Mapping[str, Any], phone: Phone) -> End:
    """Write down how a step ended; where the note was not taken for certain, the step behind begins at once.

    That comes before the end is kept: after a crash in between it is written and started twice, never zero
    times.
    """
    _note(case, status, detail, phone)
    if status is not Status.SENT:
        _start(case, _at_once(case, phone), phone)
    now = phone.journal.clock()
    tried = Tried(now, status, now, detail.get("provider_id", ""))
    phone.journal.book.ended(case.alert.id, case.operator.id, case.channel, tried)
    return End(status, _remember(case, status, detail, phone))


def _remember(case: Case, status: Status, detail: Mapping[str, Any], phone: Phone) -> bool:
    """Remember that the channel worked, or did not; True where it is to be told that it does not.

    That is once for each cause, and again only after the channel worked in between.
    """
    if phone.troubles is None:
        return status in {Status.FAILED, Status.UNKNOWN}
    if status is Status.SENT:
        phone.troubles.worked(case.operator.id, case.channel)
    if status not in {Status.FAILED, Status.UNKNOWN}:
        return False
    cause = str(detail.get("error") or detail.get("cause"))
    return phone.troubles.failed(case.operator.id, case.channel, cause, phone.journal.clock())


def _at_once(case: Case, phone: Phone) -> Start:
    return replace(step_after(case.operator.steps, case.channel, phone.grace_s), delay_s=0)


def _start(case: Case, start: Start, phone: Phone) -> None:
    timer = replace(case.timer, operators=(case.operator.id,), attempt=1, channel=start.channel)
    phone.queue.start(timer, start.delay_s)


def _note(case: Case, status: Status, detail: Mapping[str, Any], phone: Phone) -> None:
    told = {"attempt": case.timer.attempt, **detail}
    phone.journal.note(case.alert, case.operator, case.channel, status, told)
