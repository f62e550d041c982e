"""`pregao audit query` and `pregao audit export`: what compliance asks of the archive."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from local.audit import archive_export
from local.audit.archive_export import Format
from local.cli.shared.answer import Form, show
from local.cli.shared.audit_options import (
    MAP,
    AlertId,
    ConfigDir,
    FirstDay,
    LastDay,
    OneDay,
    State,
    Which,
    Whose,
    days_of,
    files_of,
)
from local.cli.shared.language import Language
from local.cli.shared.options import Folder, Stack
from pregao.domain.audit.archive_days import Days
from pregao.domain.audit.archive_schema import TABLES
from pregao.domain.audit.named_queries import NamedQuery, named_queries, named_query
from pregao.domain.delivery.duty import DESK_ZONE
from pregao.domain.text.words import counted
from pregao.flow.ports.archive import Answer

if TYPE_CHECKING:
    from local.audit.verdict import Verdict
    from local.audit.workbook import Cover
    from pregao.domain.audit.people import People
    from pregao.flow.steps.audit.question import Archive, Asked

NOT_SEARCHED = CHANGED = 1
COVER = {
    "pt": ("Dias (UTC)", "Operador", "Ativo", "Exportado em", "Exportado por", "Conferência", "todos"),
    "en": ("Days (UTC)", "Operator", "Instrument", "Exported at", "Exported by", "Verification", "all"),
}
"""Labels of an Excel file's cover, and what stands for no choice."""
UNVERIFIED = {
    "pt": "não conferido nesta exportação: --key pregao.pem, ou pregao audit verify",
    "en": "not verified in this export: --key pregao.pem, or pregao audit verify",
}


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
    operator: Whose = "",
    alert: AlertId = "",
    instrument: Which = "",
    state: State = "",
    day: OneDay = None,
    first: FirstDay = None,
    last: LastDay = None,
    folder: Folder = None,
    stack: Stack = None,
    form: Annotated[Form, typer.Option("--format", help="table, csv ou · or json")] = Form.TABLE,
    text: Annotated[
        bool, typer.Option("--sql", help="só mostra o SQL, para o Athena · the SQL alone, for Athena")
    ] = False,
    config_dir: ConfigDir = MAP,
) -> None:
    """Pergunta ao arquivo da auditoria · asks the audit's archive, by name or in SQL; no name lists them.

    Código 0 com uma resposta, também "nada" com o que foi procurado; 1 onde não havia o que procurar.

    Exit code 0 with an answer, "nothing" with what was searched too; 1 where there was nothing to search.
    """
    from local.audit.people import people_in
    from pregao.flow.steps.audit.question import Asked

    if what is None:
        _list()
        return
    asked = Asked(days_of(first, last, day), operator, alert, state)
    if state and (text or len(what.split()) > 1):
        raise typer.BadParameter(
            "--state é de uma pergunta por nome; em SQL escreva um WHERE"
            " · --state is for a question by name; in SQL write a WHERE"
        )
    if text:
        typer.echo(_text_of(what, asked, people_in(config_dir)), nl=False)
        return
    named = None if len(what.split()) > 1 else named_query(what)  # a name has no space in it, SQL always has
    with open_archive(Place(folder, stack, config_dir), asked, named, instrument) as (archive, _):
        if named:
            answer = archive.named(named, asked)
        else:
            archive.whose(operator)
            answer = archive.sql.ask(what)
        tell(answer, form, archive, named.sql if named else what, asked.days)
        if named and (lacking := archive.not_recorded(named)):
            typer.echo(f"· {lacking}", err=True)


@dataclass(frozen=True, slots=True)
class Place:
    """Where the archive lies, and the map of names."""

    folder: Path | None
    stack: str | None
    config_dir: Path


@contextmanager
def open_archive(
    place: Place, asked: Asked, named: NamedQuery | None, instrument: str
) -> Iterator[tuple[Archive, Path]]:
    """Yield the objects that a question needs, as tables, and the root of their copy; raises ArchiveError."""
    from local.audit.people import people_in
    from pregao.aws.archive.files import days_in
    from pregao.aws.archive.sql import ArchiveSql
    from pregao.config.reader import load
    from pregao.flow.steps.audit.question import Archive

    reads = named.reads(asked.days) if named else asked.days
    root, read = files_of(place.folder, place.stack, reads)
    with ArchiveSql(read) as sql:
        archive = Archive(sql, days_in(read), people_in(place.config_dir))
        if instrument:
            archive.only(instrument, lambda: load(place.config_dir))
        yield archive, root


LAGS = (
    "o arquivo segue as tabelas em minutos: o que acabou de acontecer ainda não está nele"
    " · the archive follows the tables within minutes: what happened just now is not in it yet"
)


def _today() -> date:
    return datetime.now(UTC).date()


def tell(answer: Answer, form: Form, archive: Archive, sql: str, days: Days) -> None:
    """Print an answer, and what was searched where it is empty or days are missing."""
    from pregao.flow.steps.audit.question import missing_told

    rows = show(answer, form, archive.people)
    searched = archive.searched(sql, days) if not rows else None
    gaps = searched.missing if searched else archive.missing(days)
    if searched and searched.anything:
        typer.echo(f"· nada · nothing; procurado em · searched: {searched}", err=form is not Form.TABLE)
        if days.last >= _today():
            typer.echo(f"· {LAGS}", err=True)
    if gaps:
        typer.echo(f"· {missing_told(gaps)}", err=True)
    if searched and not searched.anything:
        typer.echo(f"pregao: nada foi procurado · nothing was searched: {searched}", err=True)
        raise typer.Exit(NOT_SEARCHED)


