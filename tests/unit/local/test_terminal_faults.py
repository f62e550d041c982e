"""What goes wrong with a terminal: its condition, its remedy, and that the feed goes on by itself."""

from __future__ import annotations

import sys
import threading

import pytest

from pregao_bridge.market import Condition, Health, MarketFault
from pregao_bridge.terminal import metatrader
from pregao_bridge.terminal.link import Login, Tries
from pregao_bridge.terminal.metatrader import Code, condition_of
from pregao_bridge.terminal.mt5 import Mt5Market
from pregao_bridge.texts import BY_CODE, BY_CONDITION, remedy_for
from tests.fake_mt5 import FakeTerminal
from tests.unit.local.terminals import CANDLES, HISTORY, between, check, desk, follow, opens

LINK = [
    Code.INTERNAL_FAIL_SEND,
    Code.INTERNAL_FAIL_RECEIVE,
    Code.INTERNAL_FAIL_INIT,
    Code.INTERNAL_FAIL_CONNECT,
]
SICK = {
    "closed": (FakeTerminal.stop, FakeTerminal.start, Condition.NOT_STARTED),
    "logged out": (FakeTerminal.log_out, FakeTerminal.log_in, Condition.LOGGED_OUT),
    "no broker": (FakeTerminal.lose_broker, FakeTerminal.regain_broker, Condition.BROKER_LOST),
    "loading": (lambda t: t.load_only("WIN$N", 0), lambda t: t.load_only("WIN$N", None), Condition.LOADING),
}


@pytest.mark.parametrize("name", SICK)
def test_sick_then_well(name):
    """The condition from the source and (but for history) from health; then every candle, none twice."""
    falls_ill, recovers, condition = SICK[name]
    made = desk()
    made.sure()
    accepted = follow(made, opens(2, 12) + 2, after=opens(2, 9))
    falls_ill(made.terminal)
    made.clock.now = opens(2, 13) + 5
    assert made.fault(accepted[-1]).condition == condition
    if condition != Condition.LOADING:
        assert made.market.health().condition == condition
    made.clock.now = opens(2, 20) + 5
    recovers(made.terminal)
    made.sure()
    accepted += follow(made, opens(2, 25), after=accepted[-1])
    assert accepted == between(opens(2, 10), made.clock() - 1)
    assert made.market.health().condition == Condition.LIVE


def test_health_of_a_healthy_terminal():
    """Everything known of it, the ping in milliseconds, the last tick in UTC."""
    made = desk()
    health = made.market.health()
    assert health == Health(
        Condition.LIVE,
        build=6231,
        server="Corretora-DEMO",
        ping_ms=23.456,
        utc_offset_s=-10_800,
        last_tick_at=health.last_tick_at,
    )
    assert made.clock() - 1 <= health.last_tick_at <= made.clock()


def test_no_trades_is_told_from_no_broker():
    """After the close: connected, the offset still sure, the newest tick old."""
    made = desk(opens(2, 112) + 200)
    made.sure()
    made.clock.now = opens(2, 112) + 300 + 600
    health = made.market.health()
    assert (health.condition, health.utc_offset_s) == (Condition.NO_TRADES, -10_800)
    assert health.last_tick_at == pytest.approx(opens(2, 112) + 300, abs=1)


def test_a_market_that_nothing_was_asked_of():
    """Connected, and no symbol to tell the time by."""
    made = desk()
    market = Mt5Market(made.terminal.module, sleep=made.clock.sleep, clock=made.clock)
    assert (market.health().condition, market.health().utc_offset_s) == (Condition.LIVE, None)


def test_a_symbol_the_server_does_not_have():
    """With the names like it; found again when the server lists it."""
    made = desk(symbol="WINZ25")
    fault = made.fault()
    assert fault.condition == Condition.SYMBOL_MISSING
    assert "WINZ26" in fault.detail
    assert made.market.health().condition == Condition.SYMBOL_MISSING
    made.terminal.add_symbol("WINZ25", CANDLES)
    made.sure()
    check(made.window(), made.clock())


def test_a_symbol_that_goes_away_and_comes_back():
    """Missing in between; nothing lost."""
    made = desk()
    made.sure()
    book = made.terminal.remove_symbol("WIN$N")
    assert made.fault(opens(2, 9)).condition in {Condition.FAILED, Condition.SYMBOL_MISSING}
    assert made.fault(opens(2, 9)).condition == Condition.SYMBOL_MISSING
    made.terminal.books["WIN$N"] = book
    assert follow(made, opens(2, 12), after=opens(2, 9)) == [opens(2, 10)]


