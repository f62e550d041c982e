"""Live is batch: what a bridge's posts raise, candle by candle, is what one scan of the history finds."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from local.lab.history import read
from local.load.file_source import FileSource
from pregao.domain.alerts.admission import Verdict
from pregao.domain.alerts.alert import alert_id
from pregao.domain.alerts.signal import SIDED, Pattern
from pregao.domain.calibration.live import calibrations
from pregao.domain.calibration.odds import chances
from pregao.domain.calibration.size import sizes
from pregao.domain.detectors.prices import Series
from pregao.domain.detectors.scan import columns, scan
from pregao.flow.detect import detect
from pregao.flow.steps.sessions.calibrations import Calibrations
from pregao.wire.calibration_v1 import Grid, pack_calibration, unpack_calibration
from pregao_bridge.batch import Stream, build
from tests.fakes import PLENTY, FakeCalibrationBook, Store
from tests.judged import HISTORY, LOADED, calibrated, detecting
from tests.one_by_one import live_and_batch, torn
from tests.seeds import fresh
from tests.unit.domain.calibration.test_size import lively
from tests.unit.domain.detectors.market import REAL_FILES, real, thinned


@pytest.mark.parametrize("name", REAL_FILES)
def test_real_candles_one_by_one(name):
    """43,000 candles of seven files, some of them in each run; bit for bit, the reasons' numbers too."""
    instrument = LOADED.instrument_for(REAL_FILES[name])
    settings = LOADED.detectors_for(instrument.name)
    candles = read(real(name), instrument.timezone)
    live, batch = live_and_batch(candles, instrument, settings)
    assert live == batch, f"seed {fresh()}"


