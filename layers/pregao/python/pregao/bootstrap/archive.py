"""Everything the archive works with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache

from pregao import clock
from pregao.aws.clients import client
from pregao.aws.signer import Signer
from pregao.aws.tables.archive_book import ArchiveBook
from pregao.aws.vault import Vault
from pregao.bootstrap.common import day_book
from pregao.bootstrap.metrics import Tally
from pregao.domain.audit.chain import TABLES
from pregao.flow.archive import (
    Archive,
    archive_all,
    archive_chains,
    oldest_missing,
    open_chains,
    seal_hours,
)
from pregao.flow.ports.refusals import Contended
from pregao.flow.steps.in_time import TimeLeft
from pregao.settings import Settings

tally = Tally("archive")

Chain = tuple[str, str]
"""A table, and a chain of it."""


@dataclass(frozen=True, slots=True)
class Archiving:
    """Takes what a stream tells, and makes the hour's round."""

    deps: Archive
    tables: dict[str, str]

    def grown(self, chains: Iterable[tuple[str, str]], time: TimeLeft) -> dict[str, int]:
        """Archive the chains that grew, given by the table's name in this stack and the chain's, and seal."""
        told = [(self.tables[table], chain) for table, chain in chains]
        return self._done(lambda: archive_chains(told, self.deps, time), lambda: sorted(set(told)), time)

    def hour(self, time: TimeLeft) -> dict[str, int]:
        """Archive whatever a stream did not tell of, then sign the hours that are over."""
        return self._done(lambda: archive_all(self.deps, time), lambda: open_chains(self.deps, time), time)

    def _done(
        self, archive: Callable[[], int], chains: Callable[[], Iterable[Chain]], time: TimeLeft
    ) -> dict[str, int]:
        """Archive and seal. Where another run is at the same chain or hour, it is left to that one.

        What cannot be archived does not keep the hour from its digest. How old it is is read only then:
        a round that went well left nothing of `chains`.
        """
        archived = digests = 0
        behind = True
        try:
            archived = archive()
            behind = False
        except* Contended:
            pass
        finally:
            tally.count("AuditArchived", archived)
            try:
                with suppress(Contended):
                    digests = seal_hours(self.deps, time)
            finally:
                tally.seconds("ChainLag", self._lag(chains(), time) if behind else 0.0)
        return {"archived": archived, "digests": digests}

    def _lag(self, chains: Iterable[Chain], time: TimeLeft) -> float:
        oldest = oldest_missing(chains, self.deps, time)
        return 0.0 if oldest is None else max(0.0, self.deps.clock() - oldest)


@cache
def archiving() -> Archiving:
    """Build the function once per process; raises SettingsError."""
    settings = Settings.require(
        "admission_table",
        "alertas_table",
        "entrega_table",
        "acao_table",
        "audit_bucket",
        "digest_key_id",
    )
    deps = Archive(
        day_book(settings),
        ArchiveBook(client("dynamodb"), settings.admission_table),
        Vault(client("s3"), settings.audit_bucket),
        Signer(client("kms"), settings.digest_key_id),
        clock.now,
    )
    names = (settings.alertas_table, settings.entrega_table, settings.acao_table)
    return Archiving(deps, dict(zip(names, TABLES, strict=True)))
