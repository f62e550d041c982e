from __future__ import annotations

from pathlib import Path

import pytest

from local.stack.up import stack_up

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    """One stack for all tests that ask for it; batches marked as historical ring."""
    with stack_up(ROOT, tmp_path_factory.mktemp("stack"), {"AllowReplay": "true"}) as up:
        yield up
