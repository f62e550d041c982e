"""B3's TradeInformationConsolidatedFile: the day's trades as CSV, semicolons, decimals by comma or point.

It knows settlement and volume, but neither open interest nor when it was made. A line above the header tells
whether it is final.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import BinaryIO

from pregao.domain.market.bulletin import Bulletin
from pregao.wire.bulletin.fields import (
    COUNTS,
    MONEY,
    PRICES,
    STATUS,
    TRADES,
    BadValue,
    BulletinRefused,
    Collected,
)

DAY, TICKER = "RptDt", "TckrSymb"
NEEDED = (DAY, TICKER, "AdjstdQt", TRADES[0], "FinInstrmQty", MONEY)
NUMBERS = {*PRICES, *COUNTS, *TRADES, MONEY}
PREFACE = 5
"""Lines among which the header stands."""
FINAL = "F"


LATIN_1 = "pregao-latin-1"
"""Bytes that are no UTF-8 are read as Latin-1: names with accents come so; codes and numbers are ASCII."""


def _as_latin_1(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)  # noqa: S101  # nothing is encoded here
    return error.object[error.start : error.end].decode("latin-1"), error.end


codecs.register_error(LATIN_1, _as_latin_1)


def read_csv(stream: BinaryIO, name: str, wanted: Callable[[str], bool]) -> list[Bulletin]:
    """Return the bulletins of the wanted contracts, in the file's order; raises BulletinRefused."""
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors=LATIN_1, newline="")
    rows = csv.reader(text, delimiter=";", strict=True)
    try:
        return _read(rows, wanted)
    except (BadValue, csv.Error, UnicodeDecodeError) as wrong:
        raise BulletinRefused(name, max(1, rows.line_num), str(wrong)) from wrong


def _read(rows: Iterator[list[str]], wanted: Callable[[str], bool]) -> list[Bulletin]:
    final, header = _header(rows)
    found, marks, count = Collected(), set[str](), 0
    for row in rows:
        if not row:
            continue
        count += 1
        if len(row) != len(header):
            raise BadValue(f"{len(row)} fields where the header has {len(header)}; is it cut short?")
        said = dict(zip(header, (value.strip() for value in row), strict=True))
        marks |= {mark for field in NUMBERS & said.keys() for mark in ".," if mark in said[field]}
        if len(marks) > 1:
            raise BadValue("decimals by comma and by point in one file")
        if wanted(said[TICKER]):
            found.add(said[TICKER], said[DAY], _with_status(said, final=final))
    if not count:
        raise BadValue("no row follows the header")
    return found.bulletins()


def _header(rows: Iterator[list[str]]) -> tuple[bool, Sequence[str]]:
    """Return whether a line above the header says final, and the header's names."""
    final = False
    for _, row in zip(range(PREFACE), rows, strict=False):
        if row and row[0] == DAY:
            missing = [name for name in NEEDED if name not in row]
            if missing or len(set(row)) < len(row):
                raise BadValue(
                    f"the header lacks {', '.join(missing)}" if missing else "a column stands twice"
                )
            return final, row
        final = final or any(cell.strip().lower().endswith(": final") for cell in row)
    raise BadValue(f"no header that begins with {DAY}; in its first {PREFACE} lines")


def _with_status(said: Mapping[str, str], *, final: bool) -> Mapping[str, str]:
    return {**said, STATUS: FINAL} if final and said["AdjstdQt"] else said
