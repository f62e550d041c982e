"""Archived records as files for people: CSV, Parquet or Excel, one flat row per record with its hashes.

Structures are opened (`alert.candle.open` is alert_candle_open), an alert's free reason is JSON. The chains'
bookkeeping records stay in the archive.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

from local.audit.archive_schema import KINDS, TABLES, leaves
from local.audit.archive_sql import ArchiveSql
from local.audit.csv_escape import fitting, harmless_sql
from local.errors import ArchiveError

ROWS_OF_A_SHEET = 1_048_576
"""Excel's limit, the header's row included."""
BOOKKEEPING = {"count", "root"}
OPEN_KINDS = {"free", "texts"}
"""Columns that hold several values; they are written as JSON."""

Tell = Callable[[str, int], None]
"""Hears a table and how many of its rows are written."""


class Format(StrEnum):
    """What a file can be."""

    CSV = "csv"
    PARQUET = "parquet"
    XLSX = "xlsx"


def export(
    sql: ArchiveSql, tables: Sequence[str], kind: Format, out: Path, *, force: bool, tell: Tell
) -> Mapping[Path, int]:
    """Write the tables and return the rows of each file.

    One table, or any for Excel (a sheet each), is the file `out`; several are files in the folder `out`.
    Nothing is seen under those names before all of it is written. Raises ArchiveError where something is in
    the way.
    """
    single = kind is Format.XLSX or len(tables) == 1
    targets = {one: out if single else out / f"{one}.{kind}" for one in tables}
    _free(set(targets.values()), out, single=single, force=force)
    with _scratch(out.parent) as scratch:
        drafts = {one: scratch / targets[one].name for one in tables}
        rows = WRITERS[kind](sql, drafts, tell)
        for one, draft in drafts.items():
            if draft.exists():  # the sheets share theirs
                targets[one].parent.mkdir(exist_ok=True)
                draft.replace(targets[one])
    return {target: sum(rows[one] for one in tables if targets[one] == target) for target in targets.values()}


def columns(table: str) -> Mapping[str, str]:
    """Return the flat columns of a table: name to SQL expression."""
    opened = {path: kind for path, kind in leaves(TABLES[table]) if path[0] not in BOOKKEEPING}
    return {"_".join(path): _expression(path, kind) for path, kind in opened.items()}


def select(table: str, *, safe: bool = False) -> str:
    """Return the query of a table's flat rows, in the order of the objects; `safe` for a spreadsheet."""
    texts = {"_".join(path) for path, kind in leaves(TABLES[table]) if kind == "text"}
    listed = ", ".join(
        f'{harmless_sql(sql) if safe and name in texts else sql} AS "{name}"'
        for name, sql in columns(table).items()
    )
    kinds = ", ".join(f"'{one}'" for one in KINDS[table])
    return f"SELECT {listed} FROM {table} WHERE kind IN ({kinds})"  # noqa: S608 names of the schema


def _expression(path: Sequence[str], kind: str) -> str:
    field = ".".join(f'"{one}"' for one in path)
    return f"CAST(to_json({field}) AS VARCHAR)" if kind in OPEN_KINDS else field


def _write_csv(sql: ArchiveSql, drafts: Mapping[str, Path], tell: Tell) -> Mapping[str, int]:
    return _copied(sql, drafts, "FORMAT csv, HEADER", tell, safe=True)


def _write_parquet(sql: ArchiveSql, drafts: Mapping[str, Path], tell: Tell) -> Mapping[str, int]:
    return _copied(sql, drafts, "FORMAT parquet, COMPRESSION zstd", tell, safe=False)


def _copied(
    sql: ArchiveSql, drafts: Mapping[str, Path], form: str, tell: Tell, *, safe: bool
) -> Mapping[str, int]:
    rows = {}
    for table, draft in drafts.items():
        tell(table, 0)
        target = str(draft).replace("'", "''")
        answer = sql.run(f"COPY ({select(table, safe=safe)}) TO '{target}' ({form})")
        rows[table] = int(next(answer.rows)[0])
        tell(table, rows[table])
    return rows


def _write_xlsx(sql: ArchiveSql, drafts: Mapping[str, Path], tell: Tell) -> Mapping[str, int]:
    import xlsxwriter  # only this format needs it

    with xlsxwriter.Workbook(str(next(iter(drafts.values()))), {"constant_memory": True}) as book:
        return {table: _sheets(book, sql, table, tell) for table in drafts}


def _sheets(book: Any, sql: ArchiveSql, table: str, tell: Tell) -> int:
    """Write one table; where a sheet is full the next one goes on: `entrega_audit 2`."""
    answer, sheet, row, written, number = sql.run(select(table)), None, ROWS_OF_A_SHEET, 0, 0
    tell(table, 0)
    for record in answer.rows:
        if row >= ROWS_OF_A_SHEET:
            number += 1
            sheet, row = _sheet(book, table, number, answer.columns), 1
        _row(sheet, row, record)
        row, written = row + 1, written + 1
        if written % 5_000 == 0:
            tell(table, written)
    if sheet is None:
        _sheet(book, table, 1, answer.columns)
    tell(table, written)
    return written


def _sheet(book: Any, table: str, number: int, names: Sequence[str]) -> Any:
    sheet = book.add_worksheet(table if number == 1 else f"{table} {number}")
    sheet.freeze_panes(1, 0)
    sheet.write_row(0, 0, names, book.add_format({"bold": True}))
    return sheet


def _row(sheet: Any, row: int, record: Sequence[Any]) -> None:
    """Write a record; a text is written as one whatever it looks like: a number, an address, a formula."""
    for column, value in enumerate(record):
        if isinstance(value, str):
            sheet.write_string(row, column, fitting(value))
        elif value is not None:
            sheet.write(row, column, value)


WRITERS = {Format.CSV: _write_csv, Format.PARQUET: _write_parquet, Format.XLSX: _write_xlsx}


def _free(targets: set[Path], out: Path, *, single: bool, force: bool) -> None:
    taken = sorted(path for path in targets if path.exists())
    if taken and not force:
        raise ArchiveError(f"{taken[0]} is there already; name another --out, or say --force to replace it")
    if single and out.is_dir():
        raise ArchiveError(f"{out} is a folder; name a file with --out")
    if not single and out.exists() and not out.is_dir():
        raise ArchiveError(f"{out} is a file; several tables go into a folder: name one with --out")
    if not out.parent.is_dir():
        raise ArchiveError(f"there is no folder {out.parent}; make it, or name another --out")


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix=".pregao-export-", dir=folder))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
