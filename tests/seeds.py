"""A seed that is another in every run, and the same in all its workers."""

from __future__ import annotations

import os
import random

_SEED = "PREGAO_TEST_SEED"


def fresh() -> int:
    """Return this run's seed, from the environment where it is given there: to see a failure again."""
    return int(os.environ.setdefault(_SEED, str(random.SystemRandom().randrange(3, 10**9))))
