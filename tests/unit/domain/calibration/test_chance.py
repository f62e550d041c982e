"""The chance beside an alert: its own target first, as by loops; and what real files got for what is said."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from local.cli.paths import CONFIG
from local.lab.history import read
from pregao.config.reader import load
from pregao.domain.alerts.alert import Chance
from pregao.domain.alerts.outcome import HORIZON
from pregao.domain.alerts.signal import Unmeasured
from pregao.domain.calibration.barrier import TARGET, first_touch, planned, target_first
from pregao.domain.calibration.live import calibrations, scan_live
from pregao.domain.calibration.odds import FEWEST, chances
from pregao.domain.detectors.prices import Series, in_session
from pregao.domain.detectors.scan import columns, scan
from pregao.wire.calibration_v1 import Grid, pack_calibration, unpack_calibration
from tests.unit.domain.backtest.naive import NaiveBacktest
from tests.unit.domain.calibration.test_size import lively
from tests.unit.domain.detectors.market import REAL_FILES, ROOT, SETTINGS, WIN

ENOUGH, WITHIN = 100, 0.05
DATA = ROOT.parent / "shared" / "data"


class Told:
    """A history and what an alert of the default levels is told with on each of its candles."""

    def __init__(self, candles, instrument, settings):
        self.settings, self.signals = settings, scan(candles, instrument, settings)
        self.series = Series(candles, instrument.tick_size, instrument.timezone, instrument.contract_on)
        self.atr = columns(candles, instrument, settings).atr
        self.judged = in_session(self.series, instrument)
        self.judged[: settings.warmup - 1] = False
        self.levels = settings.levels(next(iter(settings.enabled)))
        self.chances = chances(self.series, instrument, self.levels)


def first_by_loops(naive, settings, t, sign):
    """Whether the target of an alert on candle t is reached before its stop, entry or no entry."""
    levels, tick = settings.levels(next(iter(settings.enabled))), naive.tick
    close, atr = naive.c[t], naive.atr(t)
    on_grid = lambda price: round(price / tick) * tick  # noqa: E731
    near, far = on_grid(close - sign * levels.entry_atr * atr), on_grid(close + sign * levels.entry_atr * atr)
    stop = on_grid(close - sign * levels.stop_atr * atr)
    target = on_grid(close + sign * levels.target_atr * atr)
    stop = sign * min(sign * stop, sign * near - tick)
    target = sign * max(sign * target, sign * far + tick)
    for at in range(t + 1, min(t + HORIZON + 1, naive.n)):
        if naive.days[at] != naive.days[t]:
            return False
        worst, best = (naive.low[at], naive.h[at]) if sign > 0 else (naive.h[at], naive.low[at])
        if sign * worst <= sign * stop:
            return False
        if sign * best >= sign * target:
            return True
    return False


def test_target_first_as_by_loops():
    market = lively(11, 14)
    told = Told(market, WIN, SETTINGS)
    naive = NaiveBacktest(market, WIN, SETTINGS, [])
    hits, cases = target_first(told.series, told.atr, told.judged, told.levels, HORIZON)
    rows = np.flatnonzero(told.judged).tolist()
    assert len(rows) > 100
    for t in rows:
        assert (hits[t], cases[t]) == (
            sum(first_by_loops(naive, SETTINGS, t, side) for side in (1, -1)),
            2,
        ), t
    assert cases.sum() == 2 * len(rows)


def test_nothing_of_its_own_session_or_later_stands_beside_a_candle():
    market = lively(12, 70)
    whole = Told(market, WIN, SETTINGS)
    firsts = whole.series.session_firsts.tolist()
    for end in (firsts[40], firsts[55] + 7):
        part = Told(market[:end], WIN, SETTINGS)
        for row in range(firsts[30], end, 5):
            assert part.chances.at(row) == whole.chances.at(row)


def test_why_there_is_none():
    told = Told(lively(13, 90), WIN, SETTINGS)
    firsts = told.series.session_firsts.tolist()
    said = [told.chances.at(row) for row in range(len(told.series))]
    assert set(said[: firsts[FEWEST]]) == {Unmeasured.FEW_SESSIONS}
    late = [one for one in said[firsts[60] :] if one is not Unmeasured.FEW_SESSIONS]
    for one in late:
        assert one is Unmeasured.NOT_RELIABLE or 0 <= one.low <= one.p <= one.high <= 1
    told_days = {one.as_of for one in late if isinstance(one, Chance)}
    assert len(told_days) <= 30


def test_live_tells_what_the_history_tells():
    """With the calibration of the session before, read back from what is kept of it."""
    market = lively(13, 90)
    told, grid = Told(market, WIN, SETTINGS), Grid.of(WIN, "M5")
    firsts = told.series.session_firsts.tolist()
    said = []
    for session in (15, 40, 80, 85, 88):
        *_, known = calibrations(market[: firsts[session]], WIN, SETTINGS)
        kept = unpack_calibration(pack_calibration(known, grid), grid)
        window = market[firsts[session] - 250 : firsts[session + 1]]
        for one in scan_live(window, WIN, SETTINGS, 250, 300, lambda _day, kept=kept: kept):
            row = int(np.searchsorted(market.time, one.time))
            assert one.chance == (told.chances.at(row) if one.pattern.sided else None)
            said.append(one.chance)
    assert any(isinstance(one, Chance) for one in said)
    assert Unmeasured.FEW_SESSIONS in said


def by_session(values, session, draws=2000):
    """The 95 % interval of a mean by drawing sessions, fixed seed."""
    dice = np.random.default_rng(7)
    days = np.unique(session)
    sums = np.array([values[session == day].sum() for day in days])
    counts = np.array([(session == day).sum() for day in days])
    drawn = dice.integers(0, len(days), (draws, len(days)))
    return np.quantile(sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1), (0.025, 0.975))


@dataclass
class Fifth:
    """A fifth of a file's alerts by the chance they were told with."""

    name: str
    said: float
    got: float
    low: float
    high: float

    @property
    def holds(self):
        """Got less said holds zero, or is within five points."""
        return self.low <= 0 <= self.high or abs(self.got - self.said) <= WITHIN