def export(
    out: Annotated[
        Path, typer.Option("--out", help="arquivo, ou pasta para várias tabelas · file or folder")
    ],
    day: OneDay = None,
    first: FirstDay = None,
    last: LastDay = None,
    operator: Whose = "",
    instrument: Which = "",
    kind: Annotated[Format, typer.Option("--format", help="csv, parquet ou · or xlsx")] = Format.CSV,
    table: Annotated[
        TableName | None, typer.Option("--table", help="só uma das três · one of the three tables")
    ] = None,
    folder: Folder = None,
    stack: Stack = None,
    force: Annotated[bool, typer.Option("--force", help="substitui o que existir · replaces files")] = False,
    key: Annotated[
        list[Path] | None,
        typer.Option(
            "--key", help="confere a cópia para a capa · verifies the copy for the cover: public key"
        ),
    ] = None,
    language: Annotated[
        Language, typer.Option("--lang", help="idioma do Excel · Excel's language")
    ] = Language.PT_BR,
    config_dir: ConfigDir = MAP,
) -> None:
    """Exporta os registros de uns dias · exports the records of some days, one flat row each, with hashes.

    Com --key diz também se esses dias conferem; código 1 se não, ou se nenhum deles está no arquivo.

    With --key it says too whether those days hold; exit code 1 if not, or if none of them is in the archive.
    """
    from pregao.flow.steps.audit.question import Asked, missing_told

    tables = [str(table)] if table else list(TABLES)
    asked = Asked(days_of(first, last, day), operator)
    console = Console(stderr=True, highlight=False)
    with (
        open_archive(Place(folder, stack, config_dir), asked, None, instrument) as (archive, root),
        console.status("· …") as status,
    ):
        archive.whose(operator)
        if (gaps := archive.missing(asked.days)) and len(gaps) == sum(1 for _ in asked.days.each()):
            typer.echo(f"pregao: nada foi exportado · nothing was exported: {missing_told(gaps)}", err=True)
            raise typer.Exit(NOT_SEARCHED)
        verified = _verified(root, key, asked.days)
        written = archive_export.export(
            archive.sql,
            tables,
            kind,
            out,
            force=force,
            tell=lambda name, rows: status.update(f"· {name}: {rows}"),
            cover=_cover(archive, verified, asked, instrument, language),
        )
    for path, rows in written.items():
        typer.echo(f"· {path}: {counted(rows, 'record')}, SHA-256 {archive_export.sha256_of(path)}")
    if gaps:
        typer.echo(f"· {missing_told(gaps)}", err=True)
    for text in verified.said.values() if verified else ():
        typer.echo(f"· {text}")
    if verified and not verified.sound:
        raise typer.Exit(CHANGED)


def check(
    file: Annotated[Path, typer.Argument(help="arquivo exportado · an exported file")],
    told: Annotated[
        str | None, typer.Option("--sha256", help="hash anotado na exportação · the hash that export told")
    ] = None,
) -> None:
    """Confere um arquivo exportado · tells whether an exported file is as it was; exit code 1 if not."""
    if archive_export.sealed(file, told):
        typer.echo(f"· {file}: como exportado · as exported, SHA-256 {archive_export.sha256_of(file)}")
        return
    typer.echo(f"· {file}: ALTERADO desde a exportação · CHANGED since it was exported")
    raise typer.Exit(CHANGED)


def _verified(root: Path, key: list[Path] | None, days: Days) -> Verdict | None:
    """Return the verification of the days exported, None without a key."""
    from local.audit import keys
    from local.audit.verdict import verdict

    return verdict(root, keys.of_files(*key), datetime.now(UTC), days) if key else None


def _cover(
    archive: Archive, verified: Verdict | None, asked: Asked, instrument: str, language: Language
) -> Cover:
    """Return what an Excel file begins with: what was exported, when, by whom, and its verification."""
    from local.audit.workbook import Cover

    short, now = "pt" if language is Language.PT_BR else "en", datetime.now(UTC)
    labels = COVER[short]
    whose = archive.whose(asked.operator)
    values = (
        _span(asked.days, language) if asked.days != Days() else labels[-1],
        f"{archive.people.name_of(whose)} ({whose})" if whose else labels[-1],
        instrument or labels[-1],
        f"{now.astimezone(DESK_ZONE):%d/%m/%Y %H:%M} ({now:%Y-%m-%d %H:%M} UTC)",
        getpass.getuser(),
        verified.said[short] if verified else UNVERIFIED[short],
    )
    return Cover(list(zip(labels, values, strict=False)), archive.people.name_of, short)


def _span(days: Days, language: Language) -> str:
    form, to = ("%d/%m/%Y", "a") if language is Language.PT_BR else ("%Y-%m-%d", "to")
    first, last = days.first.strftime(form), days.last.strftime(form)
    return first if first == last else f"{first} {to} {last}"


def _list() -> None:
    for one in named_queries().values():
        options = "".join(f" --{name} …" for name in one.asks_for)
        typer.echo(f"{one.name}{options} --from … --to …\n    {one.pt}\n    {one.en}")


def _text_of(what: str, asked: Asked, people: People) -> str:
    """Return a named query's SQL with its values in it; a pseudonym that no map knows is taken as it is."""
    given = asked.operator and people.pseudonym(asked.operator, lambda: {asked.operator})
    return named_query(what).filled(asked.days, {"operator": given, "alert": asked.alert})
