"""Every contract runs on the fake and on the real adapter over moto."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cloud import World, fake_world, moto_dynamo, moto_world

SHARDED = ("fake", "moto", "fake-3", "moto-3", "fake-16", "moto-16")
"""For books whose items stand in several partitions where `scale.shards` says so."""


@contextmanager
def world_of(kind: str) -> Iterator[World]:
    """The books over one store: `fake` or `moto`, and behind a dash the number of partitions."""
    name, _, shards = kind.partition("-")
    if name == "fake":
        yield fake_world(int(shards or 1))
        return
    with moto_dynamo() as dynamo:
        yield moto_world(dynamo, int(shards or 1))


@pytest.fixture(params=["fake", "moto"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """The books over one store."""
    with world_of(request.param) as found:
        yield found


@pytest.fixture(params=SHARDED)
def sharded_world(request: pytest.FixtureRequest) -> Iterator[World]:
    """The books over one store, with one partition and with several."""
    with world_of(request.param) as found:
        yield found
