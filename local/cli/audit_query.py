"""`pregao audit query` and `pregao audit export`: what compliance asks of the archive."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from local.audit import archive_export
from local.audit.archive_copy import copy_days
from local.audit.archive_export import Format
from local.audit.archive_files import Days, Files, files_in
from local.audit.archive_schema import TABLES
from local.audit.archive_sql import ArchiveSql
from local.audit.named_queries import named_queries, named_query
from local.cli.paths import STATE
from local.cli.shared.answer import Form, show
from local.cli.shared.options import Folder, Stack
from local.errors import ArchiveError
from local.stack.deployed import deployed

CACHE = STATE / "archive"

Day = datetime | None
ISO = ["%Y-%m-%d"]
From = Annotated[Day, typer.Option("--from", formats=ISO, help="primeiro dia, UTC · first day, UTC")]
To = Annotated[Day, typer.Option("--to", formats=ISO, help="último dia, UTC · last day, UTC")]


class TableName(StrEnum):
    """The three tables."""

    ALERTAS = "alertas_audit"
    ENTREGA = "entrega_audit"
    ACAO = "acao_operador_audit"


def query(
    what: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME|SQL", help="nome da pergunta, ou SQL entre aspas · a question's name, or SQL"
        ),
    ] = None,
    operator: Annotated[str, typer.Option("--operator", help="pseudônimo · the pseudonym, op-3f9c21ab")] = "",
    alert: Annotated[str, typer.Option("--alert", help="id do alerta · the alert's id")] = "",
    day: Annotated[Day, typer.Option("--day", formats=ISO, help="um dia só, UTC · one day, UTC")] = None,
    first: From = None,
    last: To = None,
    folder: Folder = None,
    stack: Stack = None,
    form: Annotated[Form, typer.Option("--format", help="table, csv ou · or json")] = Form.TABLE,
    text: Annotated[
        bool, typer.Option("--sql", help="só mostra o SQL, para o Athena · the SQL alone, for Athena")
    ] = False,
) -> None:
    """Pergunta ao arquivo da auditoria · asks the audit's archive, by name or in SQL; no name lists them."""
    if what is None:
        _list()
        return
    days = _days(first, last, day)
    given = {"operator": operator, "alert": alert}
    if text:
        typer.echo(named_query(what).filled(days, given), nl=False)
        return
    sql, parameters, read = _question(what, days, given)
    with ArchiveSql(_files(folder, stack, read)) as archive:
        show(archive.ask(sql, parameters), form)


def export(
    out: Annotated[
        Path, typer.Option("--out", help="arquivo, ou pasta para várias tabelas · file or folder")
    ],
    first: From = None,
    last: To = None,
    kind: Annotated[Format, typer.Option("--format", help="csv, parquet ou · or xlsx")] = Format.CSV,
    table: Annotated[
        TableName | None, typer.Option("--table", help="só uma das três · one of the three tables")
    ] = None,
    folder: Folder = None,
    stack: Stack = None,
    force: Annotated[bool, typer.Option("--force", help="substitui o que existir · replaces files")] = False,
) -> None:
    """Exporta os registros de uns dias · exports the records of some days, one flat row each, with hashes."""
    tables = [str(table)] if table else list(TABLES)
    files = _files(folder, stack, _days(first, last, None))
    console = Console(stderr=True, highlight=False)
    with ArchiveSql(files) as archive, console.status("· …") as status:
        written = archive_export.export(
            archive,
            tables,
            kind,
            out,
            force=force,
            tell=lambda name, rows: status.update(f"· {name}: {rows} linhas · rows"),
        )
    for path, rows in written.items():
        typer.echo(f"· {path}: {rows} registros · records")


def _list() -> None:
    for one in named_queries().values():
        options = "".join(f" --{name} …" for name in one.asks_for)
        typer.echo(f"{one.name}{options} --from … --to …\n    {one.pt}\n    {one.en}")


def _question(what: str, days: Days, given: Mapping[str, str]) -> tuple[str, list[str], Days]:
    """Return the SQL, its parameters and the days to read; a name has no space in it, SQL always has."""
    if len(what.split()) > 1:
        return what, [], days
    named = named_query(what)
    return named.sql, named.values(days, given), named.reads(days)


def _days(first: Day, last: Day, day: Day) -> Days:
    if day and (first or last):
        raise ArchiveError("--day is one day; for several say --from and --to")
    every = Days()
    low, high = _date(day or first, every.first), _date(day or last, every.last)
    if not every.first <= low <= high <= every.last:
        raise ArchiveError(f"no days from {low} to {high}: --from is the first, --to the last of them")
    return Days(low, high)


def _date(given: Day, otherwise: date) -> date:
    return given.date() if given else otherwise


def _files(folder: Path | None, stack: str | None, days: Days) -> Files:
    if folder is not None:
        if stack is not None:
            raise ArchiveError("--folder or --stack, not both")
        return files_in(folder, days)
    console = Console(stderr=True, highlight=False)
    with console.status("· arquivo · archive") as status:
        copied = copy_days(
            deployed(stack, STATE),
            days,
            CACHE,
            lambda done, of: status.update(f"· arquivo · archive: {done}/{of} objetos · objects"),
        )
    if copied.fetched:
        console.print(f"· {copied.fetched} objetos copiados · objects copied to {CACHE}")
    for key in copied.strange:
        console.print(
            f"· {key}: não é do arquivo, ignorado · no object of the archive, left out", markup=False
        )
    return copied.files