def fifths_of(name):
    """The fifths of a real file, and the Brier scores of what was said and of the day's share alone."""
    symbol = REAL_FILES.get(name, "EURUSD")
    instrument = load(CONFIG).instrument_for(symbol).of_feed(symbol)
    settings = load(CONFIG).detectors_for(instrument.name)
    told = Told(read(DATA / name, instrument.timezone), instrument, settings)
    place = {int(time): at for at, time in enumerate(told.series.candles.time)}
    alerts = [(place[one.time], one.direction.sign) for one in told.signals]
    alerts = [(row, sign) for row, sign in alerts if told.judged[row] and chance(told, row)]
    if len(alerts) < ENOUGH:
        return [], (0.0, 0.0)
    rows, sign = np.array(alerts, dtype=np.int64).T
    p, base = (np.array([getattr(chance(told, row), one) for row, _ in alerts]) for one in ("p", "baseline"))
    got = reached(told, rows, sign)
    fifths = []
    for part in np.array_split(np.argsort(p, kind="stable"), 5):
        low, high = by_session(got[part] - p[part], told.chances.session[rows[part]])
        fifths.append(Fifth(name, float(p[part].mean()), float(got[part].mean()), low, high))
    return fifths, (float(((got - p) ** 2).mean()), float(((got - base) ** 2).mean()))


def chance(told, row):
    said = told.chances.at(row)
    return said if isinstance(said, Chance) else None


def test_what_is_said_of_real_alerts_is_what_came():
    """All but two of 25 fifths hold, as chance would have it; the day's share alone is worse in each file."""
    names = [*REAL_FILES, "EURUSD_M5_2021_mt5native_kayoroxa.csv"]
    if not all((DATA / name).exists() for name in names):
        pytest.skip("../shared/data is not beside the checkout")
    judged = [fifths_of(name) for name in names]
    judged = [(fifths, brier) for fifths, brier in judged if fifths]
    assert len(judged) == 5
    for fifths, (told, alone) in judged:
        assert told < alone, fifths[0].name
    outside = [one for fifths, _ in judged for one in fifths if not one.holds]
    assert len(outside) <= 2, outside


def reached(told, rows, sign):
    side = sign.astype(np.int8)
    _, _, target, stop = planned(told.series, rows, side, told.atr[rows], told.levels)
    return (first_touch(told.series, rows, sign, target, stop, HORIZON).touched == TARGET).astype(np.float64)
