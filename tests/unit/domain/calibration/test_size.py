"""Unusual ranges and outlooks: against loops, live = batch, nothing from the session itself or later."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from local.cli.paths import CONFIG
from local.lab.history import read
from pregao.config.reader import load
from pregao.domain.alerts.signal import Direction, Outlook
from pregao.domain.backtest.lookahead import size_disagreement
from pregao.domain.calibration import size as size_module
from pregao.domain.calibration.expected_range import Kept, _quantile
from pregao.domain.calibration.live import calibrations, explain_size, last_sizes, scan_live
from pregao.domain.calibration.size import sizes
from pregao.domain.calibration.usual import usual
from pregao.domain.detectors.prices import Series
from pregao.domain.detectors.scan import columns
from pregao.domain.market.candles import Candles
from tests.unit.domain.calibration.naive import NaiveSize
from tests.unit.domain.detectors.market import DAY_S, M5, REAL_FILES, SETTINGS, WIN, real, thinned, walk

WARM = replace(SETTINGS, warmup=250)
quick = settings(max_examples=12, deadline=None, derandomize=True)


def lively(seed: int, sessions: int, per_session: int = 30) -> Candles:
    """A walk whose volatility changes by the day and bursts within it."""
    dice = np.random.default_rng(seed)
    count = sessions * per_session
    wild = np.repeat(np.exp(0.4 * dice.standard_normal(sessions)), per_session)
    for start in dice.integers(0, count, sessions):
        wild[start : start + 12] *= 3.0
    base = walk(seed, count, session=per_session, wild=3.0)
    moves = np.rint(wild * dice.standard_normal(count) * 4)
    close = 20_000 + np.cumsum(moves)
    open_ = np.concatenate(([20_000], close[:-1]))
    reach = np.rint(np.abs(dice.standard_normal((2, count))) * wild * 2)
    high, low = np.maximum(open_, close) + reach[0], np.minimum(open_, close) - reach[1]
    prices = dict(zip(("open", "high", "low", "close"), (open_, high, low, close), strict=True))
    return replace(base, **{name: 5.0 * column for name, column in prices.items()})


def judged(market, instrument=WIN, rules=WARM):
    series = Series(market, instrument.tick_size, instrument.timezone, instrument.contract_on)
    return sizes(series, columns(market, instrument, rules).atr, rules)


def agrees(market, instrument, rows):
    found, naive = judged(market, instrument), NaiveSize(market, instrument)
    unit = 1000
    for t in rows:
        usual_range, ahead = naive.usual(t), naive.usual_ahead(t)
        mine, its = found.usual.range_of_candle[t], found.usual.ahead_of_candle[t]
        assert np.isnan(mine) if usual_range is None else mine == pytest.approx(float(usual_range * unit))
        assert np.isnan(its) if ahead is None else its == pytest.approx(float(ahead * unit))
        assert found.fires[t] == (t >= WARM.warmup - 1 and naive.fires(t)), t
        assert found.judged[t] == (ahead is not None)
        assert found.came[t] == bool(naive.came(t)), t
    return found


@quick
@given(seed=st.integers(0, 10**6), holes=st.sampled_from([0.0, 0.02]))
def test_loops_and_columns_agree(seed, holes):
    market = thinned(lively(seed, 26), seed, holes)
    agrees(market, WIN, range(260, len(market), 3))


@pytest.mark.parametrize("name", REAL_FILES)
def test_loops_and_columns_agree_on_real_candles(name):
    instrument = load(CONFIG, env={}).instrument_for(REAL_FILES[name])
    market = read(real(name), instrument.timezone)
    fired = np.flatnonzero(judged(market, instrument).fires).tolist()
    agrees(market, instrument, sorted({*fired, *range(0, len(market), 311)}))


@pytest.mark.parametrize("shock", [1.0, 3.0])
def test_bands_are_those_of_loops(shock):
    """With a shock in the middle, sessions of one hour and of many."""
    market = lively(11, 44, per_session=60)
    late = market.time >= market.time[24 * 60]
    prices = {name: getattr(market, name) for name in ("open", "high", "low", "close")}
    first = market.open[24 * 60]
    market = replace(market, **{k: np.where(late, first + shock * (v - first), v) for k, v in prices.items()})
    found = judged(market)
    atr = columns(market, WIN, WARM).atr
    naive = NaiveSize(market, WIN).bands(atr / 1000)
    told = np.flatnonzero(np.isfinite(found.expected.low)).tolist()
    assert told == sorted(naive)
    assert len(told) > 600
    low, middle, high = np.array([naive[t] for t in told]).T * 1000
    assert found.expected.low[told] == pytest.approx(low, rel=1e-4)
    assert found.expected.middle[told] == pytest.approx(middle, rel=1e-4)
    assert found.expected.high[told] == pytest.approx(high, rel=1e-4)


def test_the_index_is_as_an_independent_count_found_it():
    """WINFUT: 45 rings in 183 sessions, 62.2 % right; 12.7 % of any candles."""
    instrument = load(CONFIG, env={}).instrument_for("WINFUT")
    found = judged(read(real("WINFUT_M5_2021-2022_fritter-C.csv"), instrument.timezone), instrument)
    came = found.came & found.judged
    assert (int(found.fires.sum()), int((came & found.fires).sum())) == (45, 28)
    assert came.sum() / found.judged.sum() == pytest.approx(0.127, abs=0.0005)
    told = found.told
    assert (found.covered & told).sum() / told.sum() == pytest.approx(0.80, abs=0.03)


@quick
@given(
    seed=st.integers(0, 10**6),
    holes=st.sampled_from([0.0, 0.03]),
    short=st.sampled_from([None, 12, 3]),
    late=st.integers(0, 40),
)
def test_live_is_batch_given_the_calibration_of_the_session_before(seed, holes, short, late):
    """Every candle of a day from its own window: the first days, missing and short sessions, late candles."""
    market = thinned(lively(seed, 34), seed, holes)
    if short:  # session 20 ends early, session 22 is not there at all
        keep = np.ones(len(market), dtype=bool)
        day = (market.time - market.time[0]) // DAY_S
        keep[(day == 20) & ((market.time - market.time[0]) % DAY_S >= short * M5)] = False
        keep[day == 22] = False
        market = Candles(*(getattr(market, name)[keep] for name in Candles.__slots__))
    whole = judged(market)
    firsts = [*whole.series.session_firsts.tolist(), len(market)]
    for first, end in zip(firsts[9::4], firsts[10::4], strict=False):
        *_, known = calibrations(market[:first], WIN, WARM)
        for t in range(max(first, 249), end, 2):
            window = market[max(0, t - 249 - late) : t + 1]
            live = scan_live(window, WIN, WARM, len(window) - 1, M5, lambda _day, known=known: known)
            assert (Direction.NONE in {one.direction for one in live}) == whole.fires[t]
            for one in live:
                assert (one.outlook if isinstance(one.outlook, Outlook) else None) == whole.outlook(t)


def test_an_explanation_fires_where_the_pattern_does_and_has_its_outlook():
    market = lively(7, 40)
    whole = judged(market)
    firsts = [*whole.series.session_firsts.tolist(), len(market)]
    for first, end in zip(firsts[12::5], firsts[13::5], strict=False):
        *_, known = calibrations(market[:first], WIN, WARM)
        for row in range(first, end):
            why, outlook = explain_size(market, WIN, WARM, row, known)
            assert why.fires == whole.fires[row], [why.conditions, row]
            assert (outlook if isinstance(outlook, Outlook) else None) == whole.outlook(row)
    fired = int(np.flatnonzero(whole.fires)[-1])
    *_, known = calibrations(market[: int(whole.series.session_first[fired])], WIN, WARM)
    assert explain_size(market, WIN, WARM, fired, known)[0].fires
    assert [one.name for one in explain_size(market, WIN, WARM, fired, None)[0].missed] == [
        "usual_slots",
        "heat",
    ]


def test_live_fires_and_has_outlooks():
    """The law above is not empty."""
    found = judged(lively(5, 34))
    assert found.fires.any()
    assert sum(found.outlook(row) is not None for row in range(len(found.fires))) > 200


@pytest.mark.parametrize("seed", range(3))
def test_what_is_known_of_a_candle_does_not_change_with_later_ones(seed):
    market = lively(seed, 34)
    assert size_disagreement(market, WIN, WARM, judged(market)) is None


class TestPeeking:
    """A calibration or detector that looks ahead is told from an honest one."""

    MARKET = lively(5, 34)

    def test_one_session_ahead(self, monkeypatch):
        def peeking(series):
            honest = usual(series)
            ahead = {name: np.roll(getattr(honest, name), -1, axis=0) for name in ("ranges", "ahead")}
            return replace(honest, **ahead)

        monkeypatch.setattr(size_module, "usual", peeking)
        assert size_disagreement(self.MARKET, WIN, WARM, judged(self.MARKET)) is not None

    def test_one_candle_ahead(self, monkeypatch):
        honest = size_module.unusual_range.find
        monkeypatch.setattr(size_module.unusual_range, "find", lambda *args: np.roll(honest(*args), -1))
        market = lively(5, 34)
        assert size_disagreement(market, WIN, WARM, judged(market)) is not None


def test_what_is_known_of_sizes_alone_is_that_of_the_last_calibration():
    market = lively(3, 30)
    *_, whole = calibrations(market, WIN, WARM)
    alone = last_sizes(market, WIN)
    assert (alone.session, alone.ranges, alone.ahead, alone.odds) == (
        whole.session,
        whole.ranges,
        whole.ahead,
        (),
    )
    np.testing.assert_array_equal(alone.model.ends, whole.model.ends)
    np.testing.assert_array_equal(alone.model.coefficients, whole.model.coefficients)
    assert last_sizes(market[:0], WIN) is None


def test_the_newest_are_kept_in_order():
    kept = Kept(3, (2,))
    for number in range(11):
        kept.add(np.array([number, -number]))
        assert kept.newest[:, 0].tolist() == list(range(max(0, number - 2), number + 1))


@pytest.mark.parametrize("size", [2, 3, 100, 6001])
def test_a_quantile_is_numpys(size):
    ordered = np.sort(np.random.default_rng(size).normal(size=size))
    for share in (0.0, 0.005, 0.1, 0.37, 0.5, 0.9, 1 - 0.005):
        place = share * (size - 1)
        assert _quantile(ordered, share) == np.interp(place, np.arange(size), ordered)
