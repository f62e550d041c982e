"""The candles that a FakeTerminal has of one symbol, as the package's rows, and what ails them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

RATES = np.dtype(
    [
        ("time", "<i8"),
        ("open", "<f8"),
        ("high", "<f8"),
        ("low", "<f8"),
        ("close", "<f8"),
        ("tick_volume", "<u8"),
        ("spread", "<i4"),
        ("real_volume", "<u8"),
    ]
)


def table(candles) -> np.ndarray:
    """Return candles (columns by attribute, times in UTC) as the terminal's rows."""
    rows = np.zeros(len(candles.time), RATES)
    for name in RATES.names:
        rows[name] = np.asarray(getattr(candles, name))
    return rows


@dataclass
class Book:
    """A symbol: its candles with true opens in UTC, their server stamps, and what ails them."""

    rows: np.ndarray
    timeframe_s: int
    stamps: np.ndarray
    selected: bool = False
    partial: int | None = None
    missing: set[int] = field(default_factory=set)
    doubled: set[int] = field(default_factory=set)
    contradicted: set[int] = field(default_factory=set)


def forming(rows, share) -> None:
    """Make the last row one that has lived a share of its time: less volume, and its close on the way."""
    row = rows[-1]
    row["tick_volume"] = int(row["tick_volume"] * share)
    row["real_volume"] = int(row["real_volume"] * share)
    row["close"] = row["open"] + round((row["close"] - row["open"]) * share / 5) * 5


def ailing(rows, opens, book) -> np.ndarray:
    kept = ~np.isin(opens, list(book.missing))
    rows, opens = rows[kept], opens[kept]
    twice = np.where(np.isin(opens, list(book.doubled)), 2, 1)
    second = np.concatenate([np.arange(n) for n in twice]) if len(twice) else np.zeros(0, int)
    rows, opens = np.repeat(rows, twice), np.repeat(opens, twice)
    rows["close"][(second == 1) & np.isin(opens, list(book.contradicted))] += 5
    return rows
