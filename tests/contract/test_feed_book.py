"""The port FeedBook: what came, what the bridges say, what the desk was told; on the fake and over moto."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pregao.aws.tables.dynamo import to_item
from pregao.domain.alerts.price_level import ArmedLevel, Crossing, Marked, OwnLevel, Reached
from pregao.domain.audit.chain import link
from pregao.domain.audit.records import feed_record, level_record
from pregao.domain.feeds.feed import KEPT_S, SetAside
from pregao.domain.feeds.told import Cause, FeedState, Flapping, Kind, Outage, Spell
from pregao.domain.market.candle import Candle
from pregao.flow.ports.refusals import Contended
from pregao.wire.price_level_v1 import dump_levels
from tests.cloud import STATE, moto_dynamo, moto_world
from tests.fakes import CANDLE, NOW, a_heartbeat, a_level, a_mark, a_notice

KEY = ("WIN", "M5")
SILENT = FeedState(
    *KEY,
    contract="WINZ26",
    silent=Outage(CANDLE + 300.0, CANDLE, Cause.BROKER_LOST),
    pending=a_notice(),
    telling_until=NOW + 55,
    set_aside={"mesa-1": SetAside(2, CANDLE, "high 1.0 is below low 2.0")},
    version=1,
)

SET_ASIDE = '"set_aside":{"mesa-1":{"count":2,"newest":1795442400,"reason":"high 1.0 is below low 2.0"}},'
NONE_ASIDE = ',"set_aside":null'


def tell(world, state):
    """Commit a state with the record of its notice behind the chain as it stands."""
    tail = world.feeds.tail("WINZ26", NOW)
    (record,), _ = link([feed_record(state.pending, NOW)], tail)
    return world.feeds.change(state, record, tail)


class TestWanted:
    def test_a_heartbeat_hears_what_is_wanted_of_its_bridge_and_keeps_it(self, world):
        assert world.feeds.beat(a_heartbeat(), NOW) == {}
        world.feeds.want("mesa-1", {"WIN$N": NOW + 90.5, "WDO$N": NOW + 90.5})
        world.feeds.want("mesa-1", {"WDO$N": NOW + 120})
        for _ in range(2):  # an answer that was lost is told again
            told = world.feeds.beat(a_heartbeat(), NOW + 20)
            assert told == {"WIN$N": NOW + 90.5, "WDO$N": NOW + 120}
        assert world.feeds.beat(a_heartbeat(bridge_id="mesa-2"), NOW) == {}

    def test_nothing_is_noted_of_a_bridge_that_was_never_heard(self, world):
        world.feeds.want("mesa-1", {"WIN$N": NOW + 90})
        assert world.feeds.bridges() == []
        assert world.feeds.beat(a_heartbeat(), NOW) == {}

    def test_bridges_are_told_by_their_newest_heartbeat(self, world):
        for at in (NOW, NOW + 60):
            world.feeds.beat(a_heartbeat(), at)
        world.feeds.mark(a_mark())
        (beat,) = world.feeds.bridges()
        assert (beat.bridge_id, beat.received_at) == ("mesa-1", NOW + 60)
        assert list(world.feeds.read().beats) == [beat]


class TestSeen:
    def test_nothing_at_first(self, world):
        feeds = world.feeds.read()
        assert (dict(feeds.seen), list(feeds.beats), dict(feeds.states)) == ({}, [], {})

    def test_the_newest_of_each_feed(self, world):
        for at in (CANDLE, CANDLE + 300):
            world.feeds.mark(a_mark(at))
        world.feeds.mark(a_mark(timeframe="M1", contract="WINV26"))
        seen = world.feeds.read().seen
        assert set(seen) == {KEY, ("WIN", "M1")}
        one = seen[KEY]
        assert (one.newest, one.received_at, one.gap_to) == (CANDLE + 300, CANDLE + 600.5, CANDLE - 300)
        assert (one.symbol, one.contract, one.bridge_id) == ("WIN$N", "WINZ26", "mesa-1")
        assert seen["WIN", "M1"].contract == "WINV26"

    def test_a_late_post_moves_nothing_backwards_and_a_repeated_one_nothing(self, world):
        world.feeds.mark(a_mark(CANDLE + 300))
        before = world.feeds.read().seen[KEY]
        world.feeds.mark(a_mark(CANDLE, now=NOW + 999, contract="WINV26"))
        assert world.feeds.read().seen[KEY] == before
        world.feeds.mark(a_mark(CANDLE + 300, now=NOW + 999))
        assert world.feeds.read().seen[KEY] == replace(before, received_at=NOW + 999)

    def test_backfill_counts_as_data_and_is_told_apart(self, world):
        world.feeds.mark(a_mark(CANDLE))
        world.feeds.mark(a_mark(CANDLE + 900, historical=True, bridge_id="mesa-2"))
        one = world.feeds.read().seen[KEY]
        assert (one.newest, one.backfilled_to, one.bridge_id) == (CANDLE + 900, CANDLE + 900, "mesa-2")
        world.feeds.mark(a_mark(CANDLE + 1200))
        one = world.feeds.read().seen[KEY]
        assert (one.newest, one.backfilled_to, one.bridge_id) == (CANDLE + 1200, CANDLE + 900, "mesa-1")

    def test_history_alone_is_no_feed(self, world):
        """A replay of yesterday's session promises no candle of today's."""
        world.feeds.mark(a_mark(historical=True))
        assert world.feeds.read().seen == {}
        world.feeds.mark(a_mark(CANDLE + 300))
        assert world.feeds.read().seen[KEY].backfilled_to == CANDLE

    def test_a_replay_of_days_gone_by_is_no_feed_and_moves_none(self, world):
        world.feeds.mark(a_mark(CANDLE - 7 * 86_400, past=True))
        assert dict(world.feeds.read().seen) == {}
        world.feeds.mark(a_mark(CANDLE))
        world.feeds.mark(a_mark(CANDLE - 86_400, past=True))
        assert world.feeds.read().seen[KEY].newest == CANDLE

    def test_history_that_is_kept_is_no_feed_but_was_heard(self, world):
        assert world.feeds.heard() == set()
        world.feeds.mark(a_mark(CANDLE - 7 * 86_400, past=True, historical=True, judged=False))
        assert (dict(world.feeds.read().seen), world.feeds.heard()) == ({}, {("WIN", "M5")})

    def test_a_post_that_left_candles_out_says_up_to_where(self, world):
        world.feeds.mark(a_mark(CANDLE))
        world.feeds.mark(a_mark(CANDLE + 1500))
        assert world.feeds.read().seen[KEY].gap_to == CANDLE + 1200
        world.feeds.mark(a_mark(CANDLE + 1800))
        assert world.feeds.read().seen[KEY].gap_to == CANDLE + 1200

    def test_a_post_that_makes_up_for_several_candles_leaves_none_out(self, world):
        world.feeds.mark(a_mark(CANDLE))
        world.feeds.mark(a_mark(CANDLE + 1500, before=CANDLE))
        assert world.feeds.read().seen[KEY].gap_to == CANDLE - 300

    def test_before_the_first_live_post_all_was_left_out(self, world):
        world.feeds.mark(a_mark(CANDLE, historical=True))
        world.feeds.mark(a_mark(CANDLE + 900))
        assert world.feeds.read().seen[KEY].gap_to == CANDLE + 600
        world.feeds.mark(a_mark(timeframe="M1", before=None))
        assert world.feeds.read().seen["WIN", "M1"].gap_to == 0


class TestBeats:
    def test_the_last_to_arrive_of_each_bridge_whatever_its_clock_says(self, world):
        world.feeds.beat(a_heartbeat(sent_at=NOW + 1000), NOW)
        world.feeds.beat(a_heartbeat(terminal={"condition": "broker_lost", "detail": "no"}), NOW + 60)
        world.feeds.beat(a_heartbeat(bridge_id="mesa-2", feed={"condition": "refused", "waiting": 3}), NOW)
        first, second = sorted(world.feeds.read().beats, key=lambda one: one.bridge_id)
        assert (first.received_at, first.condition, first.detail) == (NOW + 60, "broker_lost", "no")
        (report,) = second.feeds
        assert (report.symbol, report.contract, report.condition, report.waiting) == (
            "WIN$N",
            "WINZ26",
            "refused",
            3,
        )


class TestStates:
    def test_a_state_comes_back_as_it_was_with_its_record(self, world):
        assert tell(world, SILENT)
        assert world.feeds.read().states == {KEY: SILENT}
        (record,) = world.records("alertas")
        assert (record["kind"], record["contract"]) == ("feed", "WINZ26")
        assert record["chain"].endswith("#feed")
        assert (record["feed"]["event"], record["feed"]["cause"]) == ("silent", "broker_lost")
        assert "detail" not in record["feed"]

    def test_of_two_who_saw_the_same_one_commits(self, world):
        assert tell(world, SILENT)
        assert not tell(world, SILENT)
        assert not world.feeds.settle(SILENT)
        assert len(world.records("alertas")) == 1

    def test_a_moved_chain_writes_nothing(self, world):
        stale = world.feeds.tail("WINZ26", NOW)
        assert tell(world, SILENT)
        again = replace(SILENT, version=2)
        (record,), _ = link([feed_record(again.pending, NOW)], stale)
        with pytest.raises(Contended):
            world.feeds.change(again, record, stale)
        assert world.feeds.read().states == {KEY: SILENT}

    def test_settled_without_a_record_behind_the_version_before(self, world):
        tell(world, SILENT)
        told = replace(SILENT, pending=None, telling_until=0.0, version=2)
        assert world.feeds.settle(told)
        assert not world.feeds.settle(told)
        assert world.feeds.read().states == {KEY: told}
        assert len(world.records("alertas")) == 1

    def test_the_feeds_chain_is_not_the_alerts(self, world):
        """Who must be fast does not wait for who need not be."""
        tell(world, SILENT)
        assert world.admission.head("WINZ26", NOW).tail.seq == 0


def test_what_nobody_hears_of_any_more_is_swept_and_what_was_told_stays():
    """The table's time to live takes marks and heartbeats a week after the last one."""
    with moto_dynamo() as dynamo:
        world = moto_world(dynamo)
        world.feeds.mark(a_mark())
        world.feeds.beat(a_heartbeat(), NOW)
        tell(world, SILENT)
        items = {one["sk"]["S"]: one for one in dynamo.scan(TableName=STATE["admission"])["Items"]}
    assert int(items["SEEN#WIN#M5#live"]["ttl"]["N"]) == int(CANDLE + 300.5 + KEPT_S)
    assert int(items["BRIDGE#mesa-1"]["ttl"]["N"]) == int(NOW + KEPT_S)
    assert "ttl" not in items["STATE#WIN#M5"]


