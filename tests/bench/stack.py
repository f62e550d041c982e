"""The whole local stack: posted -> frame with 1, 100 and 500 clients, and alerts per minute without loss."""

from __future__ import annotations

import itertools
import sys
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from local.audit.run_account import read_audit
from local.load.load_clients import LoadClients
from local.load.run import lost, percentiles, poster, settle
from pregao_bridge.outcome import Accepted
from tests.bench.delayed import delayed, slow_down
from tests.bench.desk import desk
from tests.bench.processes import EMULATOR, cpu_by_name, spent

WARM_UP = 5
SUSTAINED_S = 60
RATE, OURS_MS = 1_200, 30
"""Wanted: alerts a minute at least, milliseconds of the functions' CPU time an alert at most."""
IN_FLIGHT = 40
CALL_S = 0.005
"""What a call to AWS takes longer than one on this machine."""
WAIT_S = 200.0  # past the queue's visibility: an alert whose function died comes late, not never


@dataclass(frozen=True)
class Scale:
    """How many clients, how many alerts are counted, and whether the screens confirm."""

    clients: int
    alerts: int
    receipts: bool = True
    goals: Mapping[str, int] = field(default_factory=dict)

    @property
    def changes(self) -> tuple[str, ...]:
        """Who is not confirmed is not e-mailed before the measurement ends."""
        return () if self.receipts else ("delivery.receipt_grace_s=900",)

    def __str__(self) -> str:
        return f"clients: {self.clients}, alerts: {self.alerts}, receipts: {'on' if self.receipts else 'off'}"


SCALES = (
    Scale(1, 60, goals={"p50": 60, "p99": 150}),
    Scale(100, 60, goals={"p99": 400}),
    Scale(100, 60, receipts=False, goals={"p99": 400}),
    Scale(500, 12, receipts=False, goals={"p99": 800}),
)
"""Every receipt wakes a function; 500 at once would start hundreds of processes on two cores."""


def measure(work: Path) -> list[str]:
    """The section's lines."""
    lines = ["## The whole local stack", ""]
    lines += ["| what | p50 | p95 | p99 | max | goal |", "|---|---|---|---|---|---|"]
    rate: list[str] = []
    for number, scale in enumerate(SCALES):
        sys.stderr.write(f"· posted -> frame, {scale}\n")
        with desk(scale.clients, work / str(number), *scale.changes) as it:
            found = latency(it, scale)
            lines.append(_row(f"posted -> frame, {scale}", found, scale.goals))
            rate = rate or sustained(it)
    with desk(1, work / "slow") as it, delayed(it.stack.endpoint, CALL_S) as line:
        slow_down(it.stack, line)
        found = latency(it, SCALES[0])
        lines.append(
            _row(f"the first again, {CALL_S * 1e3:.0f} ms added to each AWS call", found, {"p50": 120})
        )
    return [*lines, "", *rate, ""]


def _row(what: str, found: dict[str, float], goals: Mapping[str, int]) -> str:
    goal = ", ".join(f"{name} {most}{_missed(round(found[name]) > most)}" for name, most in goals.items())
    row = " | ".join(f"{found[name]:.0f} ms" for name in ("p50", "p95", "p99", "max"))
    sys.stderr.write(f"  {row}\n")
    return f"| {what} | {row} | {goal} |"


def admitted(outcome) -> list[str]:
    assert isinstance(outcome, Accepted), outcome
    return [str(one["id"]) for one in outcome.alerts if one["verdict"] == "admitted"]


def latency(it, scale: Scale) -> dict[str, float]:
    """One post at a time; the next when every client has its frames.

    The first ones are not counted: each screen that confirms wakes a function of its own, and a laptop
    starts a hundred of them on two cores.
    """
    found: list[float] = []
    send = poster(it.stack)
    with LoadClients(it.stack.websocket_url, it.tokens, receipts=scale.receipts) as crowd:
        for count in itertools.count():
            if count == WARM_UP and scale.receipts:
                settle(it.stack)
            outcome = send.post(next(it.posts))
            for alert in admitted(outcome):
                until = time.monotonic() + WAIT_S
                while any(alert not in seen for seen in crowd.arrivals):
                    assert time.monotonic() < until, f"alert {alert} did not reach all clients ({scale})"
                    time.sleep(0.002)
                if count >= WARM_UP:
                    found += [(seen[alert] - outcome.posted_at) * 1000 for seen in crowd.arrivals]
            if len(found) >= scale.alerts * scale.clients:
                return percentiles(found)
    raise AssertionError


def sustained(it) -> list[str]:
    """As many alerts as the stack takes for a minute, at most IN_FLIGHT of them on the way."""
    since = datetime.now(UTC).isoformat(timespec="microseconds")
    send, sent = poster(it.stack), []
    with LoadClients(it.stack.websocket_url, it.tokens) as crowd:
        seen, began, before = crowd.arrivals[0], time.monotonic(), cpu_by_name(it.stack)
        while time.monotonic() - began < SUSTAINED_S:
            sent += admitted(send.post(next(it.posts)))
            while len(sent) - len(seen) > IN_FLIGHT:
                time.sleep(0.005)
        while len(seen) < len(sent):
            time.sleep(0.01)
        took, after = time.monotonic() - began, cpu_by_name(it.stack)
        settle(it.stack)
        audit = read_audit(it.stack.client("dynamodb"), it.stack.outputs, since)
    missing, rate = len(lost(audit, it.config)), len(sent) / took * 60
    return [
        f"Sustained for {took:.0f} s, one bridge, one candle a post, one client with receipts:"
        f" **{rate:.0f} alerts per minute** (goal {RATE:,}{_missed(rate < RATE)}); {len(sent)} admitted,"
        f" {len(seen)} on screen, {missing} lost.",
        "",
        f"CPU time of it an alert: {_shares(spent(before, after), len(sent))}. In it are the starts of"
        f" {len(after.keys() - before.keys())} processes that began meanwhile.",
    ]


def _shares(used: Counter[str], alerts: int) -> str:
    """Tell the milliseconds of an alert: ours in all (goal 30), by function, the emulator's beside."""
    emulator = used.pop(EMULATOR, 0.0)
    ours = ", ".join(f"{name} {s / alerts * 1e3:.1f}" for name, s in used.most_common() if s / alerts > 5e-5)
    total = sum(used.values()) / alerts * 1e3
    wanted = f"goal {OURS_MS}{_missed(total > OURS_MS)}"
    return f"**ours {total:.1f} ms** ({wanted}; {ours}), the emulator {emulator / alerts * 1e3:.1f}"


def _missed(it_is: bool) -> str:
    return ": missed" if it_is else ""
