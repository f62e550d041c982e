"""The port LevelBook: an operator's list, the copies on the feeds' marks and the record, all or none."""

from __future__ import annotations

import pytest

from pregao.domain.audit.chain import broken_at, link
from pregao.domain.audit.records import level_record
from pregao.flow.ports.levels import Owned
from pregao.flow.ports.refusals import Contended
from tests.fakes import CANDLE, NOW, a_level, a_mark

ANA = "op-7d1f20c4"
KEY = ("WIN", "M5")


def change(world, before, *after, feeds=(KEY,), event="set"):
    tail = world.levels.tail("WINZ26", NOW)
    (record,), _ = link([level_record(event, (*after, *before.levels)[0], NOW)], tail)
    world.levels.change(ANA, before, after, list(world.levels.feeds(feeds)), record, tail)
    return world.levels.owned(ANA)


def armed(world):
    return set(world.levels.feeds([KEY])[KEY].armed)


def test_nothing_at_first(world):
    assert world.levels.owned(ANA) == Owned()
    assert world.levels.feeds([KEY]) == {}


def test_a_list_its_copies_and_its_records_change_together(world):
    world.feeds.mark(a_mark(CANDLE))
    one, other = a_level(), a_level(id="f" * 16, note="topo de ontem")
    first = change(world, Owned(), one)
    assert (first, armed(world)) == (Owned(1, (one,)), {one.id})
    both = change(world, first, one, other)
    assert (both.levels, armed(world)) == ((one, other), {one.id, other.id})
    left = change(world, both, other, event="removed")
    assert (left.levels, armed(world)) == ((other,), {other.id})
    paused = change(world, left, a_level(id="f" * 16, paused=True), event="paused")
    assert (paused.version, armed(world)) == (4, set())
    records = world.records("acao")
    assert broken_at(records) is None
    assert [one["level"]["event"] for one in records] == ["set", "set", "removed", "paused"]
    assert {(one["kind"], one["operator"]) for one in records} == {("level", ANA)}
    assert world.levels.owned("op-e05b9a31") == Owned()


def test_where_the_list_has_moved_nothing_is_written(world):
    world.feeds.mark(a_mark(CANDLE))
    change(world, Owned(), a_level())
    with pytest.raises(Contended):
        change(world, Owned(), a_level(id="f" * 16))
    assert (len(world.levels.owned(ANA).levels), len(world.records("acao"))) == (1, 1)
    assert armed(world) == {a_level().id}


def test_a_feed_says_its_contract_and_where_the_level_rang(world):
    world.feeds.mark(a_mark(CANDLE))
    change(world, Owned(), a_level())
    now = world.levels.feeds([KEY, ("WDO", "M5")])
    assert set(now) == {KEY}
    assert (now[KEY].contract, now[KEY].armed[a_level().id].rang) == ("WINZ26", None)


def test_a_feed_that_never_posted_live_gets_its_copies_later(world):
    assert change(world, Owned(), a_level()).levels == (a_level(),)
    assert world.levels.feeds([KEY]) == {}
