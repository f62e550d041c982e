"""What a screen may ask: to see, to confirm, to catch up, to decide."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from pregao.domain.audit.records import receipt_record
from pregao.domain.delivery.alert_state import GRACE_S
from pregao.domain.delivery.mute import MUTE_S, Mute, muted_name, of_operator
from pregao.domain.delivery.operators import Operator, Status, all_concerned, pseudonym, recipients
from pregao.flow.ports.refusals import Decided, NothingToExecute
from pregao.flow.steps.audit.append import Pause, append
from pregao.flow.steps.broadcast import broadcast, post_all
from pregao.flow.steps.decide import Deciding, Decision, decide
from pregao.flow.steps.hand_over import Refused, colleague, hand_over
from pregao.flow.steps.in_time import Failures, TimeLeft
from pregao.flow.steps.reminders import set_reminder
from pregao.wire.frames_v1 import alert_frame, handover_frame, muted_frame, pending_frame, reminders_frame

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Alert
    from pregao.domain.audit.chain import Record
    from pregao.flow.ports.delivery import ActionBook, AlertLog, DeliveryBook, FallbackQueue, Kept, OpenBook
    from pregao.flow.ports.reminders import ReminderBook
    from pregao.flow.ports.screens import Screens
    from pregao.flow.steps.wanted import QuoteRequests
    from pregao.wire.socket_v1 import (
        Act,
        Follow,
        Handover,
        MuteFrame,
        Pending,
        Receipt,
        Remind,
        Resume,
        Subscribe,
        Unmute,
    )

RESUME_LIMIT = 100
READ_S, POST_S = 8.0, 5.0
"""A resume stops reading contracts, or posting alerts, when less time than this (seconds) is left, so that
`resumed` can still be sent; the screen then asks again from there."""


@dataclass(frozen=True, slots=True)
class Connections:
    """Dependencies of `hear`; `clock` gives epoch seconds.

    With `each` a decision stands for its operator alone.
    """

    operators: Sequence[Operator]
    screens: Screens
    deliveries: DeliveryBook
    actions: ActionBook
    alert_log: AlertLog
    pool: Executor
    pause: Pause
    clock: Callable[[], float]
    quotes: QuoteRequests
    reminders: ReminderBook
    open_ends: OpenBook
    timers: Callable[[], FallbackQueue]
    receipt_grace_s: int
    each: bool = False

    @property
    def fallback(self) -> FallbackQueue:
        """The timers; their client is made by use, for most screens hand nothing over."""
        return self.timers()

    @property
    def deciding(self) -> Deciding:
        """Dependencies of `decide`."""
        books = (self.alert_log, self.actions, self.screens)
        return Deciding(self.operators, *books, self.pool, self.pause, self.clock, self.each)


@dataclass(frozen=True, slots=True)
class Caller:
    """The socket that speaks and who the authorizer says is behind it."""

    connection_id: str
    operator: str
    role: str


@dataclass(frozen=True, slots=True)
class Heard:
    """A frame's kind or "error <code>", the alert it was about, and how long after detection that was shown.

    `shown_ms` is told by an operator's first receipt, while the alert lives: a replayed alert, or one that a
    screen catches up with later, says nothing about the way to the screen.
    """

    what: str
    alert_id: str | None = None
    shown_ms: float | None = None

    @property
    def error(self) -> str:
        """The code of an error frame, empty where none was sent."""
        return self.what.partition("error ")[2]


def open_socket(caller: Caller, deps: Connections) -> None:
    """Remember a socket that the authorizer let in."""
    deps.screens.opened(caller.connection_id, caller.operator, deps.clock())


def close_socket(connection_id: str, deps: Connections) -> None:
    """Forget a socket."""
    deps.screens.closed(connection_id)


def hear(body: str | None, caller: Caller, deps: Connections, time: TimeLeft) -> Heard:
    """Answer one client frame on the caller's own socket; returns what it was, for log and metrics.

    A frame that cannot be read or must not be obeyed is answered by an `error` frame and changes nothing.
    Today's operators.yaml decides: an operator removed since the socket opened gets an error, nothing else.
    Raises an ExceptionGroup where a contract could not be caught up with, or not all heard of a decision.
    """
    from pregao.wire import socket_v1 as said  # pydantic: who opens or closes a socket does not wait for it

    operator = next((one for one in deps.operators if one.id == caller.operator), None)
    if operator is None:
        return Heard(_error(caller, deps, "not_on_desk", f"{caller.operator} is not on the desk"))
    frame = said.read_frame(body)
    match frame:
        case said.Unreadable():
            return Heard(_error(caller, deps, frame.code, frame.message))
        case said.Ping():
            pong = {"action": "pong", "server_time": deps.clock(), "cursor": deps.alert_log.cursor()}
            _reply(caller, deps, pong)  # a screen that a post did not reach sees what it lacks
        case said.Subscribe() | said.Follow():
            return Heard(_choose(frame, caller, deps))
        case said.Resume():
            return Heard(_resume(frame, caller, operator, deps, time))
        case said.Receipt():
            return _receipt(frame, caller, deps)
        case said.Act() | said.Pending() | said.Remind():
            return Heard(_of_alert(frame, caller, operator, deps, time), frame.alert_id)
        case said.Handover():
            return Heard(_hand_over(frame, caller, operator, deps, time))
        case said.MuteFrame() | said.Unmute():
            return Heard(_change_mutes(frame, caller, operator, deps, time))
    return Heard(frame.action)


def _choose(frame: Subscribe | Follow, caller: Caller, deps: Connections) -> str:
    """Note what the screen wants to be sent."""
    from pregao.wire import socket_v1 as said

    if isinstance(frame, said.Follow):
        return _follow(frame, caller, deps)
    return _subscribe(frame, caller, deps)


def _subscribe(frame: Subscribe, caller: Caller, deps: Connections) -> str:
    muted = deps.screens.subscribe(caller.connection_id, frame.interest())
    if muted is None:
        return _error(caller, deps, "unknown_socket", "this socket is not known; connect again")
    _hello(caller, deps)
    if mutes := of_operator(caller.operator, muted, deps.clock()):
        deps.screens.post(caller.connection_id, muted_frame(mutes))
    if reminders := deps.reminders.of(caller.operator):
        deps.screens.post(caller.connection_id, reminders_frame(reminders))
    return frame.action


def _follow(frame: Follow, caller: Caller, deps: Connections) -> str:
    """Note whose prices the screen shows, and ask for their quotes; none: nobody need send it any."""
    from pregao.wire import socket_v1 as said

    now = deps.clock()
    before = deps.screens.follow(caller.connection_id, frame.instruments, now, now + said.FOLLOW_S)
    if before is None:
        return _error(caller, deps, "unknown_socket", "this socket is not known; connect again")
    deps.quotes.want(frame.instruments, before, now)
    return frame.action


def _hello(caller: Caller, deps: Connections) -> None:
    hello = {
        "action": "hello",
        "operator": caller.operator,
        "role": caller.role,
        "server_time": deps.clock(),
        "cursor": deps.alert_log.cursor(),
    }
    _reply(caller, deps, hello)


def _resume(frame: Resume, caller: Caller, operator: Operator, deps: Connections, time: TimeLeft) -> str:
    """Send what came after the cursor and concerns the caller, in order per contract.

    `resumed` tells where that ends; what the operator or the screen does not want counts as seen. Of each
    contract RESUME_LIMIT come at most: a screen asks on from there until an answer moves nothing. Where a
    contract cannot be read the others come all the same, and no answer: the screen connects and asks again.
    """
    subscribed = deps.screens.interest(caller.connection_id)
    if subscribed is None:
        return _error(caller, deps, "not_subscribed", "subscribe before you resume")
    reached, failures = dict(frame.cursor), Failures()
    for contract, seq in frame.cursor.items():
        if time() < READ_S:
            break
        with failures.kept():
            for kept in deps.alert_log.since(contract, seq, RESUME_LIMIT):
                shown = kept.alert.level is not None or subscribed.covers(kept.alert)
                concerns = shown and operator.concerned_by(kept.alert)
                if concerns and not (time() > POST_S and _shown(kept, caller, deps)):
                    break  # stop at the first alert not sent, or the cursor would skip it
                reached[contract] = kept.alert.seq
    failures.tell("not every contract could be caught up with")
    _reply(caller, deps, {"action": "resumed", "cursor": reached})
    return frame.action


def _shown(kept: Kept, caller: Caller, deps: Connections) -> bool:
    frame = alert_frame(kept.alert, kept.listed.get(caller.operator))
    return deps.screens.post(caller.connection_id, frame) is Status.SENT


def _receipt(frame: Receipt, caller: Caller, deps: Connections) -> Heard:
    now = deps.clock()
    reached = deps.deliveries.received(frame.alert_id, caller.operator, now)
    if reached is None:
        return Heard(_error(caller, deps, "unknown_alert", f"no alert {frame.alert_id}"), frame.alert_id)
    first = reached.received_at == now
    # The timer that audits receipts is through with this operator: only a late one is audited here.
    alert = deps.alert_log.find(frame.alert_id) if first and reached.settled else None
    if alert:
        _audit_late_receipt(alert, caller, now, deps)
    return Heard(frame.action, frame.alert_id, reached.shown_ms if first else None)


def _audit_late_receipt(alert: Alert, caller: Caller, received_at: float, deps: Connections) -> None:
    audit_id = pseudonym(caller.operator, deps.operators)

    def build(now: float) -> list[Record]:
        return [receipt_record(alert, audit_id, received_at, now, late=True)]

    append(partial(deps.deliveries.tail, alert.contract), build, deps.deliveries.append, deps)


def _of_alert(
    frame: Act | Pending | Remind, caller: Caller, operator: Operator, deps: Connections, time: TimeLeft
) -> str:
    from pregao.wire import socket_v1 as said

    match frame:
        case said.Act():
            return _act(frame, caller, operator, deps, time)
        case said.Pending():
            return _pending(frame, caller, operator, deps, time)
        case said.Remind():
            return _remind(frame, caller, operator, deps, time)


def _act(frame: Act, caller: Caller, operator: Operator, deps: Connections, time: TimeLeft) -> str:
    alert = _to_decide_on(frame.alert_id, caller, operator, deps)
    if isinstance(alert, _Refusal):
        return _error(caller, deps, alert.code, alert.message)
    made = Decision(caller.operator, frame.decision, frame.note, frame.order_id)
    try:
        failures = decide(alert, made, deps.deciding, time)
    except Decided as first:
        return _error(caller, deps, "already_decided", str(first))
    except NothingToExecute as refused:
        return _error(caller, deps, "nothing_to_execute", str(refused))
    failures.tell(f"the decision on {alert.id} is written, but not every screen was told")
    return frame.action


def _pending(frame: Pending, caller: Caller, operator: Operator, deps: Connections, time: TimeLeft) -> str:
    """Tell the screens of all whom the alert concerns, the caller's too; nothing is recorded."""
    alert = _to_decide_on(frame.alert_id, caller, operator, deps)
    if isinstance(alert, _Refusal):  # by a code of its own: a screen takes the others for answers to `act`
        return _error(caller, deps, "pending_refused", alert.message)
    now = deps.clock()
    until = now + GRACE_S if frame.decision else now
    news = pending_frame(alert.id, caller.operator, frame.decision, now, until)
    here = deps.screens.present(all_concerned([alert], deps.operators)).screens
    to = recipients(alert, deps.operators, here)
    posts = [(screen.connection_id, [news]) for one in to for screen in one.screens]
    failures = Failures()
    post_all(posts, deps.screens, deps.pool, time, failures)
    failures.tell(f"not every screen was told who is about to decide on {alert.id}")
    return frame.action


