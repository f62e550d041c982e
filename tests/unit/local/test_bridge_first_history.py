"""What the terminal has from before a feed's first start: posted once, to be kept, after what is live."""

from __future__ import annotations

import json

import pytest

from pregao_bridge.app.run import Parts
from pregao_bridge.feed import first_history
from pregao_bridge.files import CursorError
from pregao_bridge.outcome import Accepted, Refused, Transient
from tests.unit.local.bridge_desk import START, STEP, Desk, shared

BEFORE = 900
"""Candles that the terminal has from before the first start: four sessions of the fake."""


class HistoryDesk(Desk):
    """A desk whose feeds are asked for their history; `kept` are the candles posted to be kept."""

    def __init__(self, state, history=BEFORE):
        self.kept, self.history_answer = [], None
        super().__init__(state)
        self.market.since = START - history * STEP
        self.cloud.answer = self.answer

    def begin(self):
        parts = Parts(self.config, self.cloud, shared(self.time, self.skew), self.tell_changed)
        self.feeds = [parts.feed(name, *[self.market] * 3) for name in self.config.feeds]

    def answer(self, said):
        if not said.get("keep_only"):
            return None
        if self.history_answer is not None:
            return self.history_answer
        assert said["historical"]
        new = said["candles"]["time"][said["new_from"] :]
        self.kept += new
        return Accepted(len(new), (), new[-1], 0.0, 0.0)


@pytest.fixture
def desk(tmp_path):
    return HistoryDesk(tmp_path)


def before(desk):
    """Every candle of the terminal that opened before the first one that was judged."""
    first = desk.cloud.times()[0]
    return list(range(desk.market.since, first, STEP))


def test_all_of_before_is_kept_once_and_what_is_live_is_judged(desk):
    desk.run(3600)
    assert desk.kept == before(desk)
    assert desk.cloud.times() == desk.closed(desk.cloud.times()[0])
    desk.begin()
    desk.run(3600)
    assert desk.kept == before(desk)


def test_no_further_back_than_the_cloud_calibrates(tmp_path, monkeypatch):
    monkeypatch.setattr(first_history, "BACK_S", 86_400)
    desk = HistoryDesk(tmp_path)
    begun = int(desk.time.now)
    desk.run(STEP)
    assert desk.kept[0] == (begun - 86_400) // STEP * STEP + STEP


def test_after_a_process_died_it_goes_on_where_it_was(desk):
    left = iter([None, Transient("HTTP 503", 3)])
    kept, desk.answer_kept = desk.answer, 0

    def dies(said):
        if said.get("keep_only"):
            desk.history_answer = next(left, Transient("HTTP 503", 3))
        return kept(said)

    desk.cloud.answer = dies
    desk.run(60)
    some = list(desk.kept)
    assert 0 < len(some) < len(before(desk))
    desk.cloud.answer, desk.history_answer = kept, None
    desk.begin()
    desk.run(3600)
    assert desk.kept == before(desk)


def test_a_cloud_of_before_refuses_it_once_and_the_feed_goes_on(desk):
    desk.history_answer = Refused(400, ("keep_only: extra inputs are not permitted",))
    desk.run(1800)
    posted = desk.cloud.posted
    assert posted == len(desk.cloud.heard) + 1
    desk.begin()
    desk.run(1800)
    assert desk.cloud.posted == len(desk.cloud.heard) + 1


def test_a_feed_that_has_posted_before_has_none(tmp_path):
    Desk(tmp_path).run(600)
    desk = HistoryDesk(tmp_path)
    desk.run(1800)
    assert desk.kept == []


def test_a_place_that_cannot_be_read_says_what_to_do(desk):
    desk.run(60)
    (place,) = desk.config.state.rglob("history.json")
    assert json.loads(place.read_bytes())["done"]
    place.write_text("{", encoding="utf-8")
    with pytest.raises(CursorError, match="delete it"):
        desk.begin()
