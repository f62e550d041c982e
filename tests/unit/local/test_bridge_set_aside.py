"""Candles that cannot be: set aside with their reason and told once; the feed goes on without them."""

from __future__ import annotations

import json
import logging
import random
from dataclasses import replace

import pytest

from pregao.wire.candle_batch_v1 import BatchRefused, read_batch
from pregao_bridge.app.cli import main
from pregao_bridge.batch import Faulty
from pregao_bridge.feed.set_aside import SetAside, fault_of
from pregao_bridge.files import CursorError
from pregao_bridge.outcome import FaultyCandle, Refused, of_answer
from pregao_bridge.state import StateDir
from tests.unit.local.bridge_desk import AWAY, START, STEP, WIN, Desk
from tests.unit.local.bridge_gateway import gateway
from tests.unit.local.test_bridge_replay import export, lines

GOOD = (START, 10.0, 12.0, 9.0, 11.0, 5, 6, 1)
NAN, INF = float("nan"), float("inf")
CANNOT_BE = {
    "open below low": {"open": 8.0},
    "high below low": {"high": 1.0},
    "close above high": {"close": 99.0},
    "not a number": {"close": NAN},
    "infinite": {"high": INF},
    "no price": {"low": 0.0, "open": 9.5},
    "negative price": {"low": -1.0},
    "negative spread": {"spread": -1},
    "negative volume": {"tick_volume": -7},
    "no volume": {"real_volume": NAN},
    "off the grid": {"time": START + STEP + 60},
    "far ahead": {"time": START + STEP * 1_000},
}
NAMES = ("time", "open", "high", "low", "close", "tick_volume", "real_volume", "spread")


@pytest.fixture(autouse=True)
def info(caplog):
    caplog.set_level(logging.INFO)


@pytest.fixture
def desk(tmp_path):
    made = Desk(tmp_path)
    made.run(1)
    made.cloud.answer = real(made)
    return made


def real(desk):
    """The cloud's own check of every post."""

    def answer(said):
        try:
            read_batch(json.dumps(said), now=desk.time.now + 1, warmup=250)
        except BatchRefused as error:
            named = tuple(FaultyCandle(one.index, one.time, one.reason) for one in error.candles)
            return Refused(400, tuple(error.reasons), named)
        return None

    return answer


def spoil(desk, *opens, **values):
    """The terminal says other values of these candles."""
    plain = desk.market.columns

    def columns(times):
        made = plain(times)
        for at in opens:
            if at in times:
                for name, value in values.items():
                    column = list(getattr(made, name))
                    column[times.index(at)] = value
                    made = replace(made, **{name: column})
        return made

    desk.market.columns = columns


def book(desk):
    return SetAside(StateDir(desk.config.state).room(WIN).set_aside_file)


def said(caplog, part="set aside"):
    return [record.getMessage() for record in caplog.records if part in record.getMessage()]


@pytest.mark.parametrize("name", CANNOT_BE)
def test_a_candle_that_cannot_be_has_a_reason_here_and_in_the_cloud(name):
    """Bridge and cloud have the same rules."""
    row = tuple({**dict(zip(NAMES, GOOD, strict=True)), **CANNOT_BE[name]}[one] for one in NAMES)
    assert fault_of(row, STEP, START + STEP)
    history = [(START - STEP * at, *GOOD[1:]) for at in range(262, 0, -1)]
    columns = dict(zip(NAMES, map(list, zip(*history, row, strict=True)), strict=True))
    body = {"version": 1, "bridge_id": "m", "symbol": "WIN$N", "contract": None, "timeframe": "M5"}
    body |= {"utc_offset_s": 0, "new_from": 262, "historical": False, "candles": columns}
    with pytest.raises(BatchRefused) as caught:
        read_batch(json.dumps(body), now=START + STEP, warmup=250)
    assert [one.index for one in caught.value.candles] == [262]


