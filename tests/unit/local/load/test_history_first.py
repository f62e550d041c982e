"""Where a replay begins, and that the chart has what came before."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace

from local.lab.market import PER_SESSION, synthesize
from local.load.history_first import first_of, first_signal, keep
from pregao.aws.tables.market.candle_book import CandleBook
from pregao.domain.detectors.scan import scan
from tests.cloud import STATE, moto_dynamo
from tests.judged import LOADED

WIN = LOADED.instrument_for("WIN")
SETTINGS = LOADED.detectors_for("WIN")
CANDLES = synthesize(2026, 6, date(2026, 11, 16)).candles


def test_the_replay_begins_with_the_first_signal_of_the_last_session():
    """So the first alert comes with the first candle that closes."""
    start = first_signal(CANDLES, WIN, SETTINGS)
    assert 5 * PER_SESSION <= start < 6 * PER_SESSION
    signals = [one.time for one in scan(CANDLES, WIN, SETTINGS, since=5 * PER_SESSION)]
    assert CANDLES.time[start] == signals[0]


def test_a_session_without_signals_begins_at_its_open():
    quiet = CANDLES[: 2 * PER_SESSION]  # less than the warm-up: nothing can fire
    assert first_signal(quiet, WIN, SETTINGS) == PER_SESSION


def test_a_day_is_found_by_the_exchanges_date():
    assert first_of(CANDLES, WIN, date(2026, 11, 18)) == 2 * PER_SESSION
    assert first_of(CANDLES, WIN, date(2026, 11, 22)) == 5 * PER_SESSION  # a Sunday: the Monday after
    assert first_of(CANDLES, WIN, date(2027, 1, 1)) == len(CANDLES)


def test_what_came_before_is_on_the_chart_under_its_own_contract():
    with moto_dynamo() as dynamo:
        stack = SimpleNamespace(client=lambda _name: dynamo, outputs={"CandlesTable": STATE["candles"]})
        keep(stack, CANDLES[:40], WIN, "M5")
        kept = CandleBook(dynamo, STATE["candles"]).before("WIN", "M5", int(CANDLES.time[40]), 100)
        (one, *_) = dynamo.scan(TableName=STATE["candles"])["Items"]
    assert [candle.time for candle in kept] == CANDLES.time[:40].tolist()
    assert kept[7].close == CANDLES.close[7]
    assert one["contract"]["S"] == WIN.contract_on(date(2026, 11, 16))
