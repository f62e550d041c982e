"""`make soak`: the stack under load while its functions' processes are killed at random, and the account."""

from __future__ import annotations

import json
import random
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import urllib3

from local.audit.keys import of_der
from local.audit.run_account import AuditView, read_audit
from local.audit.verify import verify_folder
from local.audit.verify_stack import bring, day_book, verify_tables
from local.load.load_clients import LoadClients
from local.load.run import lost, poster, settle
from pregao.domain.audit.verification import Finding
from pregao.wire.link_v1 import read_link
from pregao_bridge.outcome import Accepted
from tests.bench import account
from tests.bench.desk import desk
from tests.bench.killer import Killer, children
from tests.bench.results import write_soaked

OPERATORS = 2
TRIES = 20
IN_FLIGHT = 20
PATIENCE_S = 1.0
"""A killed deliver takes tens of alerts with it for a minute or two; the load goes on, more slowly."""
REST_S = 600.0
"""A killed timer's message comes back after three minutes; the minute's round repairs what else was lost."""
MUST_BE_NONE = (
    "reached by nothing",
    "shown twice on a screen",
    "answers without their record",
    "admitted twice",
    "decided twice",
    "contracts with a number missing",
    "admitted without an attempt",
    "records of what was not admitted",
    "outcomes without intent",
    "chains broken",
    "findings of the audit's verification",
)


def soak(seconds: float, seed: int) -> dict[str, object]:
    """Run it; returns the account."""
    with tempfile.TemporaryDirectory(prefix="pregao-soak-") as work, desk(OPERATORS, Path(work)) as it:
        since = datetime.now(UTC).isoformat(timespec="microseconds")
        kept = json.loads((it.stack.state_dir / "stack.json").read_text(encoding="utf-8"))
        (emulator,) = children(kept["emulator"]["pid"])  # what is written down is its supervisor
        killer, answers = Killer(emulator, seed), []
        posted = Counter({"posts": 0, "posts answered by a fault": 0})
        with LoadClients(it.stack.websocket_url, it.tokens) as crowd:
            killer.start()
            try:
                load(it, crowd, seconds, posted, answers)
            finally:
                killer.end()
            began = time.monotonic()
            rest(it, since)
            took = round(time.monotonic() - began)
            findings = audited(it, Path(work) / "audit")
            audit = read_audit(it.stack.client("dynamodb"), it.stack.outputs, since)
            found = account_of(it, audit, findings, crowd, answers)
        summary = {"seconds": round(seconds), "seconds to rest": took, "killed": killer.killed}
        return {**summary, **posted, **found}


def load(
    it: SimpleNamespace,
    crowd: LoadClients,
    seconds: float,
    posted: Counter[str],
    answers: list[account.Answer],
) -> None:
    """Post one alert after the other, more slowly while IN_FLIGHT of them are not on the first screen."""
    send, began, told = poster(it.stack), time.monotonic(), 0.0
    while (passed := time.monotonic() - began) < seconds:
        crowd.check()
        answers += post(send, next(it.posts), posted)
        admitted = {alert for alert, verdict in answers if verdict == "admitted"}
        if passed - told > 30:
            told = passed
            sys.stderr.write(f"· {passed:.0f} s, {len(admitted)} admitted\n")
        until = time.monotonic() + PATIENCE_S
        while len(admitted - crowd.arrivals[0].keys()) > IN_FLIGHT and time.monotonic() < until:
            time.sleep(0.05)


def post(send, body: bytes, posted: Counter[str]) -> list[account.Answer]:
    """Post until it is accepted, as a bridge does; returns the verdicts."""
    for _ in range(TRIES):
        outcome = send.post(body)
        posted["posts"] += 1
        if isinstance(outcome, Accepted):
            return [(str(one["id"]), str(one["verdict"])) for one in outcome.alerts]
        posted["posts answered by a fault"] += 1
    raise AssertionError(f"not accepted in {TRIES} tries: {outcome}")


