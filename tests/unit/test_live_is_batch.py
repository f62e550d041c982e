"""Live is batch: what a bridge's posts raise, candle by candle, is what one scan of the history finds."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import fields, replace
from datetime import date

import numpy as np
import pytest

from local.cli.paths import CONFIG
from local.lab.history import read
from local.lab.market import synthesize
from local.load.file_source import FileSource
from pregao.bootstrap.detect import Detect
from pregao.bootstrap.marking import Marking
from pregao.config.reader import load
from pregao.domain.alerts.admission import Verdict
from pregao.domain.alerts.alert import alert_id
from pregao.domain.detectors.scan import scan
from pregao.domain.market.candles import Candles
from pregao.flow.context import Surroundings
from pregao.flow.detect import Admission
from pregao_bridge.batch import Stream, build
from tests.fakes import AtOnce, FakeAdmissionBook, FakeAlertQueue, FakeBulletinBook, FakeFeedBook, Store
from tests.seeds import fresh
from tests.unit.domain.detectors.market import REAL_FILES, real

LOADED = load(CONFIG, ["admission.queue_limit=1000000"], env={})
HISTORY = 250


def chosen(candles: Candles, which) -> Candles:
    return Candles(*(getattr(candles, field.name)[which] for field in fields(candles)))


def torn(seed: int, sessions: int) -> Candles:
    """Synthetic sessions over rolls: candles, hours and days missing, and the price jumps at times."""
    dice = np.random.default_rng(seed)
    market = synthesize(seed, sessions, date(2024, 1, 2), noise=0.3).candles
    there = dice.random(len(market)) > 0.02
    for start in dice.integers(0, len(market), 60):
        there[start : start + int(dice.integers(2, 200))] = False
    jumps = 50.0 * np.cumsum((np.arange(len(market)) % 4520 == 0) * dice.integers(-30, 30, len(market)))
    prices = {name: getattr(market, name) + jumps for name in ("open", "high", "low", "close")}
    return chosen(replace(market, **prices), there)


def one_by_one(candles, instrument, settings):
    """What the window that ends at each candle says of it."""
    found = []
    for end in range(HISTORY, len(candles) + 1):
        found += scan(candles[end - HISTORY : end], instrument, settings, since=HISTORY - 1)
    return found


@pytest.mark.parametrize("name", REAL_FILES)
def test_real_candles_one_by_one(name):
    """43,000 candles of seven files; bit for bit, the reasons' numbers too."""
    instrument = LOADED.instrument_for(REAL_FILES[name])
    settings = LOADED.detectors_for(instrument.name)
    candles = read(real(name), instrument.timezone)
    assert one_by_one(candles, instrument, settings) == scan(candles, instrument, settings)


def test_synthetic_candles_one_by_one():
    """60,000 candles with holes and rolls."""
    instrument, settings = LOADED.instrument_for("WIN"), LOADED.detectors_for("WIN")
    candles = torn(1, 620)[:60_000]
    assert len(candles) == 60_000
    assert one_by_one(candles, instrument, settings) == scan(candles, instrument, settings)


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
    admission = Admission(
        FakeAdmissionBook(store), FakeAlertQueue(), LOADED.admission.rules(), lambda _: None
    )
    marking = Marking(FakeFeedBook(store), AtOnce())
    surroundings = Surroundings(FakeBulletinBook(store), AtOnce())
    detect = Detect(LOADED, admission, marking, allow_replay=True, surroundings=surroundings)
    judged = Counter()
    for body in bodies(candles, instrument, "WIN$N", random.Random(seed)):
        _, verdicts = detect(body)
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
    assert len({alert.contract for alert in admission.queue.sent}) >= 3