def _remind(frame: Remind, caller: Caller, operator: Operator, deps: Connections, time: TimeLeft) -> str:
    """Let a watched alert come back to the caller, or no more; their screens hear what comes back."""
    alert = _to_decide_on(frame.alert_id, caller, operator, deps)
    refused = (
        alert.message
        if isinstance(alert, _Refusal)
        else set_reminder(alert, caller.operator, frame.minutes, deps)
    )
    if refused:
        return _error(caller, deps, "remind_refused", refused)
    failures, news = Failures(), reminders_frame(deps.reminders.of(caller.operator))
    broadcast([news], {caller.operator}, deps.screens, deps.pool, time, failures)
    failures.tell(f"not every screen of {caller.operator} was told what comes back")
    return frame.action


def _hand_over(frame: Handover, caller: Caller, operator: Operator, deps: Connections, time: TimeLeft) -> str:
    """Hand the caller's open alerts over to a colleague; the screens of both hear which."""
    to = colleague(frame.to, operator, caller.role, deps.operators)
    if isinstance(to, Refused):
        return _error(caller, deps, to.code, to.message)
    both = deps.screens.present({operator.id, to.id}).screens
    alerts = hand_over(operator, to, deps, screen=any(one.operator == to.id for one in both))
    if not alerts:
        return _error(caller, deps, "handover_nothing", f"nothing of yours is open that concerns {to.id}")
    news = handover_frame(operator.id, to.id, alerts, deps.clock())
    failures = Failures()
    told = {one.connection_id for one in both} | {caller.connection_id}
    post_all([(one, [news]) for one in told], deps.screens, deps.pool, time, failures)
    failures.tell(f"not every screen was told what {operator.id} handed over to {to.id}")
    return frame.action


