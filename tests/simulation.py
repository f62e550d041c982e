"""The whole desk in memory: the real stories over fakes, with crashes, hangs, lost answers, races and delays.

A step runs one story, as one invocation of its function. Its plan says what happens at which of its port
calls: the function dies before or after it, the call fails, never answers, or fails after its work was done,
the store is busy, or another step runs to its end in between. Time-outs and queues are template.yaml's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from local.stack.template import FUNCTION, of_type, read
from pregao.domain.alerts.admission import AdmissionRules
from pregao.domain.alerts.alert import Alert, Attention, Opportunity
from pregao.domain.alerts.opportunity import opportunity_id
from pregao.domain.alerts.signal import SIDES, Direction, Pattern
from pregao.domain.delivery.escalation import Retry
from pregao.domain.delivery.mail_events import MailEvent
from pregao.domain.delivery.operators import Channel, Interest, Operator, Status, Step
from pregao.domain.delivery.suppression import Suppression, address_key
from pregao.domain.delivery.timer import Timer
from pregao.domain.feeds.silence import FeedRules
from pregao.flow.connections import Caller, Connections
from pregao.flow.connections import hear as hear_frame
from pregao.flow.deliver import Delivery, deliver
from pregao.flow.detect import Admission, admit
from pregao.flow.fallback import Fallback, fall_back
from pregao.flow.feedback import Feedback, hear
from pregao.flow.ports.refusals import (
    ChannelBusy,
    ChannelRefused,
    ChannelSilent,
    Contended,
    Leased,
    OutOfTime,
)
from pregao.flow.steps.channels import Channels
from pregao.flow.steps.feeds import Feeding
from pregao.flow.steps.in_time import TimeLeft
from pregao.flow.steps.texting import SmsSettings
from pregao.flow.watch import Alerts, Watch, watch
from pregao.wire.frames_v1 import alert_frame
from tests.fakes import (
    EVIDENCE,
    NOW,
    AtOnce,
    Clock,
    FakeActionBook,
    FakeAdmissionBook,
    FakeAlertLog,
    FakeDayBook,
    FakeDeadLetters,
    FakeDeliveryBook,
    FakeFeedbackBook,
    FakeFeedBook,
    FakeMailbox,
    FakeNotes,
    FakeOpenBook,
    FakeReminderBook,
    FakeRules,
    FakeScreens,
    FakeSender,
    FakeSmsGateway,
    FakeSuppressions,
    FakeUnreachedBook,
    Store,
    an_alert,
    an_operator,
    quote_requests,
)

TEMPLATE = read(Path(__file__).parents[1] / "template.yaml")
TIMEOUTS = {Path(one["CodeUri"]).name: one["Timeout"] for one in of_type(TEMPLATE, FUNCTION).values()}
QUEUES = of_type(TEMPLATE, "AWS::SQS::Queue")
RULES = AdmissionRules(queue_limit=3)
DESK = (an_operator("ana", phone="+5511987654321"), an_operator("bruno", interest=Interest(("WDO",))))
STEPS = (Step(Channel.PUSH, 5), Step(Channel.TELEGRAM, 10), Step(Channel.EMAIL, 30))
PHONES = (DESK[0], replace(DESK[1], steps=STEPS))
"""The same desk, whose Bruno carries a phone."""
BUSY = {"commit", "begin", "finish", "append", "decide", "close_chain", "record"}
"""Port calls that may say Contended."""
SENDS = "FakeSender.send"
BREAKS = ("crash", "hang", "fail")
"""The process dies; the call never answers, and the process dies at its time-out; the call raises."""
UNKNOWABLE = {
    (port, f"{what} {when}")
    for what in BREAKS
    for port, when in (("FakeMailbox.send", "after"), ("FakeDeliveryBook.mailed", "before"))
}
"""SES said yes and nobody wrote it down: the next try must mail again."""
REPORTS = {
    Status.DELIVERED: {},
    Status.DELAYED: {},
    Status.COMPLAINED: {"suppresses": True},
    Status.REJECTED: {"lost": True},
    Status.BOUNCED: {"lost": True, "suppresses": True},
}
"""What SES may tell of an e-mail, and what follows from it."""


class Killed(BaseException):
    """The function's process is no more."""


