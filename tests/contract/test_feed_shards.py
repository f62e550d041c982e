"""The feeds' marks in several partitions, and what becomes of them while their number changes; over moto."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from pregao.aws.tables.dynamo import from_item, to_item
from pregao.aws.tables.market.feed_marks import FeedMarks
from pregao.aws.tables.shards import partition, shard_of
from pregao.domain.alerts.price_level import ArmedLevel, Crossing
from pregao.domain.audit.chain import link
from pregao.domain.audit.records import level_record
from pregao.domain.feeds.feed import KEPT_S
from pregao.domain.feeds.told import FeedState
from pregao.flow.ports.refusals import Contended
from tests.cloud import STATE, moto_dynamo, moto_world
from tests.contract.test_feed_book import arm as armed_once
from tests.contract.test_feed_book import crossed
from tests.fakes import CANDLE, NOW, a_heartbeat, a_level, a_mark

KEY = ("WIN", "M5")
DAY = 86_400
TABLE = STATE["admission"]
CHANGES = [(1, 16), (16, 1), (3, 16), (16, 3)]
SHARES = [f"AB{n:02}{kind}" for n in range(100) for kind in (3, 4, 11)]


@pytest.fixture
def dynamo():
    with moto_dynamo() as client:
        yield client


def rows(dynamo, sk=None):
    found = [from_item(one) for one in dynamo.scan(TableName=TABLE)["Items"]]
    return {one["pk"]: one for one in found if sk is None or one["sk"] == sk}


def arm(world, *levels):
    """Give ana these levels, as the page's request does: once more where the marks have moved."""
    try:
        armed_once(world, *levels)
    except Contended:
        armed_once(world, *levels)


class Counted:
    """A client that notes its calls."""

    def __init__(self, client):
        self._client, self.asked = client, []

    def __getattr__(self, name):
        found = getattr(self._client, name)
        if name in ("exceptions", "meta"):
            return found

        def call(*args, **more):
            self.asked.append(name)
            return found(*args, **more)

        return call


def test_the_hash_is_the_same_for_ever_and_spreads():
    """Another one would look for every mark in another partition."""
    assert [shard_of(one, 16) for one in ("WIN", "WDO", "PETR4", "EURUSD")] == [12, 7, 6, 11]
    counts = [sum(shard_of(one, 16) == at for one in SHARES) for at in range(16)]
    assert min(counts) > len(SHARES) / 16 / 3
    assert max(counts) < len(SHARES) / 16 * 2
    assert [partition("FEEDS", at) for at in (0, 1, 15)] == ["FEEDS", "FEEDS#1", "FEEDS#15"]


def test_one_partition_is_as_it_ever_was(dynamo):
    """Nothing but marks, states and heartbeats stands there, under the keys of before; a mark is one call."""
    world = moto_world(dynamo)
    world.feeds.mark(a_mark(CANDLE))
    world.feeds.read()
    world.feeds.keep_note(NOW)
    items = {one["sk"]["S"]: one for one in dynamo.scan(TableName=TABLE)["Items"]}
    assert (set(items), items["SEEN#WIN#M5#live"]["pk"]) == ({"SEEN#WIN#M5#live"}, {"S": "FEEDS"})
    assert "unfilled" not in items["SEEN#WIN#M5#live"]
    counted = Counted(dynamo)
    FeedMarks(counted, TABLE).mark(a_mark(CANDLE + 300))
    assert counted.asked == ["update_item"]


def test_a_mark_in_one_of_several_partitions_is_one_call_too(dynamo):
    moto_world(dynamo, 16).feeds.mark(a_mark(CANDLE))
    counted = Counted(dynamo)
    FeedMarks(counted, TABLE, 16).mark(a_mark(CANDLE + 300))
    assert counted.asked == ["update_item"]
    assert set(rows(dynamo, "SEEN#WIN#M5#live")) == {"FEEDS#12"}


def test_the_marks_of_a_release_before_are_read_and_written(dynamo):
    """They know of no changes counted, and of nothing moved."""
    level = a_level()
    old = {"newest": CANDLE, "contract": "WINZ26", "symbol_name": "WIN$N", "bridge_id": "mesa-1"}
    old |= {"received_at": NOW, "candles": "[]", "ttl": int(NOW + KEPT_S), "gap_to": 0}
    arm(moto_world(dynamo), level)  # in the list alone
    item = {"pk": "FEEDS", "sk": "SEEN#WIN#M5#live", **old}
    world = moto_world(dynamo)
    world.feeds.mark(a_mark(CANDLE - 300))
    copy = next(iter(rows(dynamo, "SEEN#WIN#M5#live").values()))
    levels = {name: value for name, value in copy.items() if name.startswith("level_")}
    assert levels
    dynamo.put_item(TableName=TABLE, Item=to_item(item | levels))
    assert list(world.feeds.mark(a_mark(CANDLE + 300)).levels) == [ArmedLevel(level)]
    assert list(moto_world(dynamo, 16).feeds.mark(a_mark(CANDLE + 600)).levels) == [ArmedLevel(level)]