def test_a_good_candle_has_no_fault():
    assert fault_of(GOOD, STEP, START + STEP) is None
    assert fault_of((START, 10.0, 10.0, 10.0, 10.0, 0, 0, 0), STEP, START + STEP) is None


@pytest.mark.parametrize("name", CANNOT_BE)
def test_it_is_passed_as_a_hole_and_the_next_candle_is_judged(desk, caplog, name):
    """Told once in the log and in every heartbeat of the day; no person has to decide anything."""
    bad = START + STEP
    base = desk.market.columns([bad])
    plausible = {"low": base.low[0] - 5, "high": base.high[0] + 5}
    spoil(desk, bad, **(plausible if name.startswith(("open", "close")) else {}))
    spoil(desk, bad, **CANNOT_BE[name])
    desk.run((260 if name == "open below low" else 5) * STEP)
    assert desk.cloud.times() == [at for at in desk.closed(START - STEP) if at != bad]
    assert len(said(caplog)) == 1
    assert [one.reason for one in book(desk).all()] == [desk.feed.status.set_aside.reason]
    assert desk.feed.status.plain()["condition"] == "live"
    assert all(bad not in body["candles"]["time"] for *_, body in desk.cloud.heard)
    assert {body["new_from"] for *_, body in desk.cloud.heard} == {262}


def test_of_two_candles_of_one_time_the_later_one_stands(desk, caplog):
    """The other is kept with its reason."""
    bad, plain = START + STEP, desk.market.columns

    def columns(times):
        made = plain(times)
        if bad not in times:
            return made
        at = times.index(bad)
        twice = {name: list(getattr(made, name)) for name in NAMES}
        for name in NAMES:
            other = twice[name][at] + 1 if name in NAMES[1:5] else twice[name][at]
            twice[name].insert(at, other)
        return replace(made, **twice)

    desk.market.columns = columns
    desk.run(5 * STEP)
    assert desk.cloud.times() == desk.closed(START - STEP)
    (kept,) = book(desk).all()
    assert kept.time == bad
    assert len(said(caplog)) == 1
    (accepted,) = (body for _, new, _, _, body in desk.cloud.heard if new == [bad])
    assert accepted["candles"]["close"][262] == plain([bad]).close[0] == kept.row[4] - 1


def test_many_in_a_row_make_one_hole(desk):
    bad = [START + STEP * at for at in range(1, 21)]
    spoil(desk, *bad, spread=-1)
    desk.run(25 * STEP)
    assert desk.cloud.times() == [at for at in desk.closed(START - STEP) if at not in bad]
    assert [one.time for one in book(desk).all()] == bad


def test_a_terminal_that_says_nothing_but_nonsense_is_a_fault(desk):
    """That is no matter of single candles: nothing is set aside, and it is over when the terminal is well."""
    plain = desk.market.columns
    desk.market.columns = lambda times: replace(plain(times), low=[-1.0] * len(times))
    desk.run(3 * STEP)
    assert desk.feed.status.plain()["condition"] == "failed"
    assert book(desk).all() == []
    desk.market.columns = plain
    desk.run(STEP)
    assert desk.cloud.times() == desk.closed(START - STEP)


def test_what_the_cloud_names_is_set_aside_at_once(desk, caplog):
    """A rule that this bridge does not have; the same post without them follows within the second."""
    bad = START + STEP

    def answer(body):
        times = body["candles"]["time"]
        if bad not in times:
            return None
        return Refused(400, ("tick size",), (FaultyCandle(times.index(bad), bad, "off the tick grid"),))

    desk.cloud.answer = answer
    desk.run(10 * STEP)
    assert desk.cloud.times() == [at for at in desk.closed(START - STEP) if at != bad]
    assert [one.reason for one in book(desk).all()] == ["off the tick grid"]
    assert len(said(caplog)) == 1
    assert all(now - new[-1] - STEP < 1 for _, new, _, now, _ in desk.cloud.heard[1:])
    assert {body["new_from"] for *_, body in desk.cloud.heard} <= {*range(249, 263)}


