"""Batches of several feeds whose newest candle rings, and posts of them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

SAMPLE = Path(__file__).parents[1] / "functions" / "detect" / "event.json"
FUTURES = ("WIN$N", "WDO$N", "IND$N", "DOL$N", "BIT$N")


def batch(symbol: str = "WIN$N", *, quiet: bool = False, **changes: Any) -> dict[str, Any]:
    """The sample event's batch under another symbol; a `quiet` one's newest candle rings nothing."""
    said = json.loads(json.loads(SAMPLE.read_text(encoding="utf-8"))["body"])
    if quiet:
        said["candles"]["close"][-1] = said["candles"]["open"][-1]
    return said | {"symbol": symbol, "contract": None} | changes


def share(number: int) -> str:
    """One of a thousand codes of B3's shares."""
    return f"P{chr(65 + number // 100)}{chr(65 + number // 10 % 10)}{chr(65 + number % 10)}4"


def a_post(feeds: list[Any], version: int = 1) -> bytes:
    """The body of a CandlePost."""
    return json.dumps({"version": version, "feeds": feeds}).encode()


def zipped(body: bytes) -> bytes:
    """A body as a bridge packs it."""
    return gzip.compress(body, mtime=0)
