"""The whole local stack: posted -> frame with 1 and 100 clients, and alerts per minute without loss."""

from __future__ import annotations

import itertools
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace

from local.lab.audit import read_audit
from local.lab.crowd import Crowd
from local.lab.market import synthesize
from local.lab.run import lost, percentiles, poster, settle
from local.stack.up import stack_up
from pregao import clock
from pregao.aws.secret import read_secret
from pregao.config_files import load
from pregao.domain.detectors.scan import scan
from pregao.wire.token_v1 import Identity, issue
from pregao_bridge.batch import Columns, Stream, Window, build
from pregao_bridge.outcome import Accepted

ROOT = Path(__file__).resolve().parents[2]
CONTRACTS = [f"WIN{letter}{year}" for year in range(26, 36) for letter in "GJMQVZ"]
ALERTS = 60
WARM_UP = 5
SUSTAINED_S = 60
IN_FLIGHT = 40
WAIT_S = 200.0  # past the queue's visibility: an alert whose function died comes late, not never


def measure(work: Path) -> list[str]:
    """The section's lines."""
    lines = ["## The whole local stack", ""]
    lines += ["| what | p50 | p95 | p99 | max |", "|---|---|---|---|---|"]
    for clients in (1, 100):
        with desk(clients, work / str(clients)) as it:
            found = latency(it, clients)
            row = " | ".join(f"{found[name]:.0f} ms" for name in ("p50", "p95", "p99", "max"))
            lines.append(f"| posted -> frame, clients: {clients}, alerts: {ALERTS} | {row} |")
            if clients == 1:
                rate = sustained(it)
    return [*lines, "", *rate, ""]


@contextmanager
def desk(operators: int, work: Path) -> Iterator[SimpleNamespace]:
    """A stack whose desk has this many operators, all of whom want everything, and a supply of posts."""
    config_dir = work / "config"
    shutil.copytree(ROOT / "config", config_dir)
    people = "".join(
        f"  - {{id: op-{n:03}, audit_id: op-{n:06}, name: Op {n}, email: op-{n:03}@mesa.example}}\n"
        for n in range(operators)
    )
    (config_dir / "operators.yaml").write_text(f"operators:\n{people}", encoding="utf-8")
    with stack_up(ROOT, work / "state", {"AllowReplay": "true"}, config_dir=config_dir) as stack:
        config = load(config_dir)
        key = read_secret(stack.client("secretsmanager"), stack.outputs["TokenSecretArn"])
        names = [Identity(f"op-{n:03}", "trader") for n in range(operators)]
        tokens = [issue(name, key, now=clock.now(), life_s=3600) for name in names]
        yield SimpleNamespace(stack=stack, config=config, tokens=tokens, posts=posts(config))


def posts(config) -> Iterator[bytes]:
    """Bodies whose one new candle raises an alert, contract after contract."""
    candles = synthesize(5, 60, date(2025, 1, 6)).candles
    instrument, settings = config.instrument_for("WIN"), config.detectors_for("WIN")
    times = candles.time.tolist()
    rows = sorted({times.index(signal.time) for signal in scan(candles, instrument, settings)})
    columns = Columns(*(getattr(candles, name).tolist() for name in Columns.__dataclass_fields__))
    for contract, row in itertools.product(CONTRACTS, [row for row in rows if row >= 250]):
        window = Window(columns[row - 250 : row + 1], 250, contract, -10_800)
        yield build(Stream("bench", "WIN$N", "M5"), window, historical=True).body


def admitted(outcome) -> list[str]:
    assert isinstance(outcome, Accepted), outcome
    return [str(one["id"]) for one in outcome.alerts if one["verdict"] == "admitted"]


def latency(it, clients: int) -> dict[str, float]:
    """One post at a time; the next when every client has its frames.

    The first ones are not counted: each screen that confirms wakes a function of its own, and a laptop
    starts a hundred of them on two cores.
    """
    found: list[float] = []
    send = poster(it.stack)
    with Crowd(it.stack.websocket_url, it.tokens) as crowd:
        for count in itertools.count():
            if count == WARM_UP:
                settle(it.stack)
            outcome = send.post(next(it.posts))
            for alert in admitted(outcome):
                until = time.monotonic() + WAIT_S
                while any(alert not in seen for seen in crowd.arrivals):
                    assert time.monotonic() < until, f"alert {alert} did not reach all {clients} clients"
                    time.sleep(0.002)
                if count >= WARM_UP:
                    found += [(seen[alert] - outcome.posted_at) * 1000 for seen in crowd.arrivals]
            if len(found) >= ALERTS * clients:
                return percentiles(found)
    raise AssertionError


def sustained(it) -> list[str]:
    """As many alerts as the stack takes for a minute, at most IN_FLIGHT of them on the way."""
    since = datetime.now(UTC).isoformat(timespec="microseconds")
    send, sent = poster(it.stack), []
    with Crowd(it.stack.websocket_url, it.tokens) as crowd:
        seen, began = crowd.arrivals[0], time.monotonic()
        while time.monotonic() - began < SUSTAINED_S:
            sent += admitted(send.post(next(it.posts)))
            while len(sent) - len(seen) > IN_FLIGHT:
                time.sleep(0.005)
        while len(seen) < len(sent):
            time.sleep(0.01)
        took = time.monotonic() - began
        settle(it.stack)
        audit = read_audit(it.stack.client("dynamodb"), it.stack.outputs, since)
    missing = len(lost(audit, it.config))
    return [
        f"Sustained for {took:.0f} s, one bridge, one candle a post, one client with receipts:"
        f" **{len(sent) / took * 60:.0f} alerts per minute**; {len(sent)} admitted, {len(seen)} on screen,"
        f" {missing} lost.",
    ]
