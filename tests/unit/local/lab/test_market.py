"""The made-up market: the same for the same seed, real enough, and its planted truth is found."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from freezegun import freeze_time
from typer import Typer
from typer.testing import CliRunner

from local.cli import sample as command
from local.lab.history import read, timeframe_of
from local.lab.market import EVERY_WEEKDAY, PER_SESSION, TIMEZONE, sample, synthesize
from pregao.config.reader import load
from pregao.domain.alerts.signal import SIDED, SIDES
from pregao.domain.detectors.scan import scan

MONDAY = date(2026, 7, 6)
CONFIG = Path(__file__).parents[4] / "config"


@pytest.fixture(scope="module")
def market():
    return synthesize(2026, 6, MONDAY)


def test_the_seed_decides(market):
    """Same seed, same market; another seed, another."""
    again, other = synthesize(2026, 6, MONDAY), synthesize(2027, 6, MONDAY)
    assert np.array_equal(again.candles.close, market.candles.close)
    assert again.events == market.events
    assert not np.array_equal(other.candles.close, market.candles.close)


def test_sessions_stand_on_weekdays_from_nine_to_twenty_past_six(market):
    """Six sessions from a Monday: the sixth is the next Monday."""
    times = [datetime.fromtimestamp(at - 3 * 3600, UTC) for at in market.candles.time.tolist()]
    assert len(times) == 6 * PER_SESSION
    assert {one.weekday() for one in times} == {0, 1, 2, 3, 4}
    assert min(f"{one:%H:%M}" for one in times) == "09:00"
    assert max(f"{one:%H:%M}" for one in times) == "18:20"
    assert times[-1].date() == date(2026, 7, 13)


def test_candles_are_possible(market):
    """On the tick, inside their range, with trading."""
    c = market.candles
    assert (c.high >= np.maximum(c.open, c.close)).all()
    assert (c.low <= np.minimum(c.open, c.close)).all()
    assert all((np.mod(one, 5) == 0).all() for one in (c.open, c.high, c.low, c.close))
    assert (c.tick_volume > 0).all()
    assert (c.real_volume > c.tick_volume).all()


def test_it_behaves_like_a_market():
    """Fat tails, clustered volatility, livelier ends of the day, opens that mostly continue."""
    c = synthesize(1, 60, MONDAY, plant_from=60).candles
    moves = (c.close - c.open).reshape(60, PER_SESSION)
    flat = moves.ravel()
    assert (flat**4).mean() / (flat**2).mean() ** 2 > 4
    size = np.abs(moves)
    assert np.corrcoef(size[:, 30:79].ravel(), size[:, 31:80].ravel())[0, 1] > 0.05
    assert size[:, :6].mean() > size[:, -6:].mean() > size[:, 40:70].mean()
    inside = np.ones(len(c) - 1, dtype=bool)
    inside[PER_SESSION - 1 :: PER_SESSION] = False
    assert 0.7 < (c.open[1:] == c.close[:-1])[inside].mean() < 0.9


def test_each_later_session_holds_every_pattern_both_ways(market):
    """Three sessions of history, then eight events in each."""
    per_kind = Counter((one.pattern, one.direction) for one in market.events)
    assert per_kind == {(pattern, side): 3 for pattern in SIDED for side in SIDES}
    assert min(one.time for one in market.events) > market.candles.time[3 * PER_SESSION - 1]


@pytest.mark.parametrize("seed", [*range(8), 2026])
def test_detectors_find_what_was_planted(seed):
    """With the settings the project ships, every planted event fires at its very candle."""
    made = synthesize(seed, 5, MONDAY)
    config = load(CONFIG)
    found = scan(made.candles, config.instrument_for("WIN$N"), config.detectors_for("WIN"))
    missing = {(e.pattern, e.direction, e.time) for e in made.events}
    missing -= {(s.pattern, s.direction, s.time) for s in found}
    assert not missing


@freeze_time("2026-11-22 02:00:00")  # Saturday evening in São Paulo
def test_a_sample_ends_at_the_last_trading_day_before_today(tmp_path):
    """Friday the 20th is a holiday. It reads back as what was drawn, from the file's wall clock."""
    days = load(CONFIG).instrument_for("WIN").sessions.days
    candles = read(sample(tmp_path / "sample.csv", days), TIMEZONE)
    drawn = synthesize(2026, 4, date(2026, 11, 16)).candles
    assert np.array_equal(candles.time, drawn.time)
    assert np.array_equal(candles.close, drawn.close)
    assert timeframe_of(candles) == 300
    assert datetime.fromtimestamp(int(candles.time[-1]), UTC).date() == date(2026, 11, 19)


def test_a_day_that_opens_late_holds_no_whole_session():
    """Carnival 2026: Monday and Tuesday closed, Ash Wednesday from 13:00."""
    days = load(CONFIG).instrument_for("WIN").sessions.days
    times = synthesize(1, 2, date(2026, 2, 13), days=days).candles.time[[0, -1]]
    assert [datetime.fromtimestamp(int(at), UTC).date() for at in times] == [
        date(2026, 2, 13),
        date(2026, 2, 19),
    ]


def test_a_sample_needs_a_session_to_judge(tmp_path):
    """Three sessions are all history."""
    with pytest.raises(ValueError, match="ask for 4 or more"):
        sample(tmp_path / "x", EVERY_WEEKDAY, sessions=3)


def test_command_writes_the_file(tmp_path):
    """`sample FILE` makes the folder it needs and says what it wrote."""
    app = Typer()
    app.command()(command.sample)
    out = tmp_path / "new" / "win.csv"
    result = CliRunner().invoke(app, [str(out), "--seed", "7", "--sessions", "5"])
    assert result.exit_code == 0, result.output
    assert len(read(out, TIMEZONE)) == 5 * PER_SESSION
