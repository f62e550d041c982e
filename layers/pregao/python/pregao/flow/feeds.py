"""Each minute: a feed that fell silent, came back, rolled or set candles aside is put on record, then told.

What is told stands in the feed's state, committed together with its audit record, until it has been told:
whoever dies in between leaves it there, and a later round tells it under the same id.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter

from pregao.domain.audit.chain import link
from pregao.domain.audit.records import feed_record
from pregao.domain.delivery.operators import Interest, Operator, Screen
from pregao.domain.delivery.suppression import address_key
from pregao.domain.feeds.feed import FeedState, Kind, Notice
from pregao.domain.feeds.silence import FeedRules, expected_feeds, judge
from pregao.domain.feeds.state import next_state, partly_told, told
from pregao.domain.text.email import render_feed_mail
from pregao.flow.persist import Pause, persist
from pregao.flow.ports.delivery import Screens
from pregao.flow.ports.feeds import FeedBook, Gauges, Unread
from pregao.flow.ports.mail import Mailbox, Suppressions
from pregao.flow.refusals import MailBusy, MailRefused
from pregao.wire.socket_v1 import feed_frame

SCREENS_ONLY = frozenset({Kind.ROLLED, Kind.SET_ASIDE})
GIVE_UP_S = 600
"""Screens have it and the audit too; an e-mail that was not taken for so long is of no use any more."""


@dataclass(frozen=True, slots=True)
class Feeding:
    """What the story works with; `clock` gives epoch seconds."""

    book: FeedBook
    rules: FeedRules
    operators: Sequence[Operator]
    screens: Screens
    mailbox: Mailbox
    suppressions: Suppressions
    mail_from: str
    pool: Executor
    pause: Pause
    clock: Callable[[], float]
    gauges: Gauges = field(default_factory=Unread)


def watch_feeds(deps: Feeding) -> list[Notice]:
    """Tell what is new of the feeds; returns the notices.

    Raises MailBusy where an e-mail was not taken; it is tried again in the next round.
    """
    now = deps.clock()
    feeds = deps.book.read()
    deps.gauges.feeds(feeds, now)
    ringing = []
    for feed in expected_feeds(feeds, deps.rules, now):
        old = feeds.states.get(feed.key)
        new = next_state(feed, old, judge(feed, now), now)
        if new and _taken(old, new, deps) and new.pending:
            ringing.append(new)
    if ringing:
        _tell(ringing, deps)
    return [one.pending for one in ringing if one.pending]


def _taken(old: FeedState | None, new: FeedState, deps: Feeding) -> bool:
    """Write a change, with its record where it is news; False when another round was faster."""
    notice = new.pending
    if notice is None or (old and old.pending == notice):
        return deps.book.settle(new)

    def attempt() -> bool:
        now = deps.clock()
        tail = deps.book.tail(notice.contract, now)
        (record,), _ = link([feed_record(notice, now)], tail)
        return deps.book.change(new, record, tail)

    return persist(attempt, deps.pause)


def _tell(states: Sequence[FeedState], deps: Feeding) -> None:
    """Tell screens, then mailboxes; forgotten last."""
    notices = [one.pending for one in states if one.pending]
    _on_screens(notices, deps)
    busy = {one.id for one in deps.operators if not _by_mail(one, states, deps)}
    for state in states:
        deps.book.settle(_after(state, busy, deps))
    if busy:
        raise MailBusy(f"not told by e-mail: {', '.join(sorted(busy))}")


def _on_screens(notices: Sequence[Notice], deps: Feeding) -> None:
    """Post to every screen what its operator and itself want to hear of, in order."""
    desk = {one.id: one for one in deps.operators}

    def post_all(screen: Screen) -> None:
        operator = desk.get(screen.operator)
        for notice in notices:
            if operator and all(_wants(one.interest, notice) for one in (operator, screen)):
                deps.screens.post(screen.connection_id, feed_frame(notice))

    list(deps.pool.map(post_all, deps.screens.everyone()))


def _by_mail(operator: Operator, states: Sequence[FeedState], deps: Feeding) -> bool:
    """E-mail an operator on duty, one e-mail per kind; False when the provider was busy.

    A roll is no reason to write, the calendar announced it; nor is a candle that was set aside.
    """
    new = [one.pending for one in states if one.pending and operator.id not in one.mailed]
    told_of = [one for one in new if one.kind not in SCREENS_ONLY and _wants(operator.interest, one)]
    if not told_of or operator.duty.why_not(deps.clock()):
        return True
    if deps.suppressions.find(address_key(operator.email)):
        return True
    kinds = groupby(sorted(told_of, key=attrgetter("kind")), key=attrgetter("kind"))
    mails = [render_feed_mail(list(some), operator, deps.mail_from) for _, some in kinds]
    try:
        for mail in mails:
            deps.mailbox.send(mail)
    except MailRefused:
        return True  # no retry helps; screens and the audit have it
    except MailBusy:
        return False
    return True


def _after(state: FeedState, busy: set[str], deps: Feeding) -> FeedState:
    """Return a state that was told: done, or kept for those whose e-mail was not taken."""
    notice = state.pending
    if not busy or not notice or deps.clock() - notice.at >= GIVE_UP_S:
        return told(state)
    return partly_told(state, tuple(one.id for one in deps.operators if one.id not in busy))


def _wants(interest: Interest, notice: Notice) -> bool:
    return interest.names(notice.instrument, notice.contract, notice.symbol)