def test_a_state_and_a_heartbeat_of_the_version_before_are_read():
    """They know nothing of candles set aside."""
    with moto_dynamo() as dynamo:
        world = moto_world(dynamo)
        world.feeds.settle(SILENT)
        world.feeds.beat(a_heartbeat(), NOW)
        for sk, name, gone in (
            ("STATE#WIN#M5", "feed", SET_ASIDE),
            ("BRIDGE#mesa-1", "heartbeat", NONE_ASIDE),
        ):
            key = {"pk": {"S": "FEEDS"}, "sk": {"S": sk}}
            item = dynamo.get_item(TableName=STATE["admission"], Key=key)["Item"]
            assert gone in item[name]["S"]
            item[name]["S"] = item[name]["S"].replace(gone, "")
            dynamo.put_item(TableName=STATE["admission"], Item=item)
        feeds = world.feeds.read()
    assert feeds.states[KEY] == replace(SILENT, pending=replace(SILENT.pending, count=None), set_aside={})
    assert feeds.beats[0].feeds[0].set_aside is None


BEFORE_FLAPPING = (
    '{"instrument":"WIN","timeframe":"M5","contract":"WINZ26",'
    f'"silent":{{"since":{CANDLE + 300}.0,"newest":{CANDLE},"cause":"broker_lost"}},'
    '"pending":null,"telling_until":0.0,"mailed":[],"set_aside":{},"version":1}'
)
FLAPS = replace(
    SILENT,
    silent=Outage(CANDLE + 300.0, CANDLE, Cause.BROKER_LOST, mailed=False),
    pending=a_notice(Kind.FLAPPING, count=3, missing=3, expected=6),
    screens_only=True,
    spells=(Spell(CANDLE + 300.0, CANDLE + 750.0, Cause.BROKER_LOST, CANDLE + 300, 1),),
    flapping=Flapping(CANDLE + 300.0, CANDLE + 750.0, CANDLE + 300, CANDLE, 3, 3, 6),
)


