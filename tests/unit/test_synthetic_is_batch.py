"""Live is batch on a synthetic history; beside test_live_is_batch.py, so that two workers share them."""

from __future__ import annotations

import os

import pytest

from tests.judged import LOADED
from tests.one_by_one import live_and_batch, torn
from tests.seeds import fresh

LENGTH, SESSIONS = (60_000, 620) if os.environ.get("HYPOTHESIS_PROFILE") == "thorough" else (8_000, 180)


@pytest.mark.parametrize("seed", [1, fresh()], ids=["1", "random"])
def test_synthetic_candles_one_by_one(seed):
    """Candles with holes and rolls."""
    instrument, settings = LOADED.instrument_for("WIN"), LOADED.detectors_for("WIN")
    candles = torn(seed, SESSIONS)[:LENGTH]
    assert len(candles) == LENGTH
    live, batch = live_and_batch(candles, instrument, settings)
    assert live == batch, f"seeds {seed}, {fresh()}"
