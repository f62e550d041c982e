"""Whatever hangs: who is concerned hears of an alert in time. One port call after the other is tried."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations

import pytest

from pregao.domain.alerts.signal import Pattern
from pregao.domain.audit.chain import ENTREGA
from pregao.domain.delivery.escalation import Retry
from pregao.domain.delivery.operators import Status
from pregao.flow.ports.refusals import MailBusy
from tests.simulation import DESK, QUEUES, TIMEOUTS, UNKNOWABLE, Hung, Simulation

ANA, BRUNO = DESK
GRACE_S = 10
SOON_S = 30
"""After the grace an operator who confirmed nothing is e-mailed within this."""
SES_S = 8.1
"""What a call to SES takes that gets no answer; see aws/clients.py."""


class Live(Simulation):
    """A desk that lives second by second, its functions called as soon as there is work for them.

    A screen in `hanging` takes no frame: the call never answers. `plans` holds what breaks in which
    invocation of a function, `calls` which ports each invocation has called.
    """

    def __init__(self) -> None:
        super().__init__()
        self.hanging: set[str] = set()
        self.plans: dict[tuple[str, int], dict[int, str]] = {}
        self.mailed: dict[tuple[str, str], float] = {}
        self.calls: dict[str, list[list[str]]] = defaultdict(list)
        post, send = self.screens.post, self.mailbox.send

        def post_or_hang(connection_id, frame):
            if connection_id in self.hanging:
                if self.in_thread:
                    raise Hung
                self.clock.now += 2.3  # its own socket, in the story's thread: the client gives up
                return Status.FAILED
            return post(connection_id, frame)

        def noted(mail):
            answer = send(mail)
            self.mailed.setdefault((mail.alert_id, mail.operator), self.clock.now)
            return answer

        self.screens.post, self.mailbox.send = post_or_hang, noted

    def call(self, name, work):
        self.calls[self.running][-1].append(name)
        return super().call(name, work)

    def until(self, end: float) -> None:
        """Let time pass; a minute's round each minute."""
        while self.clock.now < end:
            self.clock.now += 1
            self._serve()
            if int(self.clock.now) % 60 == 0:
                self._run("watch", self.watch)

    def _serve(self) -> None:
        for function, queue, story in (
            ("deliver", self.alerts, self.deliver),
            ("fallback", self.timers, self.fall_back),
        ):
            for _ in queue.visible():
                self._run(function, lambda story=story: story(0))
        while any(client.owed for client in self.screens.clients.values()):
            self._run("connections", lambda: self.say(0))

    def _run(self, function: str, story) -> None:
        self.running = function
        self.calls[function].append([])
        self.step(story, self.plans.get((function, len(self.calls[function])), {}), lambda: None)

    running = "detect"

    def rings(self) -> float:
        """A candle raises an alert that concerns both; returns when it was detected."""
        self.candle("WDOZ26", (Pattern.LEVEL_BREAK,))
        self._run("detect", lambda: self.post(0))
        return self.clock.now

    def open(self, *operators) -> list[str]:
        """Screens that have subscribed; returns their sockets."""
        for one in operators:
            self.connect(one)
            self._serve()
        return sorted(self.screens.clients)


def reached(desk):
    """By operator: when an e-mail went out, None where a screen has confirmed."""
    ((alert_id, _),) = {(alert.id, 0) for alerts in desk.store.feed.values() for alert in alerts}
    confirmed = {who for (_, who), mark in desk.store.marks.items() if mark.received_at is not None}
    return {one.id: None if one.id in confirmed else desk.mailed.get((alert_id, one.id)) for one in DESK}


SCREENS = (ANA, ANA, BRUNO)
SUBSETS = [which for size in range(1, 4) for which in combinations(range(3), size)]


@pytest.mark.parametrize("which", SUBSETS)
def test_whatever_screens_hang_who_confirmed_nothing_has_an_e_mail_in_time(which):
    desk = Live()
    sockets = desk.open(*SCREENS)
    desk.hanging = {sockets[n] for n in which}
    began = desk.rings()
    desk.until(began + GRACE_S + SOON_S)
    whole = {one.id for n, one in enumerate(SCREENS) if n not in which}
    for name, at in reached(desk).items():
        if name in whole:
            assert at is None, f"{name} has a screen that works, and was e-mailed"
        else:
            assert at is not None, f"{name} heard nothing"
            assert at <= began + GRACE_S + SOON_S
    assert len(desk.mailbox.sent) == len(DESK) - len(whole)


def test_who_has_no_screen_does_not_wait_for_a_colleague_s():
    desk = Live()
    desk.hanging = set(desk.open(ANA))
    began = desk.rings()
    desk.until(began + SOON_S)
    assert desk.mailed.keys() >= {(alert, "bruno") for alert, _ in desk.mailed}
    assert min(at for (_, who), at in desk.mailed.items() if who == "bruno") <= began + 5


def shown_and_not_confirmed():
    """Ana looks at a screen and says nothing, Bruno has none."""
    desk = Live()
    desk.open(ANA)
    (client,) = desk.screens.clients.values()
    client.hear = lambda _frame: None
    return desk


def undisturbed():
    """Which ports are called, by function and invocation, in an alert's life."""
    desk = shown_and_not_confirmed()
    desk.until(desk.rings() + 60)
    return {name: desk.calls[name] for name in ("deliver", "fallback")}


CALLS = [
    (function, invocation, number, name, when)
    for function, invocations in undisturbed().items()
    for invocation, names in enumerate(invocations, start=1)
    for number, name in enumerate(names)
    for when in ("before", "after")
]


@pytest.mark.parametrize(("function", "invocation", "number", "name", "when"), CALLS)
def test_a_port_that_hangs_once_costs_one_visibility_time_out(function, invocation, number, name, when):
    """The process is killed at its time-out, the work of the call done or not."""
    desk = shown_and_not_confirmed()
    desk.plans[function, invocation] = {number: f"hang {when}"}
    began = desk.rings()
    queue = QUEUES[{"deliver": "AlertQueue", "fallback": "FallbackQueue"}[function]]
    latest = began + GRACE_S + SOON_S + queue["VisibilityTimeout"] + TIMEOUTS[function]
    desk.until(latest)
    for operator, at in reached(desk).items():
        assert at is not None, f"{operator} was not told: {function} hung {when} {name}"
    doubtful = (name, f"hang {when}") in UNKNOWABLE
    assert len(desk.mailbox.sent) == len(DESK) + doubtful


def test_an_ses_that_never_answers_ends_with_the_dead_letters_within_the_give_up_time():
    desk = Live()

    def never(_mail):
        desk.clock.now += SES_S
        raise MailBusy("ReadTimeoutError")

    desk.mailbox.send = never
    began = desk.rings()
    desk.until(began + Retry().give_up_s)
    dead = {name for timer in desk.timers.dead for name in timer.operators}
    assert dead == {"ana", "bruno"}
    assert desk.timers.messages == []
    assert len(desk.store.of(ENTREGA, channel="email", status="intent")) == Retry().tries * len(DESK)
