"""Every format with and without its quirks gives the one known series back, candle for candle, in UTC."""

from __future__ import annotations

import gzip
import io
import random
import zipfile
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from local.cli.paths import CONFIG
from local.errors import HistoryError, Undecided
from local.lab.candlefile.account import doubts
from local.lab.candlefile.cells import load as load_cells
from local.lab.candlefile.facts import Choices, DateOrder, Decimal, Lines, Stamps
from local.lab.candlefile.layout import recognise
from local.lab.history import read, read_for
from pregao.config.reader import load
from tests.candle_writers import (
    FORMATS,
    QUIRKS,
    ninjatrader,
    raw,
    series,
    split_table,
    table,
    tradestation,
    workbook,
)

WIN = load(CONFIG).instrument_for("WIN")
EURUSD = load(CONFIG).instrument_for("EURUSD")
KNOWN = series(WIN, date(2026, 3, 11), 4)
"""Four whole sessions, 11 to 16 March: no day and month can be exchanged in all of them."""
OPEN_HERE = {"HistData"}
"""Formats that this market cannot read by evidence: New York's winter clock is no choice for B3."""


@cache
def written(name):
    """The known series in a format."""
    head, rows = FORMATS[name](KNOWN)
    return list(head), list(rows)


def equal(candles, expected):
    return all(
        np.array_equal(getattr(candles, name), getattr(expected, name))
        for name in ("time", "open", "high", "low", "close")
    )


@pytest.mark.parametrize("name", [name for name in FORMATS if name not in OPEN_HERE])
def test_a_format_gives_the_series_back(name, tmp_path):
    path = tmp_path / "velas.txt"
    path.write_bytes(raw(written(name)))
    reading = read_for(path, WIN)
    assert equal(reading.candles, KNOWN.candles)
    assert reading.timeframe_s == 300


@pytest.mark.parametrize("quirk", [quirk for quirk in QUIRKS if quirk])
@pytest.mark.parametrize("name", [name for name in FORMATS if name not in OPEN_HERE])
def test_a_quirk_changes_nothing(name, quirk, tmp_path):
    """A cut last line costs its candle, and is told."""
    path = tmp_path / "velas.txt"
    path.write_bytes(raw(written(name), quirk, random.Random(3)))
    reading = read_for(path, WIN)
    expected = KNOWN.candles
    if "cut" in quirk:
        expected = expected[1:] if "newest first" in quirk else expected[:-1]
        assert any("is cut" in doubt for doubt in reading.doubts)
    assert equal(reading.candles, expected)
    assert reading.duplicates == ("twice" in quirk)


@pytest.mark.parametrize("form", ["cells", "texts", "serials"])
def test_a_workbook_as_profit_writes_it(form, tmp_path):
    """Two sheets, the date twice, indicators beside, newest first."""
    path = tmp_path / "velas.xlsx"
    short = series(WIN, date(2026, 3, 12), 1)
    workbook(short, path, form)
    assert equal(read_for(path, WIN).candles, short.candles)


def test_of_several_sheets_one_is_chosen(tmp_path):
    path = tmp_path / "velas.xlsx"
    short = series(WIN, date(2026, 3, 12), 1)
    workbook(short, path, sheets=("M5", "copia"))
    with pytest.raises(
        HistoryError, match="several sheets hold candles: 'M5', 'copia'; say which with --sheet"
    ):
        read_for(path, WIN)
    assert equal(read_for(path, WIN, choices=Choices(sheet="copia")).candles, short.candles)


def one_morning(stamp, head, **more):
    """Four candles of one day that is a session under both orders of day and month."""
    return table(series(WIN, date(2026, 3, 2), 1, drop=109), stamp, head, **more)


OHLC = "Open,High,Low,Close"
UNDECIDED = {
    "day or month first": (one_morning("%m/%d/%Y %H:%M", f"Date,{OHLC}"), "--dates dmy.*--dates mdy"),
    "UTC or exchange": (
        table(series(WIN, date(2026, 3, 12), 1, skip=60, drop=30), head="timestamp,open,high,low,close,v"),
        "--clock server or --clock utc",
    ),
    "openings or ends": (ninjatrader(series(WIN, date(2026, 3, 12), 1, skip=3, drop=10)), "--stamps open"),
    "exchange or HistData's Eastern time": (
        ninjatrader(series(WIN, date(2026, 3, 12), 1, skip=3, drop=70)),
        r"--clock server or --clock utc or --clock Etc/GMT\+5",
    ),
    "TradeStation at noon": (
        tradestation(series(WIN, date(2026, 3, 12), 1, skip=30, drop=30)),
        "--stamps close",
    ),
    "a spreadsheet's morning": (
        split_table(series(WIN, date(2026, 3, 12), 1, skip=6, drop=85)),
        "--stamps open or --stamps close",
    ),
}


@pytest.mark.parametrize(("lines", "says"), UNDECIDED.values(), ids=UNDECIDED.keys())
def test_two_readings_are_refused_with_the_option_that_decides(lines, says, tmp_path):
    path = tmp_path / "velas.csv"
    path.write_bytes(raw(lines))
    with pytest.raises(Undecided, match=says):
        read_for(path, WIN)


