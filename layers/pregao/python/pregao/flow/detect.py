"""From posted windows to admitted alerts on the queue: read, resolve, scan, raise, admit."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from pregao.config.loaded import Config, UnknownSymbol
from pregao.domain.alerts.admission import AdmissionRules, Judgement, Session, Verdict, gate
from pregao.domain.alerts.alert import Alert, AlertOrigin, Worth, level_alert, raise_alert
from pregao.domain.alerts.opportunity import look_back, opportunities
from pregao.domain.alerts.price_level import ArmedLevel, Marked, Reached, reached
from pregao.domain.audit.chain import Record, Tail
from pregao.domain.audit.records import Evidence, alert_record
from pregao.domain.calibration.live import Known, scan_live
from pregao.domain.market.candles import Candles
from pregao.flow.ports.delivery import AdmissionBook, AlertQueue, Entry, Head
from pregao.flow.ports.refusals import Refused
from pregao.flow.steps.audit.append import Pause, append
from pregao.flow.steps.context import AlertContextLoader, Contexts, nothing
from pregao.flow.steps.feed_activity import FeedActivityRecorder, candle_of, mark_of
from pregao.flow.steps.in_time import Failures, TimeLeft
from pregao.flow.steps.provenance import Provenance
from pregao.flow.steps.side_by_side import Room, side_by_side, tried
from pregao.wire.candle_batch_v1 import BatchRefused, CandleBatchV1, Fault, batch_of, read_batch
from pregao.wire.price_level_v1 import dump_level

if TYPE_CHECKING:
    from pregao.domain.market.instrument import Instrument
    from pregao.flow.steps.bridge_identity import BridgeIdentities
    from pregao.flow.steps.sessions.calibrations import Calibrations


@dataclass(frozen=True, slots=True)
class Detecting:
    """Dependencies of `detect`; replays may ring if `allow_replay`. `clock` gives epoch seconds.

    `lanes` are the threads in which the feeds of one post are judged.
    """

    config: Config
    allow_replay: bool
    admission: Admission
    bridges: BridgeIdentities
    activity: FeedActivityRecorder
    contexts: AlertContextLoader
    calibrations: Calibrations
    clock: Callable[[], float]
    lanes: Executor


@dataclass(frozen=True, slots=True)
class _Post:
    """A batch, and what its symbol and contract are here."""

    batch: CandleBatchV1
    instrument: Instrument
    contract: str
    now: float


FEED_S = 16.0
"""Time budget in seconds of judging one feed, if every call times out."""


def detect_feeds(
    feeds: Sequence[Any], signer: str | None, deps: Detecting, time: TimeLeft
) -> list[tuple[CandleBatchV1, list[Judged]] | Exception]:
    """Judge the feeds of one post, each a batch's JSON; returns in their order what `detect` makes of each.

    Where it raises, the exception stands in its place, and the others are judged all the same. Feeds of one
    contract are judged in turn, the oldest candle first, for they append to one chain; contracts side by
    side. OutOfTime stands for a feed that was not begun.
    """
    posts = [tried(lambda sent: _opened(batch_of, sent, deps), one) for one in feeds]
    return side_by_side(
        posts,
        lambda post: (post.instrument.name, post.contract),
        lambda post: post.batch.closes_at,
        lambda post: _judged(post, signer, deps, time),
        Room(deps.lanes, FEED_S, time),
    )


def detect(
    body: str | bytes, signer: str | None, deps: Detecting, time: TimeLeft
) -> tuple[CandleBatchV1, list[Judged]]:
    """Judge the batch of one feed; `signer` is the principal that signed it.

    Raises BatchRefused, ForeignBridge, and whatever makes the caller try again. The owner of
    bridge_id is looked up in parallel; `confirm` waits for it before anything is written. No detector's alert
    waits for the feed's mark; the operators' price levels come with it, so they are judged after that, and
    a mark that fails makes the caller try again: nobody knows then which levels there are.
    """
    return _judged(_opened(read_batch, body, deps), signer, deps, time)


def _judged(
    post: _Post, signer: str | None, deps: Detecting, time: TimeLeft
) -> tuple[CandleBatchV1, list[Judged]]:
    confirm = deps.bridges.checking(post.batch.bridge_id, signer)
    mark = mark_of(post.batch, post.instrument.name, post.contract, post.now)
    with deps.activity.beside(mark, confirm) as levels:
        try:
            judged = [] if post.batch.keep_only else _admit(post, signer, confirm, deps, time)
            if not (mark.past or mark.historical):
                judged += _admit_levels(levels() or Marked(), post, signer, deps, time)
            return post.batch, judged
        finally:
            confirm()  # raise ForeignBridge itself, not the errors it caused in `_admit`


def _opened(read: Callable[..., CandleBatchV1], sent: Any, deps: Detecting) -> _Post:
    now = deps.clock()
    batch = read(sent, now=now, warmup=deps.config.detectors.warmup)
    instrument = _instrument(batch, deps.config)
    return _Post(batch, instrument, _contract(batch, instrument), now)


def _instrument(batch: CandleBatchV1, config: Config) -> Instrument:
    wanted = config.delivery.timeframes
    if batch.timeframe not in wanted:
        reason = f"timeframe: {batch.timeframe} is not one of {', '.join(wanted)}"
        raise BatchRefused(Fault.TIMEFRAME, [reason])
    try:
        return config.instrument_for(batch.symbol)
    except UnknownSymbol as unknown:
        raise BatchRefused(Fault.SYMBOL, [f"symbol: {unknown}"]) from unknown


def _contract(batch: CandleBatchV1, instrument: Instrument) -> str:
    newest = datetime.fromtimestamp(batch.candles.time[-1], UTC)
    contract = batch.contract or instrument.contract_on(instrument.local_date(int(newest.timestamp())))
    if not instrument.owns_contract(contract):
        raise BatchRefused(Fault.CONTRACT, [f"contract: {contract!r} is no contract of {instrument.name}"])
    return contract


def _admit(
    post: _Post, signer: str | None, confirm: Callable[[], None], deps: Detecting, time: TimeLeft
) -> list[Judged]:
    known = deps.calibrations.of(post.instrument, post.batch.timeframe)
    alerts = _alerts(post, deps.config, known)
    provenance = Provenance(post.batch, post.instrument, deps.config, known, signer)

    def confirmed(alert: Alert) -> Evidence:
        confirm()
        return provenance(alert)

    return admit(
        alerts,
        post.instrument,
        deps.admission,
        post.now,
        time,
        replay=post.batch.historical and deps.allow_replay,
        provenance=confirmed,
        contexts=deps.contexts.of(alerts, post.instrument, post.now),
    )


def _admit_levels(
    marked: Marked, post: _Post, signer: str | None, deps: Detecting, time: TimeLeft
) -> list[Judged]:
    """Admit the alerts of the levels that the new candles reach, of owners who are on the desk."""
    desk = {one.audit_id for one in deps.config.operators}
    armed = [one for one in marked.levels if one.level.owner in desk]
    found = _reached(armed, _first(marked, post, deps.config.admission.alert_life_s), post)
    if not found:
        return []
    provenance = Provenance(post.batch, post.instrument, deps.config, lambda _day: None, signer)
    origin = _origin(post, deps.config)
    raised = {one.id: (one, it) for it in found for one in [level_alert(it, origin, post.now)]}

    def defined(alert: Alert) -> Evidence:
        return replace(provenance(alert), level=dump_level(raised[alert.id][1].level))

    judged = admit(
        [alert for alert, _ in raised.values()],
        post.instrument,
        deps.admission,
        post.now,
        time,
        replay=False,
        provenance=defined,
    )
    for one in judged:
        if one.verdict in RANG:
            deps.activity.rang(raised[one.alert.id][1])
    return judged


def _first(marked: Marked, post: _Post, life_s: int) -> int:
    """Return the first candle that levels are judged on: a new one, or one that came as history meanwhile.

    Of those before the new ones only such as an alert is still alive on.
    """
    batch = post.batch
    times, fresh = batch.candles.time, post.now - life_s - batch.timeframe_s
    missed = bisect_right(times, marked.newest) if marked.newest else batch.new_from
    return min(batch.new_from, max(missed, bisect_left(times, fresh)))


def _reached(armed: Sequence[ArmedLevel], first: int, post: _Post) -> list[Reached]:
    """Return the levels that ring on the candles from `first` on, in the candles' order."""
    if not armed:
        return []
    batch = post.batch
    candles = [candle_of(batch, row) for row in range(len(batch.candles.time))]
    asked = candles, first, batch.timeframe_s, post.contract, post.instrument
    return sorted((it for one in armed for it in reached(one, *asked)), key=lambda it: it.candle.time)


