"""Everything the compliance page's questions work with."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

from pregao import clock, cold
from pregao.aws.archive.answer_files import KINDS
from pregao.aws.archive.source import DaySource
from pregao.aws.clients import client
from pregao.aws.metrics import counter
from pregao.aws.secret import SigningKeys
from pregao.aws.tables.audit.look_book import LookBook, VerificationBook
from pregao.bootstrap.common import config, day_book, ledger, pause
from pregao.domain.audit.chain import ACAO
from pregao.domain.audit.records import ACCESS
from pregao.flow.compliance import Compliance
from pregao.settings import Settings

count_refused = counter("compliance")


@cold.once
def compliance() -> Compliance:
    """Build the function once per process; raises SettingsError or ConfigError."""
    settings = Settings.require(
        "admission_table", "alertas_table", "entrega_table", "acao_table", "audit_bucket", "token_secret_arn"
    )
    dynamo = client("dynamodb")
    kept = Path(tempfile.mkdtemp(prefix="pregao-closed-days-"))
    atexit.register(shutil.rmtree, kept, ignore_errors=True)
    source = DaySource(client("s3 page"), settings.audit_bucket, day_book(settings), kept)
    return Compliance(
        config=config(settings),
        keys=SigningKeys(client("secretsmanager"), settings.token_secret_arn, clock.now),
        source=source,
        proofs=source,
        looks=LookBook(dynamo, ledger(settings, settings.acao_table, ACAO, ACCESS)),
        verifications=VerificationBook(dynamo, settings.admission_table),
        kinds=KINDS,
        pause=pause,
        clock=clock.now,
    )
