"""The bridge's processes on a Windows ABI: start, stop, second start, check, log and files held open."""

from __future__ import annotations

import json
import signal
import time
from contextlib import contextmanager

import pytest

from tests.unit.local.bridge_gateway import gateway
from tests.unit.local.test_bridge_process import CONFIG
from tests.unit.local.test_bridge_replay import export, lines
from tests.windows.conftest import finished, start

TERMINAL = 'source = {{ replay = "WIN.csv", speed = {speed} }}'


@pytest.fixture(scope="module")
def cloud():
    with gateway() as serving:
        yield serving


@pytest.fixture(scope="module")
def directory(tmp_path_factory, cloud):
    """A path with a space and an accent, a replay and its configuration."""
    made = tmp_path_factory.mktemp("mesa") / "mesa de operações"
    made.mkdir()
    export(made, lines(days=(2, 3, 4), a_day=100))
    (made / "bridge.toml").write_text(CONFIG.format(url=cloud.url, speed=1500), encoding="utf-8")
    (made / "terminal.toml").write_text(
        CONFIG.replace(TERMINAL, 'state = "other"').format(url=cloud.url), encoding="utf-8"
    )
    return made


@contextmanager
def running(directory):
    bridge = start(directory, "-m", "pregao_bridge", "run")
    try:
        yield bridge
    finally:
        bridge.kill()
        bridge.communicate()


def until(true, within_s=90.0):
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_it_runs_alone_and_ends_when_asked(directory, cloud):
    """A second start is refused with the first's number, `check` names it, Ctrl-C ends it in order."""
    with running(directory) as first:
        until(lambda: len(cloud.times()) >= 3 and cloud.beats)
        code, _, errors = finished(directory, "-m", "pregao_bridge", "run")
        assert (code, "outra ponte já usa" in errors) == (3, True)
        code, said, _ = finished(directory, "-m", "pregao_bridge", "check")
        assert "ponte no ar (processo " in said
        assert "nuvem" in said
        first.send_signal(signal.SIGINT)
        assert first.wait(20) == 0
    place = json.loads((directory / "state" / "WIN$N M5" / "cursor.json").read_bytes())["newest"]
    assert place == cloud.times()[-1]
    log = (directory / "state" / "bridge.log").read_text(encoding="utf-8")
    assert "ponte parada; nada se perdeu" in log.splitlines()[-1]
    assert cloud.times() == sorted(set(cloud.times()))


def test_a_terminal_that_is_not_installed_is_told_as_that(directory):
    """By the real package; the remedy names the installer."""
    code, said, _ = finished(directory, "-m", "pregao_bridge", "check", "-c", "terminal.toml")
    assert code == 1
    assert "MetaTrader 5 não encontrado" in said
    assert "Instale o terminal MetaTrader 5" in said
    assert "o terminal não responde" not in said


HELD_LOG = """
import logging, pathlib, sys
from pregao_bridge import logs
from pregao_bridge.logs import log_to
logs.AGAIN_S, sys.stderr = 0.0, None
path = pathlib.Path('held.log')
log_to(path, 10_000, 4)
log = logging.getLogger('pregao_bridge')
for number in range(170):
    if number == 60:
        held = open(path)
    if number == 130:
        held.close()
    log.info('linha %03d %s', number, 'x' * 100)
logging.shutdown()
"""


def test_the_log_keeps_every_line_while_another_program_has_it_open(directory):
    """Nothing can rename it meanwhile; afterwards it rotates."""
    code, _, errors = finished(directory, "-c", HELD_LOG)
    assert code == 0, errors
    files = sorted(directory.glob("held.log*"))
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    assert sorted(int(line.split()[4]) for line in text.splitlines()) == list(range(170))
    assert len(files) > 1


HELD_FILE = """
import pathlib, threading
from pregao_bridge.files import FileCursor
path = pathlib.Path('cursor.json')
FileCursor(path).write(1)
held = open(path)
threading.Timer(0.3, held.close).start()
FileCursor(path).write(2)
held = open(path)
try:
    FileCursor(path).write(3)
except PermissionError as error:
    print('still held', FileCursor(path).read())
"""


def test_a_cursor_that_is_open_elsewhere_is_written_when_it_is_let_go(directory):
    """And one that is held on stays whole."""
    code, said, errors = finished(directory, "-c", HELD_FILE)
    assert code == 0, errors
    assert said.strip() == "still held 2"


CLOSED = """
import ctypes, threading
from pregao_bridge.app.run import on_close, stopped_by_closing
stop = threading.Event()
with stopped_by_closing(stop):
    handler = on_close(stop, threading.Event(), 0.1)
    print(handler(0), stop.is_set(), handler(2), stop.is_set())
"""


def test_a_closed_window_is_waited_with(directory):
    """The handler is registered with Windows and taken back."""
    code, said, errors = finished(directory, "-c", CLOSED)
    assert code == 0, errors
    assert said.split() == ["0", "False", "1", "True"]
