"""Why an alert rang an operator, or did not: from its audit records and the desk of today."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pregao.domain.alerts.alert import Alert
from pregao.domain.delivery.operators import Operator
from pregao.domain.delivery.ring_decision import Ring, RingDecision, Why

Record = Mapping[str, Any]


class Case(StrEnum):
    """What is known of an operator and an alert."""

    RUNG = "rung"
    LISTED = "listed"
    REFUSED = "refused"
    """It was not admitted: it rang nobody."""
    NOT_WANTED = "not_wanted"
    """Instrument, pattern or severity are not theirs, by the configuration of today."""
    NO_RECORD = "no_record"
    """Delivery has not come to them, or is of before rings were recorded."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an alert for one operator; `attention` where it was decided, `verdict` where refused."""

    operator: str
    case: Case
    attention: RingDecision | None = None
    verdict: str = ""

    def plain(self) -> dict[str, Any]:
        """Return it as JSON values."""
        decided = self.attention.plain() if self.attention else {}
        return {"operator": self.operator, "case": self.case.value} | decided | {"verdict": self.verdict}


def answers(
    alert: Alert, judged: Record, deliveries: Iterable[Record], desk: Sequence[Operator]
) -> list[Answer]:
    """Return for each operator whether an alert rang, and why; `judged` is the judgement that counts."""
    verdict = f"{judged['verdict']}: {judged['verdict_reason']}"
    decided = {one["operator"]: _attention(one) for one in deliveries if one.get("attention")}
    return [_answer(alert, one, judged, verdict, decided.get(one.audit_id)) for one in desk]


def _answer(
    alert: Alert, operator: Operator, judged: Record, verdict: str, decided: RingDecision | None
) -> Answer:
    if decided:
        return Answer(operator.id, Case.LISTED if decided.listed else Case.RUNG, decided)
    if not operator.concerned_by(alert):
        return Answer(operator.id, Case.NOT_WANTED)
    if judged["verdict"] != "admitted":
        return Answer(operator.id, Case.REFUSED, verdict=verdict)
    return Answer(operator.id, Case.NO_RECORD)


def _attention(record: Record) -> RingDecision:
    score, threshold = (
        None if record.get(name) is None else float(record[name]) for name in ("score", "threshold")
    )
    return RingDecision(Ring(record["attention"]), Why(record["attention_why"]), score, threshold)
