"""What CloudWatch counts of each use case: the names of all metrics but `Refused` and `AuditTampered`.

Alarms and the dashboard in template.yaml ask for these names. A count of zero is left out where an alarm
does not need it: it is paid for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # each function imports its own use case only
    from pregao.aws.metrics import Tally
    from pregao.domain.calibration.ledger import SessionLedger
    from pregao.domain.feeds.silence import FeedRules
    from pregao.domain.feeds.told import Feeds
    from pregao.flow.connections import Heard
    from pregao.flow.deliver import Delivered
    from pregao.flow.detect import Judged
    from pregao.flow.steps.settled import Settled
    from pregao.flow.watch import Watched
    from pregao.wire.candle_batch_v1 import CandleBatchV1


def count_judged(tally: Tally, batch: CandleBatchV1, judged: Sequence[Judged], now: float) -> None:
    """Count the verdicts, and how long after its close a live candle was judged."""
    for verdict, times in Counter(one.verdict for one in judged).items():
        tally.count("Verdict", times, verdict=verdict.value)
    if not batch.historical:
        closed_at = batch.candles.time[-1] + batch.timeframe_s
        tally.milliseconds("JudgedAfterClose", (now - closed_at) * 1000)


def count_delivered(tally: Tally, done: Delivered) -> None:
    """Count by how it ended for whom an alert concerns, and how long it took; a repetition counts nothing."""
    if done.repeated:
        return
    tally.count("Concerned", sum(done.operators.values()))
    for outcome, times in done.operators.items():
        tally.count("Delivered", times, outcome=outcome)
    if done.posted_ms is not None:
        tally.milliseconds("DetectedToPosted", done.posted_ms)


def count_settled(tally: Tally, done: Settled) -> None:
    """Count the operators of a timer by what became of them."""
    for outcome, times in done.by_outcome().items():
        if times:
            tally.count("Fallback", times, outcome=outcome)
    for step, times in done.steps.items():
        channel, _, outcome = step.partition(" ")
        tally.count("Channel", times, channel=channel, outcome=outcome)
    if done.told:
        tally.count("ChannelNotSent", done.told)


def count_heard(tally: Tally, heard: Heard) -> None:
    """Count how long after detection an alert was on its operator's screen."""
    if heard.shown_ms is not None:
        tally.milliseconds("DetectedToScreen", heard.shown_ms)


def count_watched(tally: Tally, done: Watched) -> None:
    """Count alerts that were queued again."""
    if done.sent_again:
        tally.count("Repaired", done.sent_again)


def count_closed(tally: Tally, closed: Sequence[SessionLedger]) -> None:
    """Count sessions that were closed, and where what rang differs from a scan without a cause."""
    if closed:
        tally.count("SessionsClosed", len(closed))
    unexplained = sum(one.differing("unexplained") for one in closed)
    if unexplained:
        tally.count("ParityUnexplained", unexplained)


@dataclass(frozen=True, slots=True)
class ArchiveGauges:
    """flow.ports.audit.ArchiveGauges as metrics."""

    tally: Tally

    def archived(self, records: int) -> None:
        """Count records that went into the archive; see flow.ports."""
        self.tally.count("AuditArchived", records)

    def behind(self, seconds: float) -> None:
        """Tell how old the oldest record is that should be in the archive; see flow.ports."""
        self.tally.seconds("ChainLag", seconds)


@dataclass(frozen=True, slots=True)
class FeedGauges:
    """flow.ports.feeds.Gauges as metrics; `feed` is an instrument and a timeframe of the configuration."""

    tally: Tally
    rules: FeedRules

    def feeds(self, feeds: Feeds, now: float) -> None:
        """Tell how long nothing came of each feed in session and of the bridges, and how many are silent.

        One that flaps counts as silent until it is steady again, or its alarm would flap too.
        """
        from pregao.domain.feeds.health import feed_ages, feeds_unsteady  # only watch asks

        ages = feed_ages(feeds, self.rules, now)
        self.tally.count("FeedsSilent", feeds_unsteady(feeds, self.rules, now))
        if ages.bridge is not None:
            self.tally.seconds("BridgeAge", ages.bridge)
        for (instrument, timeframe), age in ages.feeds.items():
            self.tally.seconds("FeedAge", age, feed=f"{instrument}-{timeframe}")

    def waiting(self, alerts: int) -> None:
        """Tell how many alerts are admitted and not finished."""
        self.tally.count("Waiting", alerts)