class Hung(BaseException):
    """A call in a thread of its own never answers."""


class Failed(Exception):
    """A call raised; whether its work was done nobody can tell."""


ENDED = (Killed, Failed, Contended, Leased, OutOfTime, ExceptionGroup)
"""How an invocation may fail; what calls it tries again."""


def _refuses(kind: str) -> None:
    """Let a phone's service answer as services do where a plan has one of these."""
    if kind == "busy":
        raise ChannelBusy("429", 3.0)
    if kind == "fail before":
        raise ChannelRefused("blocked")


@dataclass
class Message:
    """One message of a queue, invisible until `visible_at`."""

    content: Any
    visible_at: float
    receives: int = 0


class SimQueue:
    """SQS: at least once, invisible while worked on, dead after so many receives; as template.yaml says."""

    def __init__(self, clock: Clock, name: str) -> None:
        self.clock, self.messages, self.dead = clock, [], []
        self.visibility_s = QUEUES[name]["VisibilityTimeout"]
        self.receives = QUEUES[name]["RedrivePolicy"]["maxReceiveCount"]

    def put(self, content: Any, delay_s: float = 0.0) -> None:
        self.messages.append(Message(content, self.clock.now + delay_s))

    def visible(self) -> list[Message]:
        return [one for one in self.messages if one.visible_at <= self.clock.now]

    def work(self, at: int, consume: Callable[[Any], object]) -> None:
        """Hand a visible message to a consumer; what it raises, brings the message back."""
        ready = self.visible()
        if not ready:
            return
        message = ready[at % len(ready)]
        message.receives += 1
        message.visible_at = self.clock.now + self.visibility_s
        try:
            consume(message.content)
        except ENDED:
            if message.receives >= self.receives and message in self.messages:
                self.messages.remove(message)
                self.dead.append(message.content)
            return
        if message in self.messages:
            self.messages.remove(message)

    # the ports

    def send(self, alerts: list[Alert]) -> None:
        for alert in alerts:
            self.put(alert)

    def start(self, timer: Timer, delay_s: int) -> None:
        self.put(timer, delay_s)

    def dead_letter(self, timer: Timer, _reason: str) -> None:
        self.dead.append(timer)


@dataclass
class Client:
    """An operator's screen: shows an alert once, confirms it, comes back with its cursor."""

    caller: Caller
    cursor: dict[str, int] | None = None
    shown: list[str] = field(default_factory=list)
    began: dict[str, int] = field(default_factory=dict)
    owed: list[dict[str, Any]] = field(default_factory=list)
    asked_from: dict[str, int] = field(default_factory=dict)
    waits: bool = False
    """For the answer to a subscribe or a resume; without one in time it connects again."""
    unsettled: list[dict[str, Any]] = field(default_factory=list)
    """What was decided and is not known to have arrived: it is sent again on the next line."""
    heard: list[dict[str, Any]] = field(default_factory=list)
    """Whose decisions its frames told of, on which alerts."""
    refused: list[str] = field(default_factory=list)

    def hear(self, frame: Mapping[str, Any]) -> None:
        if frame["action"] in {"hello", "resumed", "error"}:
            # The server knows nothing of this socket: as a page does, it takes a new one.
            self.waits = frame.get("code") in {"unknown_socket", "not_subscribed"}
        match frame["action"]:
            case "hello" if self.cursor is None:
                self.cursor = dict(frame["cursor"])
                self.began = dict(frame["cursor"])
            case "hello":
                self._resume(dict.fromkeys(frame["cursor"], 0) | self.cursor)
            case "pong" if any(seq > self.cursor.get(one, 0) for one, seq in frame["cursor"].items()):
                self._resume(dict.fromkeys(frame["cursor"], 0) | self.cursor)
            case "resumed" if frame["cursor"] != self.asked_from:
                self.cursor = dict(frame["cursor"])
                self._resume(self.cursor)
            case "alert":
                self._alert(frame["alert"], silent=frame.get("listed") is not None)
            case "action" | "error":
                self._answered(frame)

    def _answered(self, frame: Mapping[str, Any]) -> None:
        """Hear of a decision, or why one's own was refused: one is sent at a time, so that is the answer."""
        if frame["action"] == "error":
            if frame["code"] in {"already_decided", "nothing_to_execute"} and self.unsettled:
                self.unsettled.pop(0)
                self.refused += [frame["message"]] if frame["code"] == "already_decided" else []
            return
        self.heard.append(dict(frame))
        made = {name: frame[name] for name in ("action", "alert_id", "decision")} | {"action": "act"}
        if frame["operator"] == self.caller.operator and made in self.unsettled:
            self.unsettled.remove(made)

    def _resume(self, cursor: dict[str, int]) -> None:
        self.asked_from = dict(cursor)
        self.owed.append({"action": "resume", "cursor": dict(cursor)})

    def _alert(self, alert: Mapping[str, Any], *, silent: bool) -> None:
        if self.cursor is not None and alert["seq"] == self.cursor.get(alert["contract"], 0) + 1:
            self.cursor[alert["contract"]] = alert["seq"]
        if alert["id"] not in self.shown:
            self.shown.append(alert["id"])
        if not silent:
            self.owed.append({"action": "receipt", "alert_id": alert["id"]})


