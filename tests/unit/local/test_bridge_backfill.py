"""`backfill`: a stretch of history beside the running bridge; a person's decision about refused candles."""

from __future__ import annotations

import threading
from datetime import date

import pytest

from pregao_bridge.app.cli import main
from pregao_bridge.clocks import Skew
from pregao_bridge.feed.backfill import Backfill, Span
from pregao_bridge.market import Condition, MarketFault
from pregao_bridge.state import StateDir
from tests.unit.local.bridge_desk import AWAY, FORBIDDEN, NO, START, STEP, WIN, Desk
from tests.unit.local.test_bridge_replay import export, lines

DAY = 86_400
MIDNIGHT = START - 9 * 3600  # of the second of March in São Paulo
SPAN = Span(date(2026, 3, 3), date(2026, 3, 4))
ZONE = "America/Sao_Paulo"


class Waits(threading.Event):
    """An event that nobody sets, whose waits pass at once and are counted."""

    def __init__(self):
        super().__init__()
        self.waited = []

    def wait(self, timeout=None):
        self.waited.append(timeout)
        return False


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path)
    made.time.now = START + 5 * DAY
    made.told, made.stop = [], Waits()
    return made


def backfill(desk, span=SPAN):
    return Backfill(
        WIN,
        "mesa-1",
        desk.market,
        desk.cloud,
        StateDir(desk.config.state).room(WIN),
        span=span,
        zone=ZONE,
        language="en",
        skew=Skew(),
        stop=desk.stop,
        draw=lambda: 0.5,
        tell=desk.told.append,
    )


WHOLE = list(range(MIDNIGHT + DAY, MIDNIGHT + 3 * DAY, STEP))


def test_both_dates_whole_and_as_history(desk):
    """From midnight to midnight of the exchange; the running bridge's cursor is left alone."""
    assert backfill(desk).run()
    assert desk.cloud.times() == WHOLE
    assert {historical for _, historical in desk.cloud.kinds()} == {True}
    assert desk.told[-1] == "WIN$N M5: done, 576 candle(s)"
    assert StateDir(desk.config.state).room(WIN).cursor.read() is None
    assert not list(desk.config.state.rglob("backfill-*.json"))


def test_interrupted_it_goes_on_from_there(desk):
    """The same command; nothing twice."""
    run = backfill(desk)
    desk.told = type("Told", (list,), {"append": lambda _self, _line: desk.stop.set()})()
    run._tell = desk.told.append
    assert not run.run()
    assert 0 < len(desk.cloud.times()) < len(WHOLE)
    desk.stop.clear()
    desk.told = []
    assert backfill(desk).run()
    assert desk.cloud.times() == WHOLE


def test_a_cloud_away_is_waited_for(desk):
    """As Retry-After or back-off say."""
    answers = [AWAY, AWAY, AWAY]
    desk.cloud.answer = lambda _body: answers.pop() if answers else None
    assert backfill(desk).run()
    assert desk.cloud.times() == WHOLE
    assert desk.stop.waited == [1.5, 3.0, 6.0]


@pytest.mark.parametrize(("answer", "words"), [(NO, "below low"), (FORBIDDEN, "new key")])
def test_a_refusal_ends_it(desk, answer, words):
    """Kept apart from what the running feed holds."""
    desk.cloud.answer = answer
    assert not backfill(desk).run()
    assert words in desk.told[-1]
    room = StateDir(desk.config.state).room(WIN)
    assert room.held() is None
    assert len(list((room.path / "backfill").glob("*"))) == (1 if answer is NO else 0)


def test_a_fault_of_the_terminal_ends_it_and_loading_does_not(desk):
    """History on its way is waited for."""
    desk.market.fault = MarketFault(Condition.LOADING, "")
    window = desk.market.window

    def later(*asked):
        if len(desk.stop.waited) == 3:
            desk.market.fault = MarketFault(Condition.LOGGED_OUT, "no account")
        return window(*asked)

    desk.market.window = later
    assert not backfill(desk).run()
    assert "no account in the terminal" in desk.told[-1]
    assert len(desk.stop.waited) == 3


CONFIG = """
bridge_id = "mesa-1"
source = { replay = "WIN.csv" }
[cloud]
url = "http://127.0.0.1:9"
region = "sa-east-1"
[[feeds]]
symbol = "WIN$N"
"""


@pytest.fixture
def command(tmp_path):
    export(tmp_path, lines())
    (tmp_path / "bridge.toml").write_text(CONFIG)
    return lambda *words: main(["backfill", *words, "-c", str(tmp_path / "bridge.toml")])


def test_what_is_asked_for_wrongly(command, capsys):
    """Each with its remedy; exit 2, by argparse too."""
    assert command("--from", "2026-03-03", "--to", "2026-03-02") == 2
    assert "--to 2026-03-02 is before" in capsys.readouterr().err
    assert command("--skip-refused", "WDO") == 2
    assert "WDO não está na configuração; há: WIN$N M5" in capsys.readouterr().err
    with pytest.raises(SystemExit) as caught:
        command("--from", "yesterday")
    assert caught.value.code == 2
    assert "write YYYY-MM-DD" in capsys.readouterr().err


def test_passing_over_says_what_it_passes(command, tmp_path, capsys):
    """Nothing held; then the batch with its reason."""
    assert command("--skip-refused", "WIN$N") == 0
    assert "nenhuma vela recusada" in capsys.readouterr().out
    desk = Desk(tmp_path / "state")
    desk.cloud.answer = NO
    desk.run(2)
    assert command("--skip-refused", "WIN$N") == 0
    assert "até 2026-03-02 08:55 (candles.high[250]: below low)" in capsys.readouterr().out
    desk.cloud.answer = None
    desk.run(STEP)
    assert desk.cloud.times() == [START]