def _alerts(post: _Post, config: Config, known: Known) -> list[Alert]:
    """Return what the detectors see in a window's new candles, as alerts of its contract."""
    batch, settings = post.batch, config.detectors_for(post.instrument.name)
    times, first = batch.candles.time, look_back(batch.new_from, settings.warmup)
    instrument = post.instrument.of_feed(batch.symbol)
    signals = scan_live(_columns(batch), instrument, settings, first, batch.timeframe_s, known)
    fresh = [one for one in signals if one.time >= times[batch.new_from]]
    if not fresh:
        return []
    rows, origin = {time: row for row, time in enumerate(times)}, _origin(post, config)
    together = opportunities(signals, times, instrument.local_date, post.contract, batch.timeframe)
    return [
        raise_alert(
            signal,
            candle_of(batch, rows[signal.time]),
            origin,
            settings.severity(signal.pattern),
            settings.levels(signal.pattern) if signal.pattern.sided else None,
            post.now,
            together=together,
        )
        for signal in fresh
    ]


def _origin(post: _Post, config: Config) -> AlertOrigin:
    return AlertOrigin(
        instrument=post.instrument.name,
        contract=post.contract,
        symbol=post.batch.symbol,
        timeframe=post.batch.timeframe,
        timeframe_s=post.batch.timeframe_s,
        tick_size=post.instrument.tick_size,
        config_digest=config.digest,
        life_s=config.admission.alert_life_s,
        worth=Worth(post.instrument.point_value, config.entry_of(post.instrument.name).currency),
    )


