"""A file in the place of the terminal, as MetaTrader 5 exports it."""

from __future__ import annotations

from dataclasses import fields
from datetime import date
from itertools import pairwise

import pytest

from local.lab.market import synthesize
from local.lab.mt5file import write_mt5
from pregao_bridge.market import Condition
from pregao_bridge.terminal.replay import FileError, ReplayMarket, read
from tests.unit.local.bridge_desk import Time

ZONE = "America/Sao_Paulo"
HEAD = "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n"
LINE = "2026.03.0{day}\t{hour:02d}:{minute:02d}{seconds}\t130000\t130010\t129990\t130005\t100\t2000\t5\n"


def lines(days=(2, 3), a_day=40, seconds=":00"):
    return [
        LINE.format(day=day, hour=9 + at // 12, minute=at % 12 * 5, seconds=seconds)
        for day in days
        for at in range(a_day)
    ]


def export(tmp_path, rows, encoding="utf-8"):
    path = tmp_path / "WIN.csv"
    path.write_text(HEAD + "".join(rows), encoding=encoding)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("seconds", [":00", ""])
def test_an_export_is_read(tmp_path, encoding, seconds):
    """The server's wall clock becomes UTC; numbers keep their kind."""
    columns = read(export(tmp_path, lines(seconds=seconds), encoding), ZONE)
    assert len(columns) == 80
    assert columns.time[0] == 1_772_452_800  # 09:00 in São Paulo is 12:00 UTC
    assert (columns.open[0], columns.real_volume[0], columns.spread[0]) == (130_000.0, 2000, 5)
    assert type(columns.tick_volume[0]) is int


def test_it_reads_what_the_lab_writes(tmp_path):
    """Every number of every column."""
    candles = synthesize(7, 2, date(2026, 3, 2)).candles
    write_mt5(candles, tmp_path / "WIN.csv", ZONE)
    columns = read(tmp_path / "WIN.csv", ZONE)
    for one in fields(columns):
        assert getattr(columns, one.name) == getattr(candles, one.name).tolist()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda rows: [rows[1], rows[0]], ":3: not later than the line before"),
        (lambda rows: [rows[0].replace("130010", "x")], ":2: .*'x'; correct or remove the line"),
        (lambda rows: [rows[0].replace("09:00:00", "9h")], ":2: .*9h"),
        (lambda rows: [rows[0].replace("\t5\n", "\n")], ":2: .*correct or remove"),
        (lambda _rows: [], "no candles; export it again"),
    ],
)
def test_a_broken_file_is_named_with_its_line(tmp_path, change, words):
    """And what to do."""
    with pytest.raises(FileError, match=words):
        read(export(tmp_path, change(lines())), ZONE)


def test_a_file_without_its_columns(tmp_path):
    """The export's header is missing."""
    path = tmp_path / "x.csv"
    path.write_text("date,open\n1,2\n")
    with pytest.raises(FileError, match="no column '<DATE>'"):
        read(path, ZONE)


@pytest.fixture
def market(tmp_path):
    time = Time(0.0)
    made = ReplayMarket(read(export(tmp_path, lines()), ZONE), 300, ZONE, 60.0, history=20, clock=time)
    return made, time


def test_candles_close_at_the_pace_of_the_clock(market):
    """Sixty times as fast: one each five seconds, none a moment before."""
    replay, time = market
    assert replay.window(None, 20, 100) is None
    time.now = 4.99
    assert replay.window(None, 20, 100) is None
    time.now = 5.0
    window = replay.window(None, 20, 100)
    assert (window.new, window.columns.time[20] + 300) == (1, replay.now())
    assert (window.contract, window.utc_offset_s) == (None, -10_800)
    time.now = 17.0
    assert replay.window(window.columns.time[-1], 20, 100).new == 2


def test_nights_are_left_out_and_dates_kept_apart(market):
    """After the last candle of a day the next day's first closes five seconds later."""
    replay, time = market
    time.now = 5.0 * 21
    first = replay.window(None, 20, 100)
    assert first.new == 20
    assert replay.window(first.columns.time[-1], 20, 100).new == 1


def test_its_time_goes_forward_and_never_closes_a_candle_early(market):
    """In every tenth of a second to the end and beyond."""
    replay, time = market
    moments = []
    for at in range(3_200):
        time.now = at / 10
        moments.append(replay.now())
    assert all(later >= earlier for earlier, later in pairwise(moments))
    assert moments[-1] > replay._columns.time[-1] + 300


def test_its_price_goes_through_the_candle_that_forms_and_says_that_it_is_made_up(market):
    """From a candle's open to its close in five seconds; the first of a day too; none after the last."""
    replay, time = market
    columns = replay._columns
    for number in range(len(columns) - 20):
        candle, seen = columns[slice(20 + number, 21 + number)], []
        for tenth in range(50):
            time.now = 5.0 * number + tenth / 10 + 1e-9
            tick = replay.tick("WIN$N")
            assert tick.synthetic
            assert tick.bid == tick.ask == tick.last
            assert candle.time[0] <= tick.time < candle.time[0] + 300
            seen.append(tick.last)
        assert seen[0] == candle.open[0]
        assert candle.low[0] <= min(seen) <= max(seen) <= candle.high[0]
    time.now += 5.0
    assert replay.tick("WIN$N") is None


def test_what_it_says_of_itself(market):
    """Live, then no trades."""
    replay, time = market
    assert replay.health().condition is Condition.LIVE
    assert replay.health().utc_offset_s == -10_800
    time.now = 10_000.0
    assert replay.health().condition is Condition.NO_TRADES
    assert replay.source("WIN$N", "M5").window(replay._columns.time[-1], 20, 100) is None


def test_a_contract_that_is_asked_for_by_its_code_is_kept(market):
    """A file of one contract stays that contract's; a continuous symbol's contract is the cloud's to say."""
    replay, time = market
    time.now = 5.0
    for symbol, contract in (("WINM26", "WINM26"), ("WIN$N", None), ("WINFUT", None), ("WINM19", None)):
        assert replay.source(symbol, "M5").window(None, 20, 100).contract == contract


def test_a_file_of_a_server_without_a_zone_of_its_own(tmp_path):
    """New York plus seven: noon in March, before and after the hour changes there."""
    rows = [
        LINE.format(day=6, hour=14, minute=0, seconds=""),
        LINE.format(day=9, hour=15, minute=0, seconds=""),
    ]
    columns = read(export(tmp_path, rows), "America/New_York+7")
    assert [at % 86_400 for at in columns.time] == [12 * 3600, 12 * 3600]


def test_what_has_too_little_history_is_passed_over(market):
    """The detectors' warm-up comes first, wherever the cursor stands."""
    replay, time = market
    time.now = 5.0
    assert replay.window(replay._columns.time[3], 20, 100) == replay.window(None, 20, 100)
    assert replay.window(None, 250, 100) is None
