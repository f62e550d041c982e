"""What must hold after a soak: everybody reached, nothing twice, nothing missing in the audit.

Each function counts violations, so that zero is right; none of them asks the code under test.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

from local.audit.run_account import AuditView, Record
from pregao.domain.audit.chain import broken_at

Answer = tuple[str, str]
"""An alert's id and the verdict that the bridge was told."""

TABLES = {"alertas": "alerts", "entrega": "deliveries", "acao": "actions"}
ENDS = {"sent", "gone", "failed"}
"""Outcomes that an intent goes before; a receipt and an e-mail withheld are none."""


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


def outcomes_and_intents(audit: AuditView) -> tuple[int, int]:
    """Outcomes that no intent goes before, and intents that no outcome followed: cut off by a kill."""
    open_intents: Counter[tuple[str, str, str]] = Counter()
    orphans = 0
    for one in sorted(audit.deliveries, key=lambda record: (record["chain"], record["seq"])):
        attempt = (one["alert_id"], one["operator"], one["channel"])
        if one["status"] == "intent":
            open_intents[attempt] += 1
        elif one["status"] in ENDS:
            orphans += not open_intents[attempt]
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


def _beyond_one(names: Iterable[str]) -> int:
    return sum(times - 1 for times in Counter(names).values())
