"""What closing a session costs: time and memory of a round for one desk, and US$ a month."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from dataclasses import asdict
from math import ceil
from typing import Any

from local.ops.costs import Usage, bill, read_prices, together, total
from local.stack.template import FUNCTION, of_type
from pregao.aws.tables.dynamo import to_item
from pregao.flow.calibrate import PAGE, Calibrating, close_new
from pregao.flow.ports.desk import Series
from tests.cloud import ROOT, template
from tests.dynamo_units import read_units
from tests.fakes import FakeCalibrationBook, Store
from tests.judged import LOADED
from tests.unit.domain.calibration.test_size import lively
from tests.unit.flow.test_calibrate import KeptCandles, closing

FEEDS, SESSIONS, CANDLES = 4, 130, 108
"""A desk's feeds of M5, and what is kept of each."""
TRADING_DAYS, HOURS_A_MONTH = 22, 730
WIN = LOADED.instrument_for("WIN")


def measure() -> list[str]:
    """The section's lines."""
    sys.stderr.write("· what a session's end costs\n")
    one = _measured()
    used = month_of(one["cpu_s"] / FEEDS, FEEDS)
    usd = total(bill(used, read_prices(ROOT / "infra" / "prices.yaml")))
    return [
        "## A session's end",
        "",
        f"`calibrate` over {FEEDS} feeds of {SESSIONS} sessions, {CANDLES} candles each, the store left out:"
        f" {one['cpu_s']:.1f} s CPU for the whole desk, {one['rss_mb']:.0f} MB at most. A month of it, with"
        f" an idle round each hour and {TRADING_DAYS} sessions: US$ {usd:.3f} (reads of the candles by their"
        " items' real size, CPU of this machine).",
        "",
    ]


def _measured() -> dict[str, float]:
    """CPU seconds of the round for all FEEDS, and MB at most, in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.calibrate"]
    said = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT)
    measured: dict[str, float] = json.loads(said.stdout)
    return measured


def cpu_of_a_feed() -> float:
    """CPU seconds of one feed's session end, of CANDLES a session."""
    return _measured()["cpu_s"] / FEEDS


def month_of(cpu_s: float, feeds: int, timeframe_s: int = 300) -> Usage:
    """A month's units: rounds that find nothing, and the sessions' ends; waiting for the store counts.

    `cpu_s` is of one feed of M5; a finer timeframe has as many times the candles.
    """
    more = 300 / timeframe_s
    memory_gb = of_type(template(), FUNCTION)["CalibrateFunction"]["MemorySize"] / 1024
    idle = {
        "lambda_request": 1,
        "lambda_gb_second": 0.2 * memory_gb,
        "dynamodb_read_unit": 1 + feeds * 2 * 0.5,
    }
    pages = ceil(SESSIONS * CANDLES * more / PAGE)
    reads = pages * read_units([_candle()] * PAGE, consistent=False)
    ended = {"lambda_gb_second": (more * cpu_s + 0.05 * pages) * memory_gb, "dynamodb_read_unit": reads}
    return together((HOURS_A_MONTH, idle), (TRADING_DAYS * feeds, ended))


def _candle() -> dict[str, Any]:
    """A candle's item, as CandleBook writes it."""
    series, row = Series("WIN", "WINZ26", "M5"), KeptCandles(lively(1, 1)).rows[0]
    extra = {"pk": f"{series.instrument}#{series.timeframe}", "sk": row.time, "contract": series.contract}
    return to_item({**extra, "ttl": 1763128800, **asdict(row)})


def _rounds() -> None:
    """Close the newest sessions of every feed in this process, and print what it took."""
    market = lively(1, SESSIONS, CANDLES)
    began = time.process_time()
    for _ in range(FEEDS):
        store, candles = Store(), KeptCandles(market)
        now = float(market.time[-1]) + 86_400.0
        deps = Calibrating(candles, FakeCalibrationBook(store), lambda now=now: now)
        assert close_new(WIN, "M5", deps, closing(store, candles, lambda now=now: now))
    rss = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cpu_s": time.process_time() - began, "rss_mb": rss}))


if __name__ == "__main__":
    _rounds()
