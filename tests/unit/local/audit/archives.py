"""Small honest archives, written as the archive function would, and what the named queries say of them.

The answers are computed by plain loops over the records, so that they can be held against SQL.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta

DAYS = ["2028-02-28", "2028-02-29", "2028-03-01", "2028-12-31", "2029-01-01", "2029-01-02", "2029-02-28"]
"""A leap day, the ends of months and of a year."""
OPERATORS = ["op-00000001", "op-00000002", "op-00000003"]
PATTERNS = ["volatility_extreme", "engulfing", "rsi_divergence", "level_break"]
REFUSED = ["duplicate", "rate_limited", "queue_full", "stale", "out_of_session", "muted"]
HOSTILE = [
    "=cmd|' /C calc'!A0",
    "+1;=2",
    "-1,@SUM(A1)",
    "'); DROP TABLE alertas_audit; --",
    'a "quoted", line\nand a second;"=1"',
    "não é nada \u2028 \x1b[31m",
    "\t=1",
    "x" * 40_000,
]


def stamp(moment):
    return moment.isoformat(timespec="microseconds")


SIGNERS = ({}, {"signer": "arn:aws:iam::123456789012:user/bridge-1"})
"""Records before the signer was recorded have none."""


class Maker:
    """Records of some days: `write` makes them an archive, `records` holds them by table."""

    def __init__(self, seed, days=DAYS, alerts=6):
        self.dice = random.Random(seed)
        self.records = {"alertas_audit": [], "entrega_audit": [], "acao_operador_audit": []}
        for day in days:
            start = datetime.fromisoformat(f"{day}T12:00:00+00:00")
            for _ in range(alerts):
                self.alert(start + timedelta(seconds=self.dice.uniform(0, 43_199)))
            for _ in range(min(alerts, 2)):  # its deliveries and receipts fall on the day after
                self.alert(start + timedelta(seconds=43_200 - self.dice.uniform(0, 1)), "admitted")
            self.silence(start)

    def alert(self, moment, verdict=None):
        dice = self.dice
        signed = SIGNERS[len(self.records["alertas_audit"]) % 2]
        verdict = verdict or dice.choice(["admitted", "admitted", *REFUSED])
        instrument = dice.choice(["WIN", "WDO"])
        contract = instrument + "Z28"
        one = {
            "id": hashlib.sha256(str(dice.random()).encode()).hexdigest(),
            "instrument": instrument,
            "contract": contract,
            "pattern": dice.choice(PATTERNS),
        }
        self.named = {"alert_id": one["id"], "instrument": instrument, "contract": contract}
        price = dice.choice([127_900, 5_312.5])
        self.append(
            "alertas_audit",
            moment,
            kind="alert",
            pattern=one["pattern"],
            verdict=verdict,
            verdict_reason=f"because {dice.randint(1, 3)}",
            alert={
                **one,
                "version": 1,
                "symbol": "WINFUT",
                "timeframe": "M5",
                "direction": dice.choice(["long", "short"]),
                "severity": "high",
                "candle": {
                    "time": 1,
                    "open": 1,
                    "high": 2.5,
                    "low": 1,
                    "close": 2,
                    "tick_volume": 3,
                    "real_volume": 4,
                },
                "price": price,
                "tick_size": 5,
                "entry_min": price - 1,
                "entry_max": price + 1,
                "stop_loss": price - 10,
                "take_profit": price + 10,
                "risk_reward": 1,
                "detected_at": moment.timestamp(),
                "candle_closed_at": int(moment.timestamp()),
                "expires_at": int(moment.timestamp()) + 300,
                "reason": {"z": -2.08, "run": 2, "words": "a, b"},
                "config_digest": "c" * 64,
                "seq": 1,
            },
            evidence={"window": "QUJD" * 300, "rules": "r", "code": "v1", **signed},
        )
        if verdict == "admitted":
            self.deliver(moment)
            self.decide(moment)

    def silence(self, moment):
        """A feed's silence, its end and candles set aside, in a chain of their own."""
        self.named = {"instrument": "WIN", "contract": "WINZ28"}
        told = {"timeframe": "M5", "symbol": "WINFUT", "since": stamp(moment)}
        for minutes, event, more in (
            (8, "silent", {"cause": "broker_lost"}),
            (20, "recovered", {"cause": "broker_lost", "filled": "backfilled"}),
            (25, "set_aside", {"candles": 2}),
            (28, "flapping", {"cause": "broker_lost", "silences": 3, "missing": 3, "expected": 6}),
        ):
            noticed = moment + timedelta(minutes=minutes)
            feed = {**told, **more, "event": event, "id": "d" * 64, "noticed_at": stamp(noticed)}
            self.append("alertas_audit", noticed, lane="#feed", kind="feed", feed=feed)

    def deliver(self, moment):
        dice = self.dice
        for operator in dice.sample(OPERATORS, dice.randint(0, 3)):
            later = moment + timedelta(seconds=dice.uniform(0, 2))
            fate = dice.choice(
                ["received", "received", "caught up", "gone", "email", "bounced", "withheld", "lost"]
            )
            if fate in ("received", "gone", "email", "bounced", "lost"):
                self.delivery(later, operator, "websocket", "intent", screens=1)
                ended = "gone" if fate == "gone" else "sent"
                self.delivery(later, operator, "websocket", ended, sent=1)
            if fate in ("received", "caught up"):
                came = later + timedelta(milliseconds=dice.randint(1, 900))
                self.delivery(
                    came + timedelta(seconds=30),
                    operator,
                    "websocket",
                    "received",
                    received_at=stamp(came),
                    late=False,
                    **({"since_close_ms": dice.randint(40, 400) + 0.5} if dice.random() < 0.9 else {}),
                )
            if fate in ("email", "bounced"):
                mailed = later + timedelta(seconds=31)
                self.delivery(mailed, operator, "email", "intent", attempt=1)
                self.delivery(mailed + timedelta(seconds=1), operator, "email", "sent", provider_id="p-1")
            if fate == "bounced":
                self.delivery(
                    later + timedelta(minutes=5), operator, "email", "bounced", error="no such mailbox"
                )
            if fate == "withheld":
                self.delivery(later, operator, "email", "withheld", cause="quiet hours")

    def delivery(self, moment, operator, channel, status, **detail):
        named = {"kind": "delivery", "operator": operator, "channel": channel, "status": status}
        self.append("entrega_audit", moment, **named, latency_ms=self.dice.randint(1, 900), **detail)

    def decide(self, moment):
        dice = self.dice
        for operator, decision in dice.choice(
            [
                [],
                [("system", "TIMEOUT")],
                [("system", "TIMEOUT"), (OPERATORS[0], "rejected")],
                [(OPERATORS[1], "executed")],
            ]
        ):
            later = moment + timedelta(minutes=dice.choice([1, 5, 60, 1_500]))
            note = {"note": dice.choice(HOSTILE)} if operator != "system" else {}
            self.append(
                "acao_operador_audit", later, kind="action", operator=operator, decision=decision, **note
            )

    def hostile_notes(self):
        """Let an operator write each hostile note once; returns itself."""
        self.named = {"alert_id": "a" * 64, "instrument": "WIN", "contract": "WINZ28"}
        for note in HOSTILE:
            moment = datetime(2028, 2, 29, 12, tzinfo=UTC)
            named = {"kind": "action", "operator": OPERATORS[2], "decision": "watching"}
            self.append("acao_operador_audit", moment, **named, note=note)
        return self

    def append(self, table, moment, lane="", **record):
        """Number it behind the others of its chain; the hashes are made up."""
        day = f"{moment:%Y-%m-%d}"
        chain = f"{self.named['contract']}#{day}{lane}"
        seq = 1 + sum(one["chain"] == chain for one in self.records[table])
        linked = {
            "chain": chain,
            "seq": seq,
            "prev_hash": "0" * 64,
            "hash": hashlib.sha256(f"{table}{chain}{seq}".encode()).hexdigest(),
        }
        when = {"day": day, "recorded_at": stamp(moment.astimezone(UTC))}
        self.records[table].append({**self.named, **linked, **when, **record})

    def write(self, root, batch=4):
        """Write objects of at most `batch` records, a close behind each chain, and what is no table's."""
        chains = defaultdict(list)
        for table, records in self.records.items():
            for one in records:
                chains[table, one["day"], one["instrument"], one["chain"]].append(one)
        for (table, day, instrument, chain), records in chains.items():
            close = {
                "kind": "close",
                "chain": chain,
                "seq": len(records) + 1,
                "day": day,
                "count": len(records),
            }
            every = [
                *records,
                {
                    **close,
                    "instrument": instrument,
                    "root": "f" * 64,
                    "recorded_at": f"{day}T23:59:59.999999+00:00",
                },
            ]
            for start in range(0, len(every), batch):
                put(root, table, day, instrument, every[start : start + batch])
        for table, day in {key[:2] for key in chains}:
            put(
                root,
                table,
                day,
                "_days",
                [
                    {
                        "kind": "day",
                        "chain": f"_days#{day}",
                        "seq": 1,
                        "day": day,
                        "chains": [{"root": "e" * 64}],
                    }
                ],
            )
        (root / "digest" / "year=2028").mkdir(parents=True, exist_ok=True)
        (root / "digest" / "year=2028" / "x.json").write_text("{}")
        return root


