"""Everything POST /candles works with."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from pregao import clock, cold
from pregao.aws.clients import client
from pregao.aws.counts import count_judged
from pregao.aws.metrics import Tally, counter
from pregao.aws.queues import AlertQueue
from pregao.aws.tables.alerts.admission_book import AdmissionBook
from pregao.aws.tables.market.bulletin_book import BulletinBook
from pregao.aws.tables.market.calibration_book import CalibrationBook
from pregao.aws.tables.market.feed_book import FeedBook
from pregao.bootstrap.common import bridge_identities, config, ledger, pause
from pregao.domain.audit.chain import ALERTAS
from pregao.domain.delivery.budgets import judged_way, missed
from pregao.flow.detect import Admission, Detecting, Judged
from pregao.flow.steps.context import AlertContextLoader
from pregao.flow.steps.feed_activity import FeedActivityRecorder
from pregao.flow.steps.sessions.calibrations import Calibrations
from pregao.settings import Settings

if TYPE_CHECKING:
    from pregao.wire.candle_batch_v1 import CandleBatchV1

count_refused, tally = counter("detect"), Tally("detect")
logger = Logger(service="detect", child=True)


AT_ONCE = 8
"""Feeds of one post that are judged side by side: most of the time each waits for AWS.

No more: where many ring at once they meet at the waiting list, and each conflict there is a call more.
"""


def count(batch: CandleBatchV1, judged: Sequence[Judged], posted_ms: int | None) -> None:
    """Count the verdicts of a post, and how long after its close a live candle was judged; log who was slow.

    `posted_ms` is when the API took the post (epoch milliseconds).
    """
    count_judged(tally, batch, judged, clock.now())
    for alert in (one.alert for one in judged if one.queued):
        if late := missed(judged_way(alert, posted_ms and posted_ms / 1000, live=not batch.historical)):
            about = {"correlation_id": alert.id, "post": logger.get_correlation_id()}
            logger.warning("slow alert", extra={**about, "missed": late})


@cold.once
def detecting() -> Detecting:
    """Build the function's dependencies once per process; raises SettingsError or ConfigError."""
    settings = Settings.require("admission_table", "alertas_table", "alert_queue_url")
    loaded, dynamo, state = config(settings), client("dynamodb"), settings.admission_table
    shards = loaded.scale.shards
    records = ledger(settings, settings.alertas_table, ALERTAS)
    queue = AlertQueue(client("sqs"), settings.alert_queue_url)
    return Detecting(
        loaded,
        settings.allow_replay,
        Admission(AdmissionBook(dynamo, state, records, shards), queue, loaded.admission.rules(), pause),
        bridge_identities(settings),
        FeedActivityRecorder(
            FeedBook(dynamo, state, shards=shards), _threads(AT_ONCE, "mark"), _not_recorded
        ),
        AlertContextLoader(BulletinBook(dynamo, state), _threads(AT_ONCE, "bulletin")),
        Calibrations(CalibrationBook(dynamo, state), _not_calibrated, clock.now),
        clock.now,
        _threads(AT_ONCE, "feed"),
    )


def _threads(count: int, name: str) -> Executor:
    return ThreadPoolExecutor(count, thread_name_prefix=name)


def _not_recorded(error: BaseException) -> None:
    logger.error("the feed was not marked", exc_info=error)


def _not_calibrated(error: Exception) -> None:
    logger.error("a calibration was not read: no unusual ranges, no outlook", exc_info=error)
