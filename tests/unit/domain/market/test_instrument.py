"""Front contracts, hours, names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time

import pytest

from pregao.domain.market.instrument import ContractRule, Expiry, Instrument
from pregao.domain.market.sessions import Hours, Sessions, TradingDays

WIN = Instrument(
    "WIN",
    5.0,
    0.2,
    "America/Sao_Paulo",
    Sessions(
        Hours(time(9), time(18, 25)),
        TradingDays(closed={date(2022, 10, 12): "", date(2026, 5, 1): "", date(2026, 5, 29): ""}),
    ),
    contracts=ContractRule("GJMQVZ", Expiry.WEDNESDAY_NEAREST_15TH),
)
WDO = replace(
    WIN, name="WDO", tick_size=0.5, contracts=ContractRule("FGHJKMNQUVXZ", Expiry.FIRST_BUSINESS_DAY)
)
BIT = replace(WIN, name="BIT", contracts=ContractRule("FGHJKMNQUVXZ", Expiry.LAST_FRIDAY))
EUR = Instrument(
    "EURUSD",
    0.00001,
    1e5,
    "UTC",
    Sessions(Hours(time(0), time(0)), TradingDays(frozenset({6, 0, 1, 2, 3, 4}))),
)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


@pytest.mark.parametrize(("month", "day"), [(2, 18), (4, 15), (6, 17), (8, 12), (10, 14), (12, 16)], ids=str)
def test_win_expires_on_the_wednesday_nearest_the_15th(month, day):
    assert Expiry.WEDNESDAY_NEAREST_15TH.day(2026, month, TradingDays()) == date(2026, month, day)


@pytest.mark.parametrize(
    ("instrument", "day", "front"),
    [
        (WIN, date(2026, 4, 14), "WINJ26"),
        (WIN, date(2026, 4, 15), "WINM26"),
        (WIN, date(2026, 6, 16), "WINM26"),
        (WIN, date(2026, 6, 17), "WINQ26"),
        (WIN, date(2026, 8, 12), "WINV26"),
        (WIN, date(2026, 12, 16), "WING27"),
        (WIN, date(2024, 1, 10), "WING24"),
        (WDO, date(2026, 7, 31), "WDOQ26"),
        (WDO, date(2026, 8, 3), "WDOU26"),
        (WDO, date(2026, 8, 2), "WDOQ26"),
        (WDO, date(2024, 9, 30), "WDOV24"),
        (WDO, date(2026, 12, 30), "WDOF27"),
        (WIN, date(2022, 10, 12), "WINV22"),  # a holiday: it expires on the 13th
        (WIN, date(2022, 10, 13), "WINZ22"),
        (WDO, date(2026, 5, 1), "WDOK26"),  # a holiday: it expires on Monday the 4th
        (WDO, date(2026, 5, 4), "WDOM26"),
        (BIT, date(2026, 5, 27), "BITK26"),
        (BIT, date(2026, 5, 28), "BITM26"),  # Friday the 29th closed (made up): it expires the day before
        (BIT, date(2026, 7, 30), "BITN26"),
        (BIT, date(2026, 7, 31), "BITQ26"),
        (EUR, date(2026, 7, 31), "EURUSD"),
    ],
)
def test_front_contract_is_the_first_that_expires_after_the_day(instrument, day, front):
    assert instrument.contract_on(day) == front


def test_an_instrument_asked_for_by_a_contract_is_that_contract_on_every_day():
    """A file of WINM26 is of WINM26, also on the days on which another contract is the front one."""
    asked = replace(WIN, asked_as="WINM26")
    assert {asked.contract_on(date(2026, month, 20)) for month in (1, 4, 6, 12)} == {"WINM26"}


def test_owns_its_contracts_only():
    assert WIN.owns_contract("WINZ26")
    for stranger in ("WINF26", "WIN", "WIN$N", "INDZ26", "WINZ2026", "winz26", "WINZ2x"):
        assert not WIN.owns_contract(stranger)
    assert EUR.owns_contract("EURUSD")


@pytest.mark.parametrize(
    ("moment", "open_"),
    [
        ("2026-06-03T09:00:00-03:00", True),
        ("2026-06-03T08:55:00-03:00", False),
        ("2026-06-03T18:20:00-03:00", True),
        ("2026-06-03T18:25:00-03:00", False),
        ("2026-06-06T10:00:00-03:00", False),
        ("2026-05-01T10:00:00-03:00", False),
    ],
)
def test_session_is_wall_clock_at_the_exchange(moment, open_):
    assert WIN.in_session(at(moment)) is open_


def test_around_the_clock_from_sunday_to_friday():
    assert EUR.in_session(at("2026-06-07T22:00:00+00:00"))
    assert EUR.in_session(at("2026-06-03T00:00:00+00:00"))
    assert not EUR.in_session(at("2026-06-06T12:00:00+00:00"))


def test_local_date_and_tick():
    late = int(datetime(2026, 6, 4, 1, tzinfo=UTC).timestamp())
    assert WIN.local_date(late) == date(2026, 6, 3)
    assert WIN.round_to_tick(123_458.0) == 123_460.0
    assert WDO.round_to_tick(5100.3) == 5100.5


def test_candles_between_two_moments_are_those_of_sessions():
    """From 18:10 to 9:10 of the next day: three of the evening's and three of the morning's."""
    evening, morning = at("2026-06-02T18:10:00-03:00"), at("2026-06-03T09:10:00-03:00")
    assert WIN.opens_between(300, evening - 1, morning) == 6
    assert WIN.opens_between(300, evening, morning - 1) == 4
    assert WIN.opens_between(300, morning, evening) == 0
