"""Candle files of every kind become the same columns."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from local.lab.history import HistoryError, read, timeframe_of
from local.lab.mt5file import write_mt5
from pregao.domain.market.candles import Candles

if TYPE_CHECKING:
    from pathlib import Path

SP = "America/Sao_Paulo"
ROWS = [  # day, clock, open, high, low, close, ticks, volume, spread
    ("2026.03.02", "09:00", 130000.0, 130100.0, 129950.0, 130050.0, 10, 40, 5),
    ("2026.03.02", "09:05", 130050.0, 130060.0, 129900.0, 129905.0, 11, 41, 5),
    ("2026.03.02", "09:15", 129905.0, 130000.0, 129905.0, 130000.0, 12, 42, 5),
]
MT5 = "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>"


def points(value: float) -> str:
    """130050.0 as Profit writes it in Brazil: 130.050,00."""
    return f"{value:,.2f}".translate(str.maketrans(",.", ".,"))


def brazilian(day: str) -> str:
    return "/".join(reversed(day.split(".")))


def native(clock: str = "{}:00") -> str:
    rows = ["\t".join(map(str, (day, clock.format(at), *rest))) for day, at, *rest in ROWS]
    return "\n".join([MT5, *rows]) + "\n"


def script() -> str:
    return "\r\n".join(",".join(map(str, (f"{d} {at}:00", *rest[:-1]))) for d, at, *rest in ROWS) + "\r\n"


def copy_rates(*, eol: str = "\n") -> str:
    """The wall clock in seconds as if it were UTC, as the terminal encodes it."""
    head = "time,open,high,low,close,tick_volume,spread,real_volume"
    rows = []
    for day, clock, *rest in ROWS:
        prices, (ticks, volume, spread) = rest[:4], rest[4:]
        wall = datetime.strptime(f"{day} {clock} +0000", "%Y.%m.%d %H:%M %z").timestamp()
        rows.append(",".join(map(str, (int(wall), *prices, ticks, spread, volume))))
    return eol.join([head, *rows, ""])


def profit(delimiter: str = ",", number=lambda value: f"{value:.2f}") -> str:
    head = ["Ativo", "Data", "Hora", "Abertura", "Máximo", "Mínimo", "Fechamento", "Volume", "Quantidade"]
    rows = [
        ["WINJ26", brazilian(day), f"{clock}:00", *map(number, rest[:4]), number(9e6), str(rest[5])]
        for day, clock, *rest in reversed(ROWS)
    ]
    return "\n".join(delimiter.join(row) for row in [head, *rows])


def semicolons() -> str:
    rows = [f"{brazilian(d)} {at};{';'.join(f'{p:.0f}' for p in rest[:4])};1" for d, at, *rest in ROWS]
    return "\n".join(["Data;Open;High;Low;Close;Candle", *reversed(rows), ""])


FILES = {
    "native": native().encode(),
    "native, minutes": native("{}").encode(),
    "native, utf-16": native().encode("utf-16"),
    "native, quoted lines": "\n".join(f'"{line}"' for line in native().splitlines()).encode(),
    "native, blank lines": (native() + "\n \n").encode(),
    "script, utf-16 little end": b"\xff\xfe" + script().encode("utf-16-le"),
    "script, utf-16 big end": b"\xfe\xff" + script().encode("utf-16-be"),
    "script, utf-16 without a mark": script().encode("utf-16-le"),
    "script, plain": script().encode(),
    "script, date and time apart": script().replace(" ", ",").encode(),
    "copy_rates": copy_rates().encode(),
    "copy_rates, doubled carriage returns": copy_rates(eol="\r\r\n").encode(),
    "copy_rates through pandas": copy_rates()
    .replace("1772442000", "2026-03-02 09:00:00")
    .replace("1772442300", "2026-03-02 09:05:00")
    .replace("1772442900", "2026-03-02 09:15:00")
    .encode(),
    "profit": profit().encode(),
    "profit, latin-1": profit().encode("latin-1"),
    "profit, semicolons and decimal commas": profit(";", points).encode("utf-8-sig"),
    "profit, grouped without decimals": profit(";", lambda v: points(v).split(",")[0]).encode(),
    "profit, quoted numbers": profit(",", lambda v: f'"{points(v)}"').encode(),
    "semicolons": semicolons().encode(),
    "semicolons, bom": semicolons().encode("utf-8-sig"),
}


@pytest.mark.parametrize("raw", FILES.values(), ids=FILES.keys())
def test_every_format_reads_the_same(raw, tmp_path):
    """Whatever wrote the file, and whatever its name, the candles are these."""
    path = tmp_path / "anything.txt"
    path.write_bytes(raw)
    candles = read(path, SP)
    expected = [datetime(2026, 3, 2, 9, m, tzinfo=ZoneInfo(SP)).timestamp() for m in (0, 5, 15)]
    assert candles.time.tolist() == expected
    assert candles.time.dtype == np.int64
    for at, name in enumerate(("open", "high", "low", "close"), 2):
        assert getattr(candles, name).tolist() == [row[at] for row in ROWS]
    assert candles.real_volume.tolist() in ([40, 41, 42], [0, 0, 0])
    assert candles.close.flags.c_contiguous
    assert timeframe_of(candles) == 300


def test_volumes_and_spread_keep_their_columns(tmp_path):
    """MetaTrader's export and copy_rates order them differently."""
    for name, text in (("a", native()), ("b", copy_rates())):
        (tmp_path / name).write_text(text)
        candles = read(tmp_path / name, SP)
        assert candles.tick_volume.tolist() == [10, 11, 12]
        assert candles.real_volume.tolist() == [40, 41, 42]
        assert candles.spread.tolist() == [5, 5, 5]


