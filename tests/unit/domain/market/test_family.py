"""B3's shares and ETFs: one entry of the configuration, an instrument for each code."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from local.cli.paths import CONFIG
from pregao.config.loaded import UnknownSymbol
from pregao.config.reader import load
from pregao.domain.market.family import Family, is_future

LOADED = load(CONFIG)


@pytest.mark.parametrize("code", ["PETR4", "VALE3", "BOVA11", "SANB11", "AAPL34", "ITUB4", "B3SA3", "ABEV3"])
def test_a_share_is_an_instrument_of_its_own(code):
    share = LOADED.instrument_for(code)
    assert (share.name, share.tick_size, share.contract_on(date(2026, 3, 2))) == (code, 0.01, code)
    assert LOADED.traded()[code] == share
    assert LOADED.detectors_for(code) == LOADED.families["ACOES"].detectors


@pytest.mark.parametrize(
    "code", ["WSPZ33", "CCMU26", "WSPM31", "ISPH33", "PETR9", "PETR4F", "petr4", "PET4", "PETR12"]
)
def test_no_share_is_made_of_another_code(code):
    """A future that nobody configured is refused, also where its year would be a suffix."""
    assert not Family.B3_SHARES.owns(code)
    with pytest.raises(UnknownSymbol):
        LOADED.instrument_for(code)
    assert code not in LOADED.traded()


def test_a_future_keeps_its_instrument():
    assert LOADED.instrument_for("WINZ26").name == "WIN"
    assert is_future("WINZ26")
    assert not is_future("BOVA11")


@pytest.mark.parametrize(("day", "close"), [(date(2026, 3, 2), time(18)), (date(2026, 7, 6), time(17))])
def test_its_session_has_seasons(day, close):
    hours = LOADED.instrument_for("PETR4").sessions.on(day)
    assert (hours.open, hours.close) == (time(10), close)


def test_its_closing_call_is_in_session():
    share = LOADED.instrument_for("PETR4")
    call = datetime(2026, 7, 6, 19, 55, tzinfo=UTC)
    assert share.in_session(int(call.timestamp()))
    assert not share.in_session(int(call.timestamp()) + 300)


def test_only_names_somebody_asked_for_are_listed():
    assert list(LOADED.traded()) == list(LOADED.instruments)
