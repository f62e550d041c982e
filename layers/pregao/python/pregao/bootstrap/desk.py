"""Everything GET /api/... works with: who asks, and what they may know."""

from __future__ import annotations

from pregao import clock, cold
from pregao.aws.clients import client
from pregao.aws.metrics import counter
from pregao.aws.tables.alerts.alert_log import AlertLog
from pregao.aws.tables.audit.history_book import HistoryBook
from pregao.aws.tables.delivery.reach_book import ReachBook
from pregao.aws.tables.market.candle_book import CandleBook
from pregao.aws.tables.market.outcome_book import LedgerBook
from pregao.bootstrap.authorize import authorizing
from pregao.bootstrap.common import config, operators
from pregao.domain.market.timeframe import TIMEFRAMES
from pregao.flow.desk import Answering, Desk
from pregao.settings import Settings

count_refused = counter("desk")


@cold.once
def answering() -> Answering:
    """Build the function once per process; raises SettingsError or ConfigError."""
    settings = Settings.require(
        "admission_table", "alertas_table", "acao_table", "candles_table", "token_secret_arn"
    )
    loaded, dynamo = config(settings), client("dynamodb")
    desk = Desk(
        operators=operators(loaded),
        instruments=loaded.traded(),
        timeframes=TIMEFRAMES,
        candles=CandleBook(dynamo, settings.candles_table),
        history=HistoryBook(dynamo, settings.alertas_table, settings.acao_table),
        alert_log=AlertLog(dynamo, settings.admission_table),
        ledgers=LedgerBook(dynamo, settings.admission_table),
        reach=ReachBook(dynamo, settings.admission_table),
        clock=clock.now,
    )
    return Answering(loaded, desk, authorizing())
