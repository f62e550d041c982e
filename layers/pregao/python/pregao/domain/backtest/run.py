"""One history judged: the legs of the market, what rang, what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pregao.domain.backtest.baseline import ends_anywhere
from pregao.domain.backtest.trades import PATTERNS, Trades, trades
from pregao.domain.backtest.truth import Flags, Legs, find_legs
from pregao.domain.calibration.size import Size, sizes
from pregao.domain.detectors.prices import Series, in_session, local_seconds
from pregao.domain.detectors.scan import columns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pregao.domain.alerts.signal import Levels
    from pregao.domain.backtest.rules import Truth
    from pregao.domain.detectors.scan import Columns
    from pregao.domain.detectors.settings import DetectorSettings
    from pregao.domain.market.candles import Candles, Ints
    from pregao.domain.market.instrument import Instrument


@dataclass(frozen=True)
class Backtest:
    """A judged history.

    judged: candles inside the session from the warm-up on; unrung: how many signals stand outside the
    session, which would never have rung.
    """

    series: Series
    columns: Columns
    settings: DetectorSettings
    truth: Truth
    judged: Flags
    trades: Trades
    legs: Legs
    unrung: int

    @cached_property
    def wall_clock(self) -> Ints:
        """The exchange's wall clock of every candle, written as if it were UTC."""
        return local_seconds(self.series.candles.time, self.series.timezone)

    @cached_property
    def size(self) -> Size:
        """What is known of the size of what comes at every candle."""
        return sizes(self.series, self.columns.atr, self.settings)

    @cached_property
    def levels(self) -> tuple[Levels, ...]:
        """The distinct distances of entry, stop and target that the patterns have."""
        return tuple(dict.fromkeys(map(self.settings.levels, PATTERNS)))

    @cached_property
    def ends_anywhere(self) -> NDArray[np.int8]:
        """How an alert on every judged candle would end: by `levels`, side and candle."""
        return ends_anywhere(self.series, self.columns.atr, self.judged, self.levels, self.truth.horizon)


def backtest(candles: Candles, instrument: Instrument, settings: DetectorSettings, truth: Truth) -> Backtest:
    """Judge a history: the detectors of live, the legs of the market, every alert's trade.

    Alerts are the signals inside the session. A history without warm-up gives no alerts and no legs.
    """
    series = Series(candles, instrument.tick_size, instrument.timezone, instrument.contract_on)
    found = columns(candles, instrument, settings)
    judged = in_session(series, instrument)
    judged[: settings.warmup - 1] = False
    signals = sum(int(np.count_nonzero(side)) for side in found.sides.values())
    done = trades(series, found, settings, truth.horizon, judged)
    legs = find_legs(series, found.atr, truth, settings.warmup)
    return Backtest(series, found, settings, truth, judged, done, legs, signals - len(done))
