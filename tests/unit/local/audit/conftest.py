"""What the tests that tamper with an archive share; each file has a `folder` of its own."""

from __future__ import annotations

import random

import pytest


@pytest.fixture
def files(folder):
    """The archive's objects by key, to be changed."""
    return dict(folder.audit.objects)


@pytest.fixture
def dice(request):
    """Chance that is the same in every run of a test."""
    return random.Random(request.node.name)
