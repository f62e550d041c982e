"""`make soak`: the stack under load while functions are killed, screens hang and SES refuses; the account."""

from __future__ import annotations

import os
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

from local.audit.keys import of_der
from local.audit.run_account import AuditView, read_audit
from local.audit.verify import verify_folder
from local.audit.verify_stack import bring, day_book, verify_tables
from local.load import history_first
from local.load.load_clients import LoadClients
from local.load.run import lost, percentiles, poster, settle
from local.ops.dead_letters import DeadLetters
from pregao.domain.audit.verification import Finding
from pregao.domain.delivery.ring_decision import Why
from pregao.flow.calibrate import sessions_of
from pregao_bridge.market import HISTORY
from pregao_bridge.outcome import Accepted
from tests.bench import account, faults
from tests.bench.desk import desk, market, posts
from tests.bench.faults import Faults
from tests.bench.hanging import BUSY, REFUSED, SENT, Proxy, proxied
from tests.bench.killer import Killer, emulator_of
from tests.bench.pockets import CARRYING, CHANNELS, DECIDES, FAULTY, STEPS, carried, pockets
from tests.bench.results import write_soaked

TRIES = 20
IN_FLIGHT = 20
PACE_S = 1.5
"""Between two posts: each alert makes three e-mails, and what is measured is the way, not the emulator."""
PATIENCE_S = 1.0
"""A killed deliver takes tens of alerts with it for a minute or two; the load goes on, more slowly."""
GRACE_MORE_S, BACK_OFFS_S = 30.0, 90.0
"""So long after the receipt grace an e-mail may go, and so much longer where SES was busy at first."""
ON_THE_WAY = {"detect", "deliver", "fallback"}
"""The functions between a candle and an e-mail."""
KNOWN_FROM = 30
"""So many sessions of the market make odds, scores and thresholds; later ones are posted."""
REST_S = 600.0
"""A killed timer's message comes back after three minutes; the minute's round repairs what else was lost."""
MUST_BE_SOME = (
    "kills on the way of an alert",
    "posts to screens that found no answer",
    "refused for good, alert and operator",
    "requests that push and Telegram failed",
    "decided on a notification",
    "listed below the operator's threshold",
    "listed beside an alert that rang or was listed before",
)
"""Else the run proves nothing."""
MUST_BE_NONE = (
    "reached by nothing",
    "refused for good without a dead letter that says so",
    "e-mailed late without a kill on the way",
    "e-mailed later than kills cost",
    "e-mails sent twice",
    "notes sent twice on a channel",
    "notes without intent",
    "notes after a decision, a receipt or though listed",
    "steps whose end is not true",
    "steps without an end",
    "steps out of order",
    "shown twice on a screen",
    "answers without their record",
    "admitted twice",
    "decided twice",
    "contracts with a number missing",
    "admitted without an attempt",
    "records of what was not admitted",
    "outcomes without intent",
    "opportunities that rang an operator twice",
    "e-mailed though listed",
    "chains broken",
    "findings of the audit's verification",
)


def soak(seconds: float, seed: int) -> dict[str, object]:
    """Run it, for half of the time without kills: nothing excuses a late e-mail then. Returns the account."""
    with (
        tempfile.TemporaryDirectory(prefix="pregao-soak-") as work,
        desk(len(faults.OPERATORS), Path(work), channels=CHANNELS) as it,
        pockets(it, seed) as phones,
    ):
        it.posts = posts(it.config, first=known(it), before=HISTORY)
        since = datetime.now(UTC).isoformat(timespec="microseconds")
        killer, answers, amiss = Killer(emulator_of(it.stack), seed), [], Faults(it.stack)
        posted = Counter({"posts": 0, "posts answered by a fault": 0})
        with proxied(Proxy(it.stack.endpoint, amiss.hangs, amiss.mail)) as proxy:
            faults.redirect(it.stack, proxy.url)
            with LoadClients(it.stack.websocket_url, it.tokens[: faults.SCREENS]) as crowd:
                amiss.begin()
                phones.begin()
                killer.start()
                try:
                    load(it, crowd, seconds / 2, posted, answers)
                finally:
                    killer.end()
                load(it, crowd, seconds / 2, posted, answers)
                amiss.end()
                phones.end()
                began = time.monotonic()
                rest(it, since, proxy)
                took = round(time.monotonic() - began)
                findings = audited(it, Path(work) / "audit")
                audit = read_audit(it.stack.client("dynamodb"), it.stack.outputs, since)
                suffered = suffered_of(it, audit, proxy, killer)
                found = account_of(it, audit, findings, crowd, answers)
        summary = {"seconds": round(seconds), "seconds to rest": took, "killed": len(killer.kills)}
        return {**summary, **posted, **suffered, **carried(audit, phones), **found}


