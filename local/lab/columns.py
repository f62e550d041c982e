"""From the text of a candle file to columns of wall-clock seconds and numbers."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from local.errors import HistoryError
from local.lab.formats import Layout, decode, recognise

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from pregao.domain.market.candles import Floats, Ints

_YEAR_FIRST = re.compile(r"(\d{4})[.\-/]?(\d{2})[.\-/]?(\d{2})")
_DAY_FIRST = re.compile(r"(\d{2})/(\d{2})/(\d{4})")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.0+)?)?")
_THOUSANDS = re.compile(r"-?\d{1,3}(\.\d{3})*")
_EPOCH = re.compile(r"\d{9,11}")
_EPOCH_DAY = date(1970, 1, 1)
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Table:
    """The columns of a file as text, by role, and the line of the file where each row stands."""

    path: Path
    lines: Sequence[int]
    text: Mapping[str, tuple[str, ...]]
    portuguese: bool

    def refuse(self, row: int, message: str) -> HistoryError:
        """Return the error that names the line of a row."""
        return HistoryError(self.path, self.lines[row], message)


def load(path: Path) -> Table:
    """Split a file into columns.

    Raises HistoryError for an unknown format, no candles, a cut line, two symbols.
    """
    text = decode(path)
    numbered = [(at, line) for at, line in enumerate(text.split("\n"), 1) if line and not line.isspace()]
    lines = [at for at, _ in numbered]
    layout = recognise(path, lines[0], numbered[0][1])
    rows = _fields([line for _, line in numbered], layout.delimiter, quoted='"' in text)
    if layout.header:
        head, lines, rows = lines[0], lines[1:], rows[1:]
        if not rows:
            raise HistoryError(path, head, "a header and no candles; export the period again")
    _check_widths(path, lines, rows, layout)
    columns = tuple(zip(*rows, strict=True))
    named = {role: columns[at] for role, at in layout.columns.items()}
    table = Table(path, lines, named, layout.portuguese)
    _check_one_symbol(table)
    return table


def wall_clock(table: Table) -> Ints:
    """Return each row's wall clock as seconds since 1970 in the exchange's own time."""
    dates = table.text["date"]
    if _EPOCH.fullmatch(dates[0].strip()):  # copy_rates: already the wall clock in seconds
        return integers(table, "date")
    if "time" in table.text:
        return _mapped(table, dates, _day_seconds) + _mapped(table, table.text["time"], _clock_seconds)
    halves = [stamp.strip().replace("T", " ", 1).partition(" ") for stamp in dates]
    days = _mapped(table, [half[0] for half in halves], _day_seconds)
    return days + _mapped(table, [half[2] or "0:00" for half in halves], _clock_seconds)


def numbers(table: Table, role: str) -> Floats:
    """Return a column of finite float64, decimal comma or point."""
    column = table.text[role]
    joined = "".join(column)
    if "," in joined or table.portuguese:
        column = _with_points(column)
    if "_" in joined:  # float() reads 1_000
        column = tuple(value.replace("_", "no") for value in column)
    try:
        values = np.array(list(map(float, column)), dtype=np.float64)
    except ValueError:
        row = next(at for at, text in enumerate(column) if not _is_number(text))
        raise table.refuse(row, f"{role} {table.text[role][row]!r} is no number; export again") from None
    if not np.isfinite(values).all():
        row = int(np.argmin(np.isfinite(values)))
        raise table.refuse(row, f"{role} is {column[row].strip()}; take the candle out or export again")
    return values


def integers(table: Table, role: str) -> Ints:
    """Return a column of whole numbers, zero or more; zeros when the file has no such column."""
    if role not in table.text:
        return np.zeros(len(table.lines), dtype=np.int64)
    values = numbers(table, role)
    wrong = (values < 0) | (values != np.floor(values)) | (values > 2**53)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise table.refuse(row, f"{role} {table.text[role][row]!r} is no whole number; export again")
    return values.astype(np.int64)


def _fields(lines: list[str], delimiter: str, *, quoted: bool) -> list[list[str]]:
    if not quoted:
        return [line.split(delimiter) for line in lines]
    bare = [line[1:-1] if re.fullmatch(r'"[^"]*"\s*', line) else line.rstrip("\r") for line in lines]
    return [next(csv.reader([line], delimiter=delimiter)) for line in bare]


def _check_widths(path: Path, lines: list[int], rows: list[list[str]], layout: Layout) -> None:
    if set(map(len, rows)) == {layout.width}:
        return
    row = next(at for at, fields in enumerate(rows) if len(fields) != layout.width)
    what = "is cut in the middle" if len(rows[row]) < layout.width else "has too many fields"
    message = f"the line {what}: {len(rows[row])} fields, {layout.width} expected; export again"
    raise HistoryError(path, lines[row], message)


def _check_one_symbol(table: Table) -> None:
    symbols = table.text.get("symbol", ("",))
    if len(set(symbols)) == 1:
        return
    row = next(at for at, symbol in enumerate(symbols) if symbol != symbols[0])
    raise table.refuse(row, f"{symbols[row]!r} after {symbols[0]!r}: one file, one symbol; split the file")


def _with_points(column: tuple[str, ...]) -> tuple[str, ...]:
    """Turn `1.234,50` into `1234.50`; without commas, points group thousands where every value reads so."""
    if any("," in value for value in column):
        return tuple(value.replace(".", "").replace(",", ".") for value in column)
    if all(_THOUSANDS.fullmatch(value.strip()) for value in column):
        return tuple(value.replace(".", "") for value in column)
    return column


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _mapped(table: Table, texts: Sequence[str], seconds: Callable[[str], int]) -> Ints:
    """Translate each distinct text once."""
    try:
        known = {text: seconds(text) for text in set(texts)}
    except ValueError:
        row = next(at for at, text in enumerate(texts) if _fails(seconds, text))
        message = f"{texts[row]!r} is no date or time this format knows; export again"
        raise table.refuse(row, message) from None
    return np.array([known[text] for text in texts], dtype=np.int64)


def _fails(seconds: Callable[[str], int], text: str) -> bool:
    try:
        seconds(text)
    except ValueError:
        return True
    return False


def _day_seconds(text: str) -> int:
    """2023.08.30, 2023-08-30, 20230830 or 30/08/2023 (never month first)."""
    if match := _YEAR_FIRST.fullmatch(text.strip()):
        year, month, day = map(int, match.groups())
    elif match := _DAY_FIRST.fullmatch(text.strip()):
        day, month, year = map(int, match.groups())
    else:
        raise ValueError(text)
    return (date(year, month, day) - _EPOCH_DAY).days * _DAY_S


def _clock_seconds(text: str) -> int:
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    hour, minute, second = (int(part or 0) for part in match.groups())
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError(text)
    return hour * 3600 + minute * 60 + second
