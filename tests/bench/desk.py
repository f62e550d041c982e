"""A desk of any size on a stack of its own, and posts that each raise an alert."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import SimpleNamespace

from local.lab import yaml_patch as edited
from local.lab.market import synthesize
from local.stack.up import stack_up
from pregao import clock
from pregao.aws.secret import read_secret
from pregao.config.reader import load
from pregao.domain.detectors.scan import scan
from pregao.domain.market.candles import Candles
from pregao.wire.token_v1 import Identity, issue
from pregao_bridge.batch import Columns, Stream, Window, build
from pregao_bridge.market import WARMUP

ROOT = Path(__file__).resolve().parents[2]
ALL, ELSEWHERE = '"*"', "EURUSD"
CONTRACTS = [f"WIN{letter}{year}" for year in range(26, 42) for letter in "GJMQVZ"]


NOBODY: Mapping[str, str] = {}


@contextmanager
def desk(
    operators: int, work: Path, *changes: str, channels: Mapping[str, str] = NOBODY
) -> Iterator[SimpleNamespace]:
    """A stack whose desk has this many operators, all of whom want everything, and a supply of posts.

    `changes` are "path=value" edits of alertas.yaml. `channels` says by desk id what is tried behind the
    screen, as operators.yaml does; where somebody carries something, push goes to this machine.
    """
    config_dir = work / "config"
    write_config(config_dir, operators, *changes, channels=channels)
    parameters = {"AllowReplay": "true", "LoopbackPush": "true" if channels else "false"}
    with stack_up(ROOT, work / "state", parameters, config_dir=config_dir) as stack:
        config = load(config_dir)
        key = read_secret(stack.client("secretsmanager"), stack.outputs["TokenSecretArn"])
        names = [Identity(f"op-{n:03}", "trader") for n in range(operators)]
        tokens = [issue(name, key, now=clock.now(), life_s=3600) for name in names]
        yield SimpleNamespace(stack=stack, config=config, tokens=tokens, key=key, posts=posts(config))


def write_config(
    target: Path,
    operators: int,
    *changes: str,
    elsewhere: int = 0,
    channels: Mapping[str, str] = NOBODY,
) -> None:
    """The shipped configuration with so many operators, all of whom want everything.

    The last `elsewhere` of them want another instrument than the scenes ring about; `channels` as in `desk`.
    """
    shutil.copytree(ROOT / "config", target)
    edited.write(target / "alertas.yaml", target / "alertas.yaml", changes)
    steps = {name: f", channels: [{steps}]" for name, steps in channels.items()}
    people = "".join(
        f"  - {{id: op-{n:03}, audit_id: op-{n:06}, name: Op {n}, email: op-{n:03}@mesa.example,"
        f" symbols: [{ALL if n < operators - elsewhere else ELSEWHERE}]{steps.get(f'op-{n:03}', '')}}}\n"
        for n in range(operators)
    )
    (target / "operators.yaml").write_text(f"operators:\n{people}", encoding="utf-8")


def market() -> Candles:
    """Sixty sessions of WIN, M5."""
    return synthesize(5, 60, date(2025, 1, 6)).candles


def posts(config, *, first: int = WARMUP, before: int = WARMUP) -> Iterator[bytes]:
    """Bodies whose one new candle raises an alert, contract after contract, from a row of `market()` on.

    With no more than the warm-up before it an alert knows of no candle but the one before, so those that
    follow another are left out: each is an opportunity of its own. With HISTORY it may join one.
    """
    candles = market()
    instrument, settings = config.instrument_for("WIN"), config.detectors_for("WIN")
    times = candles.time.tolist()
    signalled = {times.index(signal.time) for signal in scan(candles, instrument, settings)}
    rows = sorted(row for row in signalled if before > WARMUP or row - 1 not in signalled)
    columns = Columns(*(getattr(candles, name).tolist() for name in Columns.__dataclass_fields__))
    for contract, row in itertools.product(CONTRACTS, [row for row in rows if row >= first]):
        window = Window(columns[row - before : row + 1], before, contract, -10_800)
        yield build(Stream("bench", "WIN$N", "M5"), window, historical=True).body
