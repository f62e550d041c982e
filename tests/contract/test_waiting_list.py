"""The waiting list in parts: its bound is exact, also while their number changes; fake and moto."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import islice

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pregao.aws.tables.delivery.delivery_book import RECORDS_AT_ONCE
from pregao.aws.tables.dynamo import from_item
from pregao.aws.tables.shards import shard_of
from pregao.domain.alerts.admission import AdmissionRules, Verdict, places, share
from pregao.flow.ports.refusals import Contended, Refused
from tests.cloud import STATE, World, fake_world, moto_dynamo, moto_world
from tests.contract.test_delivery_book import records as outcomes_of
from tests.fakes import CANDLE, NOW, Store, an_alert, an_entry

Worlds = Callable[[int], World]
"""The books with so many parts, over one store."""
KINDS = ("fake", "moto")
TRIES = 6


@contextmanager
def worlds_of(kind: str) -> Iterator[Worlds]:
    if kind == "fake":
        store = Store()
        yield lambda shards: fake_world(shards, store)
        return
    with moto_dynamo() as dynamo:
        yield lambda shards: moto_world(dynamo, shards)


@pytest.fixture(params=KINDS)
def worlds(request):
    with worlds_of(request.param) as found:
        yield found


def numbered(n, now=NOW):
    return an_alert(CANDLE + 300 * n, now=now)


def admit(world, alert, limit, now=NOW):
    """Whether it was admitted; tried again as admission does."""
    for _ in range(TRIES):
        entry = an_entry(world.admission.head(alert.contract, now), alert, Verdict.ADMITTED, now)
        try:
            world.admission.commit(entry, AdmissionRules(queue_limit=limit), now)
        except Contended:
            continue
        except Refused as refused:
            if refused.judgement.verdict is not Verdict.QUEUE_FULL:
                raise
            return False
        return True
    raise AssertionError("contended for ever")


def deliver(world, alert, now=NOW):
    """Deliver it to the end; tried again as deliver does."""
    world.delivery.begin(alert, [], world.delivery.tail(alert.contract, now), now, 30)
    for _ in range(TRIES):
        with suppress(Contended):
            world.delivery.finish(alert, [], world.delivery.tail(alert.contract, now))
            return
    raise AssertionError("contended for ever")


def filled(world, numbers, count, now=NOW, of=None):
    """Admit so many, of as many alerts as it takes; places are `of` so many in all."""
    found = (one for one in (numbered(n, now) for n in numbers) if admit(world, one, of or count, now))
    admitted = list(islice(found, count))
    assert len(admitted) == count
    return admitted


@pytest.mark.parametrize(("limit", "parts"), [(100, 1), (100, 3), (100, 16), (16, 16), (7, 3)])
def test_the_shares_are_the_limit_together(limit, parts):
    shares = [share(limit, parts, at) for at in range(parts)]
    assert (sum(shares), max(shares) - min(shares) <= 1, min(shares) > 0) == (limit, True, True)


@given(
    st.lists(st.integers(0, 40), min_size=16, max_size=16),
    st.integers(1, 16),
    st.integers(16, 200),
)
def test_places_are_the_limit_whatever_is_taken_where(held, parts, limit):
    found = places(held, limit, parts)
    assert all(have >= taken for have, taken in zip(found, held, strict=True))
    assert sum(found) == max(limit, sum(held))
    assert all(have == taken for have, taken in list(zip(found, held, strict=True))[parts:])


@pytest.mark.parametrize("shards", [1, 3, 16])
def test_no_more_than_the_limit_and_a_part_no_more_than_its_share(worlds, shards):
    world, limit = worlds(shards), 16
    alerts = [numbered(n) for n in range(60)]
    admitted = [one for one in alerts if admit(world, one, limit)]
    held = [sum(shard_of(one.id, shards) == at for one in admitted) for at in range(shards)]
    assert held == [share(limit, shards, at) for at in range(shards)]  # sixty fill every part
    assert world.open.waiting() == limit


@pytest.mark.parametrize("shards", [1, 3, 16])
def test_a_delivery_frees_the_place_for_one_of_its_part(worlds, shards):
    world, limit = worlds(shards), 16
    first, *rest = [one for one in map(numbered, range(60)) if admit(world, one, limit)]
    deliver(world, first)
    assert world.open.waiting() == len(rest)
    mine = shard_of(first.id, shards)
    more = (numbered(n) for n in range(60, 1_000))
    others = [] if shards == 1 else [next(one for one in more if shard_of(one.id, shards) != mine)]
    assert not any(admit(world, one, limit) for one in others)
    same = [one for one in more if shard_of(one.id, shards) == mine][:2]
    assert [admit(world, one, limit) for one in same] == [True, False]


@pytest.mark.parametrize(("before", "after"), [(1, 16), (16, 1), (3, 16), (16, 3), (1, 3), (3, 1)])
def test_while_the_number_changes_what_was_taken_counts_until_it_is_freed(worlds, before, after):
    old, new, limit = worlds(before), worlds(after), 16
    taken = filled(old, range(200), limit)
    assert not any(admit(new, numbered(n), limit) for n in range(200, 210))
    assert new.open.waiting() == old.open.waiting() == limit
    for one in taken[:5]:  # by those who know the new number, and by one that still runs with the old one
        deliver(new, one)
    deliver(old, taken[5])
    more = [one for one in map(numbered, range(300, 320)) if admit(new, one, limit)]
    assert new.open.waiting() == len(taken) - 6 + len(more) <= limit
    for one in (*taken[6:], *more):
        deliver(new, one)
    assert new.open.waiting() == 0
    again = filled(new, range(400, 700), limit)
    held = [sum(shard_of(one.id, after) == at for one in again) for at in range(after)]
    assert held == [share(limit, after, at) for at in range(after)]  # all is as if it had been so ever


def test_what_a_crash_left_in_another_part_is_given_back_once_it_has_expired(worlds):
    old, new, limit = worlds(16), worlds(1), 16
    filled(old, range(200), limit)
    later = NOW + 301
    assert all(admit(new, numbered(n, later), limit, later) for n in range(200, 216))
    assert not admit(new, numbered(216, later), limit, later)
    assert new.open.waiting() == limit


def test_another_limit_is_kept_too(worlds):
    world = worlds(3)
    filled(world, range(200), 20)
    assert not admit(world, numbered(200), 12)
    assert admit(world, numbered(201), 30)
    filled(world, range(202, 400), 9, of=30)
    assert not any(admit(world, numbered(n), 30) for n in range(400, 405))


moves = st.one_of(
    st.tuples(st.just("admit"), st.integers(0, 60)),
    st.tuples(st.just("deliver"), st.integers(0, 60)),
    st.tuples(st.just("parts"), st.sampled_from([1, 2, 3, 16])),
    st.tuples(st.just("wait"), st.integers(0, 200)),
)


stories = st.lists(moves, min_size=10, max_size=30), st.sampled_from([1, 3, 16])


@settings(max_examples=60, deadline=None)
@given(*stories)
def test_whatever_happens_the_bound_holds_and_no_place_is_lost(steps, first):
    lived("fake", steps, first)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(*stories)
def test_whatever_happens_in_dynamodb_the_bound_holds_and_no_place_is_lost(steps, first):
    lived("moto", steps, first)


def lived(kind, steps, first):
    """Two processes, one with the number of parts of before, admit and deliver while it changes."""
    limit, now, count = 16, NOW, 0
    with worlds_of(kind) as worlds:
        world = other = worlds(first)
        held = {}
        for what, value in steps:
            if what == "parts":
                world, other = worlds(value), world
            elif what == "wait":
                now += value
            elif what == "deliver":
                if held:
                    one = list(held)[value % len(held)]
                    deliver((world, other)[value % 2], held.pop(one), now)
            else:
                here = (world, other)[value % 3 == 2]
                count += 1
                alert = numbered(count, now)
                if admit(here, alert, limit, now):
                    held[alert.id] = alert
            held = {id_: one for id_, one in held.items() if one.detected_at + 300 >= now}
            assert len(held) <= world.open.waiting() <= limit
        for one in held.values():
            deliver(world, one, now)
        fresh = now + 301  # what was swept or delivered is free: all of the limit can be had
        filled(world, range(count + 1, count + 400), limit, fresh)


def test_with_one_part_the_item_is_as_it_ever_was():
    """Nothing but the places stands on it, and nothing else is asked."""
    with moto_dynamo() as dynamo:
        world = moto_world(dynamo)
        assert all(admit(world, numbered(n), 2) for n in range(2))
        assert not admit(world, numbered(2), 2)
        item = dynamo.get_item(
            TableName=STATE["admission"], Key={"pk": {"S": "QUEUE"}, "sk": {"S": "WAITING"}}
        )
        assert set(item["Item"]) == {"pk", "sk", "waiting"}
        rows = [from_item(one) for one in dynamo.scan(TableName=STATE["admission"])["Items"]]
    assert [one["pk"] for one in rows if one["pk"].startswith("QUEUE")] == ["QUEUE"]


@pytest.mark.parametrize("shards", [1, 16])
def test_many_outcomes_are_written_once_though_the_place_is_gone(shards):
    """Some are written ahead of the release: one that failed then would have written them twice."""
    with moto_dynamo() as dynamo:
        old, new = moto_world(dynamo, 3), moto_world(dynamo, shards)
        alert = numbered(0)
        assert admit(old, alert, 16)
        desk = [f"op{n:03}" for n in range(RECORDS_AT_ONCE + 10)]
        new.delivery.begin(alert, [], new.delivery.tail(alert.contract, NOW), NOW, 30)
        for _ in range(2):  # once with the place in another part, once with none at all
            tail = new.delivery.tail(alert.contract, NOW)
            new.delivery.finish(alert, outcomes_of(new, alert, *desk)[0], tail)
        assert new.open.waiting() == 0
        assert len(new.records("entrega")) == 2 * len(desk)


def test_who_finds_the_parts_laid_out_just_now_by_another_tries_again():
    """A process's first alert after the number changed; another process's comes in between."""
    with moto_dynamo() as dynamo:
        one, other = moto_world(dynamo, 16), moto_world(dynamo, 16)
        hook, once = "after-call.dynamodb.TransactWriteItems", []

        def meanwhile(**_):
            if not once:  # it was refused: nothing is laid out yet
                once.append(True)
                assert admit(other, numbered(1), 100)

        dynamo.meta.events.register(hook, meanwhile)
        try:
            assert admit(one, numbered(2), 100)
        finally:
            dynamo.meta.events.unregister(hook, meanwhile)
        assert once
        assert one.open.waiting() == 2
