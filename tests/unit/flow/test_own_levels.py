"""An operator's levels through detect and deliver: each crossing rings its owner once, and nobody else."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.audit.rederive import rederive
from pregao import clock
from pregao.domain.alerts.admission import Verdict
from pregao.domain.alerts.price_level import ASKED, ArmedLevel, Crossing, Often
from pregao.domain.audit.chain import ALERTAS, broken_at, canonical
from pregao.domain.delivery.operators import Interest, Operator, Screen, recipients
from pregao.flow.detect import detect
from tests.fakes import CANDLE, PLENTY, Store, a_level, a_level_alert, an_alert
from tests.judged import LOADED, detecting

KEY = ("WIN", "M5")
COUNT = 256
BASE = 131_000.0


class Desk:
    """The detect function over a fake store; candles of WIN M5 (or M1) that stand still, but for the last."""

    def __init__(self, monkeypatch, *levels, timeframe="M5"):
        self.store, self.timeframe = Store(), timeframe
        self.step = 300 if timeframe == "M5" else 60
        self.deps = replace(detecting(self.store), clock=lambda: self.now)
        self.now = 0.0
        monkeypatch.setattr(clock, "now", lambda: self.now)
        self.prices = []
        for level in levels:
            self.arm(replace(level, timeframe=timeframe))

    def arm(self, level):
        armed = self.store.armed.setdefault(("WIN", self.timeframe), {})
        armed[level.id] = ArmedLevel(level)

    def body(self, new=1, contract="WINZ26"):
        count = len(self.prices)
        total = COUNT + count
        times = [CANDLE + self.step * (row - COUNT) for row in range(total)]
        closes = [BASE + 5.0 * (row % 2) for row in range(COUNT)] + self.prices
        start = max(0, total - COUNT - new)
        columns = {
            "time": times[start:],
            **dict.fromkeys(("open", "high", "low", "close"), closes[start:]),
            **{name: [1] * (total - start) for name in ("tick_volume", "real_volume", "spread")},
        }
        batch = {
            "version": 1,
            "bridge_id": "mesa-1",
            "symbol": "WIN$N",
            "contract": contract,
            "timeframe": self.timeframe,
            "utc_offset_s": 0,
            "new_from": total - start - new,
            "historical": False,
            "candles": columns,
        }
        self.now = times[-1] + self.step + 0.25
        return json.dumps(batch)

    def post(self, *prices, contract="WINZ26"):
        """Post these closes as new candles; returns what became of the levels."""
        self.prices += prices
        _, judged = detect(self.body(len(prices), contract), None, self.deps, PLENTY)
        return [one for one in judged if one.alert.level]

    def missed(self, *prices):
        """What became of the levels on candles that came as history, and on the live one behind them."""
        self.prices += prices
        history = json.loads(self.body(len(prices))) | {"historical": True}
        assert not [one for one in detect(json.dumps(history), None, self.deps, PLENTY)[1] if one.alert.level]
        return self.post(prices[-1])

    def again(self):
        _, judged = detect(self.body(), None, self.deps, PLENTY)
        return [one for one in judged if one.alert.level]

    def rang(self):
        """Levels and candles that the queue heard of; what it hears twice is delivered once."""
        sent = self.deps.admission.queue.sent
        return sorted({(one.level.id, one.candle.time) for one in sent if one.level})


@pytest.fixture
def desk(monkeypatch):
    return Desk(monkeypatch, a_level(BASE + 100))


def test_a_crossing_is_admitted_once_queued_and_audited_with_its_definition(desk):
    assert desk.post(BASE) == []
    (one,) = desk.post(BASE + 110)
    assert one.verdict is Verdict.ADMITTED
    assert desk.rang() == [(a_level().id, one.alert.candle.time)]
    records = [json.loads(canonical(it)) for it in desk.store.records[ALERTAS]]
    assert broken_at(desk.store.records[ALERTAS]) is None
    record = next(it for it in records if it["pattern"] == "price_level")
    assert json.loads(record["evidence"]["level"])["price"] == BASE + 100
    assert record["alert"]["level"]["owner"] == "op-7d1f20c4"
    assert rederive(record, LOADED).same
    record["evidence"]["level"] = record["evidence"]["level"].replace("131100", "131111")
    assert not rederive(record, LOADED).same
    assert desk.post(BASE) == desk.post(BASE + 110) == []  # once


def test_the_same_post_again_is_a_duplicate_at_most(desk):
    desk.post(BASE + 110)
    assert desk.again() == []  # the feed knows that it rang
    desk.arm(a_level(BASE + 100))  # and now it has forgotten
    assert [one.verdict for one in desk.again()] == [Verdict.DUPLICATE]
    desk.store.armed[KEY].clear()
    desk.arm(a_level(BASE + 100))
    desk.post(BASE)
    assert [one.verdict for one in desk.post(BASE + 110)] == [Verdict.RATE_LIMITED]
    assert len(desk.rang()) == 1


def test_a_feed_that_cannot_be_marked_is_posted_again(desk):
    """Nobody knows then which levels there are; the detectors' alerts have gone out."""
    desk.deps = replace(desk.deps, activity=replace(desk.deps.activity, failed=lambda _error: None))
    desk.store.faults.before("mark", ConnectionError())
    with pytest.raises(ConnectionError):
        desk.post(BASE + 110)
    assert [one.verdict for one in desk.again()] == [Verdict.ADMITTED]


