"""Detection and backtest: a whole history against TA-Lib's calls, and one candle in a live window."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import talib

from local.lab.market import PER_SESSION, synthesize
from pregao.config_files import load
from pregao.domain.backtest.rules import Truth
from pregao.domain.backtest.run import backtest
from pregao.domain.detectors.scan import columns, scan
from tests.bench.noise import interleave

ROOT = Path(__file__).resolve().parents[2]
HISTORY = 100_000
WINDOW = 250
LIVE_CANDLES = 500


def measure() -> list[str]:
    """The section's lines."""
    candles = synthesize(1, HISTORY // PER_SESSION + 1, date(2023, 1, 2)).candles[:HISTORY]
    config = load(ROOT / "config")
    instrument = config.instrument_for("WIN$N")
    settings = config.detectors_for("WIN")

    def peer():
        high, low, close, opened = candles.high, candles.low, candles.close, candles.open
        talib.SMA(close, 20), talib.STDDEV(close, 20), talib.RSI(close, 14), talib.ATR(high, low, close, 14)
        talib.CDLENGULFING(opened, high, low, close), talib.MAX(high, 20), talib.MIN(low, 20)

    def ours():
        scan(candles, instrument, settings)

    def every_side():
        columns(candles, instrument, settings)

    def whole_backtest():
        backtest(candles, instrument, settings, Truth()).score()

    def live():
        for end in range(1_000, 1_000 + LIVE_CANDLES):
            scan(candles[end - WINDOW : end], instrument, settings, since=WINDOW - 1)

    def live_peer():
        for end in range(1_000, 1_000 + LIVE_CANDLES):
            window = candles[end - WINDOW : end]
            talib.SMA(window.close, 20), talib.STDDEV(window.close, 20), talib.RSI(window.close, 14)
            talib.ATR(window.high, window.low, window.close, 14), talib.MAX(window.high, 20)
            talib.CDLENGULFING(window.open, window.high, window.low, window.close), talib.MIN(window.low, 20)

    subjects = {"pregao": ours, "columns": every_side, "backtest": whole_backtest, "talib": peer}
    whole = interleave(subjects, 15)
    one = interleave({"pregao": live, "talib": live_peer}, 7)

    def row(what, timing):
        ratio = timing.median / whole["talib"].median
        return f"| {what} | {timing.spread()} ms | {HISTORY / timing.median / 1e6:.1f} M | {ratio:.1f} |"

    per_candle = {name: timing.median / LIVE_CANDLES for name, timing in one.items()}
    return [
        "## Detection and backtest alone",
        "",
        f"{HISTORY:,} synthetic WIN M5 candles; min / median / max of interleaved repetitions.",
        "",
        "| what | time | candles/s (median) | ratio to TA-Lib |",
        "|---|---|---|---|",
        row("`columns`: side of every candle by four patterns, and ATR", whole["columns"]),
        row("`scan`: the same as signals, with reasons", whole["pregao"]),
        row("whole backtest: detect, label, trades, gates", whole["backtest"]),
        row("TA-Lib: the same indicators as whole-array calls, no rules", whole["talib"]),
        f"| live: one new candle in a {WINDOW}-candle window, four patterns |"
        f" {one['pregao'].spread(1e6 / LIVE_CANDLES)} µs | {1 / per_candle['pregao']:,.0f} |"
        f" {per_candle['pregao'] / per_candle['talib']:.1f} |",
        f"| TA-Lib's calls over the same window | {one['talib'].spread(1e6 / LIVE_CANDLES)} µs |"
        f" {1 / per_candle['talib']:,.0f} | 1 |",
        "",
    ]