def known(it: SimpleNamespace) -> int:
    """Calibrate the stack from the session KNOWN_FROM of `desk.market()` on; returns its first row."""
    candles, instrument = market(), it.config.instrument_for("WIN")
    day = sessions_of(candles, instrument)[KNOWN_FROM]
    first = history_first.first_of(candles, instrument, day)
    history_first.calibrate(it.stack, it.config, candles, first, instrument, "M5")
    return first


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
        time.sleep(max(0.0, began + passed + PACE_S - time.monotonic()))
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


def rest(it: SimpleNamespace, since: str, proxy: Proxy) -> None:
    """Let everything come to rest: everybody reached, nothing on its way through the queues."""
    began = time.monotonic()
    while (passed := time.monotonic() - began) < REST_S:
        audit = read_audit(it.stack.client("dynamodb"), it.stack.outputs, since)
        missing = unreached(it, audit, proxy, letters_of(it))
        if not missing:
            break
        sys.stderr.write(f"· {len(missing)} not reached yet, {passed:.0f} s\n")
        time.sleep(10)
    sys.stderr.write("· waiting until the queues are empty\n")
    settle(it.stack)


def audited(it: SimpleNamespace, work: Path) -> list[Finding]:
    """Archive and seal what there is, then hold tables, bucket and digests against each other."""
    it.stack.client("lambda").invoke(FunctionName="pregao-archive", Payload=b"{}")
    brought = bring(it.stack.client("s3"), it.stack.outputs["AuditBucket"], work)
    key = it.stack.client("kms").get_public_key(KeyId=it.stack.outputs["DigestKeyArn"])["PublicKey"]
    now = datetime.now(UTC)
    found = verify_folder(work, of_der(key), now, elsewhere=brought.keys).findings
    live = verify_tables(day_book(it.stack.client("dynamodb"), it.stack.outputs), work, now)
    return [*brought.findings, *found, *live]


