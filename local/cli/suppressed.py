"""`pregao suppressed`: addresses that get no e-mail any more, seen and lifted."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from local.cli.paths import CONFIG, STATE
from local.cli.shared.options import Stack
from pregao.domain.delivery.duty import DESK_ZONE
from pregao.domain.delivery.suppression import address_key

if TYPE_CHECKING:
    from pregao.aws.tables.delivery.suppressions import Suppressions

NOTHING = 1

app = typer.Typer(
    help="Endereços suspensos: ver, liberar · addresses that get no e-mail any more.", no_args_is_help=True
)


@app.command("list")
def list_suppressed(stack: Stack = None) -> None:
    """Lista os endereços suspensos · lists them, by the address where operators.yaml still has it."""
    from pregao.config.reader import load

    found = _suppressions(stack).all()
    if not found:
        typer.echo("· nenhum endereço suspenso · no address is suppressed")
        return
    known = {address_key(one.email): one.email for one in load(CONFIG).operators}
    table = Table("operador\noperator", "endereço\naddress", "por quê\nwhy", "desde\nsince")
    for one in found:
        since = f"{datetime.fromtimestamp(one.since, DESK_ZONE):%d/%m/%Y %H:%M}"
        table.add_row(one.operator, known.get(one.key, f"{one.key[:12]}…"), one.cause, since)
    Console(highlight=False).print(table)


@app.command()
def lift(
    address: Annotated[str, typer.Argument(help="endereço · the e-mail address")], stack: Stack = None
) -> None:
    """Libera um endereço · lets an address get e-mails again; what it missed: pregao dlq replay."""
    if not _suppressions(stack).lift(address_key(address)):
        sys.stderr.write(f"pregao: {address} is not suppressed; see: pregao suppressed list\n")
        raise typer.Exit(NOTHING)
    typer.echo(
        f"· {address} liberado · lifted. A conta pode ter a sua própria lista · the account may have a list"
        f" of its own:\n  aws sesv2 delete-suppressed-destination --email-address {address}"
    )


def _suppressions(stack: str | None) -> Suppressions:
    from local.stack.deployed import deployed
    from pregao.aws.tables.delivery.suppressions import Suppressions

    there = deployed(stack, STATE)
    return Suppressions(there.client("dynamodb"), there.outputs["AdmissionTable"])
