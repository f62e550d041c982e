"""Archived records as files for people: CSV, Parquet or Excel, one flat row per record with its hashes.

Structures are opened (`alert.candle.open` is alert_candle_open), an alert's free reason is JSON. The chains'
bookkeeping records stay in the archive.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

from local.audit import workbook
from local.audit.workbook import Cover
from pregao.domain.audit.archive_days import ArchiveError
from pregao.domain.audit.archive_schema import KINDS, TABLES, leaves
from pregao.domain.audit.csv_escape import harmless_sql
from pregao.flow.ports.archive import Tables

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
    sql: Tables,
    tables: Sequence[str],
    kind: Format,
    out: Path,
    *,
    force: bool,
    tell: Tell,
    cover: Cover = Cover(),  # noqa: B008 it cannot be changed
) -> Mapping[Path, int]:
    """Write the tables, the SHA-256 of each file beside it, and return the rows of each file.

    One table, or any for Excel (a sheet each), is the file `out`; several are files in the folder `out`.
    Nothing is seen under those names before all of it is written. `cover` is Excel's. Raises ArchiveError
    where something is in the way.
    """
    single = kind is Format.XLSX or len(tables) == 1
    targets = {one: out if single else out / f"{one}.{kind}" for one in tables}
    _free(set(targets.values()), out, single=single, force=force)
    with _scratch(out.parent) as scratch:
        drafts = {one: scratch / targets[one].name for one in tables}
        if kind is Format.XLSX:
            rows = workbook.write(scratch / out.name, sql, tables, select, cover, tell)
        else:
            rows = WRITERS[kind](sql, drafts, tell)
        for one, draft in drafts.items():
            if draft.exists():  # the sheets share theirs
                targets[one].parent.mkdir(exist_ok=True)
                draft.replace(targets[one])
                _beside(targets[one]).write_text(f"{sha256_of(targets[one])}  {targets[one].name}\n")
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


def _write_csv(sql: Tables, drafts: Mapping[str, Path], tell: Tell) -> Mapping[str, int]:
    return _copied(sql, drafts, "FORMAT csv, HEADER", tell, safe=True)


def _write_parquet(sql: Tables, drafts: Mapping[str, Path], tell: Tell) -> Mapping[str, int]:
    return _copied(sql, drafts, "FORMAT parquet, COMPRESSION zstd", tell, safe=False)


def _copied(
    sql: Tables, drafts: Mapping[str, Path], form: str, tell: Tell, *, safe: bool
) -> Mapping[str, int]:
    rows = {}
    for table, draft in drafts.items():
        tell(table, 0)
        target = str(draft).replace("'", "''")
        answer = sql.run(f"COPY ({select(table, safe=safe)}) TO '{target}' ({form})")
        rows[table] = int(next(answer.rows)[0])
        tell(table, rows[table])
    return rows


WRITERS = {Format.CSV: _write_csv, Format.PARQUET: _write_parquet}


def sealed(path: Path, told: str | None = None) -> bool:
    """Tell whether an exported file is as it was written: by a hash noted then, or by the one beside it.

    Raises ArchiveError where neither is there.
    """
    if not path.is_file():
        raise ArchiveError(f"não há o arquivo · there is no file {path}")
    if told is None:
        beside = _beside(path)
        if not beside.is_file():
            raise ArchiveError(
                f"não há {beside}; diga o hash dito na exportação · there is no such file; say"
                " the hash that the export"
                " told: --sha256 …"
            )
        told = beside.read_text(encoding="utf-8").split(maxsplit=1)[0]
    return sha256_of(path) == told.lower()


def sha256_of(path: Path) -> str:
    """Return a file's SHA-256, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def _free(targets: set[Path], out: Path, *, single: bool, force: bool) -> None:
    taken = sorted(path for path in targets if path.exists())
    if taken and not force:
        raise ArchiveError(
            f"{taken[0]} já existe; outro --out, ou --force para substituir · is there already; name another"
            " --out, or say --force to replace it"
        )
    if single and out.is_dir():
        raise ArchiveError(
            f"{out} é uma pasta; dê um arquivo com --out · is a folder; name a file with --out"
        )
    if not single and out.exists() and not out.is_dir():
        raise ArchiveError(
            f"{out} é um arquivo; várias tabelas vão para uma pasta: dê uma com --out"
            " · is a file; several tables go into a folder: name one with --out"
        )
    if not out.parent.is_dir():
        raise ArchiveError(
            f"não há a pasta {out.parent}; crie-a, ou outro --out · there is no folder"
            f" {out.parent}; make it, or"
            " name another --out"
        )


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix=".pregao-export-", dir=folder))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