def test_a_silence_from_before_flapping_was_told_was_told_by_e_mail():
    with moto_dynamo() as dynamo:
        world = moto_world(dynamo)
        world.feeds.settle(SILENT)
        key = {"pk": {"S": "FEEDS"}, "sk": {"S": "STATE#WIN#M5"}}
        item = dynamo.get_item(TableName=STATE["admission"], Key=key)["Item"]
        dynamo.put_item(TableName=STATE["admission"], Item=item | {"feed": {"S": BEFORE_FLAPPING}})
        state = world.feeds.read().states[KEY]
    assert state == FeedState(*KEY, "WINZ26", SILENT.silent, version=1)
    assert state.silent.mailed


def test_a_feed_that_flaps_is_read_as_it_was_written(world):
    tell(world, FLAPS)
    assert world.feeds.read().states[KEY] == FLAPS
    (record,) = [one["feed"] for one in world.records("alertas") if one["kind"] == "feed"]
    assert (record["event"], record["silences"], record["missing"], record["expected"]) == (
        "flapping",
        3,
        3,
        6,
    )
    assert "candles" not in record


class TestLevels:
    """A feed's levels come with its mark, whatever becomes of the mark."""

    def test_a_mark_returns_them_also_a_late_and_a_repeated_one(self, world):
        assert world.feeds.mark(a_mark(CANDLE)) == Marked()
        level = a_level()
        arm(world, level, a_level(id="f" * 16, timeframe="M1"))
        for at, before in ((CANDLE + 300, CANDLE), (CANDLE + 300, CANDLE + 300), (CANDLE, CANDLE + 300)):
            assert world.feeds.mark(a_mark(at)) == Marked((ArmedLevel(level),), before)
        assert world.feeds.read().seen[KEY].newest == CANDLE + 300

    def test_what_came_as_history_has_none(self, world):
        world.feeds.mark(a_mark(CANDLE))
        arm(world, a_level())
        for history in ({"historical": True}, {"past": True}, {"past": True, "judged": False}):
            assert world.feeds.mark(a_mark(CANDLE - 300, **history)) == Marked()

    def test_it_remembers_where_one_rang(self, world):
        level = a_level()
        world.feeds.mark(a_mark(CANDLE))
        arm(world, level)
        for at in (CANDLE, CANDLE - 300):  # a late one moves nothing backwards
            world.feeds.rang(crossed(level, at))
        assert list(world.feeds.mark(a_mark(CANDLE + 300)).levels) == [ArmedLevel(level, CANDLE)]
        world.feeds.rang(crossed(a_level(id="f" * 16)))  # removed meanwhile
        assert list(world.feeds.mark(a_mark(CANDLE + 300)).levels) == [ArmedLevel(level, CANDLE)]

    def test_one_that_has_rolled_is_taken_off(self, world):
        world.feeds.mark(a_mark(CANDLE))
        arm(world, a_level())
        world.feeds.rang(crossed(a_level(), crossing=Crossing.ROLLED))
        assert list(world.feeds.mark(a_mark(CANDLE + 300)).levels) == []


