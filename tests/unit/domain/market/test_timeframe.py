"""The list of timeframes, and whoever cannot import it."""

import pytest

from pregao.domain.market.timeframe import TIMEFRAMES, seconds_of
from pregao_bridge import config
from pregao_bridge.terminal import metatrader as codes


@pytest.mark.parametrize(("name", "seconds"), [("M1", 60), ("M15", 900), ("H1", 3600)])
def test_seconds_of_a_timeframe(name, seconds):
    assert TIMEFRAMES[name] == seconds == seconds_of(name)


def test_all_that_metatrader_has_up_to_one_hour():
    """Its ENUM_TIMEFRAMES, as the package's constants name them."""
    minutes = [seconds // 60 for seconds in TIMEFRAMES.values()]
    assert minutes == [1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60]


def test_the_shortest_comes_first():
    assert list(TIMEFRAMES.values()) == sorted(TIMEFRAMES.values())


def test_the_bridge_which_imports_nothing_of_ours_knows_the_same():
    """It stands alone, so it repeats the list; here the two are compared."""
    assert config.TIMEFRAMES == TIMEFRAMES
    assert {one.name: one.seconds for one in codes.TIMEFRAMES.values()} == TIMEFRAMES
