"""One candle, and the grid its prices stand on."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candle:
    """One closed candle; `time` is its open in epoch seconds UTC, prices in the instrument's own numbers."""

    time: int
    open: float
    high: float
    low: float
    close: float
    tick_volume: int
    real_volume: int


def to_tick(price: float, tick: float) -> float:
    """Round to the nearest multiple of the tick; halves go to the even multiple."""
    return round(round(price / tick) * tick, 10)


def decimals_of(tick: float) -> int:
    """Count the decimals a price of this tick is written with: 5 -> 0, 0.5 -> 1, 0.00001 -> 5."""
    text = f"{tick:.10f}".rstrip("0")
    return len(text.split(".")[1])
