"""Days of audit as the functions write and archive it: real records, chains, closes, objects, digests.

An alert comes with its candle's close; each of ten operators gets an intent, a frame and a receipt, or an
e-mail instead of that; somebody decides, or nobody. The stream's batches of a minute cut chains into objects.
"""

from __future__ import annotations

import gzip
import hashlib
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any

from local.lab.market import synthesize
from pregao.domain.alerts.admission import Judgement, Verdict
from pregao.domain.alerts.alert import Alert
from pregao.domain.audit.archive_objects import Listed, stretch
from pregao.domain.audit.chain import (
    ACAO,
    ALERTAS,
    DAYS,
    ENTREGA,
    GENESIS,
    TABLES,
    ChainName,
    Record,
    Tail,
    close_record,
    day_record,
    link,
)
from pregao.domain.audit.closed_days import in_order, pack
from pregao.domain.audit.hourly_digest import HOUR, HourDigest, Sealed, Signed, digest_key
from pregao.domain.audit.records import (
    Evidence,
    action_record,
    alert_record,
    delivery_record,
    receipt_record,
)
from pregao.domain.delivery.alert_state import TIMEOUT
from pregao.domain.delivery.operators import SYSTEM, Channel, Status
from pregao.wire.alert_v1 import load_recorded_alert
from tests.archive_fakes import FakeSigner
from tests.judged import judged

FIRST = date(2026, 11, 25)
ALERTS, SUPPRESSED, OPERATORS = 200, 20, 10
CONTRACTS = (("WIN", "WINZ26"), ("WDO", "WDOZ26"))
OPEN_S, SLOT_S, SLOTS = 12 * 3600, 300, 113
"""09:00 in São Paulo, and a session's candles of five minutes."""
BATCH_S = 60
MAILED, REFUSED, DECIDED = 0.05, 0.05, 0.85
"""Shares: of deliveries that nobody confirms, of their e-mails that are refused, of alerts decided."""
CLOSES_S = 300 + 60
COMPACTED_S = 3600 + 600
HELD_BACK = Judgement(Verdict.RATE_LIMITED, "held by another")
NAMES = tuple(f"op-{number:08x}" for number in range(OPERATORS))

Timed = tuple[float, dict[str, Any]]
Written = tuple[float, Listed]
"""When an object came into the archive (epoch seconds), and what a digest says of it."""


@dataclass(frozen=True)
class Made:
    """A day's objects without its own record: what ends its chains, what lies where, how much."""

    day: str
    ends: Mapping[str, Mapping[str, Record]]
    written: Sequence[Written]
    records: int
    plain: int
    packed: int


def make(folder: Path, days: int, workers: int) -> Iterator[Made]:
    """Write so many days of an archive into a folder, a digest for every hour; yields each whole day.

    Chains are made in parallel; what ties the days and the hours to each other, in their order.
    """
    signer, before = FakeSigner(), dict.fromkeys(TABLES, GENESIS)
    sealed = Sealed(_start(FIRST) - HOUR, None)
    late: list[Written] = []
    with ProcessPoolExecutor(workers) as pool:
        for made in pool.map(partial(a_day, folder), range(days), chunksize=2):
            written = [*made.written]
            for table in TABLES:
                before[table], own = _end(folder, table, made, before[table])
                written.append(own)
            closed = [_close(folder, table, made.day, written) for table in TABLES]
            sealed = _seal(folder, signer, sealed, [*late, *written], _midnight(made.day, 1))
            late = [one for one in [*written, *closed] if one[0] >= _midnight(made.day, 1).timestamp()]
            yield made
    _seal(folder, signer, sealed, late, sealed.start + 4 * HOUR)


def a_day(folder: Path, number: int) -> Made:
    """Write a day's chains and their closes."""
    dice, day = random.Random(number), (FIRST + timedelta(number)).isoformat()
    ends: dict[str, dict[str, Record]] = {table: {} for table in TABLES}
    made = Made(day, ends, [], 0, 0, 0)
    for (table, contract, lane), timed in sorted(_events(dice, day).items()):
        chain = str(ChainName(contract, day, lane))
        timed.sort(key=lambda one: one[0])
        linked, tail = link([record for _, record in timed], Tail(chain))
        closed_at = _midnight(day, 1).timestamp() + CLOSES_S
        (close,), _ = link([close_record(linked, closed_at)], tail)
        ends[table][chain] = {name: close[name] for name in ("count", "root", "hash")}
        times = [at for at, _ in timed]
        for some, at in [*_batches(linked, times), ([close], closed_at + BATCH_S)]:
            made = _put(folder, table, some, at, made)
    return made


def _events(dice: random.Random, day: str) -> dict[tuple[str, str, str], list[Timed]]:
    """Return what is written on a day, by table, contract and lane."""
    found: dict[tuple[str, str, str], list[Timed]] = defaultdict(list)
    for number in range(ALERTS + SUPPRESSED):
        alert, evidence = _alert(dice, day, number)
        at, contract = alert.detected_at, alert.contract
        judged_as = Judgement(Verdict.ADMITTED, "") if number < ALERTS else HELD_BACK
        found[ALERTAS, contract, ""].append((at, alert_record(alert, judged_as, at, number, evidence)))
        if judged_as is HELD_BACK:
            continue
        for operator in NAMES:
            _deliver(dice, alert, operator, found)
        decided = dice.random() < DECIDED
        then = at + (dice.uniform(15, 280) if decided else 330)
        who, what = (
            (dice.choice(NAMES), dice.choice(["executed", "rejected"])) if decided else (SYSTEM, TIMEOUT)
        )
        found[ACAO, contract, ""].append((then, action_record(alert, who, what, then, None, None)))
    return found


