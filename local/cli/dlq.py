"""`pregao dlq`: the dead letters, seen, explained and sent again."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from local.cli.paths import STATE
from local.cli.shared.options import Stack
from pregao.domain.audit.alert_ids import the_one, written
from pregao.domain.delivery.duty import DESK_ZONE
from pregao.domain.text.words import counted

if TYPE_CHECKING:
    from local.ops.dead_letters import DeadLetter

NOTHING = 1
OF = "dead letters, or alerts of some,"

app = typer.Typer(
    help="Cartas mortas: ver, explicar, reenviar · what no delivery could finish.", no_args_is_help=True
)
Which = Annotated[str, typer.Argument(help="começo do id · the beginning of a letter's or an alert's id")]


@app.command("list")
def list_letters(stack: Stack = None) -> None:
    """Lista as cartas mortas · lists every dead letter with its reason; takes nothing out."""
    from local.ops.dead_letters import DeadLetters, gathered
    from local.stack.deployed import deployed
    from pregao.domain.text.email import headline

    with DeadLetters(deployed(stack, STATE)) as letters:
        found = letters.read()
    if not found:
        typer.echo("· nenhuma carta morta · no dead letter")
        return
    table = Table(
        "id", "fila\nqueue", "alerta · alert", "operadores\noperators", "desde\nsince", "por quê · why"
    )
    for one, times in gathered(found):
        when = f"{datetime.fromtimestamp(one.sent_at, DESK_ZONE):%d/%m %H:%M}"
        what = headline(one.alert, "pt-BR") if one.alert else one.about or one.body[:40]
        often = f" ({times}x)" if times > 1 else ""
        table.add_row(one.id[:8], one.kind, what + often, ", ".join(one.operators), when, one.reason)
    Console(highlight=False).print(table)


@app.command()
def show(which: Which, stack: Stack = None) -> None:
    """Mostra uma carta inteira · shows one letter whole, as JSON after its reason."""
    from local.ops.dead_letters import DeadLetters
    from local.stack.deployed import deployed
    from pregao.wire.alert_v1 import dump_alert

    with DeadLetters(deployed(stack, STATE)) as letters:
        for one in _chosen(letters.read(), [which]):
            typer.echo(f"· {one.id}: {one.kind}, {one.reason}", err=True)
            typer.echo(dump_alert(one.alert).decode() if one.alert else one.body)


@app.command()
def replay(
    which: Annotated[list[str] | None, typer.Argument(help="começos de ids · beginnings of ids")] = None,
    stack: Stack = None,
    every: Annotated[bool, typer.Option("--all", help="todas · all of them")] = False,
) -> None:
    """Devolve cartas à fila · sends letters back to their queues; what was done already is not done twice."""
    from local.ops.dead_letters import MISSED, DeadLetters
    from local.stack.deployed import deployed

    if not which and not every:
        raise typer.BadParameter(
            "diga as cartas pelo começo do id, ou --all · name letters by the beginning of their"
            " id, or say --all"
        )
    with DeadLetters(deployed(stack, STATE)) as letters:
        found = letters.read()
        # what was missed has no queue to go back to; named, it says so
        chosen = [one for one in found if one.kind != MISSED] if every else _chosen(found, which or [])
        for one in chosen:
            letters.replay(one)
    typer.echo(f"· {counted(len(chosen), 'letter')}: de volta à fila · sent again")


@app.command()
def drop(
    which: Annotated[list[str] | None, typer.Argument(help="começos de ids · beginnings of ids")] = None,
    stack: Stack = None,
    every: Annotated[bool, typer.Option("--all", help="todas as perdidas · all missed ones")] = False,
) -> None:
    """Retira rodadas, lotes e arquivos perdidos · takes away what was missed, nothing else."""
    from local.ops.dead_letters import MISSED, DeadLetters
    from local.stack.deployed import deployed

    if not which and not every:
        raise typer.BadParameter(
            "diga as cartas pelo começo do id, ou --all · name letters by the beginning of their"
            " id, or say --all"
        )
    with DeadLetters(deployed(stack, STATE)) as letters:
        found = letters.read()
        chosen = [one for one in found if one.kind == MISSED] if every else _chosen(found, which or [])
        for one in chosen:
            letters.drop(one)
    typer.echo(f"· {counted(len(chosen), 'letter')}: fora da fila · taken away")


def _chosen(letters: list[DeadLetter], beginnings: list[str]) -> list[DeadLetter]:
    """Return the letters named, all of an alert's by its id; a beginning of several is an ArchiveError."""
    chosen = []
    for asked in beginnings:
        start = written(asked)
        named: dict[str, list[DeadLetter]] = {}
        for one in letters:
            if name := one.called(start):
                named.setdefault(name, []).append(one)
        if not named:
            sys.stderr.write(f"pregao: no dead letter begins with '{asked}'; see: pregao dlq list\n")
            raise typer.Exit(NOTHING)
        told = {name: _told(of[0]) for name, of in named.items()}
        chosen += [one for one in named[the_one(start, told, what=OF)] if one not in chosen]
    return chosen


def _told(one: DeadLetter) -> str:
    """Return what tells a letter from others."""
    from pregao.domain.text.email import headline

    what = headline(one.alert, "pt-BR") if one.alert else one.about or one.body[:40]
    return f"{datetime.fromtimestamp(one.sent_at, DESK_ZONE):%d/%m %H:%M} {one.kind} {what}"