@pytest.mark.parametrize("shards", [1, 3, 16])
def test_history_stands_apart_and_is_heard_of(dynamo, shards):
    """Thousands of its candles are on one item; the minute's reading does not pay for them."""
    world = moto_world(dynamo, shards)
    for name in SHARES[:10]:
        world.feeds.mark(a_mark(CANDLE - 7 * DAY, past=True, instrument=name))
        world.feeds.mark(a_mark(CANDLE - 8 * DAY, past=True, historical=True, judged=False, instrument=name))
    world.feeds.mark(a_mark(CANDLE, instrument=SHARES[10]))
    assert len(FeedMarks(dynamo, TABLE, shards).rows()) == 1
    assert moto_world(dynamo, 16).feeds.heard() == {(one, "M5") for one in SHARES[:11]}


@pytest.mark.parametrize(("before", "after"), CHANGES)
class TestTheNumberChanges:
    def test_nobody_forgets_a_feed(self, dynamo, before, after):
        """With either number all is read: marks, heartbeats, states, what is wanted."""
        old, new = moto_world(dynamo, before), moto_world(dynamo, after)
        for n, name in enumerate(SHARES[:40]):
            old.feeds.mark(a_mark(CANDLE, instrument=name, before=CANDLE - 300))
            if n % 2:
                new.feeds.mark(a_mark(CANDLE + 300, instrument=name, before=CANDLE))
        old.feeds.mark(a_mark(CANDLE + 600, historical=True, instrument=SHARES[0]))
        old.feeds.beat(a_heartbeat(), NOW)
        new.feeds.want("mesa-1", {"WIN$N": NOW + 90})
        assert old.feeds.beat(a_heartbeat(), NOW) == {"WIN$N": NOW + 90}
        state = FeedState(*KEY, contract="WINZ26", version=1)
        assert old.feeds.settle(state)
        found = new.feeds.read()
        assert old.feeds.read() == found
        wanted = {(one, "M5"): CANDLE + 300 * (n % 2) for n, one in enumerate(SHARES[:40])}
        wanted[SHARES[0], "M5"] = CANDLE + 600
        assert {key: one.newest for key, one in found.seen.items()} == wanted
        assert {one.gap_to for one in found.seen.values()} == {CANDLE - 300}  # no gap anywhere
        assert (found.states, [one.bridge_id for one in found.beats]) == ({KEY: state}, ["mesa-1"])
        assert new.feeds.heard() == set(wanted)

    def test_levels_move_with_the_mark_and_where_they_rang(self, dynamo, before, after):
        old, new = moto_world(dynamo, before), moto_world(dynamo, after)
        old.feeds.mark(a_mark(CANDLE))
        level, other = a_level(), a_level(id="f" * 16)
        arm(old, level, other)
        old.feeds.rang(crossed(level, CANDLE))
        marked = new.feeds.mark(a_mark(CANDLE + 300))
        assert (set(marked.levels), marked.newest) == ({ArmedLevel(level, CANDLE), ArmedLevel(other)}, CANDLE)
        again = new.feeds.mark(a_mark(CANDLE + 600))
        assert (set(again.levels), again.newest) == (set(marked.levels), CANDLE + 300)

    def test_a_process_of_before_that_still_runs_loses_nothing_and_takes_it_back(self, dynamo, before, after):
        old, new = moto_world(dynamo, before), moto_world(dynamo, after)
        old.feeds.mark(a_mark(CANDLE))
        arm(old, a_level())
        for n, world in enumerate([new, old, new, old, new], 1):
            marked = world.feeds.mark(a_mark(CANDLE + 300 * n))
            assert (list(marked.levels), marked.newest) == ([ArmedLevel(a_level())], CANDLE + 300 * (n - 1))
        late = old.feeds.mark(a_mark(CANDLE + 300))
        assert (list(late.levels), late.newest) == ([ArmedLevel(a_level())], CANDLE + 1500)
        assert new.feeds.read().seen[KEY].newest == CANDLE + 1500

    def test_what_rings_or_rolls_just_then_is_noted_where_the_mark_is(self, dynamo, before, after):
        old, new = moto_world(dynamo, before), moto_world(dynamo, after)
        level, rolled = a_level(), a_level(id="f" * 16)
        old.feeds.mark(a_mark(CANDLE))
        arm(old, level, rolled)
        new.feeds.mark(a_mark(CANDLE + 300))
        old.feeds.rang(crossed(level, CANDLE))
        old.feeds.rang(crossed(rolled, crossing=Crossing.ROLLED))
        assert list(new.feeds.mark(a_mark(CANDLE + 600)).levels) == [ArmedLevel(level, CANDLE)]

    def test_a_level_is_set_and_taken_off_wherever_the_mark_stands(self, dynamo, before, after):
        old, new = moto_world(dynamo, before), moto_world(dynamo, after)
        old.feeds.mark(a_mark(CANDLE))
        arm(new, a_level())  # the feed has not posted since
        assert list(old.feeds.mark(a_mark(CANDLE + 300)).levels) == [ArmedLevel(a_level())]
        new.feeds.mark(a_mark(CANDLE + 600))
        other = a_level(id="f" * 16)
        arm(old, other)  # in place of the first
        assert list(new.feeds.mark(a_mark(CANDLE + 900)).levels) == [ArmedLevel(other)]

    def test_of_a_mark_that_moves_while_a_level_is_set_one_is_tried_again(self, dynamo, before, after):
        old, new = moto_world(dynamo, before), moto_world(dynamo, after)
        old.feeds.mark(a_mark(CANDLE))
        owned, known = old.levels.owned("op-7d1f20c4"), list(old.levels.feeds([KEY]))
        new.feeds.mark(a_mark(CANDLE + 300))
        tail = old.levels.tail("WINZ26", NOW)
        (record,), _ = link([level_record("set", a_level(), NOW)], tail)
        with pytest.raises(Contended):
            old.levels.change("op-7d1f20c4", owned, [a_level()], known, record, tail)
        arm(old, a_level())
        assert list(new.feeds.mark(a_mark(CANDLE + 600)).levels) == [ArmedLevel(a_level())]

    def test_a_gap_while_it_moves_is_a_gap_and_no_other_is(self, dynamo, before, after):
        old, new = moto_world(dynamo, before), moto_world(dynamo, after)
        for name, then in (("WIN", CANDLE), ("WDO", CANDLE + 600)):
            old.feeds.mark(a_mark(CANDLE, instrument=name))
            new.feeds.mark(a_mark(CANDLE + 900, instrument=name, before=then))
        seen = new.feeds.read().seen
        assert (seen[KEY].gap_to, seen["WDO", "M5"].gap_to) == (CANDLE - 300, CANDLE + 600)


