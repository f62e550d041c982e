"""Live is batch: what a bridge's posts raise, candle by candle, is what one scan of the history finds."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from local.lab.history import read
from local.load.file_source import FileSource
from pregao.domain.alerts.admission import Verdict
from pregao.domain.alerts.alert import alert_id
from pregao.domain.detectors.scan import scan
from pregao.flow.detect import detect
from pregao_bridge.batch import Stream, build
from tests.fakes import PLENTY, Store
from tests.judged import HISTORY, LOADED, detecting
from tests.one_by_one import one_by_one, torn
from tests.seeds import fresh
from tests.unit.domain.detectors.market import REAL_FILES, real


@pytest.mark.parametrize("name", REAL_FILES)
def test_real_candles_one_by_one(name):
    """43,000 candles of seven files; bit for bit, the reasons' numbers too."""
    instrument = LOADED.instrument_for(REAL_FILES[name])
    settings = LOADED.detectors_for(instrument.name)
    candles = read(real(name), instrument.timezone)
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
