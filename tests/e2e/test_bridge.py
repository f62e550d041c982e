"""The bridge as a process on the emulator: killed, refused, renewed; every candle judged once."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import defaultdict
from contextlib import suppress
from datetime import date
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from local.lab.market import synthesize
from local.lab.mt5file import write_mt5
from local.load.replay import replay
from local.load.run import poster
from pregao_bridge.market import HISTORY, WARMUP
from tests.bench.killer import Killer, emulator_of
from tests.e2e.desk import CONFIG, audit_of

pytestmark = [pytest.mark.emulator, pytest.mark.long]

COMMAND = Path(sys.executable).with_name("pregao-bridge")
TOML = """
bridge_id = "mesa-e2e"
language = "en"
heartbeat_s = 600
source = {{ replay = "WIN.csv", speed = 3000 }}
[cloud]
url = "{url}"
region = "{region}"
profile = "pregao"
[[feeds]]
symbol = "WIN$N"
"""
KEYS = "[pregao]\naws_access_key_id = {}\naws_secret_access_key = {}\n"


@pytest.fixture
def candles(request):
    """A week of its own for each test: of the same days they would hold each other's alerts back."""
    seed, monday = getattr(request, "param", (19, date(2026, 6, 1)))
    return synthesize(seed, 5, monday).candles


@pytest.fixture
def directory(stack, candles, tmp_path):
    write_mt5(candles, tmp_path / "WIN.csv", "America/Sao_Paulo")
    configure(stack, tmp_path, stack.http_url)
    return tmp_path


def configure(stack, directory, url):
    (directory / "bridge.toml").write_text(TOML.format(url=url, region=stack.region))


def write_keys(stack, directory, secret=None):
    text = KEYS.format(stack.bridge_access_key, secret or stack.bridge_secret_key)
    (directory / "credentials").write_text(text)


def place(directory):
    """The cursor, or 0."""
    file = directory / "state" / "WIN$N M5" / "cursor.json"
    return json.loads(file.read_bytes())["newest"] if file.exists() else 0


def run_until(directory, reached, end=signal.SIGTERM, within_s=240.0):
    """Run the bridge until something holds, then end it; returns its exit code and what it said.

    It may be slow where functions are killed on a busy machine: `within_s` is how long nothing new is posted.
    """
    environ = {**os.environ, "AWS_SHARED_CREDENTIALS_FILE": str(directory / "credentials")}
    bridge = subprocess.Popen(
        [str(COMMAND), "run"], cwd=directory, env=environ, stderr=subprocess.PIPE, text=True
    )
    try:
        posted, deadline = place(directory), time.monotonic() + within_s
        while not reached():
            if place(directory) != posted:
                posted, deadline = place(directory), time.monotonic() + within_s
            assert time.monotonic() < deadline
            assert bridge.poll() is None
            time.sleep(0.02)
    finally:
        bridge.send_signal(end)
        said = bridge.communicate(timeout=30)[1]
    return bridge.returncode, said


def test_a_week_killed_twice_is_judged_once(stack, directory, candles):
    """What it posted, replayed, admits nothing: no candle was missed; refused keys lose nothing either."""
    times = candles.time.tolist()
    log = directory / "state" / "bridge.log"
    write_keys(stack, directory, secret="wrong")
    code, said = run_until(directory, lambda: log.exists() and "refused the signature" in log.read_text())
    assert (code, place(directory)) == (0, 0)
    assert "ask your administrator for a new key" in said
    write_keys(stack, directory)
    for at in (300, 400):
        run_until(directory, lambda at=at: place(directory) >= times[at], signal.SIGKILL)
    code, _ = run_until(directory, lambda: place(directory) == times[-1])
    assert code == 0
    assert not list((directory / "state").rglob("refused*"))

    judged_once(stack, candles)


def judged_once(stack, candles):
    """Replay all of it: nothing rings that was not judged before.

    What was held back for once may ring now: other tests' alerts fill the stack's queue while functions die.
    """
    before = verdicts(stack)
    posted = candles[HISTORY - WARMUP :]  # the bridge keeps that many more before the first that it posts
    again = replay(posted, "WIN$N", CONFIG.instrument_for("WIN$N"), poster(stack))
    assert (again.stopped, again.refused) == (None, 0)
    assert again.verdicts["duplicate"] > 5
    assert set(again.verdicts) <= {"duplicate", *HELD_BACK, "admitted"}
    rang = {alert for alert, told in verdicts(stack).items() if told.count("admitted") > 0}
    new = {alert: before.get(alert, []) for alert in rang if "admitted" not in before.get(alert, [])}
    assert all(told and set(told) <= {"duplicate", *HELD_BACK} for told in new.values()), new


def verdicts(stack):
    """Every verdict on record, by alert."""
    found = defaultdict(list)
    for record in audit_of(stack).alerts:
        if "verdict" in record:
            found[record["alert_id"]].append(record["verdict"])
    return found


HELD_BACK = ("rate_limited", "queue_full")


class Wire:
    """The network between bridge and cloud: connections through it are reset at random."""

    def __init__(self, url, seed):
        self.there, self.dice, self.cuts = urlsplit(url), random.Random(seed), 0
        self.open, self.over = set(), threading.Event()
        self.listening = socket.create_server(("127.0.0.1", 0))

    def __enter__(self):
        self.threads = [threading.Thread(target=one, daemon=True) for one in (self.accept, self.cut)]
        for one in self.threads:
            one.start()
        return self.there._replace(netloc=f"127.0.0.1:{self.listening.getsockname()[1]}").geturl()

    def __exit__(self, *_):
        self.over.set()
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        self.reset()
        for one in self.threads:
            one.join()

    def accept(self):
        with suppress(OSError):
            while True:
                here, _ = self.listening.accept()
                there = socket.create_connection((self.there.hostname, self.there.port))
                self.open |= {here, there}
                for pair in ((here, there), (there, here)):
                    threading.Thread(target=pump, args=pair, daemon=True).start()

    def cut(self):
        while not self.over.wait(self.dice.uniform(0.05, 1.5)):
            self.reset()

    def reset(self):
        for one in list(self.open):
            with suppress(OSError):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                one.shutdown(socket.SHUT_RDWR)
                self.cuts += 1
            one.close()
        self.open.clear()


def pump(source, target):
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("candles", [(23, date(2026, 8, 3))], indirect=True, ids=["23"])
def test_a_week_over_a_torn_network_to_functions_that_are_killed(stack, directory, candles):
    """Answers are lost after the work was done, work dies half done; what is posted again changes nothing."""
    write_keys(stack, directory)
    last, wire = candles.time.tolist()[-1], Wire(stack.http_url, 5)
    killer = Killer(emulator_of(stack), 5)
    with wire as url:
        configure(stack, directory, url)
        killer.start()
        try:
            run_until(directory, lambda: place(directory) >= candles.time[450])
        finally:
            killer.end()
    configure(stack, directory, stack.http_url)
    code, _ = run_until(directory, lambda: place(directory) == last)
    assert code == 0
    assert (wire.cuts > 10, len(killer.kills) > 2) == (True, True)
    assert not list((directory / "state").rglob("refused*"))
    judged_once(stack, candles)
