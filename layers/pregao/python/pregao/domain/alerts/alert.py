"""The alert: a signal with a name, prices to act on and a life."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass

from pregao.domain.alerts.signal import Direction, Pattern, Severity, Signal
from pregao.domain.market.bulletin import Context
from pregao.domain.market.candle import Candle, to_tick


@dataclass(frozen=True, slots=True)
class Levels:
    """Distances from the close in average true ranges: half the entry band, the stop, the target."""

    entry_atr: float
    stop_atr: float
    target_atr: float


@dataclass(frozen=True, slots=True)
class Feed:
    """Where a signal was seen: names and grid of the instrument, and the rules that were in force."""

    instrument: str
    contract: str
    symbol: str
    timeframe: str
    timeframe_s: int
    tick_size: float
    config_digest: str
    life_s: int


@dataclass(frozen=True, slots=True)
class Alert:
    """Alert v1. Times are epoch seconds UTC; prices stand on the tick grid.

    A long has stop_loss < entry_min <= entry_max < take_profit, a short the mirror. `seq` counts the
    admitted alerts of the contract from 1 without a gap; it is 0 until admission and for what was refused.
    `confidence` is a measured precision or None, never a guess. `context` is what was known of the contract
    from the bulletins of days before; None where that is nothing. It is no part of the id.
    """

    id: str
    version: int
    instrument: str
    contract: str
    symbol: str
    timeframe: str
    pattern: Pattern
    direction: Direction
    severity: Severity
    candle: Candle
    price: float
    tick_size: float
    entry_min: float
    entry_max: float
    stop_loss: float
    take_profit: float
    risk_reward: float
    confidence: float | None
    detected_at: float
    candle_closed_at: int
    expires_at: int
    reason: Mapping[str, float | int | str]
    config_digest: str
    seq: int = 0
    context: Context | None = None

    @property
    def decide_by(self) -> float:
        """When it expires for its operators (epoch seconds): a replayed one lives from its detection."""
        return max(self.expires_at, self.detected_at + self.expires_at - self.candle_closed_at)


def alert_id(contract: str, timeframe: str, pattern: str, direction: str, candle_time: int) -> str:
    """Return the SHA-256 (hex) that a retry, a replay and a second bridge arrive at alike."""
    return _sha256(contract, timeframe, pattern, direction, str(candle_time))


def similarity_key(alert: Alert, band_ticks: int, beside: int = 0) -> str:
    """Return the SHA-256 (hex) shared by alerts of one contract, pattern, side and price band.

    A band is `band_ticks` ticks wide and starts at a multiple of its width; `beside` -1 or 1 names the band
    below or above. Two prices less than a width apart may stand on both sides of a border, so who looks for
    a similar alert asks for these too, and then compares prices.
    """
    band = math.floor(alert.price / (alert.tick_size * band_ticks) + 1e-9) + beside
    return _sha256(alert.contract, alert.pattern, alert.direction, str(band))


def similar_prices(alert: Alert, band_ticks: int) -> tuple[float, float]:
    """Return the nearest prices below and above that are not similar: a band's width away."""
    width = band_ticks * alert.tick_size
    return to_tick(alert.price - width, alert.tick_size), to_tick(alert.price + width, alert.tick_size)


def raise_alert(
    signal: Signal,
    candle: Candle,
    feed: Feed,
    severity: Severity,
    levels: Levels,
    now: float,
    confidence: float | None = None,
) -> Alert:
    """Give a signal its id, its prices on the tick grid and its life.

    The stop stays at least one tick outside the entry band and the target one tick beyond it, so that
    stop < entry < target holds also where the average true range is below a tick.
    """
    entry_min = to_tick(signal.price - levels.entry_atr * signal.atr, feed.tick_size)
    entry_max = to_tick(signal.price + levels.entry_atr * signal.atr, feed.tick_size)
    stop, target = _stop_and_target(signal, levels, feed.tick_size, entry_min, entry_max)
    price = to_tick(signal.price, feed.tick_size)
    closed_at = signal.time + feed.timeframe_s
    return Alert(
        id=alert_id(feed.contract, feed.timeframe, signal.pattern, signal.direction, signal.time),
        version=1,
        instrument=feed.instrument,
        contract=feed.contract,
        symbol=feed.symbol,
        timeframe=feed.timeframe,
        pattern=signal.pattern,
        direction=signal.direction,
        severity=severity,
        candle=candle,
        price=price,
        tick_size=feed.tick_size,
        entry_min=entry_min,
        entry_max=entry_max,
        stop_loss=stop,
        take_profit=target,
        risk_reward=round(abs(target - price) / abs(price - stop), 2),
        confidence=confidence,
        detected_at=now,
        candle_closed_at=closed_at,
        expires_at=closed_at + feed.life_s,
        reason=dict(signal.reason),
        config_digest=feed.config_digest,
    )


def _stop_and_target(
    signal: Signal, levels: Levels, tick: float, entry_min: float, entry_max: float
) -> tuple[float, float]:
    sign = signal.direction.sign
    stop = to_tick(signal.price - sign * levels.stop_atr * signal.atr, tick)
    target = to_tick(signal.price + sign * levels.target_atr * signal.atr, tick)
    if signal.direction is Direction.LONG:
        return min(stop, to_tick(entry_min - tick, tick)), max(target, to_tick(entry_max + tick, tick))
    return max(stop, to_tick(entry_max + tick, tick)), min(target, to_tick(entry_min - tick, tick))


def _sha256(*parts: str) -> str:
    return hashlib.sha256("|".join(parts).encode()).hexdigest()
