"""`pregao alarms`: what is wrong, and what the runbook says to do about it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from local.cli.paths import ROOT, STATE
from local.cli.shared.options import Stack
from local.ops.alarms import Judged, State, judged, read_alarms
from local.ops.runbook import read_steps
from pregao import clock

LIT = 1
WORDS = {State.ALARM: "ACESO · LIT", State.OK: "ok", State.UNKNOWN: "sem dados · no data"}


def alarms(
    stack: Stack = None,
    every: Annotated[
        bool, typer.Option("--all", help="também os apagados · also those that are not lit")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="tudo em JSON · everything as JSON")] = False,
) -> None:
    """Alarmes acesos e o que fazer · alarms that are lit and what to do; exit code 1 if any is.

    Numa conta são os do CloudWatch; nesta máquina são julgados aqui, pelas mesmas regras.

    In an account they are CloudWatch's own; on this machine they are judged here, by the same rules.
    """
    from local.stack.deploy import STACK
    from local.stack.deployed import deployed

    there = deployed(stack, STATE)
    cloudwatch = there.client("cloudwatch")
    found = read_alarms(cloudwatch, stack or STACK)
    if stack:
        states = [Judged(one, one.said) for one in found]
    else:
        (here,) = there.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        states = list(judged(cloudwatch, found, clock.now(), here["CreationTime"].timestamp()))
    if as_json:
        typer.echo(json.dumps([asdict(one) for one in states], indent=1))
    else:
        _show(states, every, account=stack is not None)
    if any(one.state is State.ALARM for one in states):
        raise typer.Exit(LIT)


def _show(states: list[Judged], every: bool, *, account: bool) -> None:
    console, todo = Console(highlight=False), read_steps(ROOT, account=account)
    lit = [one for one in states if one.state is State.ALARM]
    for one in states if every else lit:
        red = "bold red" if one in lit else "dim"
        console.print(
            Text.assemble((f"{WORDS[one.state]:<20}", red), (one.alarm.key, "bold"), f"  {one.alarm.means}")
        )
        if one in lit:
            console.print(Padding(Text(todo.get(one.alarm.key, "")), (0, 0, 1, 4)))
    quiet = len(states) - len(lit)
    console.print(f"· acesos · lit: {len(lit)}; apagados · not lit: {quiet}")
