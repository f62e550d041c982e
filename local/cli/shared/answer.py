"""How an answer of the archive is shown: a table for people, CSV and JSON for what comes after."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import islice
from typing import Any

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from local.audit.archive_sql import Answer
from local.audit.csv_escape import harmless

ROWS = 500
"""A table shows so many; who wants more wants a file."""


class Form(StrEnum):
    """What an answer can look like."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"


def show(answer: Answer, form: Form) -> None:
    """Print an answer on stdout."""
    {Form.TABLE: _table, Form.CSV: _csv, Form.JSON: _json}[form](answer)


def _table(answer: Answer) -> None:
    rows = list(islice(answer.rows, ROWS + 1))
    console = Console(highlight=False)
    if not rows:
        console.print("· nada · nothing")
        return
    table = Table(*(Column(Text(name)) for name in answer.columns))
    for row in rows[:ROWS]:
        table.add_row(*(Text(_word(value)) for value in row))
    _print(console, table, answer.columns, rows[:ROWS])
    if len(rows) > ROWS:
        console.print(f"· só as primeiras {ROWS} linhas · the first {ROWS} rows; all: --format csv")


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


def _csv(answer: Answer) -> None:
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(answer.columns)
    for row in answer.rows:
        writer.writerow([harmless(value) if isinstance(value, str) else value for value in row])


def _json(answer: Answer) -> None:
    """Print a list of objects, one a line."""
    sys.stdout.write("[")
    for start, one in zip(_starts(), answer.rows, strict=False):
        named = dict(zip(answer.columns, one, strict=True))
        sys.stdout.write(start + json.dumps(named, ensure_ascii=False, default=str))
    sys.stdout.write("\n]\n")


def _starts() -> Iterator[str]:
    yield "\n"
    while True:
        yield ",\n"


def _word(value: Any) -> str:
    """Write a value for a terminal: no sign in a recorded note commands it."""
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:g}" if abs(value) >= 1e15 else f"{value:.10f}".rstrip("0").rstrip(".")
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in str(value))