@dataclass(frozen=True)
class Posted:
    """A candle at the bridge; see `Simulation.candle`."""

    contract: str
    opened: int
    patterns: tuple[Pattern, ...]
    side: Direction
    joins: bool
    score: float | None

    def alerts(self, now: float) -> list[Alert]:
        """What its post raises."""
        sides = [SIDES[place % 2] if self.side is Direction.NONE else self.side for place in range(9)]
        attention = None if self.score is None else Attention(self.score, "range")
        return [
            an_alert(
                self.opened,
                contract=self.contract,
                pattern=one,
                direction=sides[place],
                price=5000.0 + 100 * place,
                now=now,
                attention=attention,
            )
            for place, one in enumerate(self.patterns)
        ]


def _beside(one: Alert, every: list[Alert]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Those that agree with an alert, and those of the other side."""
    others = [other for other in every if other.id != one.id]
    against = [other.id for other in others if other.direction.sign * one.direction.sign < 0]
    return tuple(other.id for other in others if other.id not in against), tuple(against)


class SimScreens(FakeScreens):
    """Frames reach the clients; a socket that nobody holds is gone."""

    def __init__(self) -> None:
        super().__init__()
        self.clients: dict[str, Client] = {}

    def post(self, connection_id: str, frame: bytes) -> Status:
        if connection_id not in self.clients:
            self.closed(connection_id)
            return Status.GONE
        self.clients[connection_id].hear(json.loads(frame))
        return Status.SENT


class SimPool(AtOnce):
    """Threads: what hangs in one holds only those up who wait for it."""

    def __init__(self, desk: Simulation) -> None:
        self._desk = desk

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        outer, self._desk.in_thread = self._desk.in_thread, True
        try:
            return super().submit(fn, *args, **kwargs)
        except Hung:
            return Unanswered(self._desk)
        finally:
            self._desk.in_thread = outer


class Unanswered(Future[Any]):
    """What a call that never answers will return."""

    def __init__(self, desk: Simulation) -> None:
        super().__init__()
        self._desk = desk

    def result(self, timeout: float | None = None) -> Any:
        left = self._desk.ends - self._desk.clock.now
        if timeout is None or timeout >= left:
            self._desk.killed_in_time()
        self._desk.clock.now += timeout
        raise TimeoutError


class Faulty:
    """A port whose calls go through the simulation's plan."""

    def __init__(self, port: Any, desk: Simulation) -> None:
        self._port, self._desk = port, desk

    def __getattr__(self, name: str) -> Any:
        whole = f"{type(self._port).__name__}.{name}"
        return lambda *args: self._desk.call(whole, lambda: getattr(self._port, name)(*args))


class Simulation:
    """The desk of Ana (everything) and Bruno (the dollar), their bridges, queues and screens."""

    def __init__(self, operators: tuple[Operator, ...] = DESK, *, each: bool = False) -> None:
        self.each = each
        self.operators = operators
        self.store, self.clock = Store(), Clock(NOW)
        self.alerts, self.timers = SimQueue(self.clock, "AlertQueue"), SimQueue(self.clock, "FallbackQueue")
        self.dead, self.pool = FakeDeadLetters(), SimPool(self)
        self.in_thread, self.ends = False, 0.0
        self.screens, self.mailbox = SimScreens(), FakeMailbox()
        self.posts: list[Posted] = []
        self.unposted: set[int] = set()
        self.reports, self.gateway = SimQueue(self.clock, "FeedbackQueue"), FakeSmsGateway()
        self.mail_doubts = 0
        self.senders = {Channel.PUSH: FakeSender(), Channel.TELEGRAM: FakeSender()}
        self.notes = FakeNotes()
        self.rules = FakeRules()
        self.shards = 1
        self.sockets = 0
        self._plan: dict[int, str] = {}
        self._calls = 0
        self._race: Callable[[], None] | None = None

    # --- faults ---

    def call(self, name: str, work: Callable[[], Any]) -> Any:
        """One port call of the running step."""
        kind = self._plan.get(self._calls, "")
        self._calls += 1
        if (name, kind) in UNKNOWABLE:
            self.mail_doubts += 1
        if kind.endswith("before") and (name, kind) != (SENDS, "fail before"):
            self._break(kind)
        if kind == "busy" and name.rpartition(".")[2] in BUSY:
            raise Contended
        if kind == "race":
            self._aside()
        if name == SENDS:
            _refuses(kind)
        answer = work()
        if name == SENDS and kind == "fail after":
            raise ChannelSilent
        assert len(self.store.waiting) <= RULES.queue_limit
        if kind.endswith("after"):
            self._break(kind)
        return answer

    def _break(self, kind: str) -> None:
        what, _, _ = kind.partition(" ")
        if what == "fail":
            raise Failed
        if what == "hang" and self.in_thread:
            raise Hung
        if what == "hang":
            self.killed_in_time()
        raise Killed

    def killed_in_time(self) -> None:
        """Lambda kills the process when its time is over."""
        self.clock.now = max(self.clock.now, self.ends)
        raise Killed

    def invocation(self, function: str) -> TimeLeft:
        """Begin an invocation; returns how long it may run."""
        ends = self.ends = self.clock.now + TIMEOUTS[function]
        return TimeLeft(lambda: ends - self.clock.now)

    def step(self, story: Callable[[], object], plan: Mapping[int, str], race: Callable[[], None]) -> None:
        """Run one story under a plan; `race` is what a race runs in between, itself without faults."""
        self._plan, self._calls, self._race = dict(plan), 0, race
        try:
            story()
        except ENDED:
            pass
        finally:
            self._plan, self._race = {}, None

    def _aside(self) -> None:
        kept = self._plan, self._calls, self._race, self.ends, self.in_thread
        self.in_thread = False
        self._plan, self._calls, self._race = {}, 0, None
        try:
            if kept[2]:
                kept[2]()
        except ENDED:
            pass
        finally:
            self._plan, self._calls, self._race, self.ends, self.in_thread = kept

    # --- stories, one invocation each ---

    def candle(
        self,
        contract: str,
        patterns: tuple[Pattern, ...],
        side: Direction = Direction.LONG,
        *,
        joins: bool = False,
        score: float | None = None,
    ) -> None:
        """A candle closes; its alerts wait at the bridge.

        Of direction none there is one side for each pattern in turn; `joins`: the candle before it of its
        contract had signals too.
        """
        self.clock.now += 300
        self.unposted.add(len(self.posts))
        self.posts.append(Posted(contract, int(self.clock.now) - 300, patterns, side, joins, score))

    def alerts_of(self, number: int) -> list[Alert]:
        """The alerts of a candle, each with those of its opportunity up to it."""
        together = [number]
        while self.posts[together[0]].joins:
            before = [
                at for at in range(together[0]) if self.posts[at].contract == self.posts[number].contract
            ]
            if not before:
                break
            together.insert(0, before[-1])
        own = opportunity_id(self.posts[number].contract, "M5", self.posts[together[0]].opened)
        every = [alert for at in together for alert in self.posts[at].alerts(self.clock.now)]
        return [
            replace(one, opportunity=Opportunity(own, *_beside(one, every)))
            for one in every
            if one.candle.time == self.posts[number].opened
        ]

    def post(self, at: int) -> None:
        """A bridge posts a candle, for the first time or again."""
        if not self.posts:
            return
        number = at % len(self.posts)
        now, alerts = self.clock.now, self.alerts_of(number)
        book = Faulty(FakeAdmissionBook(self.store, self.shards), self)
        deps = Admission(book, Faulty(self.alerts, self), RULES, lambda _n: None)
        admit(
            alerts,
            self,
            deps,
            now,
            self.invocation("detect"),
            replay=True,
            provenance=lambda _alert: EVIDENCE,
        )
        self.unposted.discard(number)

    def in_session(self, _epoch_s: int) -> bool:
        return True

    def deliver(self, at: int) -> None:
        """The alert queue hands a message over."""
        deps = Delivery(
            self.operators,
            Faulty(self.screens, self),
            Faulty(FakeDeliveryBook(self.store), self),
            Faulty(FakeDeliveryBook(self.store), self),
            Faulty(self.timers, self),
            alert_frame,
            self.pool,
            lambda _n: None,
            self.clock,
            10,
            self.rules,
        )
        self.alerts.work(at, lambda alert: deliver(alert, deps, self.invocation("deliver")))

    def fall_back(self, at: int) -> None:
        """The fallback queue hands a timer over."""
        deps = Fallback(
            {one.id: one for one in self.operators},
            Faulty(FakeDeliveryBook(self.store), self),
            Faulty(self.timers, self),
            Faulty(self.mailbox, self),
            Faulty(FakeSuppressions(self.store), self),
            Faulty(FakeUnreachedBook(self.store), self),
            "pregao@mesa.example",
            lambda alert, who: f"https://mesa.example/act/{who}-{alert.id}",
            Retry(),
            lambda _n: None,
            self.clock,
            SmsSettings(Faulty(self.gateway, self)),
            senders={channel: Faulty(one, self) for channel, one in self.senders.items()},
            notes=Faulty(self.notes, self),
        )
        self.timers.work(at, lambda timer: fall_back(timer, deps, self.invocation("fallback")))

    def report(self, at: int, status: Status) -> None:
        """SES tells something of an e-mail it took; the order is its own affair."""
        if self.mailbox.sent:
            number = at % len(self.mailbox.sent)
            mail = self.mailbox.sent[number]
            about = (f"mail-{number + 1}", status, mail.to, mail.operator, mail.alert_id)
            event = MailEvent(*about, self.clock.now, {}, **REPORTS[status])
            self.reports.put(event)

    def hear(self, at: int) -> None:
        """The feedback queue hands a report over."""
        parts = (FakeAlertLog, FakeFeedbackBook, FakeDeliveryBook, FakeSuppressions, FakeUnreachedBook)
        faulty = [Faulty(part(self.store), self) for part in parts]
        deps = Feedback(self.operators, *faulty, Faulty(self.timers, self), lambda _n: None, self.clock)
        self.reports.work(at, lambda event: hear(event, deps, self.invocation("feedback")))

    def suppress(self, operator: Operator) -> None:
        """An operator's address bounced before all this."""
        why = Suppression(address_key(operator.email), operator.id, "bounced", NOW)
        FakeSuppressions(self.store).add(why)

    def lift(self, operator: Operator) -> None:
        """Somebody lifts a suppression."""
        FakeSuppressions(self.store).lift(address_key(operator.email))

    def watch(self) -> None:
        """A minute's round."""
        parts = (FakeOpenBook(self.store), self.alerts, self.dead, FakeDeliveryBook(self.store), self.timers)
        mailboxes = (FakeSuppressions(self.store), FakeUnreachedBook(self.store))
        more = (FakeActionBook(self.store), self.screens, self.mailbox, *mailboxes)
        parts, (actions, screens, *mail) = ([Faulty(one, self) for one in some] for some in (parts, more))
        come_back = [Faulty(one, self) for one in (FakeAlertLog(self.store), FakeReminderBook(self.store))]
        days = Faulty(FakeDayBook(self.store), self)
        channels = Channels(self.operators, screens, self.pool, *mail, "pregao@mesa.example")
        pause_and_clock = (lambda _n: None, self.clock)
        no_feeds = Feeding(FakeFeedBook(self.store), FeedRules({}), channels, *pause_and_clock)
        story = Watch(
            Alerts(*parts, actions, *come_back), channels, no_feeds, days, *pause_and_clock, each=self.each
        )
        watch(story, self.invocation("watch"))

    # --- screens ---

    def connect(self, operator: Operator, back: Client | None = None) -> None:
        """A screen opens, or comes back on a new socket with what it knows."""
        self.sockets += 1
        caller = Caller(f"socket-{self.sockets}", operator.id, operator.role)
        client = Client(caller, *((back.cursor, back.shown, back.began) if back else ()))
        if back:
            client.unsettled, client.heard, client.refused = back.unsettled, back.heard, back.refused
        self.screens.clients[caller.connection_id] = client
        self.screens.opened(caller.connection_id, operator.id, self.clock.now)
        client.owed += [{"action": "subscribe"}, *client.unsettled[:1]]

    def cut(self, at: int, *, notice: bool) -> Client | None:
        """A socket dies, with or without $disconnect being heard."""
        if not self.screens.clients:
            return None
        name = sorted(self.screens.clients)[at % len(self.screens.clients)]
        if notice:
            self.screens.closed(name)
        return self.screens.clients.pop(name)

    def say(self, at: int) -> None:
        """A screen's next frame reaches its function; a function that dies loses it."""
        talking = [one for _, one in sorted(self.screens.clients.items()) if one.owed]
        if talking:
            client = talking[at % len(talking)]
            frame = client.owed.pop(0)
            client.waits |= frame["action"] in {"subscribe", "resume"}
            hear_frame(json.dumps(frame), client.caller, self._sockets(), self.invocation("connections"))

    def act(self, at: int, decision: str = "executed") -> None:
        """An operator decides on the last alert they saw; one answer is waited for at a time."""
        seeing = [one for _, one in sorted(self.screens.clients.items()) if one.shown and not one.unsettled]
        if seeing:
            client = seeing[at % len(seeing)]
            client.unsettled.append({"action": "act", "alert_id": client.shown[-1], "decision": decision})
            client.owed.append(client.unsettled[-1])

    def hand_over(self, at: int) -> None:
        """An operator hands what is open over to the other one: a frame, not sent again where it is lost."""
        seeing = [one for _, one in sorted(self.screens.clients.items()) if one.shown]
        if seeing:
            client = seeing[at % len(seeing)]
            to = next(one.id for one in self.operators if one.id != client.caller.operator)
            client.owed.append({"action": "handover", "to": to})

    def _sockets(self) -> Connections:
        ports = (
            self.screens,
            FakeDeliveryBook(self.store),
            FakeActionBook(self.store),
            FakeAlertLog(self.store),
        )
        return Connections(
            self.operators,
            *(Faulty(one, self) for one in ports),
            self.pool,
            lambda _n: None,
            self.clock,
            quote_requests(self.store),
            Faulty(FakeReminderBook(self.store), self),
            Faulty(FakeOpenBook(self.store), self),
            lambda: Faulty(self.timers, self),
            10,
            self.each,
        )

    # --- the end ---

    def quiesce(self) -> None:
        """Let an hour and a half pass without faults: everything must come to rest."""
        for number in sorted(self.unposted):
            self.post(number)
        for _ in range(180):
            self.clock.now += 30
            for queue, consume in (
                (self.alerts, self.deliver),
                (self.timers, self.fall_back),
                (self.reports, self.hear),
            ):
                for _ in range(len(queue.visible())):
                    consume(0)
            for client in self.screens.clients.values():
                client.owed += client.unsettled[:1]  # what has no answer is sent again
                if client.cursor is not None and not client.owed:
                    client.owed.append({"action": "ping"})  # as a page does on a quiet line
            while any(client.owed for client in self.screens.clients.values()):
                self.say(0)
            for name, client in list(self.screens.clients.items()):
                if client.waits:
                    del self.screens.clients[name]
                    operator = next(one for one in self.operators if one.id == client.caller.operator)
                    self.connect(operator, client)
            self.watch()
