"""`pregao level`: an operator's own price alerts, through the API that the console asks."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from local.cli.shared.moments import a_day
from local.cli.shared.options import Stack

if TYPE_CHECKING:
    from collections.abc import Mapping

REFUSED = 1
UNREACHED = 3

app = typer.Typer(
    help="Alertas de preço de um operador · an operator's own price alerts.", no_args_is_help=True
)


class How(StrEnum):
    """What has to happen at the price."""

    UP = "cross_up"
    DOWN = "cross_down"
    TOUCH = "touch"


class Often(StrEnum):
    """How often it rings."""

    ONCE = "once"
    SESSION = "session"


Who = Annotated[str, typer.Option("--operator", help="de quem · whose, of operators.yaml")]
Id = Annotated[str, typer.Argument(help="id, ou o começo dele · or its beginning")]
Json = Annotated[bool, typer.Option("--json", help="JSON em vez de texto · instead of text")]


@app.command("list")
def list_levels(operator: Who, json_out: Json = False, stack: Stack = None) -> None:
    """Lista os alertas de preço e como estão · lists the price alerts and how they stand."""
    told = _ask("GET", "", operator, stack)
    if json_out:
        typer.echo(json.dumps(told, ensure_ascii=False))
        return
    for one in told["levels"]:
        typer.echo(_line(one))
    used = f"{len(told['levels'])}/{told['at_most']}"
    typer.echo(f"· alertas de preço · price alerts: {used}")


@app.command()
def add(
    instrument: Annotated[str, typer.Argument(help="ativo · instrument: WIN")],
    price: Annotated[str, typer.Argument(help="com ponto decimal · with a decimal point: 131200")],
    operator: Who,
    how: Annotated[How, typer.Option(help="cruza para cima, para baixo, toca · what happens")] = How.TOUCH,
    timeframe: Annotated[str, typer.Option(help="velas em que é julgado · candles it is judged on")] = "M5",
    often: Annotated[
        Often, typer.Option(help="uma vez ou por pregão · once or in each session")
    ] = Often.ONCE,
    until: Annotated[
        datetime | None, typer.Option(parser=a_day, metavar="DATE", help="último dia (UTC) · last day (UTC)")
    ] = None,
    note: Annotated[str, typer.Option(help="nota de até 140 letras · note, 140 letters at most")] = "",
    json_out: Json = False,
    stack: Stack = None,
) -> None:
    """Cria um alerta de preço, só para o operador · sets a price alert, for the operator alone."""
    asked: dict[str, Any] = {"instrument": instrument, "timeframe": timeframe, "price": _number(price)}
    asked |= {"crossing": how.value, "often": often.value, "note": note}
    if until is not None:
        asked["expires_at"] = until.replace(tzinfo=UTC).timestamp() + 86_400
    _tell(_ask("POST", "", operator, stack, asked)["level"], json_out)


@app.command()
def pause(level: Id, operator: Who, json_out: Json = False, stack: Stack = None) -> None:
    """Pausa um alerta de preço · pauses a price alert."""
    _tell(_ask("PATCH", level, operator, stack, {"paused": True})["level"], json_out)


@app.command()
def resume(level: Id, operator: Who, json_out: Json = False, stack: Stack = None) -> None:
    """Retoma um alerta pausado, tocado ou de contrato que virou · arms a price alert again."""
    _tell(_ask("PATCH", level, operator, stack, {"paused": False})["level"], json_out)


@app.command()
def move(
    level: Id,
    price: Annotated[str, typer.Argument(help="novo preço, com ponto decimal · new price, decimal point")],
    operator: Who,
    json_out: Json = False,
    stack: Stack = None,
) -> None:
    """Muda o preço de um alerta · moves a price alert to another price."""
    _tell(_ask("PATCH", level, operator, stack, {"price": _number(price)})["level"], json_out)


@app.command()
def remove(level: Id, operator: Who, json_out: Json = False, stack: Stack = None) -> None:
    """Apaga um alerta de preço, pelo começo do id · removes one, by its id's beginning."""
    _tell(_ask("DELETE", level, operator, stack)["level"], json_out, "removido · removed")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise typer.BadParameter(f"{text}: escreva como · write it like 131200 ou · or 5412.5") from error


def _tell(level: Mapping[str, Any], json_out: bool, what: str = "") -> None:
    typer.echo(json.dumps(level, ensure_ascii=False) if json_out else f"{what} {_line(level)}".strip())


def _line(one: Mapping[str, Any]) -> str:
    until = datetime.fromtimestamp(one["expires_at"], UTC)
    said = (one["id"], one["contract"], one["timeframe"], f"{one['price']:g}", one["crossing"], one["often"])
    note = f" · {one['note']}" if one["note"] else ""
    price = " ".join((*said, one["state"]))
    return f"{price} · até · until {until:%Y-%m-%d %H:%M} UTC{note}"


def _ask(
    method: str, level: str, operator: str, stack: str | None, body: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Ask the stack's API as an operator; ends the command with its words where it refuses."""
    import urllib3

    from local.cli.paths import STATE
    from local.cli.token import token_for
    from local.stack.deployed import deployed

    there = deployed(stack, STATE)
    token = token_for(there, operator, 300)
    url = f"{there.outputs['HttpUrl']}/api/levels"
    if level:
        level = _whole(level, operator, stack) if len(level) < 16 else level
        url += f"/{level}"
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    text = None if body is None else json.dumps(body)
    try:
        answer = urllib3.request(method, url, body=text, headers=headers, timeout=30.0, retries=False)
        told = json.loads(answer.data)
    except (urllib3.exceptions.HTTPError, ValueError) as error:
        sys.stderr.write(f"pregao: a API não respondeu · the API did not answer: {error}\n")
        raise typer.Exit(UNREACHED) from error
    if answer.status >= 400:
        for reason in told.get("reasons", [told.get("error", str(answer.status))]):
            sys.stderr.write(f"pregao: {reason}\n")
        raise typer.Exit(REFUSED)
    return dict(told)


def _whole(start: str, operator: str, stack: str | None) -> str:
    """Return the only id that begins so."""
    found = [one["id"] for one in _ask("GET", "", operator, stack)["levels"] if one["id"].startswith(start)]
    if len(found) != 1:
        raise typer.BadParameter(f"{start}: {len(found)} ids começam assim · begin so; pregao level list")
    return str(found[0])