def test_what_the_cloud_names_among_those_that_wait_on_disk(desk):
    """After an outage; those behind it are posted as they stood."""
    bad = [START + STEP, START + 3 * STEP, START + 4 * STEP]
    desk.cloud.answer = AWAY
    desk.run(6 * STEP)

    def answer(body):
        named = [
            FaultyCandle(at, time, "no") for at, time in enumerate(body["candles"]["time"]) if time in bad
        ]
        return Refused(400, ("no",), tuple(named)) if named else None

    desk.cloud.answer = answer
    desk.begin()
    desk.run(2 * STEP)
    assert desk.cloud.times() == [at for at in desk.closed(START - STEP) if at not in bad]
    assert [one.time for one in book(desk).all()] == bad


@pytest.mark.parametrize(
    "candles", [(), (FaultyCandle(0, 17, "no"),), tuple(FaultyCandle(at, None, "no") for at in range(200))]
)
def test_a_reason_that_lies_elsewhere_waits_as_before(desk, candles):
    """No candle named, none of this window, or most of it: kept whole, and somebody decides."""
    desk.cloud.answer = Refused(400, ("symbol: unknown",), candles)
    desk.run(3 * STEP)
    assert desk.cloud.times() == [START - STEP]
    assert desk.feed.status.plain()["condition"] == "refused"
    assert book(desk).all() == []


def test_the_answer_names_the_candles():
    """A 400 with `candles`; nonsense in their place is none."""
    named = {"error": "x", "reasons": ["r"], "candles": [{"index": 3, "time": None, "reason": "NaN"}]}
    outcome = of_answer(400, json.dumps(named).encode(), 0.0, 0.0)
    assert outcome == Refused(400, ("r",), (FaultyCandle(3, None, "NaN"),))
    for odd in ([], {}, [{"index": "x"}], "no", None):
        body = json.dumps({"reasons": ["r"], "candles": odd}).encode()
        assert of_answer(400, body, 0.0, 0.0) == Refused(400, ("r",))


def test_the_heartbeat_is_sent_at_once_and_says_so_for_a_day(tmp_path):
    """Count, newest and reason; a day of candles later nothing."""
    desk, told = Desk(tmp_path), []
    desk.changed = lambda: told.append(desk.feed.status.plain().get("set_aside"))
    desk.run(1)
    bad = START + STEP
    spoil(desk, bad, spread=-1)
    desk.run(3 * STEP)
    assert [one["count"] for one in told] == [1]
    assert (told[0]["newest"], "spread" in told[0]["reason"]) == (bad, True)
    desk.time.now += 86_400
    desk.run(2 * STEP)
    assert told[1:] == [None]


def test_a_start_knows_what_lies_aside(desk, caplog):
    """Not told a second time."""
    spoil(desk, START + STEP, spread=-1)
    desk.run(3 * STEP)
    desk.begin()
    desk.run(STEP)
    assert desk.feed.status.set_aside.count == 1
    assert len(said(caplog)) == 1


@pytest.mark.parametrize("seed", range(3))
def test_random_faults(tmp_path, seed):
    """A tenth of all candles, the cloud away now and then: every good candle once, each bad one on disk."""
    dice = random.Random(seed)
    desk = Desk(tmp_path)
    desk.run(1)
    bad = {START + STEP * at: dice.choice(sorted(CANNOT_BE)) for at in range(60) if dice.random() < 0.1}
    for at, name in bad.items():
        values = dict(CANNOT_BE[name])
        if "time" in values:
            values["time"] = at + 60
        spoil(desk, at, **values)
    while desk.time.now < START + 70 * STEP:
        desk.cloud.answer = dice.choice([AWAY, real(desk), real(desk), real(desk)])
        desk.run(dice.randrange(STEP, 5 * STEP))
        if dice.random() < 0.2:
            desk.begin()
    desk.cloud.answer = real(desk)
    desk.run(3 * STEP)
    assert list(dict.fromkeys(desk.cloud.times())) == [
        at for at in desk.closed(START - STEP) if at not in bad
    ]
    grid = {one.time - one.time % STEP for one in book(desk).all()}
    assert grid == set(bad)