WEEKS = series(EURUSD, date(2026, 3, 11), 5, price=1.18)
"""Wednesday to Tuesday of a market that closes at the weekend alone."""
DAYS = series(EURUSD, date(2026, 3, 11), 2, price=1.18)


@pytest.mark.parametrize("ends", [False, True], ids=["openings", "ends"])
@pytest.mark.parametrize("step", [300, 900, 1800, 3600, 14_400])
def test_a_weekend_tells_openings_from_ends(ends, step, tmp_path):
    """Where days have no end, the weeks have one."""
    path = tmp_path / "velas.csv"
    weeks = series(EURUSD, date(2026, 3, 11), 8, step, price=1.18)
    path.write_bytes(raw(split_table(weeks, ends=ends)))
    reading = read_for(path, EURUSD)
    assert equal(reading.candles, weeks.candles)
    assert reading.stamps.endswith("by the sessions' ends")


def test_without_a_weekend_a_spreadsheet_is_asked_and_a_library_is_not(tmp_path):
    path = tmp_path / "velas.csv"
    for ends in (False, True):
        path.write_bytes(raw(split_table(DAYS, ends=ends)))
        with pytest.raises(Undecided, match="--stamps open or --stamps close"):
            read_for(path, EURUSD)
        said = Choices(stamps=Stamps.CLOSE if ends else Stamps.OPEN)
        assert equal(read_for(path, EURUSD, choices=said).candles, DAYS.candles)
    for head in ("timestamp,open,high,low,close,volume", "Datetime,Open,High,Low,Close,Volume"):
        path.write_bytes(raw(table(DAYS, head=head)))
        assert equal(read_for(path, EURUSD).candles, DAYS.candles)


def test_a_library_that_writes_ends_is_seen_where_a_session_ends(tmp_path):
    path = tmp_path / "velas.csv"
    for known in (KNOWN, WEEKS):
        path.write_bytes(raw(table(known, ends=True)))
        reading = read_for(path, known.instrument)
        assert equal(reading.candles, known.candles)
        assert any("the times are the candles' ends" in doubt for doubt in reading.doubts)


def test_an_option_decides(tmp_path):
    path = tmp_path / "velas.csv"
    day = series(WIN, date(2026, 3, 2), 1, drop=109)
    path.write_bytes(raw(table(day, "%m/%d/%Y %H:%M", f"Date,{OHLC}")))
    assert equal(read_for(path, WIN, choices=Choices(dates=DateOrder.MDY)).candles, day.candles)
    noon = series(WIN, date(2026, 3, 12), 1, skip=60, drop=30)
    path.write_bytes(raw(ninjatrader(noon, "UTC", ends=True)))
    said = Choices(clock="utc", stamps=Stamps.CLOSE)
    assert equal(read_for(path, WIN, choices=said).candles, noon.candles)
    path.write_bytes(raw(table(noon, zone="America/New_York")))
    assert equal(read_for(path, WIN, choices=Choices(clock="America/New_York")).candles, noon.candles)
    grouped = table(noon, "%Y-%m-%d %H:%M", "Date;Open;High;Low;Close;Volume", ".", ",")
    path.write_bytes(raw(grouped))
    said = Choices(decimal=Decimal.COMMA, clock="server", stamps=Stamps.OPEN)
    assert equal(read_for(path, WIN, choices=said).candles, noon.candles)


def test_histdata_is_read_when_its_clock_is_said(tmp_path):
    path = tmp_path / "velas.csv"
    week = series(EURUSD, date(2026, 3, 11), 2, price=1.18)
    path.write_bytes(raw(FORMATS["HistData"](week)))
    with pytest.raises(Undecided, match=r"--clock Etc/GMT\+5"):
        read_for(path, EURUSD)
    said = Choices(clock="Etc/GMT+5", stamps=Stamps.OPEN)
    assert equal(read_for(path, EURUSD, choices=said).candles, week.candles)


def test_thousands_without_a_tick_are_refused(tmp_path):
    """130.000 under an English header is 130 or 130,000."""
    path = tmp_path / "velas.csv"
    path.write_bytes(raw(FORMATS["thousands, grouped only"](KNOWN)))
    with pytest.raises(Undecided, match="say --decimal point or --decimal comma"):
        read(path, "America/Sao_Paulo")


