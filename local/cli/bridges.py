"""`pregao bridges`: whom the bridges' names belong to, seen and freed."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from local.cli.paths import STATE
from local.cli.shared.options import Stack
from pregao.domain.delivery.duty import DESK_ZONE

if TYPE_CHECKING:
    from pregao.aws.tables.market.bridge_book import BridgeBook

NOTHING = 1

app = typer.Typer(
    help="Os nomes dos bridges e a quem pertencem · the bridges' names and whose they are.",
    no_args_is_help=True,
)


@app.command("list")
def list_bridges(stack: Stack = None) -> None:
    """Lista os nomes e a identidade que assina em cada um · lists each name and the identity that signs."""
    table = Table("bridge_id", "identidade\nidentity", "desde\nsince")
    for one in _book(stack).owners():
        since = f"{datetime.fromtimestamp(one.since, DESK_ZONE):%d/%m/%Y %H:%M}"
        table.add_row(one.bridge_id, one.owner, since)
    if not table.row_count:
        typer.echo("· nenhum bridge assinou ainda · no bridge has signed yet")
        return
    Console(highlight=False).print(table)


@app.command()
def forget(
    bridge_id: Annotated[str, typer.Argument(help="bridge_id do bridge.toml · of bridge.toml")],
    stack: Stack = None,
) -> None:
    """Libera um nome: fica com quem assinar em seguida · frees a name: whoever signs next has it."""
    if not _book(stack).forget(bridge_id):
        sys.stderr.write(f"pregao: {bridge_id} belongs to nobody; see: pregao bridges list\n")
        raise typer.Exit(NOTHING)
    typer.echo(
        f"· {bridge_id} livre · free. Desative a chave antiga: processos que a conhecem a aceitam até o fim"
        " · deactivate the old access key: processes that know it take it until they end"
    )


def _book(stack: str | None) -> BridgeBook:
    from local.stack.deployed import deployed
    from pregao.aws.tables.market.bridge_book import BridgeBook

    there = deployed(stack, STATE)
    return BridgeBook(there.client("dynamodb"), there.outputs["AdmissionTable"])
