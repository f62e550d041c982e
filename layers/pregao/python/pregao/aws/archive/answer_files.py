"""An answer as a file: CSV and Parquet as recorded, for machines; Excel in the officer's words, for people.

No recorded text becomes a formula (csv_escape.py).
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pregao.domain.audit.csv_escape import fitting, harmless
from pregao.domain.delivery.duty import DESK_ZONE
from pregao.domain.text.audit_words import column_name, row_told

if TYPE_CHECKING:
    from xlsxwriter import Workbook

    from pregao.flow.compliance import Sheet

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDEST, NARROWEST = 60, 10
"""Characters of a column."""
MOMENT = "dd/mm/yyyy hh:mm:ss"


def to_csv(sheet: Sheet) -> bytes:
    """Return the rows as CSV, UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(sheet.columns)
    writer.writerows([_harmless(_plain(value)) for value in row] for row in sheet.rows)
    return text.getvalue().encode()


def to_xlsx(sheet: Sheet) -> bytes:
    """Return the rows as an Excel file: in the officer's words, as recorded, and what was asked.

    Moments are real dates in the desk's zone; on the sheet of what was recorded they are the texts, UTC.
    """
    import xlsxwriter  # only this format needs it

    content, language = io.BytesIO(), sheet.language
    heads = [column_name(name, language) for name in sheet.columns]
    rows = [row_told(sheet.columns, row, language) for row in sheet.rows]
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        told = [[_dated(name, one) for name, one in zip(sheet.columns, row, strict=True)] for row in rows]
        _rows(book, "Pregão", heads, told)
        _rows(book, "Registro · Recorded", sheet.columns, sheet.rows)
        about = book.add_worksheet("Sobre · About")
        for number, line in enumerate([sheet.title, *sheet.notes, str(DESK_ZONE)]):
            about.write_string(number, 0, line)
        about.set_column(0, 0, WIDEST)
    return content.getvalue()


def _rows(book: Workbook, name: str, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Write a sheet with filters, a frozen header and widths; no text of it becomes a formula."""
    page = book.add_worksheet(name)
    page.freeze_panes(1, 0)
    page.write_row(0, 0, heads, book.add_format({"bold": True, "bg_color": "#E8EEF4"}))
    moment = book.add_format({"num_format": MOMENT})
    widths = [len(head) + 2 for head in heads]
    for number, row in enumerate(rows, 1):
        for column, value in enumerate(map(_plain, row)):
            if isinstance(value, str):
                page.write_string(number, column, fitting(value))
            elif value is not None:
                page.write(number, column, value, moment if isinstance(value, datetime) else None)
            widths[column] = max(widths[column], len(str(value)))
    page.autofilter(0, 0, len(rows), max(len(heads) - 1, 0))
    for column, width in enumerate(widths):
        page.set_column(column, column, min(max(width, NARROWEST), WIDEST))


def _dated(column: str, value: Any) -> Any:
    """Return a moment of a column as the desk's wall clock has it, what is none as it is."""
    if not isinstance(value, str) or not (column.endswith("_at") or column == "since"):
        return value
    try:
        return datetime.fromisoformat(value).astimezone(DESK_ZONE).replace(tzinfo=None)
    except ValueError:
        return value


def to_parquet(sheet: Sheet) -> bytes:
    """Return the rows as Parquet: whole and real numbers and truths typed, the rest as text."""
    import duckdb  # here: most answers are no file

    types = [_type([row[at] for row in sheet.rows]) for at in range(len(sheet.columns))]
    columns = ", ".join(f'"{name}" {kind}' for name, kind in zip(sheet.columns, types, strict=True))
    with tempfile.TemporaryDirectory(prefix="pregao-parquet-") as scratch, duckdb.connect() as duck:
        duck.execute(f"CREATE TABLE answer ({columns})")
        if sheet.rows:
            places = ", ".join("?" * len(sheet.columns))
            duck.executemany(
                f"INSERT INTO answer VALUES ({places})",  # noqa: S608 question marks
                [[_plain(value) for value in row] for row in sheet.rows],
            )
        target = Path(scratch) / "answer.parquet"
        duck.execute(f"COPY answer TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
        return target.read_bytes()


KINDS: Mapping[str, tuple[str, Callable[[Sheet], bytes]]] = {
    "csv": ("text/csv; charset=utf-8", to_csv),
    "xlsx": (XLSX, to_xlsx),
    "parquet": ("application/vnd.apache.parquet", to_parquet),
}
"""By what a file's name ends in: its media type, and what writes it."""


def _plain(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, dict | list) else value


def _harmless(value: Any) -> Any:
    return harmless(value) if isinstance(value, str) else value


def _type(values: Sequence[Any]) -> str:
    kinds = {type(value) for value in values if value is not None}
    if kinds == {bool}:
        return "BOOLEAN"
    if kinds == {int}:
        return "BIGINT"
    return "DOUBLE" if kinds and kinds <= {int, float} else "VARCHAR"
