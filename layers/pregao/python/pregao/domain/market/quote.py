"""A market's price at a moment, for people to look at: nothing is detected on it, nothing of it kept."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quote:
    """Bid, ask and last price of a contract at `time` (epoch seconds UTC of its last change).

    `last` is None where a market has no last price (currency pairs). `synthetic`: made of a candle that is
    replayed, so it was never the price.
    """

    instrument: str
    contract: str
    time: float
    bid: float
    ask: float
    last: float | None
    synthetic: bool = False
