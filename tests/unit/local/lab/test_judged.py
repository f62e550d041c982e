"""The validator: passes where an honest detector must, fails on chance, is not fooled by a peeking one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from local.errors import HistoryError
from local.lab import judged as judged_module
from local.lab.history import read
from local.lab.judged import Period, judge_histories, read_files
from local.lab.market import PER_SESSION, TIMEZONE, synthesize
from local.lab.mt5file import write_mt5
from pregao.config.backtest import BacktestConfig
from pregao.domain.alerts.signal import SIDED, Pattern
from pregao.domain.backtest import run as run_module
from pregao.domain.backtest.rules import Costs, Truth
from pregao.domain.detectors import scan as scan_module
from pregao.domain.detectors.settings import DetectorSettings, LevelSettings
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

WINFUT = "WINFUT_M5_2021-2022_fritter-C.csv"
RULES = BacktestConfig(costs={"WIN": Costs(fees=0.5, slippage_ticks=1)})
BREAKS_ALONE = replace(
    SETTINGS,
    volatility_extreme=replace(SETTINGS.volatility_extreme, enabled=False),
    engulfing=replace(SETTINGS.engulfing, enabled=False),
    rsi_divergence=replace(SETTINGS.rsi_divergence, enabled=False),
)


def stairs(seed: int, sessions: int = 60) -> Candles:
    """A market that an honest break detector must pass: ranges of 16 ticks, then a run of seven such ranges.

    In a range the close moves by at most 2 ticks (the noise), and nothing turns by 1.5 ATR. Its last candle
    reaches one tick beyond the range on the side away from the run: there the leg begins. Every run begins
    with a close beyond the range and goes on without a pause, twice a session, on sides and at times drawn.
    """
    dice = np.random.default_rng(seed)
    rows, level = [], 20_000
    for _ in range(2 * sessions):
        sign, length = int(dice.choice([-1, 1])), PER_SESSION // 2
        quiet = int(dice.integers(22, 45))
        rows += [(level, level + 8, level - 8, close) for close in level + dice.integers(-2, 3, quiet)]
        rows[-1] = (level, level + 8 + (sign < 0), level - 8 - (sign > 0), level)
        price = level
        for step in (14, *dice.integers(10, 15, 8)):
            before, price = price, price + sign * int(step)
            rows.append((before, max(before, price), min(before, price), price))
        level = price
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


def counts(score):
    shares = (score.capture, score.false_positives, score.wins)
    return [*((share.part, share.whole) for share in shares), (score.missed, score.sessions)]


def added(*scores):
    return [tuple(map(sum, zip(*pairs, strict=True))) for pairs in zip(*map(counts, scores), strict=True)]


def judged(market, settings: DetectorSettings = SETTINGS, split=None):
    return judge_histories([market], WIN, settings, RULES, split)


@pytest.mark.parametrize("seed", [1, 2, 3, fresh(), fresh() + 1])
def test_it_passes_where_an_honest_detector_must(seed):
    said = judged(stairs(seed), BREAKS_ALONE)
    assert said.passed, (seed, said.plain()["gates"])
    assert all(gate.share.lift_interval[0] > 0 for gate in said.gates)
    assert said.score.expectancy.r > 0.5
    assert said.equity.plain()["r"] > 0


@pytest.mark.parametrize("seed", [1, 2, 3, fresh(), fresh() + 1])
@pytest.mark.parametrize("settings", [SETTINGS, BREAKS_ALONE], ids=["all", "breaks"])
def test_it_fails_on_a_random_walk(seed, settings):
    said = judged(walk(seed, count=6000), settings)
    assert not said.passed, seed
    assert not any(gate.passed for gate in said.gates), seed


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_it_fails_on_shuffled_real_candles(seed):
    market = read(real(WINFUT), TIMEZONE)
    assert not any(gate.passed for gate in judged(shuffled(market, seed)).gates)


def test_a_few_lucky_alerts_are_no_evidence():
    said = judged(stairs(1, sessions=8), BREAKS_ALONE)
    assert all(share.value == 1 for share in (said.samples["whole"].wins, said.samples["whole"].capture))
    assert not said.passed
    assert "cases, 30 are needed" in said.gates[0].why


def test_without_thirty_sessions_there_is_no_baseline_and_no_pass():
    said = judged(stairs(1, sessions=29), BREAKS_ALONE)
    assert said.gates[1].share.baseline is None
    assert "sessions give no baseline" in said.gates[1].why
    assert not any(gate.passed for gate in said.gates)


class TestPurchases:
    """What once passed a gate without being worth anything; each share is still as splendid, and fails."""

    @staticmethod
    def gate(said, name):
        return next(one for one in said.gates if one.name == name)

    @pytest.mark.parametrize(("target", "stop"), [(0.5, 3.0), (0.3, 6.0)])
    def test_near_targets_and_far_stops_win_and_are_worth_nothing(self, target, stop):
        levels = LevelSettings(0.25, stop, target)
        bought = {name.value: replace(getattr(SETTINGS, name), levels=levels) for name in SIDED}
        said = judged(read(real(WINFUT), TIMEZONE), replace(SETTINGS, **bought))
        won = self.gate(said, "win_rate")
        assert won.share.interval[0] > 0.85
        assert said.score.expectancy.r < 0
        assert not won.passed
        assert not any(gate.passed for gate in said.gates)

    def test_ringing_all_the_time_captures_and_is_worth_nothing(self, monkeypatch):
        """An alert on 60 % of all candles and sides, at random."""
        market = read(real(WINFUT), TIMEZONE)
        dice = np.random.default_rng(1)
        long, short = (sign * (dice.random(len(market)) < 0.6).astype(np.int8) for sign in (1, -1))
        honest = run_module.columns

        def everywhere(candles, instrument, settings):
            found = honest(candles, instrument, settings)
            return replace(found, sides={Pattern.LEVEL_BREAK: long, Pattern.ENGULFING: short})

        monkeypatch.setattr(run_module, "columns", everywhere)
        monkeypatch.setattr(judged_module, "disagreement", lambda *_: None)
        monkeypatch.setattr(judged_module, "size_disagreement", lambda *_: None)
        said = judged(market)
        capture = self.gate(said, "capture")
        assert capture.share.interval[0] > 0.85
        assert abs(capture.share.lift) < 0.03
        assert not any(gate.passed for gate in said.gates)

    def test_another_truth_never_passes(self):
        rules = replace(RULES, truth=Truth(horizon=48))
        said = judge_histories([stairs(1)], WIN, BREAKS_ALONE, rules)
        assert all(gate.passed for gate in said.gates)
        assert not said.passed
        assert said.plain()["truth"]["standard"] is False
        assert said.plain()["truth"]["digest"] != judged(stairs(1), BREAKS_ALONE).plain()["truth"]["digest"]


def test_a_detector_that_peeks_ahead_is_caught(monkeypatch):
    """One candle of foresight makes a splendid score, and no pass."""
    honest = scan_module.level_break.find

    def peeking(series, settings, atr, _first):
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
    assert counts(inside) != counts(outside)
    assert added(inside, outside) == counts(said.samples["whole"])
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
    apart = [judged(one).samples["whole"] for one in histories]
    assert added(*apart) == counts(both.samples["whole"])
    assert (np.diff(both.equity.time) >= 0).all()


def test_a_period_keeps_the_warm_up_before_it(tmp_path):
    """What is judged from a day on is what the whole history says of those days."""
    market = synthesize(3, 12, date(2026, 3, 2)).candles
    file = tmp_path / "a.csv"
    write_mt5(market, file, TIMEZONE)
    whole = judged(market, split=date(2026, 3, 10))
    (history,) = read_files([file], WIN, Period(since=date(2026, 3, 10)), 250)
    assert counts(judged(history).samples["whole"]) == counts(whole.samples["out_of_sample"])


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
