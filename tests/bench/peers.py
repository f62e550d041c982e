"""Prints the section of RESULTS.md on detection and backtest; run by tests/bench/detect.py."""

from __future__ import annotations

from importlib.metadata import version

import numpy as np

from tests.bench import rule, scans
from tests.bench.market import HISTORY, WINDOW
from tests.bench.noise import Timing, interleave

PEERS = ("TA-Lib", "talipp", "pandas", "vectorbt", "backtesting", "backtrader")


def table(head: str, rows: list[tuple[str, Timing, float]], unit: str, scale: float) -> list[str]:
    """Rows of (what, timing of one run, candles in it), the first being ours: the measure of the ratios."""
    per_candle = [timing.median / candles for _, timing, candles in rows]
    lines = [f"| {head} | time, {unit} | candles/s | times ours |", "|---|---|---|---|"]
    for (what, timing, candles), cost in zip(rows, per_candle, strict=True):
        spread = timing.spread(scale / candles if unit.startswith("µs") else scale)
        lines.append(f"| {what} | {spread} | {1 / cost:,.0f} | {cost / per_candle[0]:.2g} |")
    return [*lines, ""]


def whole_history() -> list[str]:
    """All patterns over 100,000 candles."""
    fast = interleave(
        {
            "columns": scans.ours_as_columns,
            "scan": scans.ours_as_signals,
            "outlook": scans.ours_with_outlook,
            "backtest": scans.ours_judged,
            "talib": scans.with_talib,
            "pandas": scans.with_pandas,
        },
        15,
    )
    slow = interleave({"talipp": scans.with_talipp}, 3)
    rows = [
        ("`columns`: side of every candle by four patterns, and ATR", fast["columns"], HISTORY),
        ("`scan`: the same as signals, with reasons", fast["scan"], HISTORY),
        ("the same and unusual ranges, each signal with outlook and chance", fast["outlook"], HISTORY),
        ("whole backtest of four patterns: detect, label, trades, gates", fast["backtest"], HISTORY),
        ("TA-Lib: the same indicators as whole-array calls, no rules", fast["talib"], HISTORY),
        ("pandas: the same indicators", fast["pandas"], HISTORY),
        (
            f"talipp: z, RSI and ATR, candle by candle ({scans.TALIPP:,} of them)",
            slow["talipp"],
            scans.TALIPP,
        ),
    ]
    return table("a whole history", rows, "ms", 1e3)


def one_candle() -> list[str]:
    """One new candle."""
    scans.known()
    live = interleave(
        {
            "ours": scans.live_ours,
            "outlook": scans.live_with_outlook,
            "talib": scans.live_talib,
            "pandas": scans.live_pandas,
        },
        7,
    )
    rows = [
        (f"`scan`, four patterns, {WINDOW}-candle window", live["ours"], scans.LIVE),
        ("`scan_live`: five patterns, each signal with outlook and chance", live["outlook"], scans.LIVE),
        ("TA-Lib's indicators over the same window", live["talib"], scans.LIVE),
        ("pandas' indicators over the same window", live["pandas"], scans.LIVE / 10),
    ]
    return table("one new candle", rows, "µs a candle", 1e6)


def one_rule() -> list[str]:
    """One and the same rule in four engines."""
    whole, part = HISTORY, rule.SLOW
    fast = interleave({"ours": rule.ours, "vectorbt": rule.with_vectorbt}, 9)
    slow = interleave({"backtesting": rule.with_backtesting, "backtrader": rule.with_backtrader}, 2)
    rows = [
        ("ours", fast["ours"], whole),
        ("vectorbt `from_signals`, compiled before", fast["vectorbt"], whole),
        (f"backtesting.py ({part:,} candles)", slow["backtesting"], part),
        (f"backtrader ({part:,} candles)", slow["backtrader"], part),
    ]
    return [*table("one rule (`tests/bench/rule.py`)", rows, "ms", 1e3), *agreement(), *one_grid()]


def one_grid() -> list[str]:
    """One rule under 1,000 settings."""
    settings = len(rule.WINDOWS) * len(rule.LIMITS)
    took, judged = (
        interleave({"ours": rule.our_grid, "them": rule.their_grid}, 5),
        settings * rule.GRID_CANDLES,
    )
    rows = [
        ("ours: alerts, legs captured, hits, stops and R of each", took["ours"], judged),
        ("vectorbt `from_signals`, compiled before: trades, wins and returns", took["them"], judged),
    ]
    what = f"{settings:,} settings of one rule, {rule.GRID_CANDLES:,} candles, one process"
    said = (
        f"Ours judges every alert ({rule.our_grid():,}), as `pregao tune` does before it has workers;"
        f" vectorbt one trade at a time ({rule.their_grid():,})."
    )
    return [*table(what, rows, "ms", 1e3), said, ""]


def agreement() -> list[str]:
    """Do the engines trade alike? What differs is whether a trade may begin where the last one ended."""
    waits, at_once = rule.ours(), rule.ours(rule.SLOW, waits=False)
    vectorbt, backtesting, backtrader = rule.with_vectorbt(), rule.with_backtesting(), rule.with_backtrader()
    assert waits == vectorbt, f"ours {waits} trades, vectorbt {vectorbt}"
    assert at_once == backtesting, f"ours {at_once} trades, backtesting.py {backtesting}"
    return [
        f"Trades, none on the candle of an exit, {HISTORY:,} candles: ours {waits}, vectorbt {vectorbt}."
        f" At once again, {rule.SLOW:,} candles: ours {at_once}, backtesting.py {backtesting},"
        f" backtrader {backtrader} (its own ATR).",
        "",
    ]


def main() -> None:
    """Print the section."""
    versions = ", ".join(f"{name} {version(name)}" for name in PEERS)
    lines = [
        "## Detection and backtest alone",
        "",
        f"{HISTORY:,} synthetic WIN M5 candles, all in one process, repetitions in turns."
        f" numpy {np.__version__}, {versions}.",
        "",
    ]
    print("\n".join([*lines, *whole_history(), *one_candle(), *one_rule()]))


if __name__ == "__main__":
    main()
