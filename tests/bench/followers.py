"""A hundred operators with twenty symbols each: who got which alert, decision and candle, and how soon."""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import urllib3

from local.load.listener import Frame, Listener
from local.stack.up import stack_up
from pregao import clock
from pregao.aws.secret import read_secret
from pregao.config.reader import load
from pregao.domain.detectors.scan import scan
from pregao.wire.token_v1 import Identity, issue
from pregao_bridge.batch import Columns, Stream, Window, build
from pregao_bridge.market import WARMUP
from tests.bench.desk import ROOT, market, write_config
from tests.bench.noise import Timing
from tests.e2e.desk import post
from tests.posted import share

OPERATORS, SYMBOLS, EACH = 100, 100, 20
DECIDED = 5
"""Every so many alerts one is decided."""
PATIENCE_S = 240.0
CALM_S = 3.0
"""What nobody should get has had the time to come."""
PEOPLE = [f"op-{n:03}" for n in range(OPERATORS)]


def followed(operator: int) -> list[str]:
    """The symbols of an operator: those of neighbours overlap, each has as many followers."""
    return [share((operator + SYMBOLS // EACH * n) % SYMBOLS) for n in range(EACH)]


def followers(symbol: str) -> list[int]:
    """The operators who follow a symbol."""
    return [one for one in range(OPERATORS) if symbol in followed(one)]


@dataclass
class Seen:
    """What one screen heard: alerts by id with when, decisions by alert, candles by instrument, frames."""

    alerts: dict[str, float] = field(default_factory=dict)
    decisions: Counter[str] = field(default_factory=Counter)
    candles: Counter[str] = field(default_factory=Counter)
    frames: Counter[str] = field(default_factory=Counter)

    def alert(self, alert: Frame, arrived: float) -> None:
        self.alerts[alert["id"]] = arrived

    def other(self, frame: Frame) -> None:
        self.frames[frame["action"]] += 1
        match frame["action"]:
            case "action":
                self.decisions[frame["alert_id"]] += 1
            case "candle":
                self.candles[frame["instrument"]] += 1
            case "candles":
                self.candles.update(one["instrument"] for one in frame["candles"])


@dataclass
class Played:
    """What was admitted by symbol, posted when, decided; and what each screen heard."""

    alerts: Mapping[str, str]
    posted: Mapping[str, float]
    decided: Sequence[str]
    seen: Sequence[Seen]

    def late(self) -> Timing:
        """Seconds from a post to the last of its followers' screens."""
        last = [
            max(self.seen[one].alerts[alert] for one in followers(symbol)) - self.posted[symbol]
            for symbol, alert in self.alerts.items()
        ]
        return Timing(tuple(last))


def measure(work: Path) -> list[str]:
    """The section's lines."""
    sys.stderr.write("· followers\n")
    with a_stack(work / "followers") as (stack, tokens):
        played = play(stack, tokens)
    frames = sum((one.frames for one in played.seen), Counter[str]())
    due = OPERATORS * EACH
    got = sum(len(one.alerts) for one in played.seen)
    candles = sum(one.candles.total() for one in played.seen)
    return [
        "## A hundred operators, twenty symbols each",
        "",
        f"{SYMBOLS} symbols ring once each, one after the other, against the whole local stack on this"
        f" machine; each has {OPERATORS * EACH // SYMBOLS} followers. From a post to the last of its screens:"
        f" {played.late().spread()} ms (min / median / max).",
        "",
        "| what | due | got |",
        "|---|---|---|",
        f"| alerts on the screens of those whom they concern | {due} | {got} |",
        f"| decisions told ({len(played.decided)} made; to every screen it would be"
        f" {len(played.decided) * OPERATORS}) | {len(played.decided) * due // SYMBOLS} |"
        f" {frames['action']} |",
        f"| candles, of which every other operator asks for all, as the page does |"
        f" {(due + OPERATORS * SYMBOLS) // 2} | {candles}, in"
        f" {frames['candle'] + frames['candles']} frames |",
        "",
    ]


@contextmanager
def a_stack(work: Path) -> Iterator[tuple[Any, list[str]]]:
    """A stack of such a desk, and its operators' tokens."""
    config = work / "config"
    write_config(config, OPERATORS, "delivery.receipt_grace_s=900")
    people = "".join(
        f"  - {{id: {name}, audit_id: op-{n:06}, name: Op {n}, email: {name}@mesa.example, budget: 0,"
        f" symbols: [{', '.join(followed(n))}]}}\n"
        for n, name in enumerate(PEOPLE)
    )
    (config / "operators.yaml").write_text(f"operators:\n{people}", encoding="utf-8")
    with stack_up(ROOT, work / "state", {"AllowReplay": "true"}, config_dir=config) as stack:
        key = read_secret(stack.client("secretsmanager"), stack.outputs["TokenSecretArn"])
        yield (
            stack,
            [issue(Identity(one, "trader"), key, now=clock.now(), life_s=3600) for one in PEOPLE],
        )


def play(stack: Any, tokens: Sequence[str]) -> Played:
    """Let each symbol ring once and decide some, with a screen of each operator open."""
    return asyncio.run(_played(stack, tokens))


async def _played(stack: Any, tokens: Sequence[str]) -> Played:
    door, seen = asyncio.Semaphore(4), [Seen() for _ in tokens]
    listeners = [
        Listener(
            stack.websocket_url,
            token,
            one.alert,
            one.other,
            # every other as the page does, which asks for all that it is entitled to
            {"together": True, "candles": True, **({} if n % 2 else {"symbols": followed(n)})},
            receipts=False,
            door=door,
        )
        for n, (token, one) in enumerate(zip(tokens, seen, strict=True))
    ]
    running = [asyncio.create_task(one.run()) for one in listeners]
    try:
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*(one.ready.wait() for one in listeners))
        alerts, posted = await asyncio.to_thread(_rings, stack)
        await asyncio.to_thread(_until, lambda: all(_has(seen[n], alerts, n) for n in range(OPERATORS)))
        decided = list(alerts)[::DECIDED]
        await asyncio.to_thread(_decide, stack, [(alerts[one], tokens[followers(one)[0]]) for one in decided])
        await asyncio.to_thread(
            _until,
            lambda: all(alerts[one] in seen[who].decisions for one in decided for who in followers(one)),
        )
        await asyncio.sleep(CALM_S)
    finally:
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    return Played(alerts, posted, [alerts[one] for one in decided], seen)


def _has(seen: Seen, alerts: Mapping[str, str], operator: int) -> bool:
    mine = followed(operator)
    return all(alerts[one] in seen.alerts and one in seen.candles for one in mine)


def _until(done: Callable[[], bool]) -> None:
    """Wait until something is so; what lacks after PATIENCE_S is told by the caller's own figures."""
    until = time.monotonic() + PATIENCE_S
    while not done() and time.monotonic() < until:
        time.sleep(0.05)


def _rings(stack: Any) -> tuple[dict[str, str], dict[str, float]]:
    """Post each symbol's candle that rings; returns the alerts' ids, and when each was posted."""
    alerts: dict[str, str] = {}
    posted: dict[str, float] = {}
    columns, row = _ringing()
    for n in range(SYMBOLS):
        symbol = share(n)
        window = Window(columns[row - WARMUP : row + 1], WARMUP, symbol, -10_800)
        posted[symbol] = time.time()
        body = build(Stream("followers", symbol, "M5"), window, historical=True).body
        status, answer = post(stack, body)
        assert status == 202, answer
        (alert,) = answer["alerts"]
        assert alert["verdict"] == "admitted", alert
        alerts[symbol] = alert["id"]
    return alerts, posted


def _ringing() -> tuple[Columns, int]:
    """A market and its row on which one pattern rings."""
    config, candles = load(ROOT / "config"), market()
    signals = Counter(
        one.time for one in scan(candles, config.instrument_for(share(0)), config.detectors_for(share(0)))
    )
    times = candles.time.tolist()
    by_row = defaultdict(int, {times.index(at): count for at, count in signals.items()})
    row = next(one for one in sorted(by_row) if one > WARMUP and by_row[one] == 1 and not by_row[one - 1])
    return Columns(*(getattr(candles, name).tolist() for name in Columns.__dataclass_fields__)), row


def _decide(stack: Any, decided: Sequence[tuple[str, str]]) -> None:
    with urllib3.PoolManager(retries=False, timeout=30) as pool:
        for alert, token in decided:
            answer = pool.request(
                "POST",
                f"{stack.http_url}/api/alerts/{alert}/decision",
                body=b"decision=rejected",
                headers={
                    "authorization": f"Bearer {token}",
                    "content-type": "application/x-www-form-urlencoded",
                },
            )
            assert answer.status == 200, answer.data
