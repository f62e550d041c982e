"""Quotes on the emulator: a bridge's process, real sockets; nothing is posted when nobody looks."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from datetime import date
from functools import partial
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from websockets.asyncio.client import connect

from local.lab.market import synthesize
from local.lab.mt5file import write_mt5
from local.load.prices import told
from local.load.replay import Hooks, replay
from local.load.run import poster
from tests.e2e.desk import CONFIG, token_of
from tests.e2e.test_bridge import write_keys
from tests.e2e.test_way import frame

pytestmark = [pytest.mark.emulator, pytest.mark.long]

COMMAND = Path(sys.executable).with_name("pregao-bridge")
TOML = """
bridge_id = "mesa-quotes"
language = "en"
heartbeat_s = 60
source = {{ replay = "WIN.csv", speed = 60 }}
[cloud]
url = "{url}"
region = "{region}"
profile = "pregao"
[[feeds]]
symbol = "WDO$N"
"""
OPENED_MID_SESSION_S = 30.0
"""Within so long a page that is opened has its first price: the issue's own words."""
QUIET_S = 25.0
"""Longer than the bridge lets pass without asking whose quotes are wanted."""


class Counted:
    """A line between a bridge and the stack that notes each post and when it passed."""

    def __init__(self, url):
        self._there = urlsplit(url)
        self.posts: list[tuple[float, str]] = []

    async def serve(self):
        server = await asyncio.start_server(self._through, "127.0.0.1", 0)
        here = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        return server, self._there._replace(netloc=here).geturl()

    def of(self, path):
        return [at for at, one in self.posts if one.endswith(path)]

    async def _through(self, reader, writer):
        there, back = await asyncio.open_connection(self._there.hostname, self._there.port)
        await asyncio.gather(self._pump(reader, back, self._note), self._pump(there, writer))

    def _note(self, data):
        if data.startswith(b"POST "):
            self.posts.append((time.monotonic(), data.split(b" ", 2)[1].decode()))

    async def _pump(self, source, target, note=lambda _data: None):
        try:
            while data := await source.read(65_536):
                note(data)
                target.write(data)
                await target.drain()
        except OSError:
            pass
        finally:
            target.close()


@contextmanager
def bridge(directory):
    environ = {**os.environ, "AWS_SHARED_CREDENTIALS_FILE": str(directory / "credentials")}
    process = subprocess.Popen(
        [str(COMMAND), "run"], cwd=directory, env=environ, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=30)


async def until(true, within_s):
    async with asyncio.timeout(within_s):
        while not true():  # noqa: ASYNC110 what is waited for happens in another process
            await asyncio.sleep(0.05)


async def story(stack, directory):
    url = f"{stack.websocket_url}?token={token_of(stack, 'ana')}"
    line = Counted(stack.http_url)
    server, through = await line.serve()
    (directory / "bridge.toml").write_text(TOML.format(url=through, region=stack.region))
    with bridge(directory):
        await until(lambda: line.of("/candles") and line.of("/heartbeats"), 60)
        async with connect(url) as screen, connect(url) as other:
            for one in (screen, other):
                await one.send('{"action": "subscribe", "candles": true}')
                await frame(one, "hello")
            await asyncio.sleep(QUIET_S)
            assert line.of("/quotes") == []  # two screens are open and neither looks at the dollar

            began = time.monotonic()
            await screen.send('{"action": "follow", "instruments": ["WDO"]}')
            first = await frame(screen, "quote", within=OPENED_MID_SESSION_S + 10, instrument="WDO")
            opened_s = time.monotonic() - began
            later = await frame(screen, "quote", instrument="WDO")
            await frame(screen, "candle", instrument="WDO")  # candles go on beside them

            await screen.send('{"action": "follow", "instruments": []}')
            ended = time.monotonic()
            await asyncio.sleep(QUIET_S)
            after = [at for at in line.of("/quotes") if at > ended + 3]
            with pytest.raises(TimeoutError):
                await frame(other, "quote", within=0.5)  # it never asked for one
        server.close()
    return first, later, opened_s, line.of("/quotes"), after


def test_a_page_that_looks_has_prices_within_half_a_minute_and_nobody_else_any(stack, tmp_path):
    write_mt5(synthesize(23, 5, date(2026, 7, 6)).candles, tmp_path / "WIN.csv", "America/Sao_Paulo")
    write_keys(stack, tmp_path)
    first, later, opened_s, posted, after = asyncio.run(story(stack, tmp_path))
    assert opened_s < OPENED_MID_SESSION_S
    assert first["synthetic"]
    assert first["bid"] <= first["ask"]
    assert later["time"] > first["time"]
    assert min(b - a for a, b in pairwise(posted)) > 1.5
    assert after == []


async def beside_a_replay(stack, candles):
    url = f"{stack.websocket_url}?token={token_of(stack, 'ana')}"
    over = threading.Event()
    hooks = Hooks(beside=partial(told, stack, "replay", "WIN$N"))
    played = (candles, "WIN$N", CONFIG.instrument_for("WIN"), poster(stack))
    async with connect(url) as screen:
        await screen.send('{"action": "subscribe", "candles": true}')
        await screen.send('{"action": "follow", "instruments": ["WIN"]}')
        running = asyncio.create_task(asyncio.to_thread(replay, *played, speed=60, hooks=hooks, stop=over))
        try:
            return [await frame(screen, "quote", within=30, instrument="WIN") for _ in range(3)]
        finally:
            over.set()
            await running


def test_a_replayed_session_has_prices_too(stack):
    """As `make run` and `pregao replay` play one; each goes by the market's own clock of that session."""
    candles = synthesize(29, 5, date(2026, 9, 7)).candles[:300]
    first, *_, last = asyncio.run(beside_a_replay(stack, candles))
    assert first["synthetic"]
    assert candles.time[250] <= first["time"] < last["time"] < candles.time[-1]