def rest(it: SimpleNamespace, since: str) -> None:
    """Let everything come to rest: everybody reached, nothing on its way through the queues."""
    began = time.monotonic()
    while (passed := time.monotonic() - began) < REST_S:
        missing = lost(read_audit(it.stack.client("dynamodb"), it.stack.outputs, since), it.config)
        if not missing:
            break
        sys.stderr.write(f"· {len(missing)} not reached yet, {passed:.0f} s\n")
        time.sleep(10)
    sys.stderr.write("· waiting until the queues are empty\n")
    settle(it.stack)


def audited(it: SimpleNamespace, work: Path) -> list[Finding]:
    """Archive and seal what there is, then hold tables, bucket and digests against each other."""
    it.stack.client("lambda").invoke(FunctionName="pregao-archive", Payload=b"{}")
    over = bring(it.stack.client("s3"), it.stack.outputs["AuditBucket"], work)
    key = it.stack.client("kms").get_public_key(KeyId=it.stack.outputs["DigestKeyArn"])["PublicKey"]
    now = datetime.now(UTC)
    found = verify_folder(work, of_der(key), now).findings
    live = verify_tables(day_book(it.stack.client("dynamodb"), it.stack.outputs), work, now)
    return [*over, *found, *live]


def account_of(
    it: SimpleNamespace,
    audit: AuditView,
    findings: Sequence[Finding],
    crowd: LoadClients,
    answers: list[account.Answer],
) -> dict[str, object]:
    """What happened, and how often each invariant does not hold."""
    every, mails = set(audit.admitted()), mails_of(it)
    orphans, cut_off = account.outcomes_and_intents(audit)
    return {
        "judged": f"{len(audit.alerts)} ({_listed(audit.verdicts())})",
        "on all screens": len([one for one in every if all(one in seen for seen in crowd.arrivals)]),
        "alert frames repeated on the wire": crowd.repeated(),
        "confirmed, alert and operator": len(audit.reached("websocket", "received")),
        "e-mailed, alert and operator": len(mails),
        "e-mails sent twice": sum(times - 1 for times in mails.values()),
        "attempts cut off by a kill": cut_off,
        "decided": len(audit.actions),
        "chains": len(account.chains(audit)),
        "reached by nothing": len(lost(audit, it.config)),
        "shown twice on a screen": crowd.shown_twice(),
        "answers without their record": account.answers_unrecorded(audit, answers),
        "admitted twice": account.admitted_twice(audit),
        "decided twice": account.decided_twice(audit),
        "contracts with a number missing": account.numbers_missing(audit),
        "admitted without an attempt": account.without_delivery(audit),
        "records of what was not admitted": account.of_nothing_admitted(audit),
        "outcomes without intent": orphans,
        "chains broken": account.chains_broken(audit),
        "findings of the audit's verification": len(findings),
    }


def mails_of(it: SimpleNamespace) -> Counter[tuple[str, str]]:
    """The e-mails that really left, by the alert and the operator that their link names."""
    with urllib3.PoolManager() as pool:
        answer = pool.request("GET", f"{it.stack.endpoint}/_ministack/ses/messages")
    sent = [mail for one in json.loads(answer.data)["messages"].values() for mail in one]
    tokens = [re.search(r"/act/([\w.-]+)", json.dumps(mail)) for mail in sent]
    links = [read_link(token.group(1), [it.key]) for token in tokens if token]
    return Counter((link.alert_id, link.operator) for link in links)


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def main() -> None:
    """Soak for the seconds named (300) and write it down; exit code 1 if an invariant does not hold."""
    seconds, seed = float(sys.argv[1]) if len(sys.argv) > 1 else 300.0, random.randrange(10**6)
    found = soak(seconds, seed)
    violated = [name for name in MUST_BE_NONE if found[name]]
    lines = [
        f"By `make soak`, {datetime.now(UTC):%Y-%m-%d}, seed {seed}: {OPERATORS} operators, a screen each,"
        " one bridge; the emulator's function processes are killed (SIGKILL) at random, alerts on the way.",
        "",
        *(f"- {name}: {value}" for name, value in found.items()),
        "",
        f"**Violated: {', '.join(violated)}.**" if violated else "Every invariant holds.",
    ]
    print("\n".join(lines))
    write_soaked(lines)
    sys.exit(bool(violated))


if __name__ == "__main__":
    main()