def test_taken_out_of_market_watch_by_hand():
    """Selected again at the next call."""
    made = desk()
    made.sure()
    made.terminal.deselect("WIN$N")
    assert made.fault(opens(2, 7)).condition == Condition.FAILED
    check(made.window(opens(2, 7)), made.clock())


def test_a_restart_in_the_middle_is_hardly_noticed():
    """Connected anew, selected anew, read anew, within the call."""
    made = desk()
    made.sure()
    made.terminal.restart()
    check(made.window(opens(2, 7)), made.clock())
    assert made.terminal.books["WIN$N"].selected
    assert made.calls("initialize") == 2


@pytest.mark.parametrize("code", [*LINK, Code.INTERNAL_FAIL_TIMEOUT, Code.INTERNAL_FAIL])
@pytest.mark.parametrize(
    "function", ["terminal_info", "account_info", "symbol_info_tick", "copy_rates_from_pos", "symbol_select"]
)
def test_a_broken_link_is_mended(function, code):
    """Whichever call it breaks in: NOT_STARTED at most once, then the feed goes on."""
    made = desk()
    made.sure()
    made.terminal.restart()
    made.terminal.fail_next(code, only=function)
    said = made.try_window(opens(2, 8))
    if isinstance(said, MarketFault):
        assert (said.condition, said.code) == (Condition.NOT_STARTED, code)
        said = made.window(opens(2, 8))
    assert said.columns.time[HISTORY:] == [opens(2, 9)]


def test_connecting_is_tried_with_back_off():
    """A terminal that is starting answers at the third try; the waits double."""
    made = desk()
    made.terminal.fail_next(Code.INTERNAL_FAIL_TIMEOUT, 2, only="initialize")
    assert made.market.health().condition == Condition.LIVE
    assert made.clock.slept[:2] == [1.0, 2.0]


def test_connecting_is_given_up_after_the_last_try():
    """Three tries, two waits, and the terminal's own words."""
    made = desk()
    made.terminal.stop()
    fault = made.fault()
    assert (fault.condition, fault.code) == (Condition.NOT_STARTED, Code.INTERNAL_FAIL_INIT)
    assert "IPC initialize failed" in fault.detail
    assert (made.calls("initialize"), made.clock.slept) == (3, [1.0, 2.0])


def test_a_refused_login_is_not_tried_again():
    """The broker would lock the account."""
    made = desk(password="right")
    login = Login(login=1001, password="wrong", server="Corretora-DEMO")
    market = Mt5Market(made.terminal.module, login, sleep=made.clock.sleep, clock=made.clock)
    health = market.health()
    assert (health.condition, health.code) == (Condition.LOGGED_OUT, Code.AUTH_FAILED)
    assert made.calls("initialize") == 1
    assert "wrong" not in repr(login)
    right = Login(login=1001, password="right", server="Corretora-DEMO")
    assert Mt5Market(made.terminal.module, right, clock=made.clock).health().condition == Condition.LIVE


def test_a_terminal_that_is_not_installed():
    """Told as that, with what to install, and not tried again within the call."""
    made = desk()
    made.terminal.uninstall()
    fault = made.fault()
    assert (fault.condition, fault.code) == (Condition.NOT_INSTALLED, Code.INTERNAL_FAIL_INIT)
    assert "x64 not found" in fault.detail
    assert remedy_for(fault.condition, fault.code) == BY_CONDITION[Condition.NOT_INSTALLED]
    assert made.calls("initialize") == 1
    assert made.market.health().condition == Condition.NOT_INSTALLED


def test_a_link_that_does_not_start_is_no_missing_terminal():
    """The same code with other words: it may be another user's, or starting."""
    code = Code.INTERNAL_FAIL_INIT
    assert condition_of(code) == Condition.NOT_STARTED
    assert condition_of(code, "IPC initialize failed, Process create failed") == Condition.NOT_STARTED
    assert condition_of(code, "IPC initialize failed, MetaTrader 5 x64 not found") == Condition.NOT_INSTALLED


