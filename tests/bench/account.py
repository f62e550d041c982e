"""What must hold after a soak: everybody reached in time, nothing twice, nothing missing in the audit.

Functions that count violations find none where all is right; none of them asks the code under test.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from local.audit.run_account import AuditView, Record
from pregao.domain.audit.chain import broken_at

Answer = tuple[str, str]
"""An alert's id and the verdict that the bridge was told."""

Pair = tuple[str, str]
"""An alert's id, and an operator by audit_id."""

TABLES = {"alertas": "alerts", "entrega": "deliveries", "acao": "actions"}
ENDS = {"sent", "gone", "failed"}
"""Outcomes that an intent goes before; a receipt and an e-mail withheld are none."""

HIDDEN_S = (125.0, 180.0)
"""So long after a kill its message is back, at the earliest and the latest: the alert queue hides one for
150 s, of which deliver may have had it for 25 s; the fallback queue hides one for 180 s."""
IN_TIME, KILLED, LATE, TOO_LATE = (
    "in time",
    "a kill on the way",
    "late without a kill",
    "later than kills cost",
)
STEPS = ("push", "telegram", "email")
"""In this order they are tried."""
HELD_S = 3.0
"""So much older may be what a function knew of a decision or a receipt when it sent a note."""
RECORD_S = 2.0
"""A function killed so soon after SES's yes may not have written that down: docs/limits.md."""


@dataclass(frozen=True, slots=True)
class Noted:
    """A note that a phone's service took, and when (epoch seconds); the operator by audit_id."""

    channel: str
    alert: str
    operator: str
    at: float


Step = tuple[str, str, str]
"""A channel, an alert's id, an operator by audit_id."""


def answers_unrecorded(audit: AuditView, answers: Iterable[Answer]) -> int:
    """Verdicts the bridge was told and no record holds; records may be more, where an answer was lost."""
    recorded = Counter((one["alert_id"], one["verdict"]) for one in audit.alerts)
    return (Counter(answers) - recorded).total()


def admitted_twice(audit: AuditView) -> int:
    """Alerts with more than one admission."""
    return _beyond_one(one["alert_id"] for one in audit.alerts if one["verdict"] == "admitted")


def decided_twice(audit: AuditView) -> int:
    """Alerts with more than one decision, TIMEOUT included."""
    return _beyond_one(one["alert_id"] for one in audit.actions)


def numbers_missing(audit: AuditView) -> int:
    """Holes and repeats in the numbers by which a screen proves that it missed nothing."""
    numbers = defaultdict(list)
    for alert in audit.admitted().values():
        numbers[alert["contract"]].append(int(alert["seq"]))
    return sum(sorted(found) != list(range(1, len(found) + 1)) for found in numbers.values())


def without_delivery(audit: AuditView) -> int:
    """Admitted alerts of which no attempt is recorded."""
    return len(audit.admitted().keys() - {one["alert_id"] for one in audit.deliveries})


def of_nothing_admitted(audit: AuditView) -> int:
    """Deliveries and decisions of alerts that were never admitted."""
    admitted = audit.admitted().keys()
    return sum(one["alert_id"] not in admitted for one in [*audit.deliveries, *audit.actions])


def rung(audit: AuditView) -> set[Pair]:
    """Pairs that an alert rang, whether or not it was shown."""
    return {(one["alert_id"], one["operator"]) for one in audit.deliveries if one.get("attention") == "rung"}


def listed_because(audit: AuditView, why: str) -> int:
    """Pairs that an alert did not ring for this reason."""
    listed = [one for one in audit.deliveries if one["status"] == "listed" and one["attention_why"] == why]
    return len({(one["alert_id"], one["operator"]) for one in listed})


def rung_twice(audit: AuditView) -> int:
    """Rings of an operator beyond the first of an opportunity."""
    alerts = audit.admitted()
    opportunities = [
        (alerts[alert]["opportunity"]["id"], name) for alert, name in rung(audit) if alert in alerts
    ]
    return _beyond_one(opportunities)


def outcomes_and_intents(audit: AuditView) -> tuple[int, int]:
    """Outcomes that no intent goes before, and intents that no outcome followed: cut off by a kill.

    Of an alert that is listed, the record of it is the intent where there are screens to post to. `unknown`
    is the end of a step whose function may have died before the intent.
    """
    open_intents: Counter[tuple[str, str, str]] = Counter()
    orphans = 0
    for one in sorted(audit.deliveries, key=lambda record: (record["chain"], record["seq"])):
        attempt = (one["alert_id"], one["operator"], one["channel"])
        if one["status"] == "intent" or (one["status"] == "listed" and one["screens"]):
            open_intents[attempt] += 1
        elif one["status"] in ENDS:
            orphans += not open_intents[attempt]
            open_intents[attempt] = max(0, open_intents[attempt] - 1)
        elif one["status"] == "unknown":
            open_intents[attempt] = max(0, open_intents[attempt] - 1)
    return orphans, open_intents.total()


def chains(audit: AuditView) -> dict[str, list[Record]]:
    """All records by table and chain, in order."""
    found = defaultdict(list)
    for table, name in TABLES.items():
        for record in sorted(getattr(audit, name), key=lambda one: one["seq"]):
            found[f"{table} {record['chain']}"].append(record)
    return dict(found)


