"""Which contract a continuous symbol stands for, and its roll."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from pregao.domain.market.candles import Candles
from pregao_bridge.market import Condition
from pregao_bridge.terminal.contracts import is_contract, root_of
from pregao_bridge.terminal.mt5 import Mt5Market
from tests.unit.local.terminals import CANDLES, M5, OTHERS, day, desk, follow, opens

TODAY = date(2026, 10, 28)
CLOSE = 113


def spliced(at: int) -> Candles:
    """Return the continuous symbol that goes over to WING27 with the session `at`."""
    cut = at * CLOSE
    columns = {}
    for name in ("time", "open", "high", "low", "close", "tick_volume", "real_volume", "spread"):
        columns[name] = np.concatenate([getattr(CANDLES, name)[:cut], getattr(OTHERS, name)[cut:]])
    return Candles(**columns)


@pytest.mark.parametrize(
    ("symbol", "root"),
    [
        *((f"WIN{end}", "WIN") for end in ("$", "$N", "$D", "@", "@N", "@D", "FUT")),
        ("DI1$", "DI1"),
        ("WDO@N", "WDO"),
        ("WINZ26", None),
        ("PETR4", None),
        ("EURUSD", None),
        ("WIN$X", None),
    ],
)
def test_the_root_of_a_continuous_symbol(symbol, root):
    """Of each form a broker or a charting program has."""
    assert root_of(symbol) == root


@pytest.mark.parametrize(
    ("symbol", "yes"),
    [
        *((name, True) for name in ("WINZ26", "DI1F33", "WING27")),
        *((name, False) for name in ("WINZ25", "WIN$N", "XPLG11", "PETR4", "WINA26", "winz26")),
    ],
)
def test_what_looks_like_a_contract(symbol, yes):
    """Root, month letter, a year from now on: a fund of "2011" is none."""
    assert is_contract(symbol, TODAY) == yes


@pytest.mark.parametrize("symbol", ["WINZ26", "WIN$N"])
def test_resolved_on_first_use(symbol):
    """A contract is itself; a continuous symbol is what has its candles."""
    made = desk(symbol=symbol)
    made.sure()
    assert made.window().contract == "WINZ26"
    assert made.source.contract == "WINZ26"


def test_asked_once_a_day():
    """The candidates' candles are read with the first window of a date and left alone after it."""
    made = desk()
    asked = []

    def of_others():
        return sum(call == ("copy_rates_from_pos", "WING27") for call in made.terminal.calls)

    place = opens(2, 8)
    for session, until in ((2, 60), (3, 20), (4, 20)):
        place = follow(made, opens(session, until), every_s=20, after=place)[-1]
        asked.append(of_others())
    assert asked == [1, 2, 3]


def test_market_watch_is_left_as_it_was():
    """What was shown to compare is taken out again; what somebody had chosen stays."""
    made = desk()
    made.terminal.books["WING27"].selected = True
    made.sure()
    made.window()
    assert {name: book.selected for name, book in made.terminal.books.items()} == {
        "WIN$N": True,
        "WINZ26": False,
        "WING27": True,
    }


def test_a_roll_is_announced_and_no_window_mixes_contracts(caplog):
    """Who listens is told, the log says it, and the new candles of each window are of one contract."""
    rolled = []
    books = {"WIN$N": spliced(3), "WINZ26": CANDLES, "WING27": OTHERS}
    made = desk(opens(2, 100) + 20, candles=books)
    market = Mt5Market(
        made.terminal.module,
        on_roll=lambda *what: rolled.append(what),
        sleep=made.clock.sleep,
        clock=made.clock,
    )
    made.market, made.source = market, market.source("WIN$N", "M5")
    made.sure()
    contracts = {}
    place = opens(2, 90)
    while made.clock() < opens(3, 5):
        made.clock.advance(17)
        said = made.try_window(place)
        if hasattr(said, "columns"):
            place = said.columns.time[-1]
            contracts.setdefault(day(place), set()).add(said.contract)
    assert contracts == {day(opens(2, 0)): {"WINZ26"}, day(opens(3, 0)): {"WING27"}}
    assert rolled == [("WIN$N", "WINZ26", "WING27")]
    assert "rolled from WINZ26 to WING27" in caplog.text


def test_a_backlog_over_a_roll_names_each_days_contract():
    """The date of the candles counts, not today's."""
    made = desk(opens(3, 10) + 20, candles={"WIN$N": spliced(3), "WINZ26": CANDLES, "WING27": OTHERS})
    made.sure()
    first = made.window(opens(2, 80))
    second = made.window(first.columns.time[-1])
    assert (first.contract, second.contract) == ("WINZ26", "WING27")
    assert day(first.columns.time[-1]) != day(second.columns.time[-1])


def test_an_adjusted_series_is_no_contract():
    """Its prices are nobody's: the cloud takes its calendar's."""
    adjusted = replace(
        CANDLES, **{name: getattr(CANDLES, name) + 35 for name in ("open", "high", "low", "close")}
    )
    made = desk(candles={"WIN$N": adjusted, "WINZ26": CANDLES, "WING27": OTHERS})
    made.sure()
    assert made.window(opens(2, 8)).contract is None


def test_two_that_agree_are_none():
    """Ambiguous is not known."""
    made = desk(candles={"WIN$N": CANDLES, "WINZ26": CANDLES, "WING27": CANDLES})
    made.sure()
    assert made.window(opens(2, 8)).contract is None


def test_a_candidate_whose_history_comes_later():
    """Unknown at first, found with the next candle: the first asking started the download."""
    made = desk()
    made.terminal.load_only("WINZ26", 0)
    made.sure()
    assert made.window(opens(2, 8)).contract is None
    made.terminal.load_only("WINZ26", None)
    made.clock.advance(M5)
    assert made.window(opens(2, 9)).contract == "WINZ26"


def test_a_fault_while_resolving_costs_no_candle():
    """The window goes without a contract; a broken link is the next call's matter."""
    made = desk()
    made.sure(polls=3)
    made.terminal.fail_next(-10001, only="symbols_get")
    made.sure(polls=3)
    assert made.try_window(opens(2, 8)).contract is None
    assert made.market.health().condition == Condition.LIVE


@pytest.mark.parametrize("symbol", ["PETR4", "XPLG11"])
def test_a_share_has_no_contract(symbol):
    """And no symbols are looked through for it."""
    made = desk(symbol=symbol, candles={symbol: CANDLES})
    made.sure()
    assert made.window().contract is None
    assert made.calls("symbols_get") == 0
