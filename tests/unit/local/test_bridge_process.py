"""The command as a process: replay in, signed posts out; a second start, an interrupt, a kill."""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from pregao_bridge import logs
from pregao_bridge.app.run import on_close, stopped_by_signals
from tests.unit.local.bridge_gateway import gateway
from tests.unit.local.test_bridge_replay import export, lines

COMMAND = Path(sys.executable).with_name("pregao-bridge")
ENVIRON = {**os.environ, "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
CONFIG = """
bridge_id = "mesa-1"
heartbeat_s = 1
source = {{ replay = "WIN.csv", speed = {speed} }}
[cloud]
url = "{url}"
region = "sa-east-1"
[[feeds]]
symbol = "WIN$N"
"""


@pytest.fixture
def cloud():
    with gateway() as serving:
        yield serving


def prepare(tmp_path, cloud, speed=1500):
    export(tmp_path, lines(days=(2, 3, 4), a_day=100))
    (tmp_path / "bridge.toml").write_text(CONFIG.format(url=cloud.url, speed=speed))
    return tmp_path


def start(directory):
    return subprocess.Popen(
        [str(COMMAND), "run"], cwd=directory, env=ENVIRON, stderr=subprocess.PIPE, text=True
    )


@contextmanager
def running(directory):
    """A bridge, ended whatever happens."""
    bridge = start(directory)
    try:
        yield bridge
    finally:
        bridge.kill()
        bridge.wait()
        bridge.stderr.close()


def until(true, within_s=30.0):
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def cursor(directory):
    return json.loads((directory / "state" / "WIN$N M5" / "cursor.json").read_bytes())["newest"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_runs_until_it_is_asked_to_end(tmp_path, cloud, number):
    """The post in flight is finished and its cursor written: exit 0; the next start goes on from there."""
    directory = prepare(tmp_path, cloud)
    with running(directory) as bridge:
        until(lambda: len(cloud.times()) >= 3 and len(cloud.beats) >= 2)
        cloud.hold = 0.5
        posts = cloud.posts
        until(lambda: cloud.posts > posts)
        bridge.send_signal(number)
        assert bridge.wait(10) == 0
    assert cursor(directory) == cloud.times()[-1]
    assert cloud.beats[-1]["feeds"][0]["condition"] == "live"
    assert cloud.beats[-1]["skew_s"] == pytest.approx(0, abs=1)
    cloud.hold, before = 0.0, len(cloud.times())
    with running(directory):
        until(lambda: len(cloud.times()) > before)
    assert cloud.times() == sorted(set(cloud.times()))


def test_quotes_are_posted_while_they_are_wanted_and_no_candle_waits_for_one(tmp_path, cloud):
    """A cloud that does not answer a quote holds back quotes alone; the replay's prices say what they are."""
    directory = prepare(tmp_path, cloud)
    with running(directory):
        until(lambda: len(cloud.times()) >= 2 and len(cloud.beats) >= 2)
        assert cloud.quotes == []
        cloud.hold_quotes = 30.0
        cloud.wanted.add("WIN$N")
        until(lambda: cloud.quotes)
        before = len(cloud.times())
        until(lambda: len(cloud.times()) >= before + 5)
        assert len(cloud.quotes) == 1
    (post,) = cloud.quotes
    assert (post["bridge_id"], post["synthetic"]) == ("mesa-1", True)
    (quote,) = post["quotes"]
    assert (quote["symbol"], quote["bid"]) == ("WIN$N", quote["last"])


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
def test_the_handlers_of_the_process_come_back_after_a_run(name):
    """Whoever runs the bridge inside another program can be stopped afterwards."""
    number, stop = getattr(signal, name), threading.Event()
    before = signal.getsignal(number)
    with stopped_by_signals(stop):
        assert signal.getsignal(number) != before
        signal.raise_signal(number)
        assert stop.is_set()
    assert signal.getsignal(number) == before


def test_a_second_start_is_refused_with_the_firsts_number(tmp_path, cloud):
    """Exit 3, in the configured language; `check` names it too; the first runs on."""
    directory = prepare(tmp_path, cloud)
    with running(directory) as first:
        until(lambda: cloud.beats)
        with running(directory) as second:
            assert second.wait(10) == 3
            assert f"outra ponte já usa {Path('state')} (processo {first.pid})" in second.stderr.read()
        seen = subprocess.run(
            [str(COMMAND), "check"], cwd=directory, env=ENVIRON, stdout=subprocess.PIPE, check=False
        )
        assert f"ponte no ar (processo {first.pid})" in seen.stdout.decode()
        assert first.poll() is None


def test_killed_at_any_moment_it_loses_nothing(tmp_path, cloud):
    """Five times SIGKILL: in effect every candle once, in order."""
    directory = prepare(tmp_path, cloud, speed=3000)
    for _ in range(5):
        before = len(cloud.times())
        with running(directory):
            until(lambda before=before: len(cloud.times()) >= before + 2)
    seen = list(dict.fromkeys(cloud.times()))
    assert seen == sorted(seen)
    assert cursor(directory) <= seen[-1]


def test_errors_and_refusals_of_the_cloud(tmp_path, cloud):
    """500 and 403 pass: tried again, nothing kept aside, the log says so once."""
    directory = prepare(tmp_path, cloud)
    cloud.status = [500, 429, 503]
    with running(directory) as bridge:
        until(lambda: len(cloud.times()) >= 3)
        bridge.send_signal(signal.SIGTERM)
        assert bridge.wait(10) == 0
    assert cloud.times() == sorted(set(cloud.times()))
    assert not list((directory / "state").rglob("refused*"))


def test_a_closed_console_window_waits_for_the_end():
    """The handler returns when the bridge has ended, and leaves Ctrl-C to the next one."""
    stop, ended = threading.Event(), threading.Event()
    handle = on_close(stop, ended, within_s=30)
    assert (handle(0), stop.is_set()) == (0, False)
    threading.Thread(target=lambda: stop.wait(30) and ended.set()).start()
    assert handle(2) == 1
    assert ended.is_set()


def test_the_log_keeps_every_line_while_it_cannot_rotate(tmp_path, monkeypatch):
    """Another program has the file open: Windows refuses the rename. Nothing older is moved or lost."""
    held, replace = [False], Path.replace

    def refused(self, target):
        if held[0] and self.name == "bridge.log":
            raise PermissionError(13, "held", str(self))
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refused)
    monkeypatch.setattr(logs, "AGAIN_S", 0.0)
    handler = logs.PatientRotation(tmp_path / "bridge.log", maxBytes=2_000, backupCount=9, encoding="utf-8")
    log = logging.Logger("patient")
    log.addHandler(handler)
    for number in range(170):
        held[0] = 60 <= number < 130
        log.info("%03d %s", number, "x" * 60)
    handler.close()
    files = sorted(tmp_path.iterdir())
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    assert sorted(int(line.split()[0]) for line in text.splitlines()) == list(range(170))
    assert len(files) > 3
    assert "bridge.log.0" not in {path.name for path in files}


def test_the_log_rotates(tmp_path):
    """At most so many files of so many bytes, in UTC, also without a screen."""
    code = (
        "import logging, pathlib, sys; from pregao_bridge.logs import log_to; sys.stderr = None; "
        f"log_to(pathlib.Path({str(tmp_path / 'bridge.log')!r}), 10_000, 3); "
        "[logging.getLogger('pregao_bridge').info('linha número %d: vela', n) for n in range(2_000)]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["bridge.log", "bridge.log.1", "bridge.log.2"]
    assert all(path.stat().st_size <= 10_000 for path in tmp_path.iterdir())
    assert "Z INFO linha número 1999" in (tmp_path / "bridge.log").read_text(encoding="utf-8")
