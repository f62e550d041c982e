"""What random tests start from, and how often they try."""

from __future__ import annotations

import os
import random

_SEED = "PREGAO_TEST_SEED"
THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
"""Ten times the tries: for a night, or after a change to what they try."""


def fresh() -> int:
    """Return this run's seed, from the environment where it is given there: to see a failure again.

    Another in every run, and the same in all its workers.
    """
    return int(os.environ.setdefault(_SEED, str(random.SystemRandom().randrange(3, 10**9))))


def tries(few: int) -> int:
    """Return how often a random test tries: `few`, ten times that with HYPOTHESIS_PROFILE=thorough."""
    return 10 * few if THOROUGH else few
