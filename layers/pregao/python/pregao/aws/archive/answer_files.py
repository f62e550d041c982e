"""An answer as a file: CSV, Excel with a sheet that says what it is, Parquet.

No recorded text becomes a formula (csv_escape.py). Moments are written in UTC, as on the screen.
"""

from __future__ import annotations

import csv
import io
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from pregao.domain.audit.csv_escape import fitting, harmless

if TYPE_CHECKING:
    from pregao.flow.compliance import Sheet

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
WIDEST, NARROWEST = 60, 10
"""Characters of a column."""


def to_csv(sheet: Sheet) -> bytes:
    """Return the rows as CSV, UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(sheet.columns)
    writer.writerows([_harmless(_plain(value)) for value in row] for row in sheet.rows)
    return text.getvalue().encode()


def to_xlsx(sheet: Sheet) -> bytes:
    """Return the rows as an Excel file: a sheet with filters and a fixed header, and one that explains it."""
    import xlsxwriter  # only this format needs it

    content = io.BytesIO()
    with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
        bold = book.add_format({"bold": True, "bg_color": "#E8EEF4"})
        rows = book.add_worksheet("Pregão")
        rows.freeze_panes(1, 0)
        rows.write_row(0, 0, sheet.columns, bold)
        widths = [len(name) + 2 for name in sheet.columns]
        for number, row in enumerate(sheet.rows, 1):
            for column, value in enumerate(map(_plain, row)):
                if isinstance(value, str):
                    rows.write_string(number, column, fitting(value))
                else:
                    rows.write(number, column, value)
                widths[column] = max(widths[column], len(str(value)))
        rows.autofilter(0, 0, len(sheet.rows), max(len(sheet.columns) - 1, 0))
        for column, width in enumerate(widths):
            rows.set_column(column, column, min(max(width, NARROWEST), WIDEST))
        about = book.add_worksheet("Sobre · About")
        for number, line in enumerate([sheet.title, *sheet.notes, "UTC"]):
            about.write_string(number, 0, line)
        about.set_column(0, 0, WIDEST)
    return content.getvalue()


def to_parquet(sheet: Sheet) -> bytes:
    """Return the rows as Parquet: whole and real numbers and truths typed, the rest as text."""
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