def test_daily_candles_need_no_time_column(tmp_path):
    """Above H1 the terminal leaves <TIME> out: the candle opens at midnight."""
    path = tmp_path / "d1.csv"
    rows = [f"2026.03.0{day}\t1\t2\t0\t1\t5\t6\t7" for day in (2, 3, 4)]
    path.write_text("\n".join([MT5.replace("<TIME>\t", ""), *rows]))
    candles = read(path, SP)
    assert timeframe_of(candles) == 86_400
    assert candles.time[0] == datetime(2026, 3, 2, tzinfo=ZoneInfo(SP)).timestamp()


def wall_clock_file(path: Path, stamps: list[str]) -> Path:
    rows = [f"{stamp.replace(' ', chr(9))}:00\t1\t1\t1\t1\t0\t0\t0" for stamp in stamps]
    path.write_text("\n".join([MT5, *rows]))
    return path


def test_each_side_of_daylight_saving_has_its_offset(tmp_path):
    """Athens moved from UTC+2 to +3 on 2026-03-29 at 03:00."""
    stamps = ["2026.03.29 02:00", "2026.03.29 04:00", "2026.03.29 05:00", "2026.03.29 06:00"]
    candles = read(wall_clock_file(tmp_path / "a", stamps), "Europe/Athens")
    assert np.diff(candles.time).tolist() == [3600, 3600, 3600]


def test_a_repeated_hour_is_told_apart_by_the_files_order(tmp_path):
    """Athens had 03:00 and 03:30 twice on 2025-10-26."""
    clocks = ["02:30", "03:00", "03:30", "03:00", "03:30", "04:00"]
    candles = read(wall_clock_file(tmp_path / "a", [f"2025.10.26 {at}" for at in clocks]), "Europe/Athens")
    assert np.diff(candles.time).tolist() == [1800] * 5


def test_one_passing_of_a_repeated_hour_is_refused(tmp_path):
    """Nothing tells which of the two it was."""
    clocks = ["02:30", "03:00", "03:30", "04:00"]
    path = wall_clock_file(tmp_path / "a", [f"2025.10.26 {at}" for at in clocks])
    with pytest.raises(HistoryError, match=r":3: 2025-10-26 03:00 comes twice in Europe/Athens"):
        read(path, "Europe/Athens")


def test_brazil_before_2019_had_daylight_saving(tmp_path):
    """São Paulo stood at UTC-2 in January 2018 and at UTC-3 in July."""
    winter = read(wall_clock_file(tmp_path / "a", ["2018.07.02 09:00"]), SP)
    summer = read(wall_clock_file(tmp_path / "b", ["2018.01.02 09:00"]), SP)
    assert winter.time[0] % 86_400 == 12 * 3600
    assert summer.time[0] % 86_400 == 11 * 3600


@st.composite
def markets(draw):
    """Candles on the five-minute grid with gaps, in any zone's clock away from its changes."""
    count = draw(st.integers(2, 40))
    steps = draw(hnp.arrays(np.int64, count, elements=st.sampled_from([1, 1, 1, 1, 2, 170])))
    steps[: count // 2 + 2] = 1  # most of them in a row, as in a market
    steps[::8] = 1  # sixteen equal larger steps would be a stretch of another timeframe
    time = 1_751_328_000 + 300 * np.cumsum(steps)
    scale = draw(st.sampled_from([5.0, 0.5, 0.01, 0.00001]))
    ticks = hnp.arrays(np.int64, (4, count), elements=st.integers(1, 10**6))
    prices = np.round(np.sort(draw(ticks), axis=0) * scale, 5)
    volumes = hnp.arrays(np.int64, (3, count), elements=st.integers(0, 2**50))
    return Candles(time, prices[1], prices[3], prices[0], prices[2], *draw(volumes))


@given(candles=markets(), zone=st.sampled_from([SP, "UTC", "Europe/Athens", "Asia/Kolkata"]))
def test_what_is_written_reads_back(candles, zone, tmp_path_factory):
    """write_mt5, then read with the same zone, changes nothing."""
    path = tmp_path_factory.mktemp("round") / "file.csv"
    write_mt5(candles, path, zone)
    back = read(path, zone)
    for name in ("time", "open", "high", "low", "close", "tick_volume", "real_volume", "spread"):
        assert np.array_equal(getattr(back, name), getattr(candles, name)), name