def test_a_level_set_while_the_mark_is_on_its_way_is_not_lost(dynamo):
    """Between reading the old mark and moving it: the move is tried again."""
    old, new = moto_world(dynamo), moto_world(dynamo, 16)
    old.feeds.mark(a_mark(CANDLE))
    arm(old, a_level())
    events, once = dynamo.meta.events, []

    def meanwhile(params, **_):
        if not once:
            once.append(True)
            arm(old, a_level(), a_level(id="f" * 16))

    hook = "before-parameter-build.dynamodb.TransactWriteItems"
    events.register(hook, meanwhile)
    try:
        marked = new.feeds.mark(a_mark(CANDLE + 300))
    finally:
        events.unregister(hook, meanwhile)
    assert set(marked.levels) == {ArmedLevel(a_level()), ArmedLevel(a_level(id="f" * 16))}


def test_a_feeds_first_mark_that_was_left_without_its_levels_gets_them_with_the_next_post(dynamo):
    """The process died between the two; before, they were lost until somebody changed them."""
    world = moto_world(dynamo)
    arm(world, a_level())
    events = dynamo.meta.events

    def dies(**_):
        raise RuntimeError("out of memory")

    events.register("before-parameter-build.dynamodb.Query", dies)
    try:
        with pytest.raises(RuntimeError):
            world.feeds.mark(a_mark(CANDLE))
    finally:
        events.unregister("before-parameter-build.dynamodb.Query", dies)
    assert world.feeds.read().seen[KEY].newest == CANDLE
    assert list(moto_world(dynamo).feeds.mark(a_mark(CANDLE)).levels) == [ArmedLevel(a_level())]


def test_the_number_in_use_is_noted_once_a_day_and_forgotten_with_its_marks(dynamo):
    many, few = moto_world(dynamo, 16), moto_world(dynamo, 3)

    def noted():
        return {name: at for name, at in rows(dynamo, "SHARDS")["FEEDS"].items() if name.startswith("n")}

    many.feeds.mark(a_mark(CANDLE))
    first = noted()
    assert set(first) == {"n16"}
    for later, kept in ((3_600, first), (2 * DAY, {"n16": NOW + 2 * DAY})):
        many.feeds.read()
        many.feeds.keep_note(NOW + later)
        assert noted() == kept
    few.feeds.read()
    few.feeds.keep_note(NOW + 3 * DAY)
    assert set(noted()) == {"n3", "n16"}
    few.feeds.read()
    few.feeds.keep_note(NOW + 2 * DAY + KEPT_S + 3 * DAY)
    assert set(noted()) == {"n3"}


