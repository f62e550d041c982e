"""Sessions go by the date at the exchange, also where clocks change."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from pregao.domain.detectors.prices import Series, local_days
from tests.unit.domain.detectors.market import candles


@pytest.mark.parametrize(
    "zone", ["America/Sao_Paulo", "America/New_York", "Europe/Athens", "UTC", "Asia/Kolkata"]
)
def test_local_days_are_those_of_the_calendar(zone):
    start = int(datetime(2017, 1, 1, tzinfo=ZoneInfo("UTC")).timestamp())
    times = start + np.arange(0, 4 * 365 * 86_400, 1800 * 7)
    expected = [
        (datetime.fromtimestamp(int(moment), ZoneInfo(zone)).date() - date(1970, 1, 1)).days
        for moment in times
    ]
    np.testing.assert_array_equal(local_days(times, zone), expected)


def test_the_gap_is_shifted_away_in_whole_units():
    prices = np.array([100.0, 105.0, 205.0, 200.0])
    times = np.array([0, 300, 86_400, 86_700])
    series = Series(candles(prices, prices + 5, prices - 5, prices, times), 5.0, "UTC")
    assert series.shift.tolist() == [0, 0, 20_000, 20_000]
    assert (series.closes - series.shift).tolist() == [20_000, 21_000, 21_000, 20_000]
    assert series.closes_before.tolist() == [20_000, 20_000, 41_000, 41_000]


def test_differences_are_told_without_binary_dust():
    prices = np.array([1.1, 1.10003])
    series = Series(candles(prices, prices, prices, prices), 0.00001, "UTC")
    assert series.difference(np.diff(series.closes)).tolist() == [3e-05]