def test_a_broken_list_says_what_to_do(tmp_path):
    (tmp_path / "set-aside.json").write_text("[]")
    with pytest.raises(CursorError, match="delete it"):
        SetAside(tmp_path / "set-aside.json").all()


def test_two_processes_keep_one_list(tmp_path):
    """The bridge and a command beside it."""
    bridge, command = (SetAside(tmp_path / "set-aside.json") for _ in range(2))
    one, other = (a_faulty(at) for at in (START, START + STEP))
    assert bridge.keep([one]) == [one]
    assert command.keep([other, one]) == [other]
    assert repr(bridge.all()) == repr([one, other])
    command.forget(START)
    assert [found.time for found in bridge.all()] == [START + STEP]


def a_faulty(at):
    return Faulty(at, "no", (at, NAN, 1.0, 1.0, 1.0, 0, 0, 0))


CONFIG = """
bridge_id = "mesa-1"
language = "en"
source = {{ replay = "WIN.csv" }}
[cloud]
url = "{url}"
region = "sa-east-1"
[[feeds]]
symbol = "WIN$N"
"""


FOURTH = START + 2 * 86_400 + 74 * STEP
"""15:10 of the fourth of March in São Paulo, with its history before it."""


@pytest.fixture
def command(tmp_path, monkeypatch):
    """The command beside a bridge's directory, before a cloud that takes everything."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    export(tmp_path, lines(days=(2, 3, 4), a_day=100))
    with gateway() as cloud:
        (tmp_path / "bridge.toml").write_text(CONFIG.format(url=cloud.url))
        yield cloud, lambda verb: main(["set-aside", verb, "-c", str(tmp_path / "bridge.toml")])


def test_they_are_listed(command, tmp_path, capsys):
    """The exchange's time and the reason; none is said as well."""
    _, run = command
    assert run("list") == 0
    assert capsys.readouterr().out == "WIN$N M5: no candle is set aside\n"
    SetAside(StateDir(tmp_path / "state").room(WIN).set_aside_file).keep([a_faulty(START)])
    assert run("list") == 0
    assert capsys.readouterr().out == "WIN$N M5: 2026-03-02 09:00: no\n"


def test_what_the_terminal_has_corrected_is_posted_as_history(command, tmp_path, capsys):
    """And off the list; what it no longer has leaves the list too."""
    cloud, run = command
    aside = SetAside(StateDir(tmp_path / "state").room(WIN).set_aside_file)
    aside.keep([a_faulty(FOURTH), a_faulty(START + 30 * 86_400)])
    assert run("retry") == 0
    assert cloud.times() == [FOURTH]
    assert cloud.batches[0]["historical"]
    assert aside.all() == []
    assert "no longer has the candle of 2026-04-01 09:00" in capsys.readouterr().out


def test_what_still_cannot_be_stays_on_the_list(command, tmp_path, capsys):
    """Refused by the cloud with the candle's name, or cut short by its refusal of anything else."""
    cloud, run = command
    aside = SetAside(StateDir(tmp_path / "state").room(WIN).set_aside_file)
    aside.keep([a_faulty(FOURTH)])
    cloud.named, cloud.status = [FOURTH], [400]
    assert run("retry") == 0
    assert [one.reason for one in aside.all()] == ["named"]
    assert "candle of 2026-03-04 15:10 set aside, not posted: named" in capsys.readouterr().out
    cloud.status = [403]
    assert run("retry") == 1
    assert [one.time for one in aside.all()] == [FOURTH]