def put(root, table, day, instrument, records):
    """Write one object and return its path."""
    lines = [json.dumps(one, sort_keys=True, separators=(",", ":"), ensure_ascii=False) for one in records]
    content = "".join(line + "\n" for line in lines).encode()
    year, month, date = day.split("-")
    folder = root / f"table={table}/year={year}/month={month}/day={date}/instrument={instrument}"
    folder.mkdir(parents=True, exist_ok=True)
    first, last = records[0]["seq"], records[-1]["seq"]
    contract, _, *lane = records[0]["chain"].split("#")
    sha256 = hashlib.sha256(content).hexdigest()
    name = f"{contract}.{lane[0] if lane else 'main'}.{first:09}-{last:09}.{sha256}.jsonl.gz"
    (folder / name).write_bytes(gzip.compress(content, mtime=0))
    return folder / name


class Truth:
    """What each named query must say of the records, by loops."""

    def __init__(self, records):
        self.alerts = [one for one in records["alertas_audit"] if one["kind"] == "alert"]
        self.feeds = [one for one in records["alertas_audit"] if one["kind"] == "feed"]
        self.ends = [one for one in records["alertas_audit"] if one["kind"] == "outcome"]
        self.deliveries = records["entrega_audit"]
        self.actions = records["acao_operador_audit"]

    def silences(self, first, last):
        asked = [one for one in self.feeds if first <= one["day"] <= last]
        rows = [(one["feed"], one["instrument"], one["contract"]) for one in asked]
        return [
            (
                feed["since"],
                feed["noticed_at"],
                feed["event"],
                instrument,
                feed["timeframe"],
                contract,
                feed.get("cause"),
                feed.get("filled"),
                None,
                feed.get("candles"),
                feed.get("silences"),
                feed.get("missing"),
                feed.get("expected"),
            )
            for feed, instrument, contract in sorted(rows, key=lambda row: row[0]["noticed_at"])
        ]

    def shown(self, first, last, operator):
        rows = []
        for alert_id, channel in sorted({(one["alert_id"], one["channel"]) for one in self.deliveries}):
            mine = [
                one
                for one in self.deliveries
                if (one["alert_id"], one["channel"], one["operator"]) == (alert_id, channel, operator)
            ]
            seen = [
                one.get("received_at", one["recorded_at"])
                for one in mine
                if one["status"] in ("sent", "received")
            ]
            if not seen or not first <= min(seen)[:10] <= last:
                continue
            receipts = [one for one in mine if one["status"] == "received"]
            alert = self.judged(alert_id)
            numbers = [
                alert["alert"].get(name)
                for name in (
                    "direction",
                    "severity",
                    "price",
                    "entry_min",
                    "entry_max",
                    "stop_loss",
                    "take_profit",
                )
            ]
            rows.append(
                (
                    min(seen),
                    channel,
                    min((one["received_at"] for one in receipts), default=None),
                    min((one["latency_ms"] for one in receipts), default=None),
                    next((one["status"] for one in mine if one["status"] == "bounced"), None),
                    alert["contract"],
                    alert["pattern"],
                    *numbers,
                    alert_id,
                )
            )
        return sorted(rows, key=lambda row: (row[0], row[-1], row[1]))

    def latency(self, first, last):
        groups = defaultdict(list)
        for one in self.deliveries:
            if first <= one["day"] <= last and "since_close_ms" in one:
                groups[one["day"], one["instrument"]].append(one["since_close_ms"])
        return [
            (*key, len(some), *(nearest_rank(some, share) for share in (50, 95, 99)), max(some))
            for key, some in sorted(groups.items())
        ]

    def unanswered(self, first, last):
        rows = []
        for one in self.alerts:
            decisions = [act for act in self.actions if act["alert_id"] == one["alert_id"]]
            if one["verdict"] != "admitted" or not first <= one["day"] <= last:
                continue
            if any(act["decision"] != "TIMEOUT" for act in decisions):
                continue
            tried = [row for row in self.deliveries if row["alert_id"] == one["alert_id"]]
            rows.append(
                (
                    one["recorded_at"],
                    one["contract"],
                    one["pattern"],
                    one["alert"]["direction"],
                    one["alert"]["severity"],
                    one["alert"]["price"],
                    len({row["operator"] for row in tried if row["status"] in ("sent", "received")}),
                    len({row["operator"] for row in tried if row["status"] == "received"}),
                    min((act["recorded_at"] for act in decisions), default=None),
                    one["alert_id"],
                )
            )
        return sorted(rows)

    def decisions(self, first, last):
        names = ("recorded_at", "operator", "contract", "decision", "note", "order_id", "alert_id")
        rows = [tuple(one.get(name) for name in names) for one in self.actions if first <= one["day"] <= last]
        return sorted(rows, key=lambda row: (row[0], row[-1]))

    def alert(self, alert_id):
        """Return when, what, who, where and how it ended, in order."""
        rows = []
        for one in (*self.alerts, *self.deliveries, *self.actions):
            if one["alert_id"] == alert_id:
                ended = one.get("verdict") or one.get("status") or one["decision"]
                happened = one.get("received_at", one["recorded_at"])
                key = (happened, one["recorded_at"], one["chain"], one["seq"])
                rows.append((key, (happened, one["kind"], one.get("operator"), one.get("channel"), ended)))
        return [row for _, row in sorted(rows, key=lambda pair: pair[0])]

    def outcomes(self, first, last):
        rows = []
        for one in self.alerts:
            if one["verdict"] != "admitted" or not first <= one["day"] <= last:
                continue
            ends = [end for end in self.ends if end["alert_id"] == one["alert_id"]]
            newest = max(ends, key=lambda end: end["recorded_at"], default={})
            became, chance = newest.get("outcome", {}), one["alert"].get("chance", {})
            told = [became.get(name) for name in ("result", "r", "mfe", "mae", "covered")]
            rows.append(
                (
                    one["recorded_at"],
                    one["contract"],
                    one["pattern"],
                    one["alert"]["direction"],
                    *told,
                    chance.get("p"),
                    len(ends),
                    newest.get("recorded_at"),
                    newest.get("hash"),
                    one["alert_id"],
                )
            )
        return rows

    def suppressed(self, first, last):
        groups = defaultdict(list)
        for one in self.alerts:
            if one["verdict"] != "admitted" and first <= one["day"] <= last:
                groups[one["verdict"], one["pattern"], one["instrument"]].append(one)
        rows = [
            (
                *key,
                len(some),
                len({one["alert_id"] for one in some}),
                min(one["recorded_at"] for one in some),
                max(one["recorded_at"] for one in some),
                min(one["verdict_reason"] for one in some),
            )
            for key, some in groups.items()
        ]
        return sorted(rows, key=lambda row: (-row[3], *row[:3]))

    def unreached(self, first, last):
        """Return the pairs of operator and alert."""
        pairs = set()
        for pair in {(one["operator"], one["alert_id"]) for one in self.deliveries}:
            mine = [one for one in self.deliveries if (one["operator"], one["alert_id"]) == pair]
            ends = {(one["channel"], one["status"]) for one in mine}
            mailed = ("email", "sent") in ends and ("email", "bounced") not in ends
            if (
                first <= min(one["day"] for one in mine) <= last
                and ("websocket", "received") not in ends
                and not mailed
            ):
                pairs.add(pair)
        return pairs

    def judged(self, alert_id):
        return next(one for one in self.alerts if one["alert_id"] == alert_id)


def nearest_rank(values, share):
    return sorted(values)[-(-len(values) * share // 100) - 1]
