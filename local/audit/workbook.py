"""An export as an Excel file that a person works with: cover, one sheet a table, technical columns apart.

Moments are real dates, in the desk's zone and beside it in UTC; headers are in the reader's language, and a
sheet explains each. Columns, their forms and their words stand in columns.csv.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pregao.domain.audit.csv_escape import fitting
from pregao.domain.delivery.duty import DESK_ZONE
from pregao.domain.text.audit_words import CODES, fields_told, in_words, name_told
from pregao.domain.text.words import counted
from pregao.flow.ports.archive import Tables

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

ROWS_OF_A_SHEET = 1_048_576
"""Excel's limit, the header's row included."""
WIDEST, NARROWEST = 60, 9
"""Characters of a column."""
MOMENT, DAY = "dd/mm/yyyy hh:mm:ss.000", "dd/mm/yyyy"
FORMATS = {
    "utc": MOMENT,
    "epoch": MOMENT,
    "date": DAY,
    "price": "#,##0.00###",
    "number": "#,##0.00##",
    "share": "0.0%",
    "ms": "#,##0.0",
    "count": "#,##0",
}
"""Excel writes separators as the reader's country does: 1.234,5 in Brazil."""
WIDTHS = {"utc": 24, "epoch": 24, "date": 12}
DIGITS = 12
"""Digits of a number: a sum of prices does not end in 99999998."""
WORDS = {
    "pt": {
        "cover": "Capa",
        "columns": "Colunas",
        "technical": "téc",
        "name": "Operador",
        "heads": ("Aba", "Coluna", "No registro", "O que é"),
        "title": "Auditoria do Pregão: registros exportados",
        "zone": "(mesa)",
        "recorded": "Como está no registro.",
        "hash": "SHA-256 do conteúdo (hashes dos registros, na ordem das abas)",
        "file": "SHA-256 deste arquivo",
        "beside": "em {name}.sha256, ao lado; conferir: pregao audit check {name}",
    },
    "en": {
        "cover": "Cover",
        "columns": "Columns",
        "technical": "tech",
        "name": "Operator",
        "heads": ("Sheet", "Column", "In the record", "What it is"),
        "title": "Pregão's audit: exported records",
        "zone": "(desk)",
        "recorded": "As the record has it.",
        "hash": "SHA-256 of the content (the records' hashes, in the order of the sheets)",
        "file": "SHA-256 of this file",
        "beside": "in {name}.sha256 beside it; check: pregao audit check {name}",
    },
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its name in the flat record, its form, its sheet, and its words in one language.

    `vocabulary` has the words of its codes (domain/text/audit_words.py). What is written in words is written
    as recorded on the technical sheet.
    """

    name: str
    form: str
    vocabulary: str
    sheet: str
    head: str
    meaning: str

    def on(self, kinds: Sequence[str]) -> bool:
        """Tell whether a sheet of these kinds has it."""
        return self.sheet in kinds or (bool(self.vocabulary) and "technical" in kinds)


@dataclass(frozen=True, slots=True)
class Cover:
    """What the cover says (label and value, in the language), and who is behind a pseudonym."""

    lines: Sequence[tuple[str, str]] = ()
    name_of: Callable[[str], str] = lambda _audit_id: ""
    language: str = "pt"


Select = Callable[[str], str]
Tell = Callable[[str, int], None]
Cell = tuple[str, Any]
"""A form and its value."""


@cache
def known_columns(language: str) -> Mapping[str, Column]:
    """Return the columns by their name in the flat record, in the order in which they are shown."""
    with (Path(__file__).parent / "columns.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="|"))
    return {
        one["name"]: Column(
            one["name"],
            one["form"],
            one["vocabulary"],
            one["sheet"],
            one[language],
            one[f"meaning_{language}"],
        )
        for one in rows
    }


def write(
    path: Path, sql: Tables, tables: Sequence[str], select: Select, cover: Cover, tell: Tell
) -> Mapping[str, int]:
    """Write the workbook and return how many rows each table has."""
    import xlsxwriter  # only this format needs it

    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        book.set_properties({"title": WORDS[cover.language]["title"]})
        front, hashed = book.add_worksheet(WORDS[cover.language]["cover"]), hashlib.sha256()
        rows = {
            table: _table(_Sheets(book, table, cover), sql, select(table), hashed, tell) for table in tables
        }
        _explain(book, cover, tables, sql, select)
        _front(book, front, cover, rows, hashed.hexdigest(), path.name)
    return rows


def _table(sheets: _Sheets, sql: Tables, query: str, hashed: Any, tell: Tell) -> int:
    answer = sql.run(query)
    sheets.begin(answer.columns)
    at, written = list(answer.columns).index("hash"), 0
    tell(sheets.table, 0)
    for record in answer.rows:
        sheets.write(record)
        hashed.update(f"{record[at]}\n".encode())
        written += 1
        if written % 5_000 == 0:
            tell(sheets.table, written)
    sheets.end()
    tell(sheets.table, written)
    return written


class _Sheets:
    """A table's two kinds of sheets, the records' and the technical; a full one goes on in the next."""

    def __init__(self, book: Workbook, table: str, cover: Cover) -> None:
        self.table, self._cover = table, cover
        words = WORDS[cover.language]
        self._kinds = [
            _Sheet(book, table, cover, ("main", "both")),
            _Sheet(book, f"{table} {words['technical']}", cover, ("technical", "both")),
        ]

    def begin(self, names: Sequence[str]) -> None:
        """Take the names of the records' values."""
        for one in self._kinds:
            one.begin(names)

    def write(self, record: Sequence[Any]) -> None:
        """Write a record on both."""
        for one in self._kinds:
            one.write(record)

    def end(self) -> None:
        """Set what depends on all rows."""
        for one in self._kinds:
            one.end()


class _Sheet:
    def __init__(self, book: Workbook, name: str, cover: Cover, kinds: Sequence[str]) -> None:
        self._book, self._name, self._cover, self._kinds = book, name, cover, kinds
        self._formats = {form: book.add_format({"num_format": text}) for form, text in FORMATS.items()}
        self._bold = book.add_format(
            {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#E8EEF4"}
        )
        self._number, self._row = 0, 0
        self._sheet: Worksheet

    def begin(self, names: Sequence[str]) -> None:
        known = known_columns(self._cover.language)
        order = [one for one in known if one in names]
        self._columns = [(names.index(one), known[one]) for one in order if known[one].on(self._kinds)]
        self._heads = [head for _, one in self._columns for head in _heads(one, self._cover.language)]
        self._next()

    def write(self, record: Sequence[Any]) -> None:
        if self._row >= ROWS_OF_A_SHEET:
            self.end()
            self._next()
        column = 0
        for at, one in self._columns:
            for form, value in _cells(one, record[at], self._cover, raw="technical" in self._kinds):
                self._cell(column, form, value)
                column += 1
        self._row += 1

    def end(self) -> None:
        self._sheet.autofilter(0, 0, max(self._row - 1, 0), len(self._heads) - 1)
        for column, (head, form) in enumerate(self._heads):
            width = WIDTHS.get(
                form, min(max(self._widths[column] + 2, NARROWEST, len(head) // 2 + 4), WIDEST)
            )
            self._sheet.set_column(column, column, width)

    def _next(self) -> None:
        self._number += 1
        self._sheet = self._book.add_worksheet(
            self._name if self._number == 1 else f"{self._name} {self._number}"
        )
        self._sheet.freeze_panes(1, 0)
        self._sheet.write_row(0, 0, [head for head, _ in self._heads], self._bold)
        self._row, self._widths = 1, [0] * len(self._heads)

    def _cell(self, column: int, form: str, value: Any) -> None:
        """Write a value; a text is written as one whatever it looks like: a number, an address, a formula."""
        if value is None:
            return
        if isinstance(value, str):
            self._sheet.write_string(self._row, column, fitting(value))
        elif isinstance(value, bool):
            self._sheet.write_boolean(self._row, column, value)
        else:
            self._sheet.write(self._row, column, value, self._formats.get(form))
        self._widths[column] = max(self._widths[column], min(len(str(value)), WIDEST))


def _heads(column: Column, language: str) -> Iterator[tuple[str, str]]:
    """Yield the header and the form of each cell that a column is written in."""
    if column.form in ("utc", "epoch"):
        yield f"{column.head} {WORDS[language]['zone']}", column.form
        yield f"{column.head} (UTC)", column.form
    elif column.form == "operator":
        yield (
            str(WORDS[language]["name"]) if column.name == "operator" else column.head.split(" (")[0],
            "text",
        )
        yield column.head, "text"
    else:
        yield column.head, column.form


def _cells(column: Column, value: Any, cover: Cover, *, raw: bool) -> Iterator[Cell]:
    form = column.form
    if form in ("utc", "epoch"):
        moment = _moment(value)
        yield form, moment and moment.astimezone(DESK_ZONE).replace(tzinfo=None)
        yield form, moment and moment.replace(tzinfo=None)
    elif form == "operator":
        yield "text", (name_told(cover.name_of(value), value, cover.language) or None) if value else None
        yield "text", value
    elif form == "date":
        yield form, _day(value)
    elif form == "free":
        yield "text", _told(value, "" if raw else column.vocabulary, cover.language)
    elif form == "list":
        yield "text", ", ".join(json.loads(value)) or None if value else None
    elif form == "code":
        yield "text", value if raw else in_words(column.vocabulary, value, cover.language)
    elif isinstance(value, float):
        yield form, float(f"{value:.{DIGITS}g}")
    else:
        yield form, ", ".join(map(str, value)) if isinstance(value, list) else value


def _moment(value: Any) -> datetime | None:
    """Return a moment written in ISO 8601 or epoch seconds; Excel's finest is a millisecond."""
    if value is None:
        return None
    if isinstance(value, str):
        return datetime.fromisoformat(value).astimezone(UTC)
    return datetime.fromtimestamp(float(value), UTC)


def _day(value: Any) -> date | None:
    return None if value is None else date.fromisoformat(str(value)[:10])


def _told(value: str | None, vocabulary: str, language: str) -> str | None:
    """Return a free object, JSON of texts, as somebody reads it."""
    if value is None:
        return None
    plain = json.loads(value)
    return fields_told(vocabulary, plain, language) or None


def _explain(book: Workbook, cover: Cover, tables: Sequence[str], sql: Tables, select: Select) -> None:
    """Write the sheet that explains each column of each sheet."""
    words = WORDS[cover.language]
    sheet = book.add_worksheet(str(words["columns"]))
    sheet.write_row(0, 0, words["heads"], book.add_format({"bold": True}))
    sheet.freeze_panes(1, 0)
    row = 0
    for table in tables:
        names = sql.run(f"{select(table)} LIMIT 0").columns
        for where, one in _places(table, f"{table} {words['technical']}", names, cover.language):
            for head, _ in _heads(one, cover.language):
                row += 1
                meaning = one.meaning if where == table else _codes(one, cover.language)
                for column, text in enumerate((where, head, one.name, meaning)):
                    sheet.write_string(row, column, text)
    sheet.autofilter(0, 0, row, 3)
    for column, width in enumerate((24, 30, 32, 90)):
        sheet.set_column(column, column, width)


def _places(main: str, technical: str, names: Sequence[str], language: str) -> Iterator[tuple[str, Column]]:
    """Yield each column with each sheet that has it; one that both have is explained on the first."""
    for one in known_columns(language).values():
        if one.name in names and one.sheet != "technical":
            yield main, one
        if one.name in names and (one.sheet == "technical" or one.vocabulary):
            yield technical, one


def _codes(column: Column, language: str) -> str:
    """Return what a technical column means: of a coded one, the word of each code."""
    told = CODES.get(column.vocabulary, {})
    listed = "; ".join(f"{code}: {pair[language == 'en']}" for code, pair in told.items())
    return f"{WORDS[language]['recorded']} {listed}".strip() if column.vocabulary else column.meaning


def _front(
    book: Workbook, sheet: Worksheet, cover: Cover, rows: Mapping[str, int], hashed: str, name: str
) -> None:
    words = WORDS[cover.language]
    sheet.write_string(0, 0, str(words["title"]), book.add_format({"bold": True, "font_size": 14}))
    lines = [
        *cover.lines,
        *((table, counted(count, "record", cover.language)) for table, count in rows.items()),
        (words["hash"], hashed),
        (words["file"], str(words["beside"]).format(name=name)),
    ]
    for at, (label, value) in enumerate(lines, start=2):
        sheet.write_string(at, 0, str(label))
        sheet.write_string(at, 1, value, book.add_format({"text_wrap": True}))
    sheet.set_column(0, 0, 36)
    sheet.set_column(1, 1, 100)
