"""Each minute: a feed that fell silent, came back, flaps, rolled or set candles aside is recorded, then told.

What is told stands in the feed's state, committed together with its audit record, until it has been told:
where a round dies in between, a later round tells it under the same id.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from pregao.domain.audit.records import feed_record
from pregao.domain.delivery.suppression import address_key
from pregao.domain.delivery.unreached import Cause
from pregao.domain.feeds.health import feeds_health
from pregao.domain.feeds.silence import FeedRules, expected_feeds, judge
from pregao.domain.feeds.state import all_notified, next_state, partly_notified
from pregao.domain.feeds.told import FeedState, Kind, Notice
from pregao.flow.ports.feeds import FeedBook, Gauges, HealthBook, NullGauges, NullHealth
from pregao.flow.ports.refusals import MailRefused
from pregao.flow.steps.audit.append import Pause, append
from pregao.flow.steps.broadcast import post_all
from pregao.wire.frames_v1 import feed_frame

if TYPE_CHECKING:
    from pregao.domain.audit.chain import Record, Tail
    from pregao.domain.delivery.operators import Interest, Operator
    from pregao.domain.feeds.feed import FeedKey
    from pregao.flow.steps.channels import Channels
    from pregao.flow.steps.in_time import Failures, TimeLeft

SCREENS_ONLY = frozenset({Kind.ROLLED, Kind.SET_ASIDE})
"""No e-mail tells of these, nor of the silences of a feed that flaps (`FeedState.screens_only`)."""
LASTING = frozenset({Kind.SILENT, Kind.STILL_SILENT})
"""What lasts while it is being told."""
GIVE_UP_S = 600
"""Screens have it and the audit too; an e-mail that was not taken for so long is of no use any more."""

FEED_S, MAIL_S, NOTE_S = 10.0, 30.0, 4.0
"""Time budgets in seconds of one feed's change, one operator's e-mails, one note of who was told."""


@dataclass(frozen=True, slots=True)
class Feeding:
    """Dependencies of `watch_feeds`; `clock` gives epoch seconds."""

    book: FeedBook
    rules: FeedRules
    channels: Channels
    pause: Pause
    clock: Callable[[], float]
    gauges: Gauges = field(default_factory=NullGauges)
    health: HealthBook = field(default_factory=NullHealth)


def watch_feeds(deps: Feeding, time: TimeLeft, failures: Failures) -> list[Notice]:
    """Tell what is new of the feeds; returns the notices.

    Whom an e-mail did not reach is kept in `failures`; it is tried again in the next round.
    """
    now = deps.clock()
    feeds = deps.book.read()
    deps.gauges.feeds(feeds, now)
    with failures.kept():
        deps.book.keep_note(now)
    ringing, states = [], dict(feeds.states)
    for feed in failures.each(expected_feeds(feeds, deps.rules, now), FEED_S, time):
        with failures.kept():
            old = feeds.states.get(feed.key)
            new = next_state(feed, old, judge(feed, now), now)
            if new and _taken(old, new, deps):
                states[feed.key] = new
                ringing += [new] if new.pending else []
    with failures.kept():
        deps.health.keep(feeds_health(replace(feeds, states=states), deps.rules, now))
    if ringing:
        _tell(ringing, deps, time, failures)
    return [one.pending for one in ringing if one.pending]


def _taken(old: FeedState | None, new: FeedState, deps: Feeding) -> bool:
    """Write a change, with its record where it is news; False when another round was faster."""
    notice = new.pending
    if notice is None or (old and old.pending == notice):
        return deps.book.settle(new)

    def commit(records: Sequence[Record], tail: Tail) -> bool:
        return deps.book.change(new, records[0], tail)

    return append(
        partial(deps.book.tail, notice.contract), lambda now: [feed_record(notice, now)], commit, deps
    )


def _tell(states: Sequence[FeedState], deps: Feeding, time: TimeLeft, failures: Failures) -> None:
    """Tell screens, then mailboxes; who has been told is written down last."""
    with failures.kept():
        _on_screens([one.pending for one in states if one.pending], deps, time, failures)
    done = {state.key: set(state.mailed) for state in states}
    for operator in failures.each(deps.channels.operators, MAIL_S, time):
        with failures.kept():
            _by_mail(operator, states, done, deps, failures)
    for state in failures.each(states, NOTE_S, time):
        with failures.kept():
            deps.book.settle(_after(state, done[state.key], deps))


def _on_screens(notices: Sequence[Notice], deps: Feeding, time: TimeLeft, failures: Failures) -> None:
    """Post to every screen what its operator and itself want to hear of, in order."""
    desk = {one.id: one for one in deps.channels.operators}
    posts = []
    for screen in deps.channels.screens.everyone():
        interests = [desk[screen.operator].interest, screen.interest] if screen.operator in desk else []
        wanted = [one for one in notices if interests and all(_wants(wish, one) for wish in interests)]
        if wanted:
            posts.append((screen.connection_id, [feed_frame(one) for one in wanted]))
    post_all(posts, deps.channels.screens, deps.channels.pool, time, failures)


def _by_mail(
    operator: Operator,
    states: Sequence[FeedState],
    done: Mapping[FeedKey, set[str]],
    deps: Feeding,
    failures: Failures,
) -> None:
    """E-mail an operator on duty, one e-mail per kind; `done` gets by feed who needs no other e-mail.

    An e-mail that is refused for good is not tried again: screens and the audit have it.
    """
    new = [one for one in states if one.pending and operator.id not in done[one.key]]
    for _, some in groupby(sorted(new, key=_kind), key=_kind):
        group = list(some)
        with failures.kept():
            notices = [one.pending for one in group if one.pending and _is_mailed(one, operator)]
            if notices and _takes_mail(operator, deps):
                _mail(operator, notices, deps)
            for state in group:
                done[state.key].add(operator.id)


def _is_mailed(state: FeedState, operator: Operator) -> bool:
    notice = state.pending
    if notice is None or state.screens_only or notice.kind in SCREENS_ONLY:
        return False
    return _wants(operator.interest, notice)


def _takes_mail(operator: Operator, deps: Feeding) -> bool:
    """Tell whether an operator is on duty and their address not suppressed, which is put on record."""
    if operator.duty.why_not(deps.clock()):
        return False
    if deps.channels.suppressions.find(address_key(operator.email)) is None:
        return True
    deps.channels.unreached.add(operator, Cause.SUPPRESSED, deps.clock())
    return False


def _kind(state: FeedState) -> str:
    return state.pending.kind if state.pending else ""


def _mail(operator: Operator, notices: Sequence[Notice], deps: Feeding) -> None:
    """Send one e-mail, a silence's length as of now. A mailbox that refuses it is put on record."""
    from pregao.domain.text.feed_mail import render_feed_mail  # most rounds tell of no feed

    now, channels = deps.clock(), deps.channels
    as_of_now = [replace(one, at=now) if one.kind in LASTING else one for one in notices]
    try:
        channels.mailbox.send(render_feed_mail(as_of_now, operator, channels.mail_from))
    except MailRefused:
        channels.unreached.add(operator, Cause.REFUSED, now)


def _after(state: FeedState, done: Collection[str], deps: Feeding) -> FeedState:
    """Return a state that was told: done, or kept for those whose e-mail was not taken."""
    notice = state.pending
    told_all = all(one.id in done for one in deps.channels.operators)
    if told_all or not notice or deps.clock() - notice.at >= GIVE_UP_S:
        return all_notified(state)
    return partly_notified(state, tuple(one.id for one in deps.channels.operators if one.id in done))


def _wants(interest: Interest, notice: Notice) -> bool:
    return interest.names(notice.instrument, notice.contract, notice.symbol)