def _change_mutes(
    frame: MuteFrame | Unmute, caller: Caller, operator: Operator, deps: Connections, time: TimeLeft
) -> str:
    """Keep alerts of this one's pattern or market from ringing the caller for a while, or no more."""
    from pregao.wire import socket_v1 as said

    if isinstance(frame, said.Unmute):
        deps.screens.unmute(Mute(caller.operator, frame.of, frame.name, 0.0))
    else:
        alert = deps.alert_log.find(frame.alert_id)
        if alert is None or not operator.concerned_by(alert):
            return _error(caller, deps, "mute_refused", f"no alert {frame.alert_id} of yours")
        until = deps.clock() + MUTE_S
        deps.screens.mute(Mute(caller.operator, frame.of, muted_name(alert, frame.of), until))
    _tell_mutes(caller, deps, time)
    return frame.action


def _tell_mutes(caller: Caller, deps: Connections, time: TimeLeft) -> None:
    """Tell all of the caller's screens what is muted now."""
    here = deps.screens.present({caller.operator})
    news = muted_frame(of_operator(caller.operator, here.mutes, deps.clock()))
    mine = {one.connection_id for one in here.screens}
    failures = Failures()
    post_all(
        [(one, [news]) for one in mine | {caller.connection_id}], deps.screens, deps.pool, time, failures
    )
    failures.tell(f"not every screen of {caller.operator} was told what is muted")


@dataclass(frozen=True, slots=True)
class _Refusal:
    code: str
    message: str


def _to_decide_on(alert_id: str, caller: Caller, operator: Operator, deps: Connections) -> Alert | _Refusal:
    """Return the alert, or why the caller may not decide on it."""
    # The role in the socket's token and the role in today's configuration must both be trader.
    if {caller.role, operator.role} != {"trader"}:
        return _Refusal("forbidden", "only a trader may act; this role may look")
    alert = deps.alert_log.find(alert_id)
    if alert is None:
        return _Refusal("unknown_alert", f"no alert {alert_id}")
    if not operator.concerned_by(alert):
        return _Refusal("forbidden", "this alert is for others of the desk to decide on")
    return alert


def _error(caller: Caller, deps: Connections, code: str, message: str) -> str:
    _reply(caller, deps, {"action": "error", "code": code, "message": message})
    return f"error {code}"


def _reply(caller: Caller, deps: Connections, frame: Mapping[str, Any]) -> None:
    deps.screens.post(caller.connection_id, _json(frame))


def _json(frame: Mapping[str, Any]) -> bytes:
    return json.dumps(frame, separators=(",", ":"), ensure_ascii=False).encode()
