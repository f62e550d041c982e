"""The arithmetic of the benchmark's months and the tables of its cold starts; nothing is measured here."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from local.ops.costs import bill, by_service, read_prices, together, total
from local.ops.month import FEEDS_A_POST, MOMENT, QUOTES_A_POST, Counted, Law, Load, frames, month
from pregao.wire.quote_v1 import MAX_QUOTES
from pregao_bridge.cloud.outbox import PER_POST
from tests import scenes
from tests.bench import months, start
from tests.bench.starts import PEER, Starts
from tests.cloud import template

PRICES = read_prices(Path(__file__).resolve().parents[2] / "infra" / "prices.yaml")
DESK = Load("a desk", 10, 5, 300, 5)
SCENES = (
    "a_quiet_candle",
    "a_candle_on_charts",
    "an_alert_on_screens",
    "an_alert_by_mail",
    "an_alert_archived",
    "an_hour_sealed",
    "a_screens_session",
    "a_ping",
    "health_asked",
    "a_chart_opened",
    "a_quiet_minute",
    "a_heartbeat",
    "a_candle_with_levels",
    "a_screen_follows",
    "a_price_told",
    "a_moment_on_charts",
)
LAW = Law(
    {"lambda_request": 1, "dynamodb_write_unit": 2},
    {"socket_message": 2, "dynamodb_write_unit": 5},
    {"socket_message": 1, "dynamodb_read_unit": 0.1},
    {"dynamodb_read_unit": 0.2},
)
LAWS = dict.fromkeys(SCENES, LAW)
STANDS = {"alarm_month": 10, "secret_month": 1}


def dollars(load: Load) -> float:
    return sum(total(bill(usage, PRICES)) for usage in month(load, LAWS, STANDS).values())


def test_a_law_tells_the_desks_it_was_read_off():
    """Ten recipients; forty more screens; forty more recipients, each with a screen; fifty more feeds."""
    desks = [(10, 10, 0), (10, 50, 0), (50, 50, 0), (10, 10, 50)]
    counted = Counted(*(LAW.at(*desk) for desk in desks))
    read = Law.of(counted, 10, 40, 50)
    for desk in [*desks, (1000, 1000, 1000)]:
        assert read.at(*desk) == pytest.approx(LAW.at(*desk))


def test_what_gets_cheaper_as_the_desk_grows_is_noise():
    """A duration that came out shorter on the larger desk does not make a thousand operators cost less."""
    noisy = Counted(*({"lambda_gb_second": took} for took in (0.5, 0.4, 0.3, 0.2)))
    assert Law.of(noisy, 10, 40, 50).at(1000, 1000, 1000) == {"lambda_gb_second": 0.5}


@pytest.mark.parametrize(
    "larger",
    [{"operators": 11}, {"symbols": 6, "followed": 6}, {"timeframe_s": 60}, {"followed": 6}],
    ids="_".join,
)
def test_more_of_anything_costs_more(larger):
    assert dollars(replace(DESK, **larger)) > dollars(DESK)


def test_by_purpose_and_by_service_are_the_same_sum():
    parts = month(DESK, LAWS, STANDS)
    whole = together(*((1, usage) for usage in parts.values()))
    assert sum(by_service(bill(whole, PRICES)).values()) == pytest.approx(dollars(DESK))
    assert frames(parts) == whole["socket_message"]


@pytest.mark.parametrize(
    ("symbols", "posts"), [(1, 1), (5, 1), (25, 1), (26, 2), (100, 4), (1000, 40)], ids=str
)
def test_feeds_that_close_together_are_posted_together(symbols, posts):
    """So many requests and invocations for each moment; each candle's write stays its own."""
    load = replace(DESK, symbols=symbols, followed=1)
    used = month(load, LAWS, STANDS)["candles judged"]
    assert used["lambda_request"] == pytest.approx(21 * 114 * posts)
    assert used["dynamodb_write_unit"] >= 2 * load.candles
    assert FEEDS_A_POST == PER_POST


