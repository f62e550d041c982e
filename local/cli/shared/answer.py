"""How an answer of the archive is shown: a table for people, CSV and JSON for what comes after."""

from __future__ import annotations

import csv
import json
import os
import sys
from collections.abc import Sequence
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from local.cli.shared.language import Language, spoken
from pregao.domain.audit.csv_escape import harmless
from pregao.flow.ports.archive import Answer

if TYPE_CHECKING:
    from pregao.domain.audit.people import People

ROWS = 500
"""Most rows printed as a table; for more use --format csv."""


class Form(StrEnum):
    """What an answer can look like."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def show(answer: Answer, form: Form, people: People) -> int:
    """Print an answer on stdout and return how many rows it had.

    A table names who is behind a pseudonym; where the locale is Portuguese it is in words. Elsewhere, and in
    CSV and JSON, columns and codes are as recorded: they are English.
    """
    if form is Form.TABLE:
        return _table(answer, people, spoken(os.environ))
    return {Form.CSV: _csv, Form.JSON: _json}[form](answer)


def _table(answer: Answer, people: People, language: Language) -> int:
    found = list(islice(answer.rows, ROWS + 1))
    if not found:
        return 0
    heads, shown = _told(answer.columns, found[:ROWS], language)
    rows = [_with_names(answer.columns, row, people) for row in shown]
    console, table = Console(highlight=False), Table(*(Column(Text(name)) for name in heads))
    for row in rows:
        table.add_row(*(Text(_word(value)) for value in row))
    _print(console, table, heads, rows)
    if len(found) > ROWS:
        console.print(f"· só as primeiras {ROWS} linhas · the first {ROWS} rows; all: --format csv")
    return len(rows)


def _told(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], language: Language
) -> tuple[Sequence[str], Sequence[Sequence[Any]]]:
    if language is not Language.PT_BR:
        return columns, rows
    from pregao.domain.text.audit_words import column_name, row_told

    heads = [column_name(name, language) for name in columns]
    return heads, [row_told(columns, row, language) for row in rows]


def _with_names(columns: Sequence[str], row: Sequence[Any], people: People) -> list[Any]:
    from pregao.domain.audit.people import PSEUDONYMS

    return [
        f"{value} {people.name_of(value)}".rstrip() if name in PSEUDONYMS and value else value
        for name, value in zip(columns, row, strict=True)
    ]


def _print(console: Console, table: Table, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Print the table as wide as it is, or row under row where a terminal is too narrow for it."""
    wide = console.measure(table, options=console.options.update(max_width=100_000)).maximum
    if wide <= console.width or not console.is_terminal:
        console.width = max(wide, console.width)
        console.print(table)
        return
    for number, row in enumerate(rows, 1):
        console.print(Text(f"── {number}"))
        for name, value in zip(columns, row, strict=True):
            if value is not None:
                console.print(Text(f"{name:>20}  {_word(value)}"))


def _csv(answer: Answer) -> int:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(answer.columns)
    written = 0
    for row in answer.rows:
        writer.writerow([harmless(value) if isinstance(value, str) else value for value in row])
        written += 1
    return written


def _json(answer: Answer) -> int:
    """Print a list of objects, one a line."""
    sys.stdout.write("[")
    written = 0
    for one in answer.rows:
        named = dict(zip(answer.columns, one, strict=True))
        sys.stdout.write((",\n" if written else "\n") + json.dumps(named, ensure_ascii=False, default=str))
        written += 1
    sys.stdout.write("\n]\n")
    return written


def _word(value: Any) -> str:
    """Write a value for a terminal; control characters are escaped, so a recorded note cannot control it."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:g}" if abs(value) >= 1e15 else f"{value:.10f}".rstrip("0").rstrip(".")
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in str(value))
