"""A line to the emulator that is as slow as one to AWS: each request waits before it goes on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from local.stack.running import StackInfo

CHUNK = 1 << 16
SERVICES = ("DYNAMODB", "SQS", "APIGATEWAYMANAGEMENTAPI", "SECRETS_MANAGER")


@contextmanager
def delayed(upstream: str, seconds: float) -> Iterator[str]:
    """Yield the address of a line to `upstream` on which each request is held back for so long."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="delayed", daemon=True)
    thread.start()
    to = urlsplit(upstream)

    async def serve() -> asyncio.Server:
        return await asyncio.start_server(
            lambda reader, writer: _line(reader, writer, to.hostname, to.port, seconds), "127.0.0.1", 0
        )

    server = asyncio.run_coroutine_threadsafe(serve(), loop).result(10)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end(server: asyncio.Server) -> None:
    server.close()
    lines = [one for one in asyncio.all_tasks() if one is not asyncio.current_task()]
    for one in lines:
        one.cancel()
    await asyncio.gather(*lines, return_exceptions=True)


async def _line(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, host: str, port: int, seconds: float
) -> None:
    """Pass bytes on both ways; the first of a request, which follow an answer, wait."""
    answered = asyncio.Event()
    answered.set()

    async def requests(to: asyncio.StreamWriter) -> None:
        while said := await reader.read(CHUNK):
            if answered.is_set():
                answered.clear()
                await asyncio.sleep(seconds)
            to.write(said)
            await to.drain()
        to.close()

    async def answers(back: asyncio.StreamReader) -> None:
        while said := await back.read(CHUNK):
            answered.set()
            writer.write(said)
            await writer.drain()
        writer.close()

    with suppress(OSError, asyncio.CancelledError):  # asyncio would tell of a line that is cut at the end
        back, to = await asyncio.open_connection(host, port)
        async with asyncio.TaskGroup() as both:
            both.create_task(requests(to))
            both.create_task(answers(back))


def slow_down(stack: StackInfo, address: str) -> None:
    """Send what the functions ask of AWS by way of `address`."""
    lambdas = stack.client("lambda")
    for one in lambdas.list_functions()["Functions"]:
        variables = one.get("Environment", {}).get("Variables", {})
        lines = {f"AWS_ENDPOINT_URL_{service}": address for service in SERVICES}
        for name in lines:
            if name in variables:  # with the path that the template gives it
                lines[name] = variables[name].replace(stack.endpoint, address)
        environment = {"Variables": {**variables, **lines}}
        lambdas.update_function_configuration(FunctionName=one["FunctionName"], Environment=environment)
