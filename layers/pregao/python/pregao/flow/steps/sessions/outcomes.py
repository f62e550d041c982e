"""Records of what became of alerts: each once, and a further one where it turns out otherwise later."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pregao.domain.audit.chain import Record, Tail, canonical
from pregao.domain.audit.records import OUTCOME, outcome_record
from pregao.flow.steps.audit.append import Pause, append

if TYPE_CHECKING:
    from datetime import date

    from pregao.domain.alerts.outcome import Result
    from pregao.domain.feeds.feed import FeedKey
    from pregao.flow.ports.calibration import OutcomeBook, Recorded
    from pregao.flow.steps.sessions.session_records import JudgedAlert

LANE = "outcome"
"""Of the chains of alertas_audit that outcomes are recorded in: detect does not wait for them."""
AT_ONCE = 40
"""Alerts of one transaction, which holds 100 actions: two for each, and two where a chain begins."""


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Dependencies of `record_outcomes`; `clock` gives epoch seconds."""

    book: OutcomeBook
    pause: Pause
    clock: Callable[[], float]


def record_outcomes(
    feed: FeedKey, session: date, became: Sequence[tuple[JudgedAlert, Result]], deps: Outcomes
) -> int:
    """Record what became of a session's alerts where that is not on record yet; returns how many records.

    One that differs from what is on record names the record it corrects. Raises Contended.
    """
    by_contract: dict[str, list[tuple[JudgedAlert, Result]]] = {}
    for one in became:
        by_contract.setdefault(one[0].alert.contract, []).append(one)
    return sum(
        _append(feed, session, contract, some[start : start + AT_ONCE], deps)
        for contract, some in by_contract.items()
        for start in range(0, len(some), AT_ONCE)
    )


def _append(
    feed: FeedKey,
    session: date,
    contract: str,
    became: Sequence[tuple[JudgedAlert, Result]],
    deps: Outcomes,
) -> int:
    before: dict[str, Recorded] = {}
    at = deps.clock()

    def build(now: float) -> list[Record]:
        nonlocal before, at
        before, at = deps.book.recorded(feed, session), now
        return [one for pair in became if (one := _record(*pair, before.get(pair[0].alert.id), now))]

    def commit(records: Sequence[Record], tail: Tail) -> int:
        if records:
            deps.book.record(feed, session, records, before, tail, at)
        return len(records)

    return append(lambda now: deps.book.tail(contract, now), build, commit, deps)


def _record(judged: JudgedAlert, result: Result, before: Recorded | None, now: float) -> Record | None:
    """Return the record to write, None where the same is on record."""
    record = outcome_record(judged.alert, judged.verdict, result, now, before.hash if before else None)
    return None if before and _said(before.outcome) == _said(record[OUTCOME]) else record


def _said(outcome: Mapping[str, object]) -> bytes:
    return canonical({name: value for name, value in outcome.items() if name != "corrects"})
