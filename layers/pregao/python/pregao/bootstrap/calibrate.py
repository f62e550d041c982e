"""Everything the hour's calibration works with."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger

from pregao import clock, cold
from pregao.aws.clients import client
from pregao.aws.counts import count_closed
from pregao.aws.metrics import Tally
from pregao.aws.tables.market.calibration_book import CalibrationBook
from pregao.aws.tables.market.candle_book import CandleBook
from pregao.aws.tables.market.feed_book import FeedBook
from pregao.aws.tables.market.outcome_book import LedgerBook, OutcomeBook
from pregao.bootstrap.common import config, day_book, ledger, pause
from pregao.domain.audit.chain import ALERTAS
from pregao.flow.calibrate import Calibrating
from pregao.flow.steps.sessions.calibrations import Calibrations
from pregao.flow.steps.sessions.outcomes import LANE, Outcomes
from pregao.flow.steps.sessions.session_ledger import SessionClosing
from pregao.settings import Settings

if TYPE_CHECKING:
    from pregao.domain.feeds.feed import FeedKey

tally = Tally("calibrate")
count = partial(count_closed, tally)
logger = Logger(service="calibrate", child=True)


@cold.once
def calibrating() -> tuple[Calibrating, SessionClosing]:
    """Build the function's dependencies once per process; raises SettingsError or ConfigError."""
    settings = Settings.require(
        "admission_table", "candles_table", "alertas_table", "entrega_table", "acao_table"
    )
    dynamo, state = client("dynamodb"), settings.admission_table
    candles, book = CandleBook(dynamo, settings.candles_table), CalibrationBook(dynamo, state)
    chains = ledger(settings, settings.alertas_table, ALERTAS, LANE)
    closing = SessionClosing(
        config=config(settings),
        candles=candles,
        calibrations=Calibrations(book, _not_read, clock.now),
        days=day_book(settings),
        outcomes=Outcomes(OutcomeBook(dynamo, state, chains), pause, clock.now),
        ledgers=LedgerBook(dynamo, state),
        clock=clock.now,
    )
    return Calibrating(candles, book, clock.now), closing


def feeds() -> list[FeedKey]:
    """Return the feeds that were heard of lately and are still traded by the configuration."""
    settings = Settings.require("admission_table")
    loaded = config(settings)
    book = FeedBook(client("dynamodb"), settings.admission_table, shards=loaded.scale.shards)
    heard, traded = book.heard(), loaded.traded()
    return sorted(one for one in heard if one[0] in traded)


def _not_read(error: Exception) -> None:
    logger.error("a calibration was not read: the scan goes without it", exc_info=error)
