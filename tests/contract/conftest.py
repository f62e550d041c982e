"""Every contract runs on the fake and on the real adapter over moto."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cloud import World, fake_world, moto_dynamo, moto_world


@pytest.fixture(params=["fake", "moto"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """The books over one store."""
    if request.param == "fake":
        yield fake_world()
        return
    with moto_dynamo() as dynamo:
        yield moto_world(dynamo)
