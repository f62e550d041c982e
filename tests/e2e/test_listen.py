"""`pregao listen` as an operator runs it: its connection dies in a burst, repeatedly, and nobody notices."""

from __future__ import annotations

import asyncio
import io
import json
import re
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest
from rich.console import Console

from local.cli.shared.show import show
from local.lab.market import synthesize
from pregao.aws.screens import Screens
from pregao.aws.tables.alerts.alert_log import AlertLog
from pregao.wire.alert_v1 import dump_alert
from tests.e2e.desk import batch_of, dump, post, token_of

pytestmark = pytest.mark.emulator

NEW, PIECE = 500, 100  # candles of a burst, and of one post: a busy machine judges no more in one go
WITHIN_S = 60.0


class Wire:
    """A TCP connection's way through this process, which may cut it: no close frame, no goodbye."""

    def __init__(self, url):
        self.there = urlsplit(url)
        self.cuts, self.passed, self.connections = [], 0, 0
        self.loop = asyncio.new_event_loop()
        self.open = set()

    def url(self):
        host, port = self.server.sockets[0].getsockname()[:2]
        return self.there._replace(netloc=f"{host}:{port}").geturl()

    async def begin(self):
        self.server = await asyncio.start_server(self.carry, "127.0.0.1", 0)

    async def end(self):
        self.server.close()
        for writer in list(self.open):
            writer.transport.abort()
        await asyncio.sleep(0.1)

    async def carry(self, reader, writer):
        self.connections += 1
        asked = await reader.readuntil(b"\r\n\r\n")
        back, forth = await asyncio.open_connection(self.there.hostname, self.there.port)
        self.open |= {writer, forth}
        forth.write(re.sub(rb"(?i)sec-websocket-extensions:.*\r\n", b"", asked))  # or nobody could count
        with suppress(OSError):
            await asyncio.gather(self.pump(reader, forth), self.pump(back, writer, watch=True))
        self.open -= {writer, forth}

    async def pump(self, reader, writer, *, watch=False):
        while data := await reader.read(65536):
            self.passed += watch and data.count(b'"action":"alert"')
            if self.cuts and self.passed >= self.cuts[0]:
                self.cuts.pop(0)  # what was read is lost with it
                for one in self.open:
                    one.transport.abort()
                return
            writer.write(data)
            await writer.drain()
        writer.close()


@contextmanager
def wire(url):
    """A wire in a thread of its own."""
    it = Wire(url)
    thread = threading.Thread(target=it.loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(it.begin(), it.loop).result(5)
    try:
        yield it
    finally:
        asyncio.run_coroutine_threadsafe(it.end(), it.loop).result(5)
        it.loop.call_soon_threadsafe(it.loop.stop)
        thread.join(5)
        it.loop.close()


class Screen:
    """The process, and the alerts it printed: their first lines, which name contract and minute."""

    def __init__(self, url, token):
        command = [Path(sys.executable).parent / "pregao", "listen", "--url", url, "--token", token]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.lines = []
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def wait(self, true, why=lambda: ""):
        deadline = time.monotonic() + WITHIN_S
        while not true() and self.process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        assert true(), f"{why()}\n" + "\n".join(self.lines)

    def shown(self, contract):
        return [line for line in self.lines if line[:2].isdigit() and contract in line]

    def end(self):
        self.process.terminate()
        self.process.wait(10)
        self.reader.join(10)
        self.process.stdout.close()


@contextmanager
def screen_of(url, token):
    """A screen that is ended with the block."""
    screen = Screen(url, token)
    try:
        screen.wait(lambda: any("ana ·" in line for line in screen.lines))
        yield screen
    finally:
        screen.end()


def should_show(stack, contract):
    """The first lines of every admitted alert of a contract, in the order of their numbers."""
    book = AlertLog(stack.client("dynamodb"), stack.outputs["AdmissionTable"])
    lines = []
    for kept in book.since(contract, 0, 1000):
        told = Console(file=io.StringIO(), width=200, highlight=False)
        show(told, json.loads(dump_alert(kept.alert)), "pt-BR")
        lines.append(told.file.getvalue().splitlines()[0].rstrip())
    return lines


def burst(stack, seed, contracts):
    """Post the same market once for each contract, at the same time, post after post."""
    candles = synthesize(seed, 10, date(2026, 5, 4)).candles
    ends = range(len(candles) - NEW + PIECE, len(candles) + 1, PIECE)

    def played(contract):
        for end in ends:
            yield post(stack, dump(batch_of(candles[:end], contract=contract, new=PIECE)))

    with ThreadPoolExecutor(len(contracts)) as pool:
        for answers in pool.map(lambda contract: list(played(contract)), contracts):
            assert [status for status, _ in answers] == [202] * len(ends), answers


def plays(stack, screen, seed, contracts, meanwhile=lambda: None):
    """Ring a burst of contracts that no other test rings; what is printed is what was admitted."""
    burst(stack, seed, contracts)
    wanted = {one: should_show(stack, one) for one in contracts}
    assert min(map(len, wanted.values())) > 30
    meanwhile()

    def missing():
        return {
            one: [line for line in lines if line not in screen.shown(one)] for one, lines in wanted.items()
        }

    screen.wait(lambda: not any(missing().values()), missing)
    time.sleep(0.5)  # what is too much would come now
    assert {one: screen.shown(one) for one in contracts} == wanted
    assert "Traceback" not in "\n".join(screen.lines)


def test_cut_off_in_a_burst(stack):
    """The wire is cut three times with alerts on it: every alert is printed once, in order per contract."""
    with wire(stack.websocket_url) as it, screen_of(it.url(), token_of(stack, "ana")) as screen:
        it.cuts = [3, 11, 30]
        plays(stack, screen, 21, ("WINQ35", "WINV35"))
        assert it.cuts == []
        assert it.connections >= 4


def test_closed_by_the_gateway_in_a_burst(stack):
    """As after two hours: the gateway closes the connection while alerts are on their way."""
    screens = Screens(stack.client("dynamodb"), None, stack.outputs["ConnectionsTable"])
    gateway = boto3.client(
        "apigatewaymanagementapi",
        endpoint_url=stack.websocket_url.replace("ws://", "http://"),
        region_name=stack.region,
        aws_access_key_id=stack.root_access_key,
        aws_secret_access_key=stack.root_secret_key,
    )
    closed = []

    def close():
        for number in (5, 20, 40):
            screen.wait(lambda number=number: len(screen.shown("WING35")) >= number)
            for one in screens.everyone():
                with suppress(gateway.exceptions.GoneException):  # an earlier test's, not noted yet
                    gateway.delete_connection(ConnectionId=one.connection_id)
                    closed.append(one.connection_id)

    with screen_of(stack.websocket_url, token_of(stack, "ana")) as screen:
        plays(stack, screen, 22, ("WING35", "WINJ35"), close)
    assert len(set(closed)) >= 2
