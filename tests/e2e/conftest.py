from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from local.lab.market import synthesize
from local.stack.up import stack_up

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="package")
def stack(tmp_path_factory):
    """One stack for all tests that ask for it, ended before others begin; historical batches ring."""
    with stack_up(ROOT, tmp_path_factory.mktemp("stack"), {"AllowReplay": "true"}) as up:
        yield up


@pytest.fixture(scope="session")
def ringing():
    """Candles of a synthetic session whose last one raises an alert."""
    market = synthesize(7, 5, date(2026, 3, 2))
    events = [event for event in market.events if event.pattern == "volatility_extreme"]
    row = market.candles.time.tolist().index(events[-1].time)
    return market.candles[: row + 1]
