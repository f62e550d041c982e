"""What all tests share."""

from __future__ import annotations

import os

import freezegun
from xdist.scheduler import LoadFileScheduling

from tests.seeds import fresh

fresh()  # before workers are started: they are to collect the same tests

os.environ.setdefault("POWERTOOLS_METRICS_NAMESPACE", "pregao")  # as template.yaml gives it to every function

# freezegun looks through every module: it would wake the lazy imports of some under a frozen clock, and
# leave one in those that time the tests themselves.
freezegun.configure(extend_ignore_list=["_pytest", "aws_lambda_powertools", "hypothesis", "pydantic"])


class ByFile(LoadFileScheduling):
    """A worker takes a whole file, and one of them all that ask for a stack: two at once are no desk.

    One takes all tests of the functions, too: what they did together is judged there.
    """

    def _split_scope(self, nodeid: str) -> str:
        shared = ("tests/e2e/", "tests/functions/")
        return next((one for one in shared if nodeid.startswith(one)), super()._split_scope(nodeid))


def pytest_xdist_make_scheduler(config, log):
    return ByFile(config, log)