def bodies(candles, instrument, symbol, dice) -> list[bytes]:
    """The bridge's posts of a history, one to thirty new candles each, some late, some doubled."""
    source, stream, after, posts = (
        FileSource(candles, instrument, HISTORY),
        Stream("b", symbol, "M5"),
        None,
        [],
    )
    while window := source.window(after, HISTORY, dice.randint(1, 30)):
        posts.append(build(stream, window, historical=True).body)
        after = window.columns.time[-1]
    late = dice.sample(range(len(posts)), len(posts) // 10)
    held = [posts[place] for place in late]
    on_time = [post for place, post in enumerate(posts) if place not in set(late)]
    for post in [*held, *dice.sample(posts, len(posts) // 5)]:
        on_time.insert(dice.randrange(len(on_time) + 1), post)
    return on_time


@pytest.mark.parametrize("seed", [1, 2, fresh()], ids=["1", "2", "random"])
def test_posts_late_and_doubled_judge_each_alert_of_the_history_once(seed):
    """Through the bridge's batches, the wire's checks and admission; over holes, nights and rolls."""
    instrument, candles = LOADED.instrument_for("WIN$N"), torn(seed, 130)
    store = Store()
    deps = detecting(store, allow_replay=True)
    judged = Counter()
    for body in bodies(candles, instrument, "WIN$N", random.Random(seed)):
        _, verdicts = detect(body, None, deps, PLENTY)
        judged.update(one.alert.id for one in verdicts if not one.reason.startswith("seen before"))
    expected = {
        alert_id(
            instrument.contract_on(instrument.local_date(one.time)),
            "M5",
            one.pattern,
            one.direction,
            one.time,
        )
        for one in scan(candles, instrument, LOADED.detectors_for("WIN"), since=HISTORY)
    }
    assert set(judged) == expected, f"seed {seed}"
    assert set(judged.values()) == {1}
    assert {one["verdict"] for one in store.records["alertas_audit"]} > {Verdict.ADMITTED, Verdict.DUPLICATE}
    assert len({alert.contract for alert in deps.admission.queue.sent}) >= 3


def ranged(candles, instrument):
    """Times of a history's unusual ranges, its outlooks by time, its chances by pattern and time."""
    settings = LOADED.detectors_for(instrument.name)
    series = Series(candles, instrument.tick_size, instrument.timezone, instrument.contract_on)
    size = sizes(series, columns(candles, instrument, settings).atr, settings)
    fired = np.flatnonzero(size.fires).tolist()
    times = {int(candles.time[row]): row for row in range(len(candles))}
    known = {levels: chances(series, instrument, levels) for levels in map(settings.levels, SIDED)}
    return (
        {int(candles.time[row]) for row in fired},
        lambda time: size.outlook(times[time]),
        lambda pattern, time: known[settings.levels(pattern)].at(times[time]) if pattern.sided else None,
    )


@pytest.mark.parametrize("seed", [1, fresh()], ids=["1", "random"])
def test_with_the_calibrations_handed_in_sizes_are_those_of_the_history(seed):
    """Posts of several candles, late and doubled, over short and missing sessions, and the first days."""
    instrument, candles = LOADED.instrument_for("WIN$N"), thinned(lively(seed, 60), seed, 0.03)
    store = Store()
    calibrated(store, candles, instrument)
    deps = detecting(store, allow_replay=True)
    alerts = {}
    for body in bodies(candles, instrument, "WIN$N", random.Random(seed)):
        _, verdicts = detect(body, None, deps, PLENTY)
        alerts |= {one.alert.id: one.alert for one in verdicts}
    fired, outlook, chance = ranged(candles, instrument)
    judged_from = int(candles.time[HISTORY])
    live = {one.candle.time for one in alerts.values() if one.pattern is Pattern.UNUSUAL_RANGE}
    assert live == {time for time in fired if time >= judged_from}, f"seed {seed}"
    assert live
    for one in alerts.values():
        assert one.outlook == outlook(one.candle.time)
        assert (one.outlook is None) == ("outlook" in one.unmeasured)
        assert (one.chance or one.unmeasured.get("chance")) == chance(one.pattern, one.candle.time)
    assert {str(one.unmeasured.get("chance")) for one in alerts.values()} >= {"few_sessions"}


def test_a_detector_handed_tomorrows_calibration_is_told_from_an_honest_one(monkeypatch):
    """The law above can fail."""
    instrument, candles = LOADED.instrument_for("WIN$N"), lively(3, 60)
    store = Store()
    calibrated(store, candles, instrument)
    kept = store.calibrations["WIN", "M5"]
    days = sorted(kept)
    deps = detecting(store, allow_replay=True)
    grid = Grid.of(instrument, "M5")

    def of(_instrument, _timeframe):
        return lambda day: unpack_calibration(kept[day], grid) if day in days else None

    monkeypatch.setattr(type(deps.calibrations), "of", lambda _self, *asked: of(*asked))
    found = {}
    for body in bodies(candles, instrument, "WIN$N", random.Random(3)):
        _, verdicts = detect(body, None, deps, PLENTY)
        found |= {one.alert.candle.time: one.alert.outlook for one in verdicts}
    _, outlook, _ = ranged(candles, instrument)
    assert any(told != outlook(time) for time, told in found.items())


@pytest.mark.parametrize("spoil", ["missing", "torn", "another grid", "of tomorrow", "store away"])
def test_no_alert_is_stopped_by_a_calibration(spoil, monkeypatch):
    """Whatever is wrong with it: the others ring as ever, and say that no range was measured."""
    instrument, candles = LOADED.instrument_for("WIN$N"), lively(3, 30)
    store, told = Store(), []
    calibrated(store, candles, instrument)
    kept = store.calibrations["WIN", "M5"]
    if spoil == "missing":
        kept.clear()
    elif spoil == "torn":
        kept.update(dict.fromkeys(kept, "AAAA"))
    elif spoil == "another grid":
        other = replace(instrument, tick_size=1.0)
        made = calibrations(candles, other, LOADED.detectors_for("WIN"))
        kept.update({one.session: pack_calibration(one, Grid.of(other, "M5")) for one in made})
    elif spoil == "of tomorrow":
        newest = kept[max(kept)]
        kept.update(dict.fromkeys(kept, newest))
    deps = replace(
        detecting(store, allow_replay=True),
        calibrations=Calibrations(FakeCalibrationBook(store), told.append, lambda: 0.0),
    )
    if spoil == "store away":
        monkeypatch.setattr(FakeCalibrationBook, "newest", lambda *_asked: _away())
    judged = []
    for body in bodies(candles, instrument, "WIN$N", random.Random(3)):
        judged += detect(body, None, deps, PLENTY)[1]
    settings = LOADED.detectors_for("WIN")
    wanted = {(one.time, one.pattern) for one in scan(candles, instrument, settings, since=HISTORY)}
    assert {(one.alert.candle.time, one.alert.pattern) for one in judged} == wanted
    assert {one.alert.unmeasured.get("outlook") for one in judged} == {"no_calibration"}
    assert bool(told) == (spoil != "missing")


def _away():
    raise TimeoutError("no answer")
