"""What runs in the emulator's process: ministack, with short cuts and a gap closed.

It parses an expression anew for every item it holds against it, and a query holds every item of a partition
against the key condition, also those it has just found by that very key. At ten thousand records in a day's
chain a query took 0.4 s, and every other request waited. The answers are the same; the version is pinned.

And it does not hand on the subprotocol that the $connect function chose, as API Gateway does; a browser that
offered one then closes the socket. ministack_metrics measures what AWS does, ministack_guard says who asks.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from typing import Any

from ministack import app
from ministack.services import apigateway, dynamodb
from ministack_guard import guard  # type: ignore[import-not-found]  # beside this script
from ministack_metrics import measure  # type: ignore[import-not-found]

Send = Callable[[dict[str, Any]], Awaitable[None]]

_ONE_KEY = re.compile(r"\s*(\w+)\s*=\s*(:\w+)\s*")


def shorten() -> None:
    """Put the short cuts in place; there is no public way in."""
    for name in ("_tokenize", "_condition_syntax_error"):
        setattr(dynamodb, name, functools.lru_cache(maxsize=1024)(getattr(dynamodb, name)))
    whole_key = functools.lru_cache(maxsize=1024)(_ONE_KEY.fullmatch)
    usual = dynamodb._evaluate_condition

    def evaluate(
        expression: str,
        item: Mapping[str, Any],
        values: Mapping[str, Any],
        names: Mapping[str, str],
        slot: str = "ConditionExpression",
    ) -> bool:
        """Know an item by the very key asked for; everything else goes the usual way."""
        if slot == "KeyConditionExpression" and (key := whole_key(expression)):
            name, value = key.groups()
            if name in item and item[name] == values.get(value):
                return True
        return bool(usual(expression, item, values, names, slot))

    dynamodb._evaluate_condition = evaluate


def hand_on_subprotocols() -> None:
    """Accept a socket with the Sec-WebSocket-Protocol of its $connect function's answer."""
    chosen: ContextVar[str | None] = ContextVar("chosen", default=None)
    invoke, handle = apigateway._invoke_ws_lambda, apigateway.handle_websocket

    async def invoked(*args: Any, **kwargs: Any) -> Any:
        answer = await invoke(*args, **kwargs)
        headers = (answer or {}).get("headers") or {}
        named = {name.lower(): value for name, value in headers.items()}
        if "sec-websocket-protocol" in named:
            chosen.set(named["sec-websocket-protocol"])
        return answer

    async def handled(scope: Any, receive: Any, send: Send, *args: Any, **kwargs: Any) -> None:
        async def sent(message: dict[str, Any]) -> None:
            if message["type"] == "websocket.accept" and (name := chosen.get()):
                message |= {"subprotocol": name}
            await send(message)

        await handle(scope, receive, sent, *args, **kwargs)

    apigateway._invoke_ws_lambda, apigateway.handle_websocket = invoked, handled


if __name__ == "__main__":
    shorten()
    hand_on_subprotocols()
    measure()
    guard()
    app.main()
