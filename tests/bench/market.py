"""What all subjects work on: candles, settings, and the peers' view of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import pandas as pd

from local.lab.market import PER_SESSION, synthesize
from pregao.config.reader import load
from pregao.domain.detectors.settings import DetectorSettings
from pregao.domain.market.candles import Candles
from pregao.domain.market.instrument import Instrument

ROOT = Path(__file__).resolve().parents[2]
HISTORY = 100_000
WINDOW = 250


@dataclass(frozen=True)
class Work:
    """100,000 synthetic WIN M5 candles, ours and as a pandas frame."""

    candles: Candles
    frame: pd.DataFrame
    instrument: Instrument
    settings: DetectorSettings


@cache
def work() -> Work:
    """Make it once."""
    candles = synthesize(1, HISTORY // PER_SESSION + 1, date(2023, 1, 2)).candles[:HISTORY]
    config = load(ROOT / "config")
    names = ("open", "high", "low", "close")
    times = pd.to_datetime(candles.time, unit="s")
    frame = pd.DataFrame({name.title(): getattr(candles, name) for name in names}, index=times)
    frame["Volume"] = candles.tick_volume
    return Work(candles, frame, config.instrument_for("WIN"), config.detectors_for("WIN"))
