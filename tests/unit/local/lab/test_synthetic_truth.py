"""Markets whose events are known: each detector finds its own kind, through documented noise."""

from __future__ import annotations

from datetime import date

import pytest

from local.cli.paths import CONFIG
from local.lab.market import HISTORY_SESSIONS, TIMEFRAME_S, synthesize
from pregao.config.reader import load
from pregao.domain.alerts.signal import SIDED, Pattern
from pregao.domain.detectors.scan import scan
from tests.seeds import fresh

SESSIONS = 150
"""Two events of each kind in each: 300."""
NEAR = range(-2, 3)
"""Candles by which noise may move an alert and still be about the event."""
LOADED = load(CONFIG, env={})


def found(seed, noise):
    """The share of the planted events, by pattern, near which that pattern rings on that side."""
    market = synthesize(seed, SESSIONS + HISTORY_SESSIONS, date(2024, 1, 2), noise=noise)
    signals = scan(market.candles, LOADED.instrument_for("WIN"), LOADED.detectors_for("WIN"))
    rang = {(one.pattern, one.direction, one.time) for one in signals}
    shares = {}
    for pattern in SIDED:
        kind = [one for one in market.events if one.pattern is pattern]
        near = [
            any((pattern, one.direction, one.time + by * TIMEFRAME_S) in rang for by in NEAR) for one in kind
        ]
        assert len(kind) == 2 * SESSIONS
        shares[pattern] = sum(near) / len(kind)
    return shares


@pytest.mark.parametrize("noise", [0.0, 0.1, 0.2])
@pytest.mark.parametrize("seed", [1, 2, fresh()], ids=["1", "2", "random"])
def test_every_kind_is_captured_through_documented_noise(seed, noise):
    shares = found(seed, noise)
    assert min(shares.values()) >= 0.85, f"seed {seed}: {shares}"


def test_noise_beyond_that_hides_events():
    """The measure can say no: a range of noise in every close leaves no divergence to see."""
    shares = found(1, 1.0)
    assert shares[Pattern.RSI_DIVERGENCE] < 0.85
    assert shares[Pattern.ENGULFING] < 0.85
