"""Posts of several feeds with faults at any of them: nothing is lost, nothing is judged twice in effect."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import Executor, Future
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from pregao.domain.audit.chain import ALERTAS, broken_at
from pregao.flow.detect import FEED_S, detect_feeds
from pregao.flow.ports.refusals import Contended
from pregao.flow.steps.in_time import TimeLeft
from tests.fakes import PLENTY, AtOnce, Store
from tests.judged import detecting
from tests.posted import FUTURES, batch
from tests.seeds import tries

FEEDS = [batch(symbol, historical=True) for symbol in FUTURES]
SAME = batch("WIN$", historical=True)
"""A second feed of the first one's contract."""
QUIET = batch("EURUSD", quiet=True, historical=True)
PORTS = {"head", "commit", "mark", "send", "newest", "between", "owner"}
faults = st.dictionaries(st.integers(0, 60), st.sampled_from(["before", "after", "busy"]), max_size=6)


class Broken(Exception):
    """A call failed."""


class World:
    """Counts the calls of all ports; a plan says which of them fail, before or after their work."""

    def __init__(self, plan):
        self.plan, self.calls = plan, 0
        self.store = Store()
        self.deps = detecting(self.store, allow_replay=True)
        admission = replace(self.deps.admission, book=self.port(self.deps.admission.book))
        self.queue, admission = admission.queue, replace(admission, queue=self.port(admission.queue))
        activity = replace(self.deps.activity, book=self.port(self.deps.activity.book), failed=lambda _: None)
        self.deps = replace(self.deps, admission=admission, activity=activity)

    def port(self, real):
        world = self

        class Port:
            def __getattr__(self, name):
                work = getattr(real, name)
                return (lambda *args: world.call(work, *args)) if name in PORTS else work

        return Port()

    def call(self, work, *args):
        kind = self.plan.get(self.calls)
        self.calls += 1
        if kind == "busy" and work.__name__ == "commit":
            raise Contended
        if kind == "before":
            raise Broken
        done = work(*args)
        if kind == "after":
            raise Broken
        return done


class Backwards(Executor):
    """Begins the lanes in the other order: threads give no order."""

    def __init__(self):
        self.given = []

    def submit(self, fn, /, *args, **kwargs):
        future = Late(self)
        self.given.append(lambda: _settle(future, fn, args, kwargs))
        return future


class Late(Future):
    """Done when somebody asks."""

    def __init__(self, pool):
        super().__init__()
        self.pool = pool

    def result(self, timeout=None):
        while self.pool.given:
            self.pool.given.pop()()
        return super().result(timeout)


def _settle(future, fn, args, kwargs):
    try:
        future.set_result(fn(*args, **kwargs))
    except BaseException as error:  # noqa: BLE001 as a pool does
        future.set_exception(error)


def in_effect(world):
    """Which alerts rang, and how often each."""
    return Counter(one["alert"]["id"] for one in world.store.of(ALERTAS, verdict="admitted"))


def clean(feeds):
    """What rings where nothing fails and each feed comes in a post of its own."""
    world = World({})
    for feed in feeds:
        (one,) = detect_feeds([feed], None, world.deps, PLENTY)
        assert not isinstance(one, Exception)
    return in_effect(world)


FEW = [*FEEDS, SAME, QUIET]
RINGS = clean(FEW)


def test_every_future_rings_once():
    assert len(RINGS) >= len(FUTURES)
    assert set(RINGS.values()) == {1}


@settings(max_examples=tries(120), deadline=None)
@given(faults, st.permutations(range(len(FEW))), st.booleans(), st.sampled_from([0, 2, 99]))
def test_nothing_is_lost_and_nothing_doubled(plan, order, backwards, begun):
    """`begun` feeds of the first post have the time to begin."""
    world = World(plan)
    left, pending, accepted = iter([600.0] * begun), [FEW[at] for at in order], []
    scarce = TimeLeft(lambda: next(left, FEED_S - 1))
    for attempt in range(12):
        deps = replace(world.deps, lanes=Backwards() if backwards else AtOnce())
        outcomes = detect_feeds(pending, None, deps, PLENTY if attempt else scarce)
        assert len(outcomes) == len(pending)
        accepted += [one[0].symbol for one in outcomes if not isinstance(one, Exception)]
        pending = [
            feed for feed, one in zip(pending, outcomes, strict=True) if isinstance(one, Exception)
        ]  # the bridge keeps these alone
    assert pending == []
    assert sorted(accepted) == sorted(one["symbol"] for one in FEW)
    assert in_effect(world) == RINGS
    assert {one.id for one in world.queue.sent} == set(RINGS)
    for (table, _), records in world.store.chains.items():
        assert table != ALERTAS or broken_at(records) is None


def test_the_first_feed_is_begun_however_late_it_is():
    world = World({})
    outcomes = detect_feeds(FEEDS, None, world.deps, TimeLeft(lambda: 0.1))
    assert sum(not isinstance(one, Exception) for one in outcomes) <= 1
    assert sum(type(one).__name__ == "OutOfTime" for one in outcomes) == len(FEEDS) - 1
