"""The operators' page beside a running stack."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from local.cli.paths import CONFIG, ROOT
from local.cli.token import officer_token, token_for

if TYPE_CHECKING:
    from local.stack.running import StackInfo

FILES = ROOT / "local" / "console" / "dist"
PORT = 8137
"""The same each time, so that a page left open finds its server again."""


def where() -> dict[str, str]:
    """Return the template's parameters that tell of the page, where one is built."""
    from local.stack.dev_server import HOST

    return {"ConsoleUrl": f"http://{HOST}:{PORT}"} if (FILES / "index.html").is_file() else {}


@contextmanager
def page(stack: StackInfo, say: Callable[..., None]) -> Iterator[None]:
    """Serve the page for the length of a with block and say where; where none is built, say how to.

    `say` takes a sentence of `language.PORTUGUESE` and its values.
    """
    from local.stack.dev_server import serving
    from pregao.config.reader import load as load_config

    if not (FILES / "index.html").is_file():
        say("no page: it is not built; run: make console")
        yield
        return

    def issuing(sign: Callable[[StackInfo, str], str]) -> Callable[[str], str | None]:
        def issue(name: str) -> str | None:
            try:
                return sign(stack, name)
            except typer.BadParameter:
                return None

        return issue

    loaded = load_config(CONFIG)
    operators, officers = [one.id for one in loaded.operators], [one.id for one in loaded.officers]
    with serving(stack, FILES, issuing(token_for), PORT, operators, issuing(officer_token), officers) as url:
        first = operators[0]
        say(
            "the operators' page, signed in as {operator}: {url}",
            operator=first,
            url=f"{url}/login/{first}",
        )
        yield


@contextmanager
def phones(stack: StackInfo, say: Callable[..., None]) -> Iterator[None]:
    """Hold a messenger and a push service up on loopback, tell what they take, and make the keys of push.

    `say` takes a sentence of `language.PORTUGUESE` and its values.
    """
    from local.cli.channel import make_keys
    from local.stack.phone_services import Received, serving_phones
    from pregao import clock
    from pregao.aws.channels.addresses import Addresses
    from pregao.aws.tables.delivery.devices import Devices

    def took(received: Received) -> None:
        text = next(
            (received.told[name] for name in ("text", "caption", "title") if name in received.told), ""
        )
        say("{channel} to {to}: {text}", channel=received.channel, to=received.to, text=text.splitlines()[0])

    arn, table = stack.outputs["ChannelsSecretArn"], stack.outputs["AdmissionTable"]
    secrets = Addresses(stack.client("secretsmanager"), arn, clock.now)
    make_keys(secrets, Devices(stack.client("dynamodb"), table))
    with serving_phones(took) as services:
        say("a messenger of this machine: pregao channel add ana telegram --server {url}", url=services.url)
        yield
