"""The law: a known series in any format, zone and quirk is read equal or refused, never read different."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.cli.paths import CONFIG
from local.errors import HistoryError
from local.lab.history import read_for
from pregao.config.reader import load
from tests.candle_writers import FORMATS, QUIRKS, Series, raw, series
from tests.seeds import tries

LOADED = load(CONFIG)
PRICES = {"WIN": 130_000.0, "WDO": 5_100.0, "BIT": 350_000.0, "EURUSD": 1.18}
ZONES = ("UTC", "Europe/Athens", "America/New_York", "Asia/Kolkata")


def written(
    name: str, zone: str, step: int, day: int, sessions: int, cut: tuple[float, float], seed: int
) -> Series:
    instrument = LOADED.instrument_for(name)
    if name == "EURUSD":
        instrument = replace(instrument, timezone=zone)
    first = date(2020, 1, 1) + timedelta(day)
    whole = len(series(instrument, first, sessions, step, PRICES[name], seed).candles)
    skip = min(int(whole * cut[0]), whole - 2)
    drop = min(int(whole * cut[1]), whole - 2 - skip)
    return series(instrument, first, sessions, step, PRICES[name], seed, skip, drop)


def check(known: Series, form: str, quirk: str, seed: int, path) -> bool:
    """Return whether the file was read; fail where it was read different."""
    path.write_bytes(raw(FORMATS[form](known), quirk, random.Random(seed)))
    try:
        found = read_for(path, known.instrument).candles
    except HistoryError:
        return False
    fitting = [known.candles]
    if "cut" in quirk:  # a cut that took nothing but the line's end is none
        fitting.append(known.candles[1:] if "newest first" in quirk else known.candles[:-1])
    assert any(
        all(
            np.array_equal(getattr(found, one), getattr(fits, one))
            for one in ("time", "open", "high", "low", "close")
        )
        for fits in fitting
    ), (form, quirk, seed)
    return True


@settings(max_examples=tries(25), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    name=st.sampled_from(sorted(PRICES)),
    zone=st.sampled_from(ZONES),
    step=st.sampled_from([60, 300, 600, 900, 1200, 1800, 3600, 7200, 14_400]),
    day=st.integers(0, 2400),
    sessions=st.sampled_from([1, 2, 3, 8]),
    cut=st.sampled_from([(0.0, 0.0), (0.3, 0.0), (0.0, 0.4), (0.4, 0.4)]),
    form=st.sampled_from(sorted(FORMATS)),
    quirk=st.sampled_from(QUIRKS),
    seed=st.integers(0, 10**6),
)
def test_read_equal_or_refused(name, zone, step, day, sessions, cut, form, quirk, seed, tmp_path_factory):
    """Random seeds."""
    known = (
        written(name, zone, step, day, min(sessions, step // 100), cut, seed)
        if step > 100
        else (written(name, zone, step, day, 1, cut, seed))
    )
    check(
        known,
        form,
        "bom" if quirk == "latin-1" and "Profit" in form else quirk,
        seed,
        tmp_path_factory.mktemp("law") / "f",
    )


def test_long_candles_of_another_clock_are_not_read(tmp_path):
    """New York's 07:00 overlaps a session from 09:00 for four hours: that is no proof of the clock."""
    known = written("BIT", "", 14_400, 454, 8, (0.0, 0.0), 116_730)
    assert not check(known, "HistData", "no end", 116_730, tmp_path / "f")


def test_a_part_of_a_session_in_eastern_time_is_not_read_as_the_exchange_s(tmp_path):
    """From 08:00 to 15:30 lies in BIT's session by either clock."""
    known = written("BIT", "", 1800, 0, 3, (0.4, 0.4), 0)
    assert not check(known, "HistData", "", 0, tmp_path / "f")


@pytest.mark.parametrize("seed", range(12))
def test_fixed_seeds_are_mostly_read(seed, tmp_path):
    """Whole weeks leave little open: of each seed's formats most are read, and none different."""
    rng = random.Random(seed)
    name = rng.choice(["WIN", "WDO", "BIT"])
    known = written(name, "", 900, rng.randrange(2400), 8, (0.0, 0.0), seed)
    forms = rng.sample([one for one in FORMATS if one != "HistData"], 5)
    assert sum(check(known, form, rng.choice(QUIRKS[1:]), seed, tmp_path / "f") for form in forms) >= 4
