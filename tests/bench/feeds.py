"""A hundred feeds that close in the same second: together side by side, and one post after the other."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from local.audit.run_account import read_audit
from local.load.load_clients import LoadClients
from tests.bench.desk import desk
from tests.bench.many_feeds import (
    FEEDS,
    Bridge,
    Serial,
    Terminal,
    Waiting,
    markets,
    over,
    storm,
    symbols,
    waiting,
)
from tests.bench.noise import Timing
from tests.bench.processes import cpu_by_name, spent

ROUNDS, STORMS = 7, 3
FIRST = 6 * 113 + 30
"""The row of a morning with eight sessions around it."""
GOAL_S = 5


def measure(work: Path) -> list[str]:
    """The section's lines."""
    sys.stderr.write("· feeds\n")
    since = datetime.now(UTC).isoformat(timespec="microseconds")
    with desk(1, work / "feeds", "delivery.receipt_grace_s=900") as it:
        seen = waiting(it.stack)
        with LoadClients(it.stack.websocket_url, it.tokens, receipts=False), seen.watched():
            usual = _usual(it.stack, work, seen)
            storms, most_rang = _storms(it, work, seen)
        audit = read_audit(it.stack.client("dynamodb"), it.stack.outputs, since)
    return _section(usual, storms, most_rang, seen.most, Counter(one["verdict"] for one in audit.alerts))


def _usual(stack: Any, work: Path, seen: Waiting) -> Mapping[str, Any]:
    """Candle after candle in both ways, in turns; each way has its own symbols, with the same candles."""
    made = markets()
    bridge = Bridge(stack, work / "state", over(made, symbols(0), FIRST))
    serial = Serial(stack, over(made, symbols(FEEDS), FIRST))
    bridge.post()
    serial.post()
    taken: dict[str, list[float]] = {"together": [], "serially": []}
    used = {"together": 0.0, "serially": 0.0}
    for _ in range(ROUNDS):
        for name, way in (("together", bridge), ("serially", serial)):
            before = cpu_by_name(stack)
            taken[name].append(way.close())
            sys.stderr.write(f"  {name}: {taken[name][-1]:.2f} s\n")
            used[name] += sum(spent(before, cpu_by_name(stack)).values()) / ROUNDS
            seen.until_none()
    return {name: (Timing(tuple(taken[name])), used[name]) for name in taken}


def _storms(it: Any, work: Path, seen: Waiting) -> tuple[Mapping[str, Timing], int]:
    """Every feed rings twice on one candle; the same candle again under other symbols."""
    columns, row = storm(it.config)
    taken: dict[str, list[float]] = {"together": [], "serially": []}
    for at in range(STORMS):
        names = [symbols(1000 + FEEDS * (2 * at + way)) for way in (0, 1)]
        together = Terminal(dict.fromkeys(names[0], columns), row - 1)
        bridge = Bridge(it.stack, work / f"storm-{at}", together)
        serial = Serial(it.stack, Terminal(dict.fromkeys(names[1], columns), row - 1))
        bridge.post()
        seen.until_none()
        taken["together"].append(bridge.close())
        seen.until_none()
        taken["serially"].append(serial.close())
        sys.stderr.write(f"  every feed rings: {taken['together'][-1]:.2f}, {taken['serially'][-1]:.2f} s\n")
        seen.until_none()
    return {name: Timing(tuple(some)) for name, some in taken.items()}, 2 * FEEDS


def _section(
    usual: Mapping[str, Any], storms: Mapping[str, Timing], rings: int, most: int, verdicts: Counter[str]
) -> list[str]:
    (together, cpu), (serially, serial_cpu) = usual["together"], usual["serially"]
    times = serially.median / together.median
    storm_times = storms["serially"].median / storms["together"].median
    told = ", ".join(f"{name} {count}" for name, count in sorted(verdicts.items()))
    return [
        "## A hundred feeds",
        "",
        f"{FEEDS} feeds of M5 whose candle closes in the same second, the real bridge code against the whole"
        " local stack on this machine; from the close to the last feed's answer, seconds, min / median / max."
        " The peer in the same run is the bridge of before: one plain post after the other.",
        "",
        "| what | together, side by side | one after the other | times | goal |",
        "|---|---|---|---|---|",
        f"| a candle as usual, {ROUNDS} times | {together.spread(1)} | {serially.spread(1)} | {times:.1f} |"
        f" < {GOAL_S} |",
        f"| every feed rings twice ({rings} alerts), {STORMS} times | {storms['together'].spread(1)} |"
        f" {storms['serially'].spread(1)} | {storm_times:.1f} | < {GOAL_S} |",
        f"| CPU of the stack for a candle as usual, s | {cpu:.2f} | {serial_cpu:.2f} |"
        f" {serial_cpu / cpu:.1f} | |",
        "",
        f"Every feed was answered at each close, no candle twice. Judged: {told}. Most alerts that waited at"
        f" once: {most} of 100.",
        "",
    ]