def test_a_queue_that_does_not_hear_hears_by_the_next_post(desk, monkeypatch):
    queue, broken = desk.deps.admission.queue, [ConnectionError()]
    send = queue.send

    def sends(alerts):
        if broken and alerts[0].level:
            raise broken.pop()
        send(alerts)

    monkeypatch.setattr(queue, "send", sends)
    with pytest.raises(ExceptionGroup):
        desk.post(BASE + 110)
    assert [one.unfinished for one in desk.again()] == [True]
    assert len(desk.rang()) == 1


def test_where_it_is_not_noted_that_it_rang_its_token_stands(desk):
    told = []
    desk.deps = replace(desk.deps, activity=replace(desk.deps.activity, failed=told.append))
    desk.store.faults.before("rang", ConnectionError())
    assert [one.verdict for one in desk.post(BASE + 110)] == [Verdict.ADMITTED]
    assert len(told) == 1
    desk.post(BASE)
    assert [one.verdict for one in desk.post(BASE + 110)] == [Verdict.RATE_LIMITED]
    desk.post(BASE)
    assert desk.post(BASE + 110) == []  # now it is


def test_a_roll_pauses_it_and_tells_its_owner_once(desk):
    (one,) = desk.post(BASE, contract="WING27")
    assert (one.verdict, one.alert.level.crossing) == (Verdict.ADMITTED, Crossing.ROLLED)
    assert one.alert.reason["contract_before"] == "WINZ26"
    assert desk.store.armed[KEY] == {}
    assert desk.post(BASE + 110, contract="WING27") == []


def test_one_crossed_while_candles_came_late_rings_with_the_next_live_one(monkeypatch):
    """As far as an alert on that candle is still alive; what is older has passed."""
    desk = Desk(monkeypatch, a_level(BASE + 100))
    desk.post(BASE)
    assert desk.missed(BASE + 110) == []  # of M5 it is too old
    quick = Desk(monkeypatch, a_level(BASE + 100), timeframe="M1")
    quick.post(BASE)
    (one,) = quick.missed(BASE, BASE + 110, BASE + 115)
    assert (one.verdict, one.alert.price) == (Verdict.ADMITTED, BASE + 110)
    assert quick.again() == []


def test_levels_of_who_left_the_desk_are_nobodys(monkeypatch):
    desk = Desk(monkeypatch, a_level(BASE + 100, owner="op-gone00"))
    assert desk.post(BASE + 110) == []


def people():
    one = Operator("ana", "Ana", "a@mesa.example", "trader", "pt-BR", Interest(), audit_id="op-7d1f20c4")
    narrow = replace(one, interest=Interest(symbols=("WDO",), patterns=("engulfing",)))
    return narrow, replace(one, id="bruno", audit_id="op-e05b9a31")


def test_it_is_for_its_owner_alone_on_all_their_screens_whatever_they_subscribed_to():
    ana, bruno = people()
    screens = [Screen("a1", "ana", Interest(patterns=("engulfing",))), Screen("b1", "bruno", Interest())]
    (to,) = recipients(a_level_alert(), [ana, bruno], screens)
    assert (to.operator.id, [one.connection_id for one in to.screens]) == ("ana", ["a1"])
    assert not Interest().covers(a_level_alert())
    assert [one.operator.id for one in recipients(an_alert(), [ana, bruno], screens)] == ["bruno"]


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(st.integers(-4, 4), min_size=1, max_size=4), min_size=1, max_size=8),
    st.lists(st.tuples(st.sampled_from(ASKED), st.integers(-3, 3)), min_size=1, max_size=3),
    st.sampled_from(["M1", "M5"]),
    st.randoms(),
)
def test_each_crossing_rings_once_over_posts_restarts_and_lost_notes(
    monkeypatch, moves, asked, timeframe, dice
):
    """Several levels on one candle; posts come twice; the feed forgets where a level rang; M1 and M5.

    A candle of M5 is posted alone: of two the older would be stale.
    """
    levels = [
        a_level(BASE + 20.0 * off, id=f"{at:016x}", crossing=crossing, owner="op-7d1f20c4", often=Often.ONCE)
        for at, (crossing, off) in enumerate(asked)
    ]
    desk = Desk(monkeypatch, *levels, timeframe=timeframe)
    last = BASE + 5.0
    wanted = {}
    for post in moves if timeframe == "M1" else [[one] for some in moves for one in some]:
        closes = [BASE + 20.0 * one + 5 for one in post]
        start = len(desk.prices)
        for at, close in enumerate(closes):
            for level in levels:
                low, high = sorted((last, close))
                happens = {
                    Crossing.UP: last < level.price <= close,
                    Crossing.DOWN: last > level.price >= close,
                    Crossing.TOUCH: close == level.price or low < level.price < high,
                }[level.crossing]
                if happens:
                    wanted.setdefault(level.id, CANDLE + desk.step * (start + at))
            last = close
        before = dict(desk.store.armed["WIN", timeframe])
        desk.post(*closes)
        if dice.random() < 0.3:
            desk.store.armed["WIN", timeframe] = before  # what it noted is lost
        if dice.random() < 0.3:
            desk.again()
    assert desk.rang() == sorted(wanted.items())