def arm(world, *levels):
    """Give ana these levels, on feeds that have posted live where they have."""
    before = world.levels.owned("op-7d1f20c4")
    known = list(world.levels.feeds({(one.instrument, one.timeframe) for one in levels}))
    tail = world.levels.tail("WINZ26", NOW)
    (record,), _ = link([level_record("set", levels[0], NOW)], tail)
    world.levels.change("op-7d1f20c4", before, levels, known, record, tail)


def crossed(level, at=CANDLE, crossing=Crossing.UP):
    own = OwnLevel(level.id, level.owner, level.price, crossing, level.armed_at)
    return Reached(level, own, Candle(at, 1.0, 1.0, 1.0, 1.0, 1, 1), 1.0)


def test_one_resumed_on_the_new_contract_is_not_taken_off_by_a_late_roll():
    with moto_dynamo() as dynamo:
        world = moto_world(dynamo)
        world.feeds.mark(a_mark(CANDLE))
        again = a_level(contract="WING27")
        arm(world, again)
        world.feeds.rang(crossed(a_level(), crossing=Crossing.ROLLED))
        assert list(world.feeds.mark(a_mark(CANDLE + 300)).levels) == [ArmedLevel(again)]


def test_a_mark_that_has_expired_gets_its_levels_back_from_their_owners_lists():
    with moto_dynamo() as dynamo:
        world = moto_world(dynamo)
        level, paused = a_level(), a_level(id="f" * 16, paused=True)
        elsewhere = a_level(id="e" * 16, timeframe="M1")
        row = {"pk": "LEVELS", "sk": level.owner, "levels": dump_levels([level, paused, elsewhere])}
        dynamo.put_item(TableName=STATE["admission"], Item=to_item(row))
        assert list(world.feeds.mark(a_mark(CANDLE)).levels) == [ArmedLevel(level)]
        assert list(world.feeds.mark(a_mark(CANDLE + 300)).levels) == [ArmedLevel(level)]