def chains_broken(audit: AuditView) -> int:
    """Chains with a record that does not follow."""
    return sum(broken_at(records) is not None for records in chains(audit).values())


def sent_twice(
    sent: Mapping[Pair, Sequence[tuple[float, float]]], kills: Sequence[float]
) -> tuple[list[Pair], int]:
    """E-mails beyond the first of a pair: whose, by no kill's fault, and how many where a kill explains it.

    `sent` has of each pair's e-mails, in order, when SES was asked and when it had said yes; `kills` are
    those of fallback: one between the question and the record of the yes leaves the outcome unknown.
    """
    repeated = [(pair, one) for pair, mails in sent.items() for one in mails[:-1]]
    unexplained = [
        pair for pair, (asked, yes) in repeated if not any(asked <= kill <= yes + RECORD_S for kill in kills)
    ]
    return unexplained, len(repeated) - len(unexplained)


def due(detected: float, kills: Sequence[float], allowed_s: float) -> float:
    """When an e-mail must have gone: in time, or by one visibility time-out later for a kill on its way.

    A second kill counts where the message may have been back, and so on; `kills` are in order.
    """
    begin, until = detected, detected + allowed_s
    while on_way := [kill for kill in kills if begin <= kill <= until]:
        begin, until = on_way[0] + HIDDEN_S[0], on_way[-1] + HIDDEN_S[1] + allowed_s
    return until


def timeliness(detected: float, told: float, kills: Sequence[float], allowed_s: float) -> str:
    """How an e-mail came: IN_TIME, KILLED where a kill explains its delay, else LATE or TOO_LATE."""
    if told <= detected + allowed_s:
        return IN_TIME
    until = due(detected, kills, allowed_s)
    if told <= until:
        return KILLED
    return TOO_LATE if until > detected + allowed_s else LATE


def refused_unsaid(refused: Iterable[Pair], letters: Iterable[tuple[Pair, str]], error: str) -> int:
    """Pairs that SES refused for good with this error, and no dead letter says so."""
    return len(set(refused) - {pair for pair, reason in letters if error in reason})


def _beyond_one(names: Iterable[object]) -> int:
    return sum(times - 1 for times in Counter(names).values())


def step_ends(audit: AuditView) -> dict[Step, str | None]:
    """How each step to a phone ended that was begun or withheld; None where its intent has no end."""
    found: dict[Step, str | None] = {}
    for one in _in_time_order(audit):
        if one["channel"] in STEPS[:2]:
            end = None if one["status"] == "intent" else str(one["status"])
            found[one["channel"], one["alert_id"], one["operator"]] = end
    return found


def noted_twice(notes: Iterable[Noted]) -> int:
    """Notes beyond the first of an alert to an operator on one channel."""
    return _beyond_one((one.channel, one.alert, one.operator) for one in notes)


def notes_without_intent(audit: AuditView, notes: Iterable[Noted]) -> int:
    """Notes that no record announces."""
    intents = {
        (one["channel"], one["alert_id"], one["operator"])
        for one in audit.deliveries
        if one["status"] == "intent"
    }
    return sum((one.channel, one.alert, one.operator) not in intents for one in notes)


def notes_too_late(audit: AuditView, notes: Iterable[Noted]) -> list[Noted]:
    """Notes HELD_S after a decision or the operator's receipt, and of what did not ring them."""
    decided: dict[str, float] = {}
    for act in audit.actions:
        at = _epoch(act["recorded_at"])
        decided[act["alert_id"]] = min(at, decided.get(act["alert_id"], at))
    seen = {
        (one["alert_id"], one["operator"]): _epoch(one["received_at"])
        for one in audit.deliveries
        if one["status"] == "received"
    }
    listed, never = audit.listed(), float("inf")
    return [
        one
        for one in notes
        if (one.alert, one.operator) in listed
        or one.at > min(decided.get(one.alert, never), seen.get((one.alert, one.operator), never)) + HELD_S
    ]


def ends_untrue(ends: Mapping[Step, str | None], notes: Iterable[Noted]) -> list[Step]:
    """Steps said to be sent that no service took, and the other way round."""
    taken = {(one.channel, one.alert, one.operator) for one in notes}
    return [
        step
        for step, end in ends.items()
        if (end == "sent" and step not in taken) or (end in {"failed", "withheld"} and step in taken)
    ]


def out_of_order(audit: AuditView) -> int:
    """Alerts and operators whose steps began in another order than they stand.

    A step whose function died before the intent has no record of its beginning: `unknown` is its end.
    """
    began: dict[Pair, list[str]] = defaultdict(list)
    for one in _in_time_order(audit):
        steps = began[one["alert_id"], one["operator"]]
        if one["channel"] in STEPS and one["channel"] not in steps and one["status"] != "unknown":
            steps.append(one["channel"])
    return sum(steps != sorted(steps, key=STEPS.index) for steps in began.values())


def _in_time_order(audit: AuditView) -> list[Record]:
    return sorted(audit.deliveries, key=lambda one: (one["recorded_at"], one["chain"], one["seq"]))


def _epoch(stamped: str) -> float:
    return datetime.fromisoformat(stamped).timestamp()
