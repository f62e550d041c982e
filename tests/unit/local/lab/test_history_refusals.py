"""A file that cannot be trusted is refused with its line and a remedy."""

from __future__ import annotations

import re

import numpy as np
import pytest

from local.lab.history import HistoryError, read, timeframe_of
from pregao.domain.market.candles import Candles

HEADER = "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>"
GOOD = [f"2026.03.02\t{9 + m // 60:02d}:{m % 60:02d}:00\t10\t12\t9\t11\t5\t6\t7" for m in range(0, 300, 5)]


def changed(row: int, line: str) -> str:
    lines = list(GOOD)
    lines[row] = line
    return "\n".join([HEADER, *lines])


def minutes(stamps: list[int]) -> str:
    rows = [f"2026.03.02\t{9 + m // 60:02d}:{m % 60:02d}\t1\t1\t1\t1\t0\t0\t0" for m in stamps]
    return "\n".join([HEADER, *rows])


PROFIT = "Ativo,Data,Hora,Abertura,Máximo,Mínimo,Fechamento,Volume,Quantidade"
CASES = {
    "cut line": (changed(3, GOOD[3][:30]), 5, "cut in the middle"),
    "too many fields": (changed(3, GOOD[3] + "\t1"), 5, "too many fields"),
    "nan": (changed(3, GOOD[3].replace("\t11\t", "\tnan\t")), 5, "close is nan"),
    "infinity": (changed(3, GOOD[3].replace("\t12\t", "\tinf\t")), 5, "high is inf"),
    "no number": (changed(3, GOOD[3].replace("\t9\t", "\tn/d\t")), 5, "low 'n/d' is no number"),
    "underscore": (changed(3, GOOD[3].replace("\t9\t", "\t1_0\t")), 5, "low '1_0' is no number"),
    "high under low": (changed(3, GOOD[3].replace("\t12\t", "\t8\t")), 5, "high is below low"),
    "open outside": (changed(3, GOOD[3].replace("\t10\t", "\t13\t")), 5, "open is outside"),
    "close outside": (changed(3, GOOD[3].replace("\t11\t", "\t8.5\t")), 5, "close is outside"),
    "volume in part": (changed(3, GOOD[3].replace("\t6\t", "\t6.5\t")), 5, "real_volume '6.5'"),
    "volume below zero": (changed(3, GOOD[3].replace("\t6\t", "\t-6\t")), 5, "real_volume '-6'"),
    "bad date": (changed(3, GOOD[3].replace("03.02", "02.30")), 5, "'2026.02.30' is no date"),
    "bad time": (changed(3, GOOD[3].replace("09:15", "25:15")), 5, "'25:15:00' is no date or time"),
    "same time": (changed(3, GOOD[2].replace("\t11\t", "\t10\t")), 5, "the same time as line 4"),
    "same time, far apart": (changed(40, GOOD[2].replace("\t5\t", "\t4\t")), 42, "the same time as line 4"),
    "no order": (changed(3, GOOD[3].replace("09:15", "08:55")), 5, "neither ascending nor descending"),
    "off the grid": (changed(3, GOOD[3].replace("09:15", "09:17")), 5, "off the file's grid of 5 min"),
    "seconds": (changed(3, GOOD[3].replace("09:15:00", "09:15:30")), 5, "off the file's grid of 5 min"),
    "two timeframes": (minutes([*range(60), *range(60, 300, 5)]), 62, "another timeframe begins here"),
    "no timeframe": (
        minutes([0, 7, 20, 31]).replace("\t1\t1\t1\t1", ":30\t1\t1\t1\t1"),
        2,
        "follow no timeframe",
    ),
    "empty": ("", 1, "empty"),
    "blank": ("\n \n\n", 1, "empty"),
    "header only": (HEADER + "\n", 1, "a header and no candles"),
    "unknown": ("\nalpha,beta\n1,2\n", 2, "unknown format"),
    "two symbols": (
        f"{PROFIT}\nWINJ26,02/03/2026,09:00,1,1,1,1,1,1\nWDOJ26,02/03/2026,09:05,1,1,1,1,1,1",
        3,
        "'WDOJ26' after 'WINJ26'",
    ),
}


@pytest.mark.parametrize(("text", "line", "what"), CASES.values(), ids=CASES.keys())
def test_refused_with_file_line_and_remedy(text, line, what, tmp_path):
    """`file:line: what is wrong; remedy`."""
    path = tmp_path / "velas.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(HistoryError) as caught:
        read(path, "America/Sao_Paulo")
    message = str(caught.value)
    assert message.startswith(f"{path}:{line}: ")
    assert what in message
    assert re.search(r"; \w+", message)


def test_newest_first_files_name_their_own_lines(tmp_path):
    """The line is the file's, however the rows are turned afterwards."""
    path = tmp_path / "velas.csv"
    lines = list(reversed(GOOD))
    lines[10] = lines[10].replace("\t12\t", "\t8\t")
    path.write_text("\n".join([HEADER, *lines]))
    with pytest.raises(HistoryError, match=r":12: high is below low"):
        read(path, "America/Sao_Paulo")


def test_unknown_format_lists_the_known_ones(tmp_path):
    """Who exports from elsewhere learns what to export."""
    (tmp_path / "x").write_text("a b c\n")
    with pytest.raises(HistoryError, match=r"MetaTrader 5 export.*copy_rates.*Profit.*Data;Open"):
        read(tmp_path / "x", "UTC")


def test_a_time_that_daylight_saving_skips_is_refused(tmp_path):
    """Athens had no 03:30 on 2026-03-29: most likely the zone is not the file's."""
    path = tmp_path / "x"
    path.write_text(f"{HEADER}\n2026.03.29\t03:30\t1\t1\t1\t1\t0\t0\t0\n")
    with pytest.raises(HistoryError, match=r":2: 2026-03-29 03:30 does not exist in Europe/Athens"):
        read(path, "Europe/Athens")


def test_a_wrong_last_line_without_its_end_is_no_cut(tmp_path):
    """Where its last field is whole, nothing was cut: the line is refused."""
    path = tmp_path / "x"
    path.write_text(changed(59, GOOD[59].replace("\t12\t", "\t8\t")))
    with pytest.raises(HistoryError, match=r":61: high is below low"):
        read(path, "America/Sao_Paulo")


def test_text_broken_inside_a_character_is_refused(tmp_path):
    """Half a character in the middle is no UTF-16."""
    path = tmp_path / "x"
    path.write_bytes(b"\xff\xfe" + HEADER.encode("utf-16-le") + b"\x00\xd8" + "\n1".encode("utf-16-le") * 9)
    with pytest.raises(HistoryError, match="the text is no utf-16"):
        read(path, "UTC")


def test_thin_trading_is_no_mixed_timeframe(tmp_path):
    """A contract with one to ten bars a day has gaps of every length, all on one grid."""
    path = tmp_path / "x"
    path.write_text(minutes([0, 5, 20, 35, 40, 90, 95, 135, 180, 185, 240, 275, 300]))
    assert timeframe_of(read(path, "America/Sao_Paulo")) == 300


def test_timeframe_of_nothing():
    """No candles, no timeframe."""
    none = np.array([], dtype=np.int64)
    with pytest.raises(ValueError, match="follow no timeframe"):
        timeframe_of(Candles(none, *[none.astype(float)] * 4, none, none, none))
