"""The bridge as a process on the emulator: killed, refused, renewed; every candle judged once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import pytest

from local.lab.market import synthesize
from local.lab.mt5file import write_mt5
from local.lab.replay import replay
from local.lab.run import poster
from tests.e2e.desk import CONFIG

pytestmark = pytest.mark.emulator

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
def candles():
    return synthesize(19, 5, date(2026, 6, 1)).candles


@pytest.fixture
def directory(stack, candles, tmp_path):
    write_mt5(candles, tmp_path / "WIN.csv", "America/Sao_Paulo")
    (tmp_path / "bridge.toml").write_text(TOML.format(url=stack.http_url, region=stack.region))
    return tmp_path


def write_keys(stack, directory, secret=None):
    text = KEYS.format(stack.bridge_access_key, secret or stack.bridge_secret_key)
    (directory / "credentials").write_text(text)


def place(directory):
    """The cursor, or 0."""
    file = directory / "state" / "WIN$N M5" / "cursor.json"
    return json.loads(file.read_bytes())["newest"] if file.exists() else 0


def run_until(directory, reached, end=signal.SIGTERM, within_s=120.0):
    """Run the bridge until something holds, then end it; returns its exit code and what it said."""
    environ = {**os.environ, "AWS_SHARED_CREDENTIALS_FILE": str(directory / "credentials")}
    bridge = subprocess.Popen(
        [str(COMMAND), "run"], cwd=directory, env=environ, stderr=subprocess.PIPE, text=True
    )
    try:
        deadline = time.monotonic() + within_s
        while not reached():
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

    again = replay(candles, "WIN$N", CONFIG.instrument_for("WIN$N"), poster(stack))
    assert (again.stopped, again.refused) == (None, 0)
    assert again.verdicts["duplicate"] > 5
    assert set(again.verdicts) <= {"duplicate", "rate_limited"}
