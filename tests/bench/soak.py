"""`make soak`: the stack under load while its functions' processes are killed at random, and the account."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path

from local.lab.audit import read_audit
from local.lab.crowd import Crowd
from local.lab.run import lost, poster
from pregao.domain.audit import broken_at
from pregao_bridge.outcome import Accepted
from tests.bench.desk import desk
from tests.bench.results import write_soaked

OPERATORS = 2
TRIES = 20
IN_FLIGHT = 20
EVERY_S = (1.0, 4.0)
"""Between two kills."""
REST_S = 600.0
"""A killed timer's message comes back after three minutes; the minute's round repairs what else was lost."""


class Killer(threading.Thread):
    """Kills one of the emulator's warm functions at random moments."""

    def __init__(self, emulator: int, seed: int) -> None:
        super().__init__(daemon=True)
        self._emulator, self._dice, self._over = emulator, random.Random(seed), threading.Event()
        self.killed = 0

    def run(self) -> None:
        while not self._over.wait(self._dice.uniform(*EVERY_S)):
            workers = children(self._emulator)
            if workers:
                os.kill(self._dice.choice(workers), signal.SIGKILL)
                self.killed += 1

    def end(self) -> None:
        self._over.set()
        self.join()


def children(parent: int) -> list[int]:
    """The processes that this one started and that still run."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent and fields[0] != "Z":
            found.append(int(stat.parent.name))
    return found


def soak(seconds: float, seed: int) -> dict[str, object]:
    """Run it; returns the account."""
    with tempfile.TemporaryDirectory(prefix="pregao-soak-") as work, desk(OPERATORS, Path(work)) as it:
        since = datetime.now(UTC).isoformat(timespec="microseconds")
        kept = json.loads((it.stack.state_dir / "stack.json").read_text(encoding="utf-8"))
        (emulator,) = children(kept["emulator"]["pid"])  # what is written down is its keeper
        killer, send, posted = Killer(emulator, seed), poster(it.stack), Counter()
        with Crowd(it.stack.websocket_url, it.tokens) as crowd:
            killer.start()
            until, admitted = time.monotonic() + seconds, set()
            while time.monotonic() < until:
                for alert in post(send, next(it.posts), posted):
                    admitted.add(alert)
                while len(admitted - crowd.arrivals[0].keys()) > IN_FLIGHT and time.monotonic() < until:
                    time.sleep(0.05)
            killer.end()
            account = rest(it, since, crowd)
        return {"seconds": round(seconds), "killed": killer.killed, **posted, **account}


def post(send, body: bytes, posted: Counter) -> list[str]:
    """Post until it is accepted, as a bridge does; returns what was admitted."""
    for _ in range(TRIES):
        outcome = send.post(body)
        posted["posts"] += 1
        if isinstance(outcome, Accepted):
            return [str(one["id"]) for one in outcome.alerts if one["verdict"] == "admitted"]
        posted["answered by a fault"] += 1
    raise AssertionError(f"not accepted in {TRIES} tries: {outcome}")


def rest(it, since: str, crowd: Crowd) -> dict[str, object]:
    """Let everything come to rest, then look."""
    began = time.monotonic()
    while True:
        audit = read_audit(it.stack.client("dynamodb"), it.stack.outputs, since)
        missing = lost(audit, it.config)
        if not missing or time.monotonic() - began > REST_S:
            break
        sys.stderr.write(f"· {len(missing)} not reached yet, {time.monotonic() - began:.0f} s\n")
        time.sleep(10)
    mails = Counter(
        (one["alert_id"], one["operator"])
        for one in audit.deliveries
        if one["channel"] == "email" and one["status"] == "sent"
    )
    every = set(audit.admitted())
    return {
        "admitted": len(every),
        "on both screens": len([one for one in every if all(one in seen for seen in crowd.arrivals)]),
        "confirmed": len(audit.reached("websocket", "received")),
        "e-mailed": len(mails),
        "e-mailed twice": sum(count - 1 for count in mails.values()),
        "reached by nothing": len(missing),
        "chains": len(chains(audit)),
        "chains broken": sum(broken_at(one) is not None for one in chains(audit).values()),
        "seconds to rest": round(time.monotonic() - began),
    }


def chains(audit) -> dict[str, list]:
    """All records by table and chain, in order."""
    found = defaultdict(list)
    for table in ("alerts", "deliveries", "actions"):
        for record in sorted(getattr(audit, table), key=lambda one: one["seq"]):
            found[f"{table} {record['chain']}"].append(record)
    return found


def main() -> None:
    """Soak for the seconds named (300) and write it down; exit code 1 if anything was lost or broken."""
    seconds, seed = float(sys.argv[1]) if len(sys.argv) > 1 else 300.0, random.randrange(10**6)
    account = soak(seconds, seed)
    lines = [
        f"By `make soak`, {datetime.now(UTC):%Y-%m-%d}, seed {seed}: {OPERATORS} operators, a screen each,"
        " one bridge; the emulator's function processes are killed (SIGKILL) at random, alerts on the way.",
        "",
        *(f"- {name}: {value}" for name, value in account.items()),
    ]
    print("\n".join(lines))
    write_soaked(lines)
    sys.exit(bool(account["reached by nothing"] or account["chains broken"]))


if __name__ == "__main__":
    main()
