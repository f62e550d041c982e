"""Everything that takes in B3's daily bulletin."""

from __future__ import annotations

from pregao import clock, cold
from pregao.aws.clients import client
from pregao.aws.dropped import Dropped
from pregao.aws.metrics import Tally
from pregao.aws.tables.market.bulletin_book import BulletinBook
from pregao.bootstrap.common import config, pause
from pregao.flow.bulletin import Bulletins
from pregao.settings import Settings

tally = Tally("bulletin")


@cold.once
def bulletins() -> Bulletins:
    """Build the function's dependencies once per process; raises SettingsError or ConfigError."""
    settings = Settings.require("admission_table")
    book = BulletinBook(client("dynamodb"), settings.admission_table)
    return Bulletins(config(settings), Dropped(client("s3")), book, pause, clock.now)
