"""The validator: passes where an honest detector must, fails on chance, is not fooled by a peeking one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from local.errors import HistoryError
from local.lab.history import read
from local.lab.judged import Period, judge_histories, read_files
from local.lab.market import PER_SESSION, TIMEZONE, synthesize
from local.lab.mt5file import write_mt5
from pregao.config.backtest import BacktestConfig, CostsConfig
from pregao.domain.backtest.score import NOTHING
from pregao.domain.detectors import scan as scan_module
from pregao.domain.detectors.settings import DetectorSettings
from pregao.domain.market.candles import Candles
from tests.seeds import fresh
from tests.unit.domain.detectors.market import (
    DAY_S,
    M5,
    MONDAY_9H,
    SETTINGS,
    WIN,
    candles,
    one_day,
    real,
    walk,
)

RULES = BacktestConfig(costs={"WIN": CostsConfig(fees=0.5, slippage_ticks=1)})
BREAKS_ALONE = replace(
    SETTINGS,
    volatility_extreme=replace(SETTINGS.volatility_extreme, enabled=False),
    engulfing=replace(SETTINGS.engulfing, enabled=False),
    rsi_divergence=replace(SETTINGS.rsi_divergence, enabled=False),
)


def stairs(seed: int, sessions: int = 60) -> Candles:
    """A market that an honest break detector must pass: ranges of 16 ticks, then a run of six such ranges.

    In a range the close moves by at most `2` ticks (the noise), far from both barriers; every run begins with
    a close beyond the range and goes on without a pause, up and down in turns, twice a session.
    """
    dice = np.random.default_rng(seed)
    rows, level, sign = [], 20_000, 1
    for _ in range(2 * sessions):
        length = PER_SESSION // 2
        quiet = int(dice.integers(25, 35))
        rows += [(level, level + 8, level - 8, close) for close in level + dice.integers(-2, 3, quiet)]
        price = level
        for step in (12, *dice.integers(9, 13, 8)):
            before, price = price, price + sign * int(step)
            rows.append((before, max(before, price) + 1, min(before, price) - 1, price))
        level, sign = price, -sign
        rest = level + dice.integers(-2, 3, length - quiet - 9)
        rows += [(level, level + 8, level - 8, close) for close in rest]
    o, h, low, c = 5.0 * np.array(rows, dtype=np.float64).T
    at = np.arange(len(rows))
    day, row = np.divmod(at, 2 * (PER_SESSION // 2))
    return candles(o, h, low, c, MONDAY_9H + (day // 5 * 7 + day % 5) * DAY_S + row * M5)


def shuffled(market: Candles, seed: int) -> Candles:
    """The same candles in random order, each hung onto the close before: no memory is left."""
    order = np.random.default_rng(seed).permutation(len(market))
    shape = {name: (getattr(market, name) - market.open)[order] for name in ("high", "low", "close")}
    open_ = 100_000 + np.concatenate(([0.0], np.cumsum(shape["close"])[:-1]))
    return replace(market, open=open_, **{name: open_ + values for name, values in shape.items()})


def judged(market, settings: DetectorSettings = SETTINGS, split=None):
    return judge_histories([market], WIN, settings, RULES, split)


@pytest.mark.parametrize("seed", [1, 2, 3, fresh(), fresh() + 1])
def test_it_passes_where_an_honest_detector_must(seed):
    said = judged(stairs(seed), BREAKS_ALONE)
    assert said.passed, (seed, said.plain()["gates"])
    assert said.luck < 0.01
    assert said.equity.plain()["r"] > 0


@pytest.mark.parametrize("seed", [1, 2, 3, fresh(), fresh() + 1])
@pytest.mark.parametrize("settings", [SETTINGS, BREAKS_ALONE], ids=["all", "breaks"])
def test_it_fails_on_a_random_walk(seed, settings):
    said = judged(walk(seed, count=6000), settings)
    assert not said.passed, seed
    assert not any(gate.passed for gate in said.gates), seed


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_fails_on_shuffled_real_candles(seed):
    market = read(real("WINFUT_M5_2021-2022_fritter-C.csv"), TIMEZONE)
    assert not any(gate.passed for gate in judged(shuffled(market, seed)).gates)


def test_a_few_lucky_alerts_are_no_evidence():
    said = judged(stairs(1, sessions=8), BREAKS_ALONE)
    assert all(share.value == 1 for share in (said.samples["whole"].wins, said.samples["whole"].capture))
    assert not said.passed
    assert "cases, 30 are needed" in said.gates[0].why


def test_a_detector_that_peeks_ahead_is_caught(monkeypatch):
    """One candle of foresight makes a splendid score, and no pass."""
    honest = scan_module.level_break.find

    def peeking(series, settings, atr):
        told = honest(series, settings, atr)
        return replace(told, sides=np.roll(told.sides, -1))

    monkeypatch.setattr(scan_module.level_break, "find", peeking)
    said = judged(stairs(1), BREAKS_ALONE)
    assert said.peeked is not None
    assert not said.passed


def test_a_detector_with_a_memory_longer_than_the_warm_up_is_caught(monkeypatch):
    honest = scan_module.rsi_and_atr

    def drifting(series):
        rsi, atr = honest(series)
        return rsi, atr + 1e-6 * len(series)

    monkeypatch.setattr(scan_module, "rsi_and_atr", drifting)
    assert judged(one_day(walk(1, count=2000))).peeked is not None


def test_samples_are_split_by_date_and_add_up():
    market = synthesize(3, 30, date(2026, 3, 2)).candles
    said = judged(market, split=date(2026, 3, 20))
    inside, outside = said.samples["in_sample"], said.samples["out_of_sample"]
    assert NOTHING != inside != outside != NOTHING
    assert inside + outside == said.samples["whole"]
    assert said.gates[0].share == outside.capture


def test_two_files_are_judged_as_one_history(tmp_path):
    market = synthesize(3, 12, date(2026, 3, 2)).candles
    half = 6 * PER_SESSION
    files = [tmp_path / "b.csv", tmp_path / "a.csv"]
    write_mt5(market[half:], files[0], TIMEZONE)
    write_mt5(market[:half], files[1], TIMEZONE)
    histories = read_files(files, WIN, Period(), 250)
    both = judge_histories(histories, WIN, SETTINGS, RULES)
    assert [len(one) for one in histories] == [half, half]
    assert both.samples["whole"] == sum((judged(one).samples["whole"] for one in histories), NOTHING)
    assert (np.diff(both.equity.time) >= 0).all()


def test_a_period_keeps_the_warm_up_before_it(tmp_path):
    """What is judged from a day on is what the whole history says of those days."""
    market = synthesize(3, 12, date(2026, 3, 2)).candles
    file = tmp_path / "a.csv"
    write_mt5(market, file, TIMEZONE)
    whole = judged(market, split=date(2026, 3, 10))
    (history,) = read_files([file], WIN, Period(since=date(2026, 3, 10)), 250)
    assert judged(history).samples["whole"] == whole.samples["out_of_sample"]


def test_files_that_overlap_or_differ_in_timeframe_are_refused(tmp_path):
    market = synthesize(3, 4, date(2026, 3, 2)).candles
    paths = [tmp_path / name for name in ("a.csv", "b.csv", "c.csv")]
    write_mt5(market[:300], paths[0], TIMEZONE)
    write_mt5(market[200:], paths[1], TIMEZONE)
    slow = replace(market[:100], time=market.time[-1] + 3600 * np.arange(1, 101))
    write_mt5(slow, paths[2], TIMEZONE)
    with pytest.raises(HistoryError, match=r"b\.csv:1: overlaps .*a\.csv"):
        read_files(paths[:2], WIN, Period(), 250)
    with pytest.raises(HistoryError, match=r"c\.csv:1: is of another timeframe"):
        read_files([paths[0], paths[2]], WIN, Period(), 250)
