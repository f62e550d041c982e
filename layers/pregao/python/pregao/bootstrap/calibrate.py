"""Everything the hour's calibration works with."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from pregao import clock
from pregao.aws.clients import client
from pregao.aws.metrics import Tally
from pregao.aws.tables.calibration_book import CalibrationBook
from pregao.aws.tables.candle_book import CandleBook
from pregao.aws.tables.feed_book import FeedBook
from pregao.bootstrap.common import config
from pregao.flow.calibrate import Calibrating
from pregao.settings import Settings

if TYPE_CHECKING:
    from pregao.config.reader import Config
    from pregao.domain.feeds.feed import FeedKey

tally = Tally("calibrate")


@cache
def calibrating() -> tuple[Config, Calibrating]:
    """Build the function's dependencies once per process; raises SettingsError or ConfigError."""
    settings = Settings.require("admission_table", "candles_table")
    dynamo = client("dynamodb")
    candles = CandleBook(dynamo, settings.candles_table)
    return config(settings), Calibrating(
        candles, CalibrationBook(dynamo, settings.admission_table), clock.now
    )


def feeds() -> set[FeedKey]:
    """Return the feeds that were heard of lately and are still traded by the configuration."""
    settings = Settings.require("admission_table")
    heard = FeedBook(client("dynamodb"), settings.admission_table).heard()
    traded = config(settings).traded()
    return {one for one in heard if one[0] in traded}
