"""Live is batch on a long synthetic history; beside test_live_is_batch.py, so that two workers share them."""

from __future__ import annotations

from pregao.domain.detectors.scan import scan
from tests.judged import LOADED
from tests.one_by_one import one_by_one, torn


def test_synthetic_candles_one_by_one():
    """60,000 candles with holes and rolls."""
    instrument, settings = LOADED.instrument_for("WIN"), LOADED.detectors_for("WIN")
    candles = torn(1, 620)[:60_000]
    assert len(candles) == 60_000
    assert one_by_one(candles, instrument, settings) == scan(candles, instrument, settings)
