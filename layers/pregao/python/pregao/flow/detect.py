"""From a posted window to admitted alerts on the queue."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from pregao.domain.alerts.admission import AdmissionRules, Judgement, Session, Verdict, gate
from pregao.domain.alerts.alert import Alert
from pregao.domain.audit.chain import link
from pregao.domain.audit.records import Evidence, alert_record
from pregao.flow.context import Contexts, nothing
from pregao.flow.in_time import Failures, TimeLeft
from pregao.flow.persist import Pause, persist
from pregao.flow.ports.delivery import AdmissionBook, AlertQueue, Entry, Head
from pregao.flow.refusals import Refused

ALERT_S = 10.0
"""Judging one alert, and the queue's call behind it, where every call takes its longest."""


@dataclass(frozen=True, slots=True)
class Judged:
    """An alert with its verdict; `unfinished` is a duplicate whose first sighting was never delivered."""

    alert: Alert
    verdict: Verdict
    reason: str
    unfinished: bool = False

    @property
    def queued(self) -> bool:
        """Tell whether the queue hears of it."""
        return self.verdict is Verdict.ADMITTED or self.unfinished


@dataclass(frozen=True, slots=True)
class Admission:
    """What the story works with."""

    book: AdmissionBook
    queue: AlertQueue
    rules: AdmissionRules
    pause: Pause


Witness = Callable[[Alert], Evidence]


def admit(
    alerts: Sequence[Alert],
    session: Session,
    deps: Admission,
    now: float,
    time: TimeLeft,
    *,
    replay: bool,
    witness: Witness,
    contexts: Contexts = nothing,
) -> list[Judged]:
    """Judge alerts of one contract in candle order, then tell the queue of the admitted.

    `witness` tells what an alert was derived from, for its audit record, `contexts` what it knows of its
    contract; that may still be on its way, and is waited for when the head has been read.
    The queue hears after the commits, whatever failed among the others. Should that fail, the caller's retry
    finds duplicates that were never delivered and hands them over again. Raises an ExceptionGroup where an
    alert could not be judged, or the time was short: the caller posts again.
    """
    ledger, failures, judged = _Ledger(deps, now, witness, contexts), Failures(), list[Judged]()
    for alert in failures.each(alerts, ALERT_S, time):
        with failures.kept():
            judged.append(_judge(alert, gate(alert, deps.rules, session, now, replay=replay), ledger))
    ringing = {one.alert.id: one.alert for one in judged if one.queued}
    if ringing:
        with failures.kept():
            deps.queue.send(list(ringing.values()))
    failures.tell(f"{len(judged)} of {len(alerts)} alerts were judged")
    return judged


def _judge(alert: Alert, early: Judgement | None, ledger: _Ledger) -> Judged:
    """Commit one alert under the first verdict that holds.

    The claims are tried first and a refusal is recorded after, so the common path costs one transaction.
    A refusal by a claim ends as a duplicate at the latest, which claims nothing: three rounds at most.
    """
    judgement = early or Judgement(Verdict.ADMITTED, "first sighting, all claims free")
    unfinished: Alert | None = None
    while True:
        try:
            committed = persist(partial(ledger.commit, alert, judgement), ledger.deps.pause)
        except Refused as refusal:
            judgement, unfinished = refusal.judgement, refusal.unfinished
            continue
        return Judged(unfinished or committed, judgement.verdict, judgement.reason, unfinished is not None)


class _Ledger:
    """Follows a contract's head through a batch: read once, then known, read anew after a conflict."""

    def __init__(self, deps: Admission, now: float, witness: Witness, contexts: Contexts) -> None:
        self.deps = deps
        self._now = now
        self._witness = witness
        self._contexts = contexts
        self._head: Head | None = None

    def commit(self, alert: Alert, judgement: Judgement) -> Alert:
        """Write one judgement behind the head; returns the numbered alert. Raises Refused, Contended."""
        head = self._head or self.deps.book.head(alert.contract, self._now)
        self._head = None
        admitted = judgement.verdict is Verdict.ADMITTED
        cursor = head.seq + admitted
        numbered = replace(alert, seq=cursor if admitted else alert.seq, context=self._contexts(alert))
        plain = alert_record(numbered, judgement, self._now, cursor, self._witness(alert))
        (record,), tail = link([plain], head.tail)
        try:
            self.deps.book.commit(Entry(numbered, judgement, record, head), self.deps.rules, self._now)
        except Refused:
            self._head = head
            raise
        self._head = Head(head.contract, cursor, tail)
        return numbered
