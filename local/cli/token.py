"""`pregao token`: a token for an operator of a stack, or for an officer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from local.cli.paths import CONFIG, STATE
from local.cli.shared.options import Stack
from pregao import clock
from pregao.aws.secret import read_secret

if TYPE_CHECKING:
    from local.stack.deployed import Deployed

EIGHT_HOURS = 8 * 3600


def token(
    operator: Annotated[
        str,
        typer.Argument(
            help="operador de operators.yaml, ou com --officer alguém de officers.yaml"
            " · an operator of config/operators.yaml, or with --officer one of officers.yaml"
        ),
    ],
    life: Annotated[
        int, typer.Option(help="validade em segundos · seconds it is valid", min=1)
    ] = EIGHT_HOURS,
    officer: Annotated[
        bool, typer.Option("--officer", help="abre a página da auditoria · opens the compliance page")
    ] = False,
    stack: Stack = None,
) -> None:
    """Um token que abre as telas como OPERATOR · prints a token for the screens of the stack, as OPERATOR."""
    from local.stack.deployed import deployed

    sign = officer_token if officer else token_for
    typer.echo(sign(deployed(stack, STATE), operator, life))


def token_for(stack: Deployed, operator: str, life_s: int = EIGHT_HOURS) -> str:
    """Sign a token with the stack's key; raises typer.BadParameter for somebody not on the desk."""
    from pregao.config.reader import load as load_config
    from pregao.wire.token_v1 import Identity, issue

    roles = {one.id: one.role for one in load_config(CONFIG).operators}
    if operator not in roles:
        raise typer.BadParameter(
            f"{operator} não está em · is not in config/operators.yaml; {', '.join(roles)}"
        )
    return issue(Identity(operator, roles[operator]), _key(stack), now=clock.now(), life_s=life_s)


def officer_token(stack: Deployed, officer: str, life_s: int = EIGHT_HOURS) -> str:
    """Sign a token for the compliance page; raises typer.BadParameter for who is no officer."""
    from pregao.config.reader import load as load_config
    from pregao.wire.token_v1 import issue_officer

    officers = [one.id for one in load_config(CONFIG).officers]
    if officer not in officers:
        raise typer.BadParameter(
            f"{officer} não está em · is not in config/officers.yaml; {', '.join(officers)}"
        )
    return issue_officer(officer, _key(stack), now=clock.now(), life_s=life_s)


def _key(stack: Deployed) -> str:
    return read_secret(stack.client("secretsmanager"), stack.outputs["TokenSecretArn"])
