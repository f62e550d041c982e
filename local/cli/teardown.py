"""`pregao teardown`: deletes a stack; its audit tables and archive are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from local.stack.errors import StackError
from pregao.domain.text.words import counted

if TYPE_CHECKING:
    from local.stack.account.teardown import Plan


def teardown(
    stack: Annotated[str, typer.Option("--stack", help="a pilha · the stack's name")],
    confirm: Annotated[
        str | None,
        typer.Option("--confirm", help="o nome outra vez, para apagar · the name again, to really delete"),
    ] = None,
) -> None:
    """Mostra o que sairia e o que fica; apaga com --confirm NOME · shows, and with --confirm deletes."""
    import boto3

    from local.stack.account.teardown import execute, plan

    planned = plan(boto3.client("cloudformation"), stack)
    _tell(planned)
    if confirm is None:
        typer.echo(f"· nada foi apagado · nothing was deleted. Para apagar: --confirm {stack}")
        return
    if confirm != stack:
        raise StackError(
            f"--confirm {confirm} não é {stack}: nada foi apagado"
            f" · --confirm {confirm} is not {stack}: nothing was deleted"
        )
    execute(boto3.client, planned)
    typer.echo(f"· {stack} apagada · deleted")


def _tell(planned: Plan) -> None:
    for name in planned.emptied:
        typer.echo(f"- esvaziado e apagado · emptied and deleted: bucket {name}")
    others = len(planned.goes) - len(planned.emptied)
    typer.echo(f"- apagados · deleted: {counted(others, 'resource')}")
    for one in planned.stays:
        typer.echo(f"+ fica · stays: {one.logical} ({one.kind}) {one.name}")