def _columns(batch: CandleBatchV1) -> Candles:
    columns = batch.candles
    return Candles(
        time=np.array(columns.time, dtype=np.int64),
        open=np.array(columns.open, dtype=np.float64),
        high=np.array(columns.high, dtype=np.float64),
        low=np.array(columns.low, dtype=np.float64),
        close=np.array(columns.close, dtype=np.float64),
        tick_volume=np.array(columns.tick_volume, dtype=np.int64),
        real_volume=np.array(columns.real_volume, dtype=np.int64),
        spread=np.array(columns.spread, dtype=np.int64),
    )


RANG = frozenset({Verdict.ADMITTED, Verdict.DUPLICATE, Verdict.RATE_LIMITED})
"""Verdicts that say that a level rings, or has rung, since it was armed."""
ALERT_S = 10.0
"""Time budget in seconds of judging one alert and calling the queue, if every call times out."""


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
    """Dependencies of `admit`."""

    book: AdmissionBook
    queue: AlertQueue
    rules: AdmissionRules
    pause: Pause


EvidenceOf = Callable[[Alert], Evidence]
"""Tells what an alert was derived from."""


def admit(
    alerts: Sequence[Alert],
    session: Session,
    deps: Admission,
    now: float,
    time: TimeLeft,
    *,
    replay: bool,
    provenance: EvidenceOf,
    contexts: Contexts = nothing,
) -> list[Judged]:
    """Judge alerts of one contract in candle order, then tell the queue of the admitted.

    `provenance` tells what an alert was derived from, for its audit record, `contexts` what is known of its
    contract: the context is read in the background; `commit` waits for it after reading the head.
    The queue hears after the commits, whatever failed among the others. Should that fail, the caller's retry
    finds duplicates that were never delivered and hands them over again. Raises an ExceptionGroup where an
    alert could not be judged, or the time was short: the caller posts again.
    """
    head, failures, judged = _ContractHead(deps, now, provenance, contexts), Failures(), list[Judged]()
    for alert in failures.each(alerts, ALERT_S, time):
        with failures.kept():
            judged.append(_judge(alert, gate(alert, deps.rules, session, now, replay=replay), head))
    ringing = {one.alert.id: one.alert for one in judged if one.queued}
    if ringing:
        with failures.kept():
            deps.queue.send(list(ringing.values()))
    failures.tell(f"{len(judged)} of {len(alerts)} alerts were judged")
    return judged


def _judge(alert: Alert, early: Judgement | None, head: _ContractHead) -> Judged:
    """Commit one alert under the first verdict that holds.

    The claims are tried first, so the common path costs one transaction. After a failed claim the refusal
    itself is committed; that can fail only as a duplicate, which has no condition to fail. So at most three
    transactions.
    """
    judgement = early or Judgement(Verdict.ADMITTED, "first sighting, all claims free")
    unfinished: Alert | None = None
    while True:
        try:
            committed = head.commit(alert, judgement)
        except Refused as refusal:
            judgement, unfinished = refusal.judgement, refusal.unfinished
            continue
        return Judged(unfinished or committed, judgement.verdict, judgement.reason, unfinished is not None)


class _ContractHead:
    """Follows a contract's head through a batch: read once, then known, read anew after a conflict."""

    def __init__(self, deps: Admission, now: float, provenance: EvidenceOf, contexts: Contexts) -> None:
        self.pause = deps.pause
        self.clock: Callable[[], float] = lambda: now
        self._deps = deps
        self._provenance = provenance
        self._contexts = contexts
        self._head: Head | None = None

    def commit(self, alert: Alert, judgement: Judgement) -> Alert:
        """Write one judgement behind the head; returns the numbered alert. Raises Refused, Contended."""
        head: Head
        numbered: Alert

        def chain(now: float) -> Tail:
            nonlocal head
            head = self._head or self._deps.book.head(alert.contract, now)
            self._head = None
            return head.tail

        def build(now: float) -> list[Record]:
            nonlocal numbered
            admitted = judgement.verdict is Verdict.ADMITTED
            seq = head.seq + 1 if admitted else alert.seq
            numbered = replace(alert, seq=seq, context=self._contexts(alert))
            return [alert_record(numbered, judgement, now, head.seq + admitted, self._provenance(alert))]

        def write(records: Sequence[Record], _tail: Tail) -> Alert:
            self._write(Entry(numbered, judgement, records[0], head))
            return numbered

        return append(chain, build, write, self)

    def _write(self, entry: Entry) -> None:
        """Commit an entry; the head is known afterwards unless somebody else moved it."""
        head, admitted = entry.head, entry.judgement.verdict is Verdict.ADMITTED
        try:
            self._deps.book.commit(entry, self._deps.rules, self.clock())
        except Refused:
            self._head = head
            raise
        self._head = Head(head.contract, head.seq + admitted, Tail.of(entry.record))