def account_of(
    it: SimpleNamespace,
    audit: AuditView,
    findings: Sequence[Finding],
    crowd: LoadClients,
    answers: list[account.Answer],
) -> dict[str, object]:
    """What happened, and how often each invariant does not hold."""
    every = set(audit.admitted())
    orphans, cut_off = account.outcomes_and_intents(audit)
    return {
        "judged": f"{len(audit.alerts)} ({_listed(audit.verdicts())})",
        "on the screen that answers": len(every & crowd.arrivals[0].keys()),
        "alert frames repeated on the wire": crowd.repeated(),
        "confirmed, alert and operator": len(audit.reached("websocket", "received")),
        "attempts cut off by a kill": cut_off,
        "rung, alert and operator": len(account.rung(audit)),
        "listed, alert and operator": len(audit.listed()),
        "listed below the operator's threshold": account.listed_because(audit, Why.BELOW),
        "listed beside an alert that rang or was listed before": account.listed_because(audit, Why.JOINS),
        "opportunities that rang an operator twice": account.rung_twice(audit),
        "e-mailed though listed": len(audit.listed() & audit.reached("email", "sent")),
        "decided": len(audit.actions),
        "chains": len(account.chains(audit)),
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


def suffered_of(it: SimpleNamespace, audit: AuditView, proxy: Proxy, killer: Killer) -> dict[str, object]:
    """Return what hung and what was refused, and whether everybody heard all the same, once and in time."""
    letters, answers = letters_of(it), Counter(one.answer for one in proxy.mails)
    sent, refused = mails_of(it, proxy, SENT), mails_of(it, proxy, REFUSED)
    kills = [at for at, name in killer.kills if name in ON_THE_WAY]
    died = [at for at, name in killer.kills if name == "fallback"]
    unexplained, excused = account.sent_twice(spans_of(it, proxy), died)
    for pair in unexplained:
        sys.stderr.write(f"· e-mailed twice: {pair}, {spans_of(it, proxy)[pair]}; kills {killer.kills}\n")
    unsaid = account.refused_unsaid(refused, letters, REFUSED)
    return {
        "kills on the way of an alert": len(kills),
        "posts to screens that found no answer": proxy.swallowed,
        "asked of SES": _listed(answers),
        "e-mailed, alert and operator": len(sent),
        "refused for good, alert and operator": len(refused),
        "dead letters": _listed(Counter(reason for _, reason in letters)),
        **in_time(it, audit, proxy, kills),
        "e-mails sent again, fallback killed between asking SES and the record of its yes": excused,
        "e-mails sent twice": len(unexplained),
        "reached by nothing": len(unreached(it, audit, proxy, letters)),
        "refused for good without a dead letter that says so": unsaid,
    }


def in_time(it: SimpleNamespace, audit: AuditView, proxy: Proxy, kills: Sequence[float]) -> dict[str, object]:
    """Return how long after its detection SES had each e-mail (its yes or final no), how many were late."""
    detected = {alert: float(one["detected_at"]) for alert, one in audit.admitted().items()}
    told = {pair: times[0] for pair, times in mails_of(it, proxy, SENT, REFUSED).items()}
    allowed, busy = it.config.delivery.receipt_grace_s + GRACE_MORE_S, mails_of(it, proxy, BUSY)
    came = Counter(
        account.timeliness(detected[pair[0]], at, kills, allowed + BACK_OFFS_S * (pair in busy))
        for pair, at in told.items()
    )
    people = {one.id: one.audit_id for one in it.config.operators}
    whose = {
        "who has no screen": faults.AWAY,
        "whose screen always hangs": faults.ALWAYS,
        "whose screen hangs at times": faults.AT_TIMES,
        "whose screen answers": faults.HEALTHY,
        "whose address is refused": faults.NO_MAIL,
        "who carries a phone": faults.POCKET,
        "whose phone nothing reaches": faults.UNREACHABLE,
    }
    spreads = {
        f"e-mail to the operator {words}, seconds after the detection": _spread(
            [at - detected[alert] for (alert, operator), at in told.items() if operator == people[name]]
        )
        for words, name in whose.items()
    }
    calm = [at - detected[pair[0]] for pair, at in told.items() if detected[pair[0]] > max(kills, default=0)]
    patient = sum(at - detected[pair[0]] > allowed for pair, at in told.items() if pair in busy)
    return {
        **spreads,
        "e-mail of alerts after the last kill, to anybody, seconds after the detection": _spread(calm),
        f"e-mailed later than {allowed:.0f} s, SES busy at first": patient,
        f"e-mailed later than {allowed:.0f} s, a kill on the way": came[account.KILLED],
        "e-mailed late without a kill on the way": came[account.LATE],
        "e-mailed later than kills cost": came[account.TOO_LATE],
    }


def mails_of(it: SimpleNamespace, proxy: Proxy, *answers: str) -> dict[account.Pair, list[float]]:
    """Return when SES answered so, by alert and operator, digests left out."""
    people = {one.email: one.audit_id for one in it.config.operators}
    found = defaultdict(list)
    for one in proxy.mails:
        if one.alert and one.answer in answers:
            found[one.alert, people[one.address]].append(one.at)
    return dict(found)


def spans_of(it: SimpleNamespace, proxy: Proxy) -> dict[account.Pair, list[tuple[float, float]]]:
    """Return when SES was asked for each e-mail that it sent and when it had said yes, digests left out."""
    people = {one.email: one.audit_id for one in it.config.operators}
    found = defaultdict(list)
    for one in proxy.mails:
        if one.alert and one.answer == SENT:
            found[one.alert, people[one.address]].append((one.asked, one.at))
    return dict(found)


def letters_of(it: SimpleNamespace) -> list[tuple[account.Pair, str]]:
    """Return the dead letters' alert, operator and reason; an alert that was not delivered is everybody's."""
    people = {one.id: one.audit_id for one in it.config.operators}
    with DeadLetters(it.stack) as letters:
        return [
            ((letter.alert.id, people[name]), letter.reason)
            for letter in letters.read()
            if letter.alert
            for name in letter.operators or people
        ]


def unreached(
    it: SimpleNamespace, audit: AuditView, proxy: Proxy, letters: Sequence[tuple[account.Pair, str]]
) -> set[account.Pair]:
    """Return whom no receipt, no e-mail and no dead letter tells of."""
    return lost(audit, it.config) - mails_of(it, proxy, SENT).keys() - {pair for pair, _ in letters}


def _spread(seconds: Sequence[float]) -> str:
    if not seconds:
        return "0"
    found = percentiles(seconds)
    return f"{len(seconds)}, " + ", ".join(f"{name} {found[name]}" for name in ("p50", "p99", "max"))


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def main() -> None:
    """Soak for the seconds named and write it down with a note; exit code 1 if an invariant does not hold."""
    seconds, note = float(sys.argv[1]), " ".join(sys.argv[2:])
    seed = random.randrange(10**6)
    found = soak(seconds, seed)
    violated = [name for name in MUST_BE_NONE if found[name]]
    violated += [f"no {name}" for name in MUST_BE_SOME if not found[name]]
    lines = [
        f"By `make soak`, {datetime.now(UTC):%Y-%m-%d}, seed {seed}: {len(faults.OPERATORS)} operators, one"
        f" bridge, an alert each {PACE_S} s. The emulator's function processes are killed at random for"
        " the first half of the time. Of three screens one answers, one never does, one does not for"
        f" {faults.HANGING:.0f} s of every {faults.SCREEN_EVERY_S:.0f}. SES refuses one address for good and"
        f" is busy for {faults.BUSY_FOR:.0f} s of every {faults.BUSY_EVERY_S:.0f}. {len(CARRYING)} operators"
        f" carry a phone ({STEPS}); {FAULTY:.0%} of what it is sent finds a service that is busy, broken,"
        " hangs or loses its answer. One of them has an expired subscription and has blocked the bot. Who"
        f" gets a notification decides on {DECIDES:.0%} of them."
        f" Load of the machine's {os.cpu_count()} cores at the end: {os.getloadavg()[1]:.1f} (5 minutes)."
        f" {note}".rstrip(),
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
