"""A batch of which DynamoDB leaves a part undone: every reader asks for the rest, or says that it cannot."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pregao.aws.screens import Screens
from pregao.aws.tables.alerts.alert_log import AlertLog
from pregao.aws.tables.delivery.devices import Devices
from pregao.aws.tables.delivery.reach_book import ReachBook
from pregao.aws.tables.market.candle_book import CandleBook
from pregao.domain.alerts.signal import Severity
from pregao.domain.delivery.operators import Channel, Interest, Reached, Tried
from pregao.domain.delivery.ring_decision import Ring, RingDecision, Why
from pregao.flow.ports.delivery import Rings
from pregao.flow.ports.desk import Series
from pregao.flow.ports.refusals import Contended
from tests.cloud import STATE, moto_dynamo, moto_world
from tests.fakes import CANDLE, NOW, admitted, an_alert

DESK = ["ana", "bruno", "carla"]


class Busy:
    """A table that does one item of a batch and leaves the others, or all where it does `nothing`."""

    def __init__(self, dynamo):
        self._dynamo, self.nothing = dynamo, False

    def __getattr__(self, name):
        return getattr(self._dynamo, name)

    def batch_get_item(self, *, RequestItems):  # noqa: N803 boto3's names
        ((table, wanted),) = RequestItems.items()
        one, *left = wanted["Keys"]
        if self.nothing:
            return {"Responses": {}, "UnprocessedKeys": RequestItems}
        answer = self._dynamo.batch_get_item(RequestItems={table: wanted | {"Keys": [one]}})
        more = {table: wanted | {"Keys": left}} if left else {}
        return {"Responses": answer["Responses"], "UnprocessedKeys": more}

    def batch_write_item(self, *, RequestItems):  # noqa: N803 boto3's names
        ((table, puts),) = RequestItems.items()
        if self.nothing:
            return {"UnprocessedItems": RequestItems}
        self._dynamo.batch_write_item(RequestItems={table: puts[:1]})
        return {"UnprocessedItems": {table: puts[1:]} if puts[1:] else {}}


@pytest.fixture
def dynamo():
    """A table that does all of a batch."""
    with moto_dynamo() as dynamo:
        yield dynamo


@pytest.fixture
def busy(dynamo):
    """The same table, too busy for a whole batch."""
    return Busy(dynamo)


def silent(busy, dynamo):
    for name in DESK:
        Devices(dynamo, STATE["admission"]).silence(name, NOW + 60)
    return lambda: ReachBook(busy, STATE["admission"]).silent(DESK), dict.fromkeys(DESK, NOW + 60)


def reached(busy, dynamo):
    for name in DESK:
        moto_world(dynamo).delivery.trying("a" * 64, name, Channel.PUSH, NOW)
    told = Reached(tried={Channel.PUSH: Tried(NOW)})
    return lambda: ReachBook(busy, STATE["admission"]).reached("a" * 64, DESK), dict.fromkeys(DESK, told)


def listed(busy, dynamo):
    world = moto_world(dynamo)
    below = RingDecision(Ring.LISTED, Why.BELOW, 0.5, 1.25)
    alerts = [admitted(world.admission, an_alert(CANDLE + 300 * n)) for n in range(3)]
    for alert in alerts:
        rings = Rings("o" * 64, first=(), rung=(), listed={"ana": below}, session_end=NOW)
        seen = replace(rings, seen=world.delivery.told("o" * 64))
        world.delivery.begin(alert, [], world.delivery.tail("WINZ26", NOW), NOW, 30, seen)
    return lambda: AlertLog(busy, STATE["admission"]).listed(alerts), {
        one.id: {"ana": below} for one in alerts
    }


def present(busy, dynamo):
    plain = Screens(dynamo, None, STATE["connections"])
    for name in DESK:
        plain.opened(f"screen-{name}", name, NOW)
        plain.subscribe(f"screen-{name}", Interest(("WIN",), ("*",), Severity.HIGH))
    screens = Screens(busy, None, STATE["connections"])
    return lambda: sorted(one.operator for one in screens.present(DESK).screens), DESK


READERS = pytest.mark.parametrize("reader", [silent, reached, listed, present])


@READERS
def test_what_was_not_read_is_asked_for_again(reader, busy, dynamo):
    read, all_of_it = reader(busy, dynamo)
    assert read() == all_of_it


@READERS
def test_a_table_that_stays_busy_is_said_and_nothing_is_left_out_in_silence(reader, busy, dynamo):
    read, _ = reader(busy, dynamo)
    busy.nothing = True
    with pytest.raises(Contended):
        read()


def test_candles_that_were_not_written_are_written_again_or_it_is_said(busy, dynamo):
    series = Series("WIN", "WINZ26", "M5", judged=True)
    candles = [an_alert(CANDLE + 300 * n).candle for n in range(3)]
    CandleBook(busy, STATE["candles"]).keep(series, candles, NOW)
    assert CandleBook(dynamo, STATE["candles"]).since("WIN", "M5", CANDLE, 10) == candles
    busy.nothing = True
    with pytest.raises(Contended):
        CandleBook(busy, STATE["candles"]).keep(series, candles, NOW)
