"""The columns of a file, held by DuckDB: split, checked for width, read as numbers."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np

from local.errors import Undecided
from local.lab.candlefile.layout import split

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from local.errors import HistoryError
    from local.lab.candlefile.facts import Layout, Lines
    from pregao.domain.market.candles import Floats, Ints


@dataclass(frozen=True, slots=True)
class Coded:
    """A column of texts: the `values` that occur, and for each row the index of its own."""

    values: tuple[str, ...]
    rows: NDArray[np.integer]

    def map(self, change: Callable[[str], str]) -> Coded:
        """Return the column with every text changed."""
        return Coded(tuple(map(change, self.values)), self.rows)


@dataclass(frozen=True, slots=True)
class Cells:
    """A file's rows as a DuckDB table `cells` of texts: c0, c1, ...; `rowid` counts them from 0.

    A file repeats its texts: what is asked of each (is it a number, which day is it) is asked of each
    distinct text once.
    """

    lines: Lines
    layout: Layout
    rows: int
    base: duckdb.DuckDBPyConnection

    def refuse(self, row: int, message: str) -> HistoryError:
        """Return the error that names the line of a row."""
        return self.lines.refuse(self.layout.first + row, message)

    def undecided(self, row: int, message: str) -> Undecided:
        """Return the error that names a line and its readings."""
        return Undecided(self.lines.path, self.lines.numbers[self.layout.first + row], message)

    def column(self, role: str, which: int = 0) -> int | None:
        """Return the number of a role's column, None where the file has none."""
        found = self.layout.roles.get(role, ())
        return found[which] if which < len(found) else None

    def ask(self, question: str, among: str = "cells") -> tuple[Any, ...]:
        """Return one row of aggregates over the cells, or over a table of `texts_of`."""
        found = self.base.execute(f"SELECT {question} FROM {among}").fetchone()  # noqa: S608  # no input in it
        return tuple(found or ())

    def texts_of(self, columns: Sequence[int]) -> str:
        """Return the name of a table whose column `t` holds the distinct texts of columns, trimmed."""
        name = "texts_" + "_".join(map(str, columns))
        each = " UNION ALL ".join(f"SELECT c{one} AS t FROM cells" for one in columns)  # noqa: S608
        wanted = f"SELECT DISTINCT coalesce(trim(t), '') AS t FROM (SELECT DISTINCT t FROM ({each}))"  # noqa: S608
        self.base.execute(f"CREATE TEMP TABLE IF NOT EXISTS {name} AS {wanted}")
        return name

    def halves(self, column: int, mark: str) -> tuple[Coded, Coded]:
        """Return what stands before and after the first `mark` (one character) of a column's texts."""
        text, name = f"trim(c{column})", f"halves_{column}"
        one = f"split_part({text}, '{mark}', 1)"
        split = f"SELECT {one} AS one, ltrim({text}[strlen({one}) + 2:], '{mark} ') AS two FROM cells"  # noqa: S608
        self.base.execute(f"CREATE TEMP TABLE {name} AS {split}")
        return self.coded("one", name), self.coded("two", name)

    def coded(self, expression: str, among: str = "cells") -> Coded:
        """Return a column of texts in the file's order; an empty cell is ""."""
        text = f"coalesce({expression}, '')"
        self.base.execute(f"CREATE TYPE said AS ENUM (SELECT DISTINCT {text} FROM {among})")  # noqa: S608
        (values,) = self.base.execute("SELECT enum_range(NULL::said)").fetchone() or ((),)
        found = self.base.execute(f"SELECT enum_code(({text})::said) AS n FROM {among}").fetchnumpy()  # noqa: S608
        self.base.execute("DROP TYPE said")
        return Coded(tuple(values), np.asarray(found["n"]))

    def first(self, expression: str) -> str:
        """Return the text of the first row."""
        found = self.base.execute(f"SELECT {expression} FROM cells LIMIT 1").fetchone()  # noqa: S608
        return str(found[0] or "") if found else ""

    def integers(self, expression: str) -> Ints:
        """Return a column of int64 in the file's order; every text must be a whole number."""
        found = self.base.execute(f"SELECT CAST({expression} AS BIGINT) AS n FROM cells").fetchnumpy()  # noqa: S608
        return np.asarray(found["n"], dtype=np.int64)

    def numbers(self, expressions: Sequence[str]) -> list[Floats]:
        """Return columns of float64 in the file's order, NaN where a text is no number."""
        wanted = ", ".join(f"try_cast({one} AS DOUBLE) AS n{at}" for at, one in enumerate(expressions))
        found = self.base.execute(f"SELECT {wanted} FROM cells").fetchnumpy()  # noqa: S608
        return [np.ma.filled(found[f"n{at}"], np.nan) for at in range(len(expressions))]

    def text_at(self, row: int, column: int) -> str:
        """Return one cell as it stands in the file."""
        fields = split([self.lines.texts[self.layout.first + row]], self.layout.separator)[0]
        return fields[column].strip() if column < len(fields) else ""


