"""What all tests share."""

from __future__ import annotations

import freezegun
import pytest

from tests.seeds import fresh

fresh()  # before workers are started: they are to collect the same tests

# freezegun looks through every module: it would wake the lazy imports of some under a frozen clock, and
# leave one in those that time the tests themselves.
freezegun.configure(extend_ignore_list=["_pytest", "aws_lambda_powertools", "hypothesis", "pydantic"])


def pytest_collection_modifyitems(items):
    """A worker takes a whole file, and one of them all that ask for a stack: two at once are no desk."""
    for item in items:
        alone = item.get_closest_marker("emulator")
        item.add_marker(pytest.mark.xdist_group("emulator" if alone else str(item.path)))
