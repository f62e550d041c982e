"""Everything the archive works with."""

from __future__ import annotations

from functools import cache

from pregao import clock, cold
from pregao.aws.clients import client
from pregao.aws.counts import ArchiveGauges
from pregao.aws.metrics import Tally
from pregao.aws.signer import Signer
from pregao.aws.tables.audit.archive_book import ArchiveBook
from pregao.aws.vault import Vault
from pregao.bootstrap.common import day_book
from pregao.domain.audit.chain import TABLES
from pregao.flow.archive import Archive
from pregao.settings import Settings

tally = Tally("archive")


@cold.once
def archiving() -> Archive:
    """Build the function's dependencies once per process; raises SettingsError."""
    settings = _settings()
    return Archive(
        day_book(settings),
        ArchiveBook(client("dynamodb"), settings.admission_table),
        Vault(client("s3"), settings.audit_bucket),
        Signer(client("kms"), settings.digest_key_id),
        clock.now,
        ArchiveGauges(tally),
    )


@cache
def table_names() -> dict[str, str]:
    """Return the blueprint's name of each audit table by its name in this stack; raises SettingsError."""
    settings = _settings()
    names = (settings.alertas_table, settings.entrega_table, settings.acao_table)
    return dict(zip(names, TABLES, strict=True))


def _settings() -> Settings:
    return Settings.require(
        "admission_table", "alertas_table", "entrega_table", "acao_table", "audit_bucket", "digest_key_id"
    )