def test_a_desks_alerts_and_candles():
    """9.5 hours of five-minute candles on 21 days, five feeds; every operator is concerned by each."""
    assert DESK.candles == 5 * 21 * 114
    assert DESK.alerts == pytest.approx(DESK.candles * 0.1347)
    assert DESK.recipients == 10
    assert Load("", 1000, 1000, 60, 20).recipients == 20


def test_the_candles_of_a_moment_come_in_batches_to_whom_follows_one_of_them():
    """A small desk's one by one, to everybody; of a thousand a hundred, to nearly all who follow twenty."""
    assert (DESK.batch, DESK.told) == (1, 10)
    wide = Load("", 1000, 1000, 60, 20)
    assert wide.batch == MOMENT
    assert wide.told == pytest.approx(1000 * (1 - 0.1187), abs=1)
    assert replace(wide, followed=1000).told == 1000
    assert replace(wide, followed=0).told == 0


def test_the_model_knows_what_a_batch_and_a_post_hold():
    ticker = template()["Resources"]["TickerFunction"]["Properties"]["Events"]["Posts"]["Properties"]
    assert ticker["BatchSize"] == MOMENT == scenes.MOMENT
    assert QUOTES_A_POST == MAX_QUOTES


def test_a_batch_uses_what_lies_between_one_candle_and_a_hundred():
    """On made-up laws: a write for each candle, a frame for each screen that is told."""
    one = Law({"dynamodb_write_unit": 1}, {"socket_message": 1}, {}, {})
    many = Law({"dynamodb_write_unit": MOMENT}, {"socket_message": 1}, {}, {})
    laws = LAWS | {"a_candle_on_charts": one, "a_moment_on_charts": many}
    load = Load("", 1000, 300, 60, 20)
    used = month(load, laws, STANDS)["candles on charts"]
    assert used["dynamodb_write_unit"] == pytest.approx(load.candles)
    assert used["socket_message"] == pytest.approx(load.candles / load.batch * load.told)


def test_every_load_has_a_column_of_each_table(monkeypatch):
    """The tables that RESULTS.md gets, on made-up laws."""
    monkeypatch.setattr(months, "laws", lambda small: LAWS)
    monkeypatch.setattr(months.calibrate, "cpu_of_a_feed", lambda: 0.5)
    lines = months.lines({}, STANDS, PRICES)
    heads = [line for line in lines if line.startswith("| ") and months.LOADS[0].name in line]
    assert len(heads) == 5
    assert all(line.count("|") == len(months.LOADS) + 2 for line in lines if line.startswith("|"))


def starts(ready: float) -> Starts:
    return Starts([{"import": ready / 2, "ready": ready, "cpu": ready, "resident": 50.0}] * 3)


def test_the_table_of_cold_starts():
    """A row for each function under its columns; those over their goal are named, numpy has its own."""
    slow = "WatchFunction"
    compiled = {PEER: starts(0.2), **{name: starts(0.29) for name in start.FUNCTIONS}}
    compiled |= {slow: starts(0.31), "DetectFunction": starts(0.45), "CalibrateFunction": starts(0.43)}
    sizes = dict.fromkeys([*start.FUNCTIONS, *start.LAYERS], (1.0, 2.0))
    loads = {name: {"pregao": 90.4, "yaml": 1.0} for name in start.FUNCTIONS}
    lines = start.section(compiled, compiled, {slow: 0.5}, sizes, loads)
    rows = [line for line in lines if line.startswith("|") and line.count("|") == len(start.COLUMNS) + 1]
    assert len(rows) == 2 + len(start.FUNCTIONS)
    assert set(start.missed(compiled)) == {slow, "DetectFunction"}
    assert "| watch | pregao 90 |" in lines
    (row,) = (line for line in rows if line.startswith("| watch"))
    assert [cell.strip() for cell in row.split("|")[4:6]] == ["1.55", "1.55"]
