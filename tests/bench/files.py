"""Reading candle files: ours against DuckDB's own read_csv with its types guessed, CPU time, in turns."""

from __future__ import annotations

import gc
import sys
import time
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import duckdb
import numpy as np

from local.cli.paths import CONFIG
from local.lab.history import read_for
from local.lab.mt5file import write_mt5
from pregao.config.reader import load
from pregao.domain.market.candles import Candles
from tests.bench.noise import Timing

if TYPE_CHECKING:
    from collections.abc import Callable

    from pregao.domain.market.instrument import Instrument

REPETITIONS = 3
LENGTHS = (20_000, 1_000_000)
FORMS = ("MetaTrader 5 export", "TradingView export", "table with readable times")
_FIRST_DAY = date(2019, 6, 3)  # Brazil has had no summer time since


def measure(work: Path) -> list[str]:
    """The section's lines."""
    sys.stderr.write("· candle files\n")
    lines = [
        "## Candle files",
        "",
        f"One read of a file of synthetic WIN M1 candles, CPU time of {REPETITIONS} runs in turns."
        f" *The peer*: DuckDB {duckdb.__version__}'s `read_csv` of the same file into numpy, types"
        " guessed, nothing else; ours adds order, clock, openings or ends, decimal mark, session, grid.",
        "",
        "| file | candles | ours, s | the peer, s | times the peer |",
        "|---|---|---|---|---|",
    ]
    instrument = load(CONFIG).instrument_for("WIN")
    for rows in LENGTHS:
        for form, path in _written(_candles(rows, instrument), work).items():
            ours, peer = _in_turns(
                lambda path=path: read_for(path, instrument), lambda path=path: _guessed(path)
            )
            assert len(read_for(path, instrument).candles) == rows
            ratio = ours.median / peer.median
            lines.append(f"| {form} | {rows:,} | {ours.spread(1)} | {peer.spread(1)} | {ratio:.2g} |")
    return [*lines, ""]


def _guessed(path: Path) -> object:
    with duckdb.connect() as base:
        base.execute("SET enable_progress_bar = false")
        return base.execute("FROM read_csv(?)", [str(path)]).fetchnumpy()


def _in_turns(*subjects: Callable[[], object]) -> list[Timing]:
    taken: list[list[float]] = [[] for _ in subjects]
    for turn in range(REPETITIONS + 1):
        for at, subject in enumerate(subjects):
            gc.collect()
            began = time.process_time()
            subject()
            if turn:  # the first warms up
                taken[at].append(time.process_time() - began)
    return [Timing(tuple(one)) for one in taken]


def _candles(rows: int, instrument: Instrument) -> Candles:
    """Return M1 candles of whole sessions, the last one cut where there are enough."""
    rng = np.random.default_rng(1)
    zone, day, opens = ZoneInfo(instrument.timezone), _FIRST_DAY, list[int]()
    while len(opens) < rows:
        hours = instrument.sessions.on(day)
        if hours is not None:
            ends = (datetime.combine(day, at, zone).timestamp() for at in (hours.open, hours.close))
            opens += range(*map(int, ends), 60)
        day += timedelta(days=1)
    times = np.array(opens[:rows], dtype=np.int64)
    close = 130_000.0 + 5 * np.abs(np.cumsum(rng.integers(-4, 5, rows)))
    open_ = np.r_[close[:1], close[:-1]]
    high = np.maximum(open_, close) + 5 * rng.integers(0, 5, rows)
    low = np.minimum(open_, close) - 5 * rng.integers(0, 5, rows)
    counts = (rng.integers(1, most, rows) for most in (5_000, 50_000))
    return Candles(times, open_, high, low, close, *counts, np.ones(rows, dtype=np.int64))


def _written(candles: Candles, work: Path) -> dict[str, Path]:
    paths = {form: work / f"{form}, {len(candles)}.csv" for form in FORMS}
    export, view, table = paths.values()
    write_mt5(candles, export, "America/Sao_Paulo")
    columns = (candles.open, candles.high, candles.low, candles.close, candles.real_volume)
    rows = [
        ",".join(map(str, row)) for row in zip(*(one.astype(int).tolist() for one in columns), strict=True)
    ]
    seconds = candles.time.tolist()
    stamps = (candles.time - 3 * 3600).astype("datetime64[s]").astype(str)
    _write(view, "time,open,high,low,close,Volume", seconds, rows)
    _write(table, "timestamp,open,high,low,close,volume", [one.replace("T", " ") for one in stamps], rows)
    return paths


def _write(path: Path, head: str, stamps: list[object], rows: list[str]) -> None:
    body = "\n".join(f"{stamp},{row}" for stamp, row in zip(stamps, rows, strict=True))
    path.write_text(f"{head}\n{body}\n", encoding="ascii")
