"""The compliance page's server in memory: over an audit's bucket and tables, with one officer."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from local.cli.paths import CONFIG
from pregao.aws.archive.answer_files import KINDS
from pregao.aws.archive.source import DaySource
from pregao.config.loaded import Config
from pregao.config.models import OfficerConfig
from pregao.config.reader import load
from pregao.domain.audit.chain import ACAO
from pregao.domain.audit.people import Person
from pregao.domain.audit.records import ACCESS, ACCESSES
from pregao.flow.compliance import Compliance
from pregao.flow.ports.archive import Verification
from pregao.wire.token_v1 import issue_officer
from tests.fakes import Clock, FakeDayBook, Store
from tests.simulation import DESK

KEY = "k" * 64
CARLA = OfficerConfig(id="carla", audit_id="of-4b8e63d2", name="Carla Nunes")
VERIFIED = Verification("Tudo confere.", "Everything holds.", "2026-11-27T12:00:00+00:00", "carla")


class FakeBucket:
    """As much of S3 as is asked: list a prefix, get an object."""

    def __init__(self, objects: Mapping[str, bytes]) -> None:
        self.objects = objects

    def get_paginator(self, _operation: str) -> FakeBucket:
        """Return what lists; one page has all."""
        return self

    def paginate(self, **asked: str) -> Iterator[dict[str, Any]]:
        """Yield the keys below a prefix."""
        yield {"Contents": [{"Key": key} for key in sorted(self.objects) if key.startswith(asked["Prefix"])]}

    def get_object(self, **asked: str) -> dict[str, Any]:
        """Return an object."""
        return {"Body": io.BytesIO(self.objects[asked["Key"]])}


class FakeLookBook:
    """flow.ports.archive.LookBook."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def tail(self, now: float) -> Any:
        """See flow.ports.archive."""
        return self.store.tail(ACAO, ACCESSES, now, ACCESS)

    def keep(self, records: Any, tail: Any) -> None:
        """See flow.ports.archive."""
        self.store.append(ACAO, records, tail)


class FakeVerificationBook:
    """flow.ports.archive.VerificationBook."""

    def last(self) -> Verification:
        """See flow.ports.archive."""
        return VERIFIED


def desk_config(names: Mapping[str, str] | None = None) -> Config:
    """The configuration with the simulated desk in it: the names by id, of those who are still in it."""
    named = {one.id: one.name for one in DESK} if names is None else names
    people = [Person(one.audit_id, one.id, named[one.id]) for one in DESK if one.id in named]
    return replace(load(CONFIG, env={}), operators=tuple(people), officers=(CARLA,))


def compliance(
    objects: Mapping[str, bytes], store: Store, now: float, kept: Path, config: Config | None = None
) -> Compliance:
    """What answers the officer; looks go into a store of their own, so that the audit stays as it was."""
    source = DaySource(FakeBucket(objects), "audit", FakeDayBook(store), kept)
    return Compliance(
        config=config or desk_config(),
        keys=[KEY],
        source=source,
        proofs=source,
        looks=FakeLookBook(Store()),
        verifications=FakeVerificationBook(),
        kinds=KINDS,
        pause=lambda _attempt: None,
        clock=Clock(now),
    )


def officer_token() -> str:
    """A token of carla's that is good for a century."""
    return issue_officer("carla", KEY, now=1_700_000_000, life_s=3_000_000_000)
