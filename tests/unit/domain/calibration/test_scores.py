"""What past alerts scored is what they were told with, and keeps a budget over real candles."""

from __future__ import annotations

import base64
import json
import zlib
from itertools import groupby

import pytest

from local.cli.paths import CONFIG
from local.lab.history import judged_candles, read_for
from pregao.config.reader import load
from pregao.domain.alerts.alert import attention_of
from pregao.domain.alerts.opportunity import LOOK_BACK, look_back, opportunities, opportunity_id
from pregao.domain.alerts.signal import DETECTED, Chance, Outlook
from pregao.domain.calibration.live import calibrations, scan_live
from pregao.domain.calibration.scores import session_scores, with_scores
from pregao.domain.delivery.attention import SESSIONS, FeedScores, preview
from pregao.wire.calibration_v1 import Grid, dump_calibration, load_calibration
from pregao.wire.scores_v1 import pack_scores, unpack_scores
from tests.fakes import an_operator
from tests.unit.domain.calibration.test_size import lively
from tests.unit.domain.detectors.market import M5, SETTINGS, WIN, real

LOADED = load(CONFIG, env={})


@pytest.fixture(scope="module")
def market():
    return lively(4, 34, 60)


@pytest.fixture(scope="module")
def made(market):
    return list(calibrations(market, WIN, SETTINGS))


def live(market, row, known):
    """What a post of one candle says of it: pattern, score, and both sides on its opportunity's first."""
    window = market[row - SETTINGS.warmup - LOOK_BACK + 1 : row + 1]
    newest, times = len(window) - 1, window.time.tolist()
    signals = scan_live(window, WIN, SETTINGS, look_back(newest, SETTINGS.warmup), M5, lambda _: known)
    own = opportunities(signals, times, WIN.local_date, "WIN", "").values()
    begins = opportunity_id("WIN", "", times[-1])
    return [
        (one.pattern, score_of(one), together.id == begins and bool(together.conflicts))
        for one, together in zip(signals, own, strict=True)
        if one.time == times[-1]
    ]


def score_of(signal):
    found = attention_of(
        signal.outlook if isinstance(signal.outlook, Outlook) else None,
        signal.chance if isinstance(signal.chance, Chance) else None,
    )
    return found.score if found else None


def test_they_are_what_live_alerts_were_told_with(market, made):
    """Every candle of three sessions from its own window, by the calibration of the session before."""
    scores = session_scores(made, market, WIN, SETTINGS, 30)
    rows = [row for row in range(len(market)) if WIN.in_session(int(market.time[row]))]
    total = 0
    for day, some in groupby(rows, key=lambda row: WIN.local_date(int(market.time[row]))):
        if day in scores and day > made[30].session:
            before = max((one for one in made if one.session < day), key=lambda one: one.session)
            expected = [one for row in some for one in live(market, row, before)]
            alerts = scores[day].alerts
            assert [(one.pattern, one.score, one.conflict) for one in alerts] == expected
            total += len(expected)
    assert total > 10


def test_a_calibration_carries_those_of_its_newest_sessions(market, made):
    *_, before, last = with_scores(made, market, WIN, SETTINGS, made[-2].session)
    assert [one.session for one in last.scores] == [one.session for one in made[-SESSIONS:]]
    assert last.scores[:-1] == before.scores[1:]
    every = session_scores(made, market, WIN, SETTINGS)
    assert last.scores == tuple(every[one.session] for one in last.scores)


def test_they_are_kept_with_it_and_alone(market, made):
    grid = Grid.of(WIN, "M5")
    (last,) = with_scores(made, market, WIN, SETTINGS, made[-1].session)
    assert load_calibration(dump_calibration(last, grid), grid).scores == last.scores
    assert tuple(unpack_scores(pack_scores(last.scores))) == last.scores
    assert len(pack_scores(last.scores)) < 10_000
    assert "scores" not in dump_calibration(last.taken([36_000]), grid)
    with pytest.raises(ValueError, match="not packed scores"):
        unpack_scores("AAAA")


@pytest.mark.parametrize(
    "row",
    [
        [-1, "engulfing", 0.9, False],
        [0, "none of ours", 0.9, False],
        [0, "engulfing", -0.1, False],
        [0, "engulfing", float("nan"), False],
        [0, "engulfing", "0.9", False],
        [0, "engulfing", 0.9, 1],
        [True, "engulfing", 0.9, False],
        [0, "engulfing", 0.9],
        7,
    ],
)
def test_scores_that_were_not_packed_by_us_are_refused(row):
    plain = json.dumps([{"session": "2026-11-27", "alerts": [row]}]).encode()
    with pytest.raises(ValueError):  # noqa: PT011 - which of them says what is not promised
        unpack_scores(base64.b64encode(zlib.compress(plain)).decode())


@pytest.mark.parametrize(
    ("name", "symbol"),
    [
        ("WINFUT_M5_2021-2022_fritter-C.csv", "WINFUT"),
        ("WING24_M5_utf16_mtcli.csv", "WING24"),
        ("WINJ20_M5_2020Q1_profit_arthurmb98.csv", "WINJ20"),
        ("WDOV24_M5_utf16_mtcli.csv", "WDOV24"),
        ("EURUSD_M5_2021_mt5native_kayoroxa.csv", "EURUSD"),
    ],
)
def test_a_budget_is_kept_over_real_candles(name, symbol):
    """Rings per session within a quarter of the budget, each session by what was known before it."""
    instrument = LOADED.instrument_for(symbol).of_feed(symbol)
    settings = LOADED.detectors_for(instrument.name)
    candles = judged_candles(read_for(real(name), instrument, symbol))
    kept = list(calibrations(candles, instrument, settings))
    scores = session_scores(kept, candles, instrument, settings)
    severity = {pattern: settings.severity(pattern) for pattern in DETECTED}
    feed = FeedScores((instrument.name,), severity, list(scores.values()))
    for budget in (4, 6):
        assert preview([feed], an_operator(), budget).mean == pytest.approx(budget, rel=0.25)