def test_no_terminal_at_the_path(tmp_path):
    """Found before the package waits a minute for it; a terminal that is there is started."""
    made = desk()
    absent = Login(path=str(tmp_path / "terminal64.exe"))
    market = Mt5Market(made.terminal.module, absent, clock=made.clock)
    assert market.health().condition == Condition.NOT_INSTALLED
    (tmp_path / "terminal64.exe").touch()
    assert market.health().condition == Condition.LIVE


def test_no_package(monkeypatch):
    """On a machine without it everything imports, and the first connection says what to install."""
    monkeypatch.setitem(sys.modules, "MetaTrader5", None)
    health = Mt5Market().health()
    assert health.condition == Condition.NOT_INSTALLED
    assert "pip install MetaTrader5" in remedy_for(health.condition, health.code).pt
    with pytest.raises(MarketFault):
        metatrader.load()


def test_the_package_is_found_where_it_is(monkeypatch):
    """Imported at the first connection, not before."""
    made = desk()
    market = Mt5Market(clock=made.clock)
    monkeypatch.setitem(sys.modules, "MetaTrader5", made.terminal.module)
    assert market.health().condition == Condition.LIVE


def test_health_never_raises(caplog):
    """Whatever the package does."""
    made = desk()

    def broken():
        raise OSError("a pipe")

    made.terminal.module.terminal_info = broken
    health = made.market.health()
    assert (health.condition, health.detail) == (Condition.FAILED, "OSError: a pipe")
    assert "could not be read" in caplog.text


def test_another_account_on_another_server_has_another_clock():
    """The offset of one broker is not assumed of the next."""
    made = desk()
    made.sure()
    made.window()
    made.terminal.server = "Outra-Corretora"
    assert made.fault().condition == Condition.CLOCK_UNSURE
    made.sure()
    check(made.window(), made.clock())


def test_partial_history_is_waited_for():
    """Fourteen candles, then twenty-four, then all: LOADING with how many have come, and none is lost."""
    made = desk()
    made.sure()
    made.terminal.restart()
    for count in (15, 25):
        made.terminal.load_only("WIN$N", count)
        fault = made.fault(opens(2, 5))
        assert fault.condition == Condition.LOADING
        assert f"{count - 1} of" in fault.detail
        made.clock.advance(2)
    made.terminal.load_only("WIN$N", None)
    assert made.window(opens(2, 5)).columns.time[HISTORY] == opens(2, 6)


def test_closed_and_opened_again():
    """`close` lets the terminal go; the next call connects."""
    made = desk()
    made.sure()
    made.market.close()
    assert ("shutdown", None) in made.terminal.calls
    check(made.window(opens(2, 7)), made.clock())


def test_two_threads_share_a_terminal():
    """last_error is the process's: one call at a time."""
    made = desk()
    made.sure()
    other = made.market.source("WINZ26", "M5")
    said = []

    def read(source):
        said.extend(source.window(opens(2, 7), HISTORY, 10).new for _ in range(50))

    threads = [threading.Thread(target=read, args=(one,)) for one in (made.source, other)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert said == [2] * 100


def test_every_condition_and_code_has_a_remedy_in_both_languages():
    """And no two the same by mistake."""
    assert set(BY_CONDITION) == set(Condition)
    assert set(BY_CODE) == set(Code)
    for remedies in (BY_CONDITION, BY_CODE):
        assert len({one.pt for one in remedies.values()}) == len({one.en for one in remedies.values()})
        assert len({one.pt for one in remedies.values()}) == len(remedies)
        assert all(one.pt.endswith(".") and one.en.endswith(".") for one in remedies.values())


def test_a_code_says_more_than_its_condition():
    """Where the condition was read off the code; otherwise the condition's remedy stands."""
    timeout = Code.INTERNAL_FAIL_TIMEOUT
    assert remedy_for(Condition.NOT_STARTED, timeout) == BY_CODE[timeout]
    assert remedy_for(Condition.SYMBOL_MISSING, Code.FAIL) == BY_CONDITION[Condition.SYMBOL_MISSING]
    assert remedy_for(Condition.BROKER_LOST) == BY_CONDITION[Condition.BROKER_LOST]
    assert remedy_for(Condition.FAILED, -77) == BY_CONDITION[Condition.FAILED]
    assert condition_of(Code.AUTH_FAILED) == Condition.LOGGED_OUT
    assert Tries().count == 3