def test_a_mark_that_cannot_be_written_for_others_is_told(dynamo, monkeypatch):
    marks = FeedMarks(dynamo, TABLE, 16)
    marks.mark(a_mark(CANDLE))
    error = {"Error": {"Code": "TransactionConflictException"}}
    busy = dynamo.exceptions.TransactionConflictException(error, "UpdateItem")
    tries = []

    def conflict(*_args, **_more):
        tries.append(1)
        raise busy

    monkeypatch.setattr(marks, "_update", conflict)
    with pytest.raises(ClientError):
        marks.mark(a_mark(CANDLE + 300))
    assert len(tries) == 4


moves = st.tuples(st.sampled_from(["mark", "set", "rang"]), st.sampled_from([1, 2, 3, 16]))


@settings(max_examples=15, deadline=None)
@given(st.lists(moves, min_size=4, max_size=20))
def test_whoever_does_what_with_whichever_number_one_mark_counts_and_knows_all(steps):
    level, has, rang, newest = a_level(), False, None, CANDLE
    with moto_dynamo() as dynamo:
        worlds = {one: moto_world(dynamo, one) for one in (1, 2, 3, 16)}
        worlds[1].feeds.mark(a_mark(newest))
        for what, shards in steps:
            world = worlds[shards]
            if what == "set" and not has:
                arm(world, level)
                has = True
            elif what == "rang" and has:
                world.feeds.rang(crossed(level, newest))
                rang = newest
            elif what == "mark":
                newest += 300
                marked = world.feeds.mark(a_mark(newest))
                assert list(marked.levels) == ([ArmedLevel(level, rang)] if has else [])
                assert marked.newest == newest - 300
            for one in worlds.values():
                seen = one.feeds.read().seen[KEY]
                assert (seen.newest, seen.gap_to) == (newest, CANDLE - 300)
        counts = [one for one in rows(dynamo, "SEEN#WIN#M5#live").values() if "moved" not in one]
        assert len(counts) == 1


def many(dynamo, count, shards):
    """So many feeds, written as their marks would be, at once."""
    FeedMarks(dynamo, TABLE).mark(a_mark(CANDLE))
    (one,) = rows(dynamo, "SEEN#WIN#M5#live").values()
    dynamo.delete_item(TableName=TABLE, Key=to_item({"pk": one["pk"], "sk": one["sk"]}))
    marks = FeedMarks(dynamo, TABLE, shards)
    puts = [{"PutRequest": {"Item": to_item(one | marks.place_of((f"S{n:03}", "M5")))}} for n in range(count)]
    for start in range(0, count, 25):
        dynamo.batch_write_item(RequestItems={TABLE: puts[start : start + 25]})


class TestManyFeeds:
    """What a minute's reading asks for; the numbers of docs/SCALE.md."""

    @pytest.mark.parametrize("shards", [1, 16])
    def test_a_thousand_are_a_page_a_partition(self, dynamo, shards):
        world = moto_world(dynamo, shards)
        many(dynamo, 1_000, shards)
        pages = []

        def asked(**_):
            pages.append(1)

        dynamo.meta.events.register("after-call.dynamodb.Query", asked)
        try:
            seen = world.feeds.read().seen
        finally:
            dynamo.meta.events.unregister("after-call.dynamodb.Query", asked)
        assert (len(seen), len(pages)) == (1_000, shards)


@pytest.mark.parametrize(("mine", "other"), [(16, 1), (1, 16), (3, 16)])
def test_a_feed_that_begins_twice_at_once_has_one_mark(dynamo, monkeypatch, mine, other):
    """Two numbers run side by side: with two marks a level set on the one is not judged by the other."""
    one, another = moto_world(dynamo, mine), moto_world(dynamo, other)
    look, once = FeedMarks._elsewhere, []

    def looked(self, *asked):
        found = look(self, *asked)
        if not once:
            once.append(True)
            another.feeds.mark(a_mark(CANDLE))
        return found

    monkeypatch.setattr(FeedMarks, "_elsewhere", looked)
    one.feeds.mark(a_mark(CANDLE))
    assert sum("moved" not in row for row in rows(dynamo, "SEEN#WIN#M5#live").values()) == 1
    arm(moto_world(dynamo, other), a_level())
    assert len(one.feeds.mark(a_mark(CANDLE + 300)).levels) == 1
