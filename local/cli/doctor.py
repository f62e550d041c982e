"""`pregao doctor`: what is wrong with a stack, the cause first, and what the runbook says to do about it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from local.cli.paths import ROOT, STATE
from local.cli.shared.options import Stack
from local.ops.alarms import read_alarms
from local.ops.runbook import read_steps
from pregao import clock

if TYPE_CHECKING:
    from local.ops.doctor import Finding

SICK = 1


def doctor(
    stack: Stack = None,
    as_json: Annotated[bool, typer.Option("--json", help="tudo em JSON · everything as JSON")] = False,
) -> None:
    """Diz o que está errado, a causa primeiro · says what is wrong, the cause first; exit code 1 if anything.

    Olha consumidores, agendas, chave e segredo, tabelas, funções e seus logs, alarmes e /health.

    Looks at consumers, schedules, key and secret, tables, functions and their logs, alarms, and /health.
    """
    from local.ops.doctor import diagnose
    from local.stack.deploy import STACK
    from local.stack.deployed import deployed

    there, name = deployed(stack, STATE), stack or STACK
    alarms = read_alarms(there.client("cloudwatch"), name)
    (told,) = there.client("cloudformation").describe_stacks(StackName=name)["Stacks"]
    found = diagnose(there, name, alarms, clock.now(), told["CreationTime"].timestamp())
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in found], indent=1, ensure_ascii=False))
    else:
        _show(found, stack)
    if found:
        raise typer.Exit(SICK)


def _logs(stack: str | None) -> str:
    return f"aws logs tail /aws/lambda/{stack}-NAME --since 15m" if stack else f"{STATE}/emulator.log"


def _show(found: list[Finding], stack: str | None) -> None:
    console, todo = Console(highlight=False), read_steps(ROOT, account=stack is not None)
    if not found:
        console.print("· nada errado · nothing is wrong")
        return
    for at, one in enumerate(found):
        console.print(Text(one.cause, "bold red" if at == 0 else "bold"))
        for label, text in (
            ("visto · seen", one.evidence),
            ("log", one.log),
        ):
            if text:
                console.print(Padding(Text(f"{label}: {text}"), (0, 0, 0, 2)))
        if one.runbook in todo:
            console.print(f"  fazer · do (docs/RUNBOOK.md, {one.runbook}):", markup=False)
            console.print(Padding(Text(todo[one.runbook]), (0, 0, 1, 4)))
    console.print(f"· logs: {_logs(stack)}", markup=False, soft_wrap=True)
