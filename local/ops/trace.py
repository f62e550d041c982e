"""The way of one alert, step by step, out of its audit records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from pregao.domain.delivery.budgets import BUDGET_MS, Stage

Record = Mapping[str, Any]

LISTED = "listed"
"""An alert did not ring its operator: nobody confirms it, and no decision is awaited of them."""
OUTCOMES = frozenset({"sent", "gone", "failed"})
"""How an attempt ends that was begun with an intent."""
STAGES = {
    "posted": (Stage.CLOSED_TO_POSTED, Stage.POSTED_TO_JUDGED),
    "queued": (Stage.JUDGED_TO_QUEUED, Stage.QUEUED_TO_TAKEN, Stage.TAKEN_TO_COMMITTED),
    "websocket": (Stage.COMMITTED_TO_SCREENS,),
}
"""Which stages of an alert's way lie in a step: what is on record tells them no finer."""
SYSTEM = ""
"""Whose step it is where it is no operator's."""


@dataclass(frozen=True, slots=True)
class Step:
    """What was done from `began` to `ended` (epoch seconds), for whom; no `ended` where none is on record."""

    kind: str
    operator: str
    began: float
    ended: float | None
    outcome: str = ""
    detail: str = ""

    @property
    def over_ms(self) -> float | None:
        """The budget in milliseconds that it missed, None where it kept it or has none."""
        budget = sum(BUDGET_MS[one] for one in STAGES.get(self.kind, ()))
        took = (self.ended - self.began) * 1000 if self.ended is not None else 0.0
        return budget if budget and took > budget else None


@dataclass(frozen=True, slots=True)
class Gap:
    """What is not on record: which step, of whom."""

    kind: str
    operator: str = SYSTEM


@dataclass(frozen=True, slots=True)
class Trace:
    """An alert's way; time counts from `origin`: the candle's close, or detection where it was not live."""

    alert: Mapping[str, Any]
    verdict: str
    reason: str
    judgements: int
    live: bool
    origin: float
    steps: Sequence[Step]
    gaps: Sequence[Gap] = field(default=())

    @property
    def until(self) -> float:
        """When the last step ended (epoch seconds)."""
        return max(one.ended or one.began for one in self.steps)


def trace(judgements: Sequence[Record], deliveries: Sequence[Record], actions: Sequence[Record]) -> Trace:
    """Put an alert's records together; of several judgements the one that admitted it, else the first."""
    judged = judgement_of(judgements)
    alert = judged["alert"]
    closed, detected = float(alert["candle_closed_at"]), float(alert["detected_at"])
    delivered = sorted(deliveries, key=_happened)
    steps = [Step("posted", SYSTEM, closed, detected, judged["verdict"])]
    steps += _queued(detected, delivered)
    for operator, some in groupby(sorted(delivered, key=itemgetter("operator")), itemgetter("operator")):
        steps += _of_operator(operator, list(some), detected)
    decided = [(one["operator"], _at(one["recorded_at"]), one["decision"]) for one in actions]
    steps += [Step("decision", who, detected, at, decision) for who, at, decision in decided]
    live = detected <= alert["expires_at"]
    return Trace(
        alert=alert,
        verdict=judged["verdict"],
        reason=judged["verdict_reason"],
        judgements=len(judgements),
        live=live,
        origin=closed if live else detected,
        steps=steps if live else [one for one in steps if one.kind != "posted"] or steps,
        gaps=list(_gaps(judged["verdict"], steps)),
    )


def judgement_of(judgements: Sequence[Record]) -> Record:
    """Return the judgement that admitted an alert, else the first."""
    in_order = sorted(judgements, key=itemgetter("recorded_at"))
    return next((one for one in in_order if one["verdict"] == "admitted"), in_order[0])


def _queued(detected: float, delivered: Sequence[Record]) -> list[Step]:
    """Return the time between detection and the first that is known of its delivery."""
    return [Step("queued", SYSTEM, detected, _happened(delivered[0]))] if delivered else []


def _of_operator(operator: str, records: Iterable[Record], detected: float) -> list[Step]:
    """Return what was tried for an operator: each outcome with its intent, what was heard later behind it."""
    steps: list[Step] = []
    begun: dict[tuple[str, int], float] = {}
    last = dict[str, float]()
    for one in records:
        channel, at = one["channel"], _happened(one)
        attempt = channel, int(one.get("attempt", 0))
        if one["status"] == LISTED:
            steps.append(Step(LISTED, operator, at, at, LISTED, str(one["attention_why"])))
        if one["status"] == "intent" or (one["status"] == LISTED and one["screens"]):
            begun[attempt] = last[channel] = at
        if one["status"] in ("intent", LISTED):
            continue
        began = begun.pop(attempt, at) if one["status"] in OUTCOMES else min(at, last.get(channel, detected))
        kind = "receipt" if one["status"] == "received" else channel
        steps.append(Step(kind, operator, began, at, one["status"], _detail(one)))
        last[channel] = at
    steps += [Step(channel, operator, at, None, "intent") for (channel, _), at in begun.items()]
    return sorted(steps, key=lambda one: (one.began, one.kind == "receipt"))


def _detail(record: Record) -> str:
    """Return the numbers and words of a record that say more than its status."""
    tally = [f"{int(record[name])} {name}" for name in ("gone", "failed") if record.get(name)]
    attempt = [f"#{int(record['attempt'])}"] if "attempt" in record else []
    late = ["late"] if record.get("late") else []
    words = [str(record[name]) for name in ("cause", "error") if record.get(name)]
    return ", ".join(attempt + tally + late + words)


def _gaps(verdict: str, steps: Sequence[Step]) -> Iterator[Gap]:
    """Yield what an admitted alert should have and does not have yet."""
    if verdict != "admitted":
        return
    tried = [one for one in steps if one.operator and one.kind != "decision"]
    if not tried:
        yield Gap("delivery")
    for operator, some in groupby(sorted(tried, key=lambda one: one.operator), lambda one: one.operator):
        mine = list(some)
        if any(one.ended is None for one in mine):
            yield Gap("outcome", operator)
        shown = any((one.kind, one.outcome) == ("websocket", "sent") for one in mine)
        if shown and not any(one.kind in ("receipt", LISTED) for one in mine):
            yield Gap("receipt", operator)
    listed = {one.operator for one in tried if one.kind == LISTED}
    rung = {one.operator for one in tried} - listed
    if not any(one.kind == "decision" for one in steps) and (rung or not listed):
        yield Gap("decision")


def _happened(record: Record) -> float:
    """Return when it came to pass: a receipt and a report are written down later."""
    return _at(record.get("received_at") or record.get("happened_at") or record["recorded_at"])


def _at(stamp: str) -> float:
    return datetime.fromisoformat(stamp).timestamp()
