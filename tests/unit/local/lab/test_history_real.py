"""The real files, as their owners published them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from local.cli.paths import CONFIG
from local.lab.history import read, read_for, timeframe_of
from pregao.config.reader import load

DATA = Path(__file__).parents[5] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="real candles are not kept in the project")

FILES = [  # name, candles, timeframe, first and last candle in exchange time
    ("WINFUT_M5_2021-2022_fritter-C.csv", 20_001, 300, "2021-08-23T12:15", "2022-05-18T17:50"),
    ("WING24_M5_utf16_mtcli.csv", 8_369, 300, "2023-08-30T18:00", "2024-02-09T18:30"),
    ("WDOV24_M5_utf16_mtcli.csv", 5_592, 300, "2022-11-17T11:35", "2024-09-30T09:30"),
    ("WIN_M5_2026-06_copyrates_maronezzi.csv", 500, 300, "2026-06-03T14:30", "2026-06-10T18:30"),
    ("WDO_M5_2026-06_copyrates_maronezzi.csv", 500, 300, "2026-06-03T14:50", "2026-06-10T18:25"),
    ("EURUSD_M5_2025-07_mt5native_P3dr7.csv", 2_416, 300, "2025-07-01T00:00", "2025-07-11T09:15"),
    ("WINJ20_M5_2020Q1_profit_arthurmb98.csv", 5_532, 300, "2020-01-02T09:00", "2020-03-31T17:50"),
    ("WIN_N_M1_2020-10-15_mt5native_excerpt_Phelipe-J.csv", 22, 60, "2020-10-15T11:49", "2020-10-15T12:10"),
]


@pytest.mark.parametrize(("name", "count", "timeframe", "first", "last"), FILES)
def test_real_file(name, count, timeframe, first, last):
    """Row count, timeframe, range and order."""
    candles = read(DATA / name, "America/Sao_Paulo")
    assert len(candles) == count
    assert timeframe_of(candles) == timeframe
    wall = (candles.time - 3 * 3600).astype("datetime64[s]")  # no daylight saving since 2019
    assert [str(wall[0])[:16], str(wall[-1])[:16]] == [first, last]
    assert (np.diff(candles.time) > 0).all()


UNCHANGED = {  # SHA-256 of all columns as the first reader, of five formats, gave them
    "EURUSD_M5_2021_mt5native_kayoroxa.csv": "bc26ce8bc3cdc364",
    "EURUSD_M5_2025-07_mt5native_P3dr7.csv": "60184708f9859cc9",
    "WDOV24_M5_utf16_mtcli.csv": "c15593f13626f8f1",
    "WDO_M5_2026-06_copyrates_maronezzi.csv": "54d942e80f5011f6",
    "WINFUT_M5_2021-2022_fritter-C.csv": "4214588bca313e9e",
    "WING24_M5_utf16_mtcli.csv": "f06ad56200634fba",
    "WINJ20_M5_2020Q1_profit_arthurmb98.csv": "238fd7b8ab36dbc7",
    "WIN_M5_2026-06_copyrates_maronezzi.csv": "98238b98a02027c3",
    "WIN_N_M1_2020-10-15_mt5native_excerpt_Phelipe-J.csv": "5395c20643702ae8",
}


@pytest.mark.parametrize("name", UNCHANGED)
def test_every_candle_is_as_the_first_reader_gave_it(name):
    """Equal columns raise equal signals; the instrument's evidence changes nothing."""
    instrument = load(CONFIG).instrument_for(re.match("WIN|WDO|EURUSD", name).group())
    candles = read_for(DATA / name, instrument).candles
    digest = hashlib.sha256()
    for column in (getattr(candles, one.name) for one in fields(candles)):
        digest.update(column.astype("<f8" if column.dtype.kind == "f" else "<i8").tobytes())
    assert digest.hexdigest()[:16] == UNCHANGED[name]


def test_real_volumes():
    """Contracts traded, not the money traded, and the terminal's spread."""
    profit = read(DATA / "WINJ20_M5_2020Q1_profit_arthurmb98.csv", "America/Sao_Paulo")
    assert profit.real_volume[:2].tolist() == [8, 9]
    rates = read(DATA / "WIN_M5_2026-06_copyrates_maronezzi.csv", "America/Sao_Paulo")
    assert (rates.tick_volume[0], rates.spread[0], rates.real_volume[0]) == (27_100, 1, 103_608)