FAULTS = {
    "epoch and date differ": (
        "time,open,high,low,close,tick_volume,spread,real_volume,data\n"
        "1772442000,130000,130150,129950,130100,10,5,40,2026-03-02 09:00:00\n"
        "1772442300,130100,130200,130050,130180,10,5,40,2026-03-02 10:05:00\n",
        "'time' and 'data' name different times",
    ),
    "exchanged by a spreadsheet": (
        "Data;Hora;Abertura;Máxima;Mínima;Fechamento\n"
        + "".join(
            f"2026-0{month}-03 00:00:00;{hour}:00;130000;130100;129900;130000\n"
            for month in (1, 2, 3)
            for hour in range(10, 16)
        ),
        "a program exchanged day and month",
    ),
    "a thousandth": (
        "Date,Open,High,Low,Close\n"
        + "".join(f"2026-03-02 09:{at:02d},130.13,130.21,130.02,130.13\n" for at in range(0, 50, 5)),
        "a usual candle spans 0.038 ticks of WIN",
    ),
    "decimal commas between commas": (
        "Date,Time,Open,High,Low,Close\n2026-03-02,09:00,5100,5,5101,0,5099,5,5100,0\n",
        "the header names 6 columns and the lines have 10 fields",
    ),
    "zero bytes": (
        "Date,Open,High,Low,Close\n2026-03-02 09:00,1,1,1,1\n" + "\0" * 512,
        "velas.csv:3: zero bytes: no text, or damaged in writing",
    ),
    "ticks in milliseconds": (
        "time,open,high,low,close\n1772452800123,1,1,1,1\n1772452801124,1,1,1,1\n",
        "these are ticks",
    ),
}


@pytest.mark.parametrize(("text", "says"), FAULTS.values(), ids=FAULTS.keys())
def test_what_would_be_read_wrong_is_refused(text, says, tmp_path):
    path = tmp_path / "velas.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(HistoryError, match=says):
        read_for(path, WIN)


def test_an_epoch_in_utc_is_proved_by_a_readable_column(tmp_path):
    """The column in the exchange's time shows that the epoch is no server's clock."""
    path = tmp_path / "velas.csv"
    noon = series(WIN, date(2026, 3, 12), 1, skip=50, drop=30)
    head, rows = FORMATS["TradingView epoch"](noon)
    local = [f"{at:%Y-%m-%d %H:%M}" for at, _, _ in noon.rows()]
    path.write_bytes(
        raw(
            (["time,open,high,low,close,volume,data"], [f"{a},{b}" for a, b in zip(rows, local, strict=True)])
        )
    )
    reading = read_for(path, WIN)
    assert equal(reading.candles, noon.candles)
    assert head


def test_an_epoch_of_the_servers_clock_is_proved_by_a_column_with_offsets(tmp_path):
    path = tmp_path / "velas.csv"
    noon = series(WIN, date(2026, 3, 12), 1, skip=50, drop=30)
    head, rows = FORMATS["copy_rates"](noon)
    local = [at.isoformat() for at, _, _ in noon.rows()]
    path.write_bytes(raw(([head[0] + ",datetime"], [f"{a},{b}" for a, b in zip(rows, local, strict=True)])))
    reading = read_for(path, WIN)
    assert equal(reading.candles, noon.candles)
    assert reading.clock == "America/Sao_Paulo, a second column says so"


def test_an_old_programs_end_mark_costs_no_candle(tmp_path):
    path = tmp_path / "velas.csv"
    path.write_bytes(raw(FORMATS["MetaTrader 5"](KNOWN)) + b"\x1a")
    assert equal(read_for(path, WIN).candles, KNOWN.candles)


def two_in_a_zip(data):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("a.csv", data)
        archive.writestr("b.csv", data)
    return held.getvalue()


ARCHIVES = {
    "cut gzip": lambda data: gzip.compress(data)[:-20],
    "two files in a zip": two_in_a_zip,
    "Parquet": lambda _data: b"PAR1" + bytes(40),
}


@pytest.mark.parametrize("pack", ARCHIVES.values(), ids=ARCHIVES.keys())
def test_what_cannot_be_unpacked_is_refused_by_its_name(pack, tmp_path):
    path = tmp_path / "velas"
    path.write_bytes(pack(raw(FORMATS["MetaTrader 5"](KNOWN))))
    with pytest.raises(
        HistoryError, match=r"gzip archive is damaged or cut|holds a.csv, b.csv|a Parquet file"
    ):
        read_for(path, WIN)


def test_a_long_read_writes_no_progress_into_the_answer():
    """After two seconds DuckDB would draw a bar on standard output, in the middle of --json."""
    lines = Lines(
        Path("velas.csv"), ["time,open,high,low,close", "2026-03-02 09:00,1,1,1,1"], [1, 2], "utf-8"
    )
    cells = load_cells(lines, recognise(lines))
    assert cells.ask("current_setting('enable_progress_bar')") == (False,)


def test_one_candle_is_read_and_its_timeframe_is_doubted(tmp_path):
    path = tmp_path / "velas.csv"
    path.write_bytes(raw(FORMATS["MetaTrader 5"](series(WIN, date(2026, 3, 12), 1, drop=112))))
    reading = read_for(path, WIN)
    assert (len(reading.candles), reading.timeframe_s) == (1, 60)
    assert reading.doubts == ("one candle tells no timeframe: taken as M1",)


def test_prices_off_the_grid_are_told_not_refused(tmp_path):
    path = tmp_path / "velas.csv"
    path.write_text(
        "Data;Hora;Abertura;Máxima;Mínima;Fechamento\n"
        + "".join(
            f"02/03/2026;09:{at:02d};130.001,37;130.151,22;129.951,08;130.101,11\n" for at in range(0, 50, 5)
        ),
        encoding="utf-8",
    )
    assert doubts(read_for(path, WIN)) == ("100% of the prices are off the tick grid of 5",)