def _deliver(dice: random.Random, alert: Alert, operator: str, found: dict[Any, list[Timed]]) -> None:
    at, screen = alert.detected_at, Channel.WEBSOCKET
    screens, lane = found[ENTREGA, alert.contract, ""], found[ENTREGA, alert.contract, "fallback"]
    intent, sent = at + 0.1, at + dice.uniform(0.12, 0.4)
    screens.append((intent, delivery_record(alert, operator, screen, Status.INTENT, intent, {"screens": 1})))
    screens.append((sent, delivery_record(alert, operator, screen, Status.SENT, sent, {"sent": 1})))
    woken = at + 10.5
    if dice.random() >= MAILED:
        came = sent + dice.uniform(0.05, 3)
        lane.append((woken, receipt_record(alert, operator, came, woken)))
        return
    tried = {"attempt": 1, "cause": "no_receipt"}
    lane.append((woken, delivery_record(alert, operator, Channel.EMAIL, Status.INTENT, woken, tried)))
    mailed, failed = woken + 0.3, dice.random() < REFUSED
    status = Status.FAILED if failed else Status.SENT
    told = tried | (
        {"error": "no such mailbox"} if failed else {"provider_id": f"{dice.getrandbits(160):040x}"}
    )
    lane.append((mailed, delivery_record(alert, operator, Channel.EMAIL, status, mailed, told)))


@cache
def _pool() -> Sequence[tuple[Alert, Evidence]]:
    """Real alerts with real evidence, of a made-up market."""
    records = judged(synthesize(7, 30, date(2024, 1, 2), noise=0.3).candles, "WIN$N")
    return [(load_recorded_alert(one["alert"]), Evidence(**one["evidence"])) for one in records]


def _alert(dice: random.Random, day: str, number: int) -> tuple[Alert, Evidence]:
    alert, evidence = dice.choice(_pool())
    instrument, contract = dice.choice(CONTRACTS)
    opened = int(_midnight(day).timestamp()) + OPEN_S + SLOT_S * dice.randrange(SLOTS)
    closed = opened + SLOT_S
    named = replace(
        alert,
        id=hashlib.sha256(f"{day} {number}".encode()).hexdigest(),
        instrument=instrument,
        contract=contract,
        candle=replace(alert.candle, time=opened),
        candle_closed_at=closed,
        detected_at=closed + dice.uniform(0.1, 0.9),
        expires_at=closed + 300,
        seq=number,
    )
    return named, evidence


def _batches(linked: Sequence[Record], times: Sequence[float]) -> Iterator[tuple[Sequence[Record], float]]:
    """Cut a chain as the stream's batches do: what comes within a minute of the first; with when they end."""
    start = 0
    for index in range(1, len(linked) + 1):
        if index == len(linked) or times[index] > times[start] + BATCH_S:
            yield linked[start:index], times[start] + BATCH_S
            start = index


def _put(folder: Path, table: str, records: Sequence[Record], at: float, made: Made) -> Made:
    packed = stretch(table, records)
    path = folder / packed.listed.key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(packed.body)
    return replace(
        made,
        written=[*made.written, (at, packed.listed)],
        records=made.records + len(records),
        packed=made.packed + len(packed.body),
    )


def _end(folder: Path, table: str, made: Made, before: str) -> tuple[str, Written]:
    at = _midnight(made.day, 1).timestamp() + CLOSES_S
    tail = Tail(str(ChainName(DAYS, made.day)), 0, before)
    (record,), _ = link([day_record(table, made.ends[table], at)], tail)
    own = _put(folder, table, [record], at + BATCH_S, replace(made, written=[]))
    return record["hash"], own.written[0]


def _close(folder: Path, table: str, day: str, written: Sequence[Written]) -> Written:
    """Put a closed day together, the hour after its end is signed."""
    objects = in_order(one for _, one in written if one.table == table)
    plain = b"".join(gzip.decompress((folder / one.key).read_bytes()) for one in objects)
    packed = pack(table, day, plain, 0, sum(one.count for one in objects))
    path = folder / packed.listed.key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(packed.body)
    return _midnight(day, 1).timestamp() + COMPACTED_S, packed.listed


def _seal(
    folder: Path, signer: FakeSigner, sealed: Sealed, written: Sequence[Written], until: datetime
) -> Sealed:
    """Sign every hour up to one."""
    by_hour: dict[datetime, list[Listed]] = defaultdict(list)
    for at, listed in written:
        by_hour[datetime.fromtimestamp(at // 3600 * 3600, UTC)].append(listed)
    while (start := sealed.start + HOUR) < until:
        digest = HourDigest(start, by_hour[start], sealed.before, signer.public_key())
        signed = Signed(digest.payload(), signer.sign(digest.to_sign()).hex())
        path = folder / digest_key(start)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(signed.to_bytes())
        sealed = signed.sealed()
    return sealed


def _start(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _midnight(day: str, later: int = 0) -> datetime:
    return _start(date.fromisoformat(day) + timedelta(later))
