"""A trading day at sixty times its speed, five symbols, the real bridge: does anything grow?"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace

from local.audit.run_account import read_audit
from local.lab.market import synthesize
from local.lab.mt5file import write_mt5
from local.load.load_clients import LoadClients
from local.load.run import lost, settle
from tests.bench.desk import desk
from tests.bench.processes import of_stack, open_files, resident_mb

SPEED, HOURS = 60, 8
SYMBOLS = ("WIN$N", "IND$N", "WDO$N", "DOL$N", "BIT$N")
FIRST_HOUR_S = 3600 / SPEED
DAY_S = HOURS * 3600 / SPEED
LOOK_S = 5.0
BRIDGE = "the bridge"
ALLOWED, FILES_MORE = 1.10, 5
"""So many times what it was after the first hour is flat; of open files so many more are no growth."""
Looks = Mapping[str, list[tuple[float, float]]]
"""By name: resident megabytes and open files of its largest process, a pair for each look."""


def measure(work: Path) -> list[str]:
    """The section's lines."""
    sys.stderr.write("· endurance\n")
    since = datetime.now(UTC).isoformat(timespec="microseconds")
    with desk(1, work / "desk") as it, LoadClients(it.stack.websocket_url, it.tokens) as crowd:
        with bridge(it, work) as running:
            first, looks = defaultdict(list), defaultdict(list)
            began = time.monotonic()
            while (passed := time.monotonic() - began) < DAY_S:
                assert running.poll() is None, "the bridge ended"
                look(it, running.pid, first if passed < FIRST_HOUR_S else looks)
                time.sleep(LOOK_S)
        settle(it.stack)
        audit = read_audit(it.stack.client("dynamodb"), it.stack.outputs, since)
        alerts, missing = len(crowd.arrivals[0]), len(lost(audit, it.config))
    return section(first, looks, alerts, missing)


def look(it: SimpleNamespace, bridge_pid: int, looks: dict[str, list[tuple[float, float]]]) -> None:
    """Note the largest process of each name: a function may have several."""
    largest: dict[str, tuple[float, float]] = {}
    for name, pid in [*of_stack(it.stack), (BRIDGE, bridge_pid)]:
        try:
            found = resident_mb(pid), float(open_files(pid))
        except (OSError, StopIteration):
            continue  # it has ended
        largest[name] = max(largest.get(name, found), found)
    for name, found in largest.items():
        looks[name].append(found)


@contextmanager
def bridge(it: SimpleNamespace, work: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the real bridge on a replay of HOURS and its history, each symbol on the same candles."""
    write_mt5(synthesize(11, 12, date(2026, 3, 2)).candles, work / "day.csv", "America/Sao_Paulo")
    feeds = "".join(f'[[feeds]]\nsymbol = "{symbol}"\n' for symbol in SYMBOLS)
    (work / "bridge.toml").write_text(
        f'bridge_id = "endurance"\nsource = {{replay = "day.csv", speed = {SPEED}}}\n'
        f'[cloud]\nurl = "{it.stack.http_url}"\nregion = "{it.stack.region}"\n{feeds}',
        encoding="utf-8",
    )
    keys = {
        "AWS_ACCESS_KEY_ID": it.stack.bridge_access_key,
        "AWS_SECRET_ACCESS_KEY": it.stack.bridge_secret_key,
    }
    command = [str(Path(sys.executable).with_name("pregao-bridge")), "run", "--config", "bridge.toml"]
    running = subprocess.Popen(command, cwd=work, env={**os.environ, **keys}, stderr=subprocess.DEVNULL)
    try:
        yield running
    finally:
        running.terminate()
        running.wait(30)


def section(first: Looks, looks: Looks, alerts: int, missing: int) -> list[str]:
    """Return the section's lines: how many times what it was after an hour, and at half time, the end is."""
    rows, grown = [], []
    for name in sorted(looks):
        begun, half, ended = (
            (first.get(name) or looks[name])[-1],
            looks[name][len(looks[name]) // 2],
            looks[name][-1],
        )
        if ended[0] > begun[0] * ALLOWED or ended[1] > max(begun[1] * ALLOWED, begun[1] + FILES_MORE):
            grown.append(name)
        rows.append(
            f"| {name} | {begun[0]:.1f} | {half[0]:.1f} | {ended[0]:.1f} | {ended[0] / begun[0]:.2f}"
            f" | {ended[0] / half[0]:.2f} | {begun[1]:.0f} | {half[1]:.0f} | {ended[1]:.0f} |"
        )
    return [
        "## Endurance",
        "",
        f"{HOURS} hours of candles at {SPEED} times their speed ({DAY_S / 60:.0f} min), {len(SYMBOLS)}"
        " symbols on M5, the real bridge as a process of its own, one screen that confirms;"
        f" {alerts} alerts on the screen, {missing} lost. Of each name the largest process; goal: at the end"
        f" at most {ALLOWED:.2f} times what it was after the first hour.",
        "",
        "| process | MB after an hour | at half time | at the end | times the first hour | times half time"
        " | open files after an hour | at half time | at the end |",
        "|---|---|---|---|---|---|---|---|---|",
        *rows,
        "",
        f"Over the goal: {', '.join(grown)}." if grown else "All within the goal.",
        "",
        "The emulator keeps in memory what is stored: tables, streams, objects and logs. `detect` opens a"
        " connection for a thread when as many are needed at once for the first time, a feed and its mark"
        " each for the feeds side by side; `watch` imports by use, its first rounds are in the first hour.",
        "",
    ]