def load(lines: Lines, layout: Layout) -> Cells:
    """Split the lines into columns. Raises HistoryError for a line that has too few or too many fields."""
    body = lines.texts[layout.first :]
    if not body:
        raise lines.refuse(len(lines.texts) - 1, "a header and no candles; export the period again")
    try:
        base, rows = _load(body, layout)
    except duckdb.Error:
        rows = -1
    if rows != len(body):
        body = _mended(lines, layout)
        lines = replace(lines, texts=[*lines.texts[: layout.first], *body])
        base, rows = _load(body, layout)
    if rows != len(body):
        raise lines.refuse(layout.first, "the quotes of the file do not match; export the candles again")
    return Cells(lines, layout, rows, base)


@cache
def _engine() -> duckdb.DuckDBPyConnection:
    """Return this process's one DuckDB: making it takes longer than reading a short file."""
    return duckdb.connect(config={"threads": min(4, os.cpu_count() or 1)})


def _load(body: Sequence[str], layout: Layout) -> tuple[duckdb.DuckDBPyConnection, int]:
    base = _engine().cursor()  # its temporary tables are its own
    base.execute("SET enable_progress_bar = false")  # else it writes to standard output after two seconds
    names = ", ".join(f"'c{at}': 'VARCHAR'" for at in range(layout.width))
    separator = "\t" if layout.separator == " " else layout.separator
    text = _joined(body, layout.separator)
    quote = '"' if '"' in text else ""
    handle, name = tempfile.mkstemp(prefix="pregao-", suffix=".csv")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as opened:
            opened.write(text)
        source = (
            f"read_csv(?, auto_detect=false, header=false, delim=?, quote=?, escape=?, columns={{{names}}})"
        )
        used = ", ".join(f"c{at}" for at in sorted({at for found in layout.roles.values() for at in found}))
        wanted = f"CREATE TEMP TABLE cells AS SELECT {used} FROM {source}"  # noqa: S608  # no input in it
        base.execute(wanted, [name, separator, quote, quote])
    finally:
        Path(name).unlink()
    return base, int(base.execute("SELECT count(*) FROM cells").fetchone()[0])  # type: ignore[index]


def _joined(body: Sequence[str], separator: str) -> str:
    if separator == " ":
        body = ["\t".join(line.split()) for line in body]
    return "\n".join(body) + "\n"


def _usual_width(lines: Lines, layout: Layout) -> int:
    """Return how many fields most lines have, of a sample."""
    sample = split(lines.texts[layout.first : -1][:60], layout.separator)
    return Counter(map(len, sample)).most_common(1)[0][0]


def _mended(lines: Lines, layout: Layout) -> list[str]:
    """Give every line the same width where only empty fields at its end differ; else refuse the line."""
    rows = split(lines.texts[layout.first :], layout.separator)
    usual = min(layout.width, _usual_width(lines, layout)) if len(rows) > 1 else len(rows[0])
    for at, fields in enumerate(rows):
        while len(fields) > layout.width and not fields[-1].strip():
            fields.pop()
        if len(fields) < usual:
            what = f"the line is cut in the middle: {len(fields)} fields, {usual} expected; export again"
            raise lines.refuse(layout.first + at, what)
        if len(fields) > layout.width:
            what = f"the line has too many fields: {len(fields)}, {layout.width} expected; export again"
            raise lines.refuse(layout.first + at, what)
    return [_quoted([*fields, *[""] * (layout.width - len(fields))], layout.separator) for fields in rows]


def _quoted(fields: Sequence[str], separator: str) -> str:
    joined = "\t" if separator == " " else separator
    return joined.join(
        f'"{one.replace(chr(34), chr(34) * 2)}"' if separator in one else one for one in fields
    )
