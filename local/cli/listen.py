"""`pregao listen`: an operator's screen in a terminal."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from local.cli.paths import STATE
from local.cli.shared.language import Language
from local.cli.token import token_for

if TYPE_CHECKING:
    from local.load.listener import Frame, Listener


def listen(
    operator: Annotated[
        str, typer.Option(help="operador de operators.yaml · an operator of config/operators.yaml")
    ] = "ana",
    token: Annotated[
        str | None, typer.Option(help="em vez do operador · instead of an operator; see `pregao token`")
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="URL do WebSocket · the WebSocket's, else that of the stack here")
    ] = None,
    symbol: Annotated[
        list[str] | None, typer.Option(help="só este ativo, repetível · only this instrument, repeatable")
    ] = None,
    language: Annotated[
        Language, typer.Option(help="língua da tela · the screen's language")
    ] = Language.PT_BR,
    once: Annotated[
        bool, typer.Option(help="termina no primeiro alerta · end after the first alert")
    ] = False,
) -> None:
    """Mostra alertas e silêncios no terminal · shows alerts and silent feeds, confirms, catches up."""
    from local.cli.shared.show import show, show_feed
    from local.load.listener import Listener
    from local.stack.running import load

    console = Console(highlight=False)
    if not (url and token):
        stack = load(STATE)
        url, token = url or stack.websocket_url, token or token_for(stack, operator)
    done = asyncio.Event()

    def ring(alert: Frame, _arrived: float) -> None:
        show(console, alert, language)
        if once and not alert["listed"]:
            done.set()

    shown: set[str] = set()

    def tell(frame: Frame) -> None:
        if frame["action"] == "feed":
            if frame["id"] not in shown:
                show_feed(console, frame, language)
            shown.add(frame["id"])
        elif frame["action"] == "hello":
            console.print(f"[dim]{frame['operator']} · {url}[/dim]")
        elif frame["action"] != "candle":  # candle frames are for charts; not printed
            console.print(f"[dim]{frame}[/dim]")

    subscription = {"symbols": symbol} if symbol else {}
    asyncio.run(_until(done, Listener(url, token, ring, tell, subscription)))


async def _until(done: asyncio.Event, listener: Listener) -> None:
    listening = asyncio.create_task(listener.run())
    ending = asyncio.create_task(done.wait())
    await asyncio.wait({listening, ending}, return_when=asyncio.FIRST_COMPLETED)
    ending.cancel()
    if listening.done():
        listening.result()
    await asyncio.sleep(0.2)  # let the last receipt leave
    listening.cancel()
