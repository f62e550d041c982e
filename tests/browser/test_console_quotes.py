"""The ticket lives with the price: quotes on the card and on the chart, while somebody looks."""

from __future__ import annotations

import re
import time

import pytest
from playwright.sync_api import expect

from pregao.domain.alerts.alert import Worth
from tests.browser.console_screen import built, never, screen, server, until

__all__ = ["screen", "server"]  # fixtures

pytestmark = built
NOW = ".card .now dd"


def follows(server):
    """What each frame asked for, newest last."""
    return [frame["instruments"] for frame in server.desk.frames("follow", "ana")]


def quote(server, alert, last, **more):
    prices = {
        "time": time.time(),
        "bid": last - alert.tick_size,
        "ask": last,
        "last": last,
        "synthetic": False,
    }
    names = {"instrument": alert.instrument, "contract": alert.contract}
    server.desk.send(action="quote", **names, **prices | more)


@pytest.fixture
def ringing(server):
    """An alert on the newest candle, which a trader may still enter; a point is worth R$ 0.20."""

    def ring(name="WIN", **changes):
        closed = server.desk.candles[name][-1]["time"] + 300
        life = {"candle_closed_at": closed, "expires_at": int(time.time()) + 900}
        return server.desk.ring(server.desk.alert(name, worth=Worth(0.2, "BRL"), **life | changes))

    return ring


def test_the_card_and_the_chart_follow_the_price(screen, server, ringing):
    """In the entry, past it (executing wants a second press), back again; stop reached stays so."""
    tab = screen().enter()
    alert = ringing()
    tab.row(alert).wait_for()
    now, execute = tab.page.locator(NOW), tab.page.locator(".card [data-act=executed]")
    quote(server, alert, alert.price)
    expect(now).to_contain_text("agora")
    expect(now).to_contain_text("na entrada · stop a 105 pts (R$ 21,00/contrato)")
    tab.shoot("console-quote-in-zone")
    quote(server, alert, alert.price + 60)
    expect(now).to_contain_text("45 pts além da entrada · stop a 165 pts (R$ 33,00/contrato)")
    expect(tab.page.locator(".card .outside")).to_be_visible()
    execute.click()
    expect(execute).to_contain_text("Mesmo assim?")
    tab.shoot("console-quote-escaped")
    quote(server, alert, alert.price + 15)
    expect(now).to_contain_text("na entrada")
    expect(execute).to_contain_text("Executar")
    expect(tab.page.locator(".card .countdown")).to_have_text(re.compile(r"\d+:\d\d"))
    quote(server, alert, alert.stop_loss)
    expect(now).to_contain_text("stop tocado às")
    expect(tab.page.locator(".card .outside")).to_contain_text("Acabou: o stop já foi tocado.")
    expect(tab.page.locator(".card .risk")).to_have_text("")  # there is none any more
    quote(server, alert, alert.price)
    never(lambda: "stop tocado às" not in now.inner_text(), 0.6)
    tab.shoot("console-quote-stop")


def test_what_is_typed_stays_in_its_place_while_the_card_is_drawn_anew(screen, server, ringing):
    tab = screen().enter()
    alert = ringing()
    tab.row(alert).wait_for()
    quote(server, alert, alert.price)
    size = tab.page.locator(".card input[name=contracts]")
    size.press("ControlOrMeta+a")  # what is typed next replaces all of it
    quote(server, alert, alert.price + 60)
    expect(tab.page.locator(".card .outside")).to_be_visible()
    size.press("3")
    expect(size).to_have_value("3")
    size.press("0")
    quote(server, alert, alert.price)
    expect(tab.page.locator(".card .outside")).to_have_count(0)
    size.press("1")
    expect(size).to_have_value("301")


def test_contracts_and_what_they_risk_are_remembered_by_instrument(screen, server, ringing):
    tab = screen().enter()
    alert = ringing()
    tab.row(alert).wait_for()
    quote(server, alert, alert.price)
    size, risk = tab.page.locator(".card input[name=contracts]"), tab.page.locator(".card .risk")
    expect(risk).to_have_text("R$ 21,00 em risco até o stop")
    size.fill("3")
    expect(risk).to_have_text("R$ 63,00 em risco até o stop")  # at once
    size.press("Tab")
    quote(server, alert, alert.price + 60)
    expect(risk).to_have_text("R$ 99,00 em risco até o stop")
    for wrong, kept in (("0", "1"), ("", "1"), ("-4", "1"), ("9999", "9999"), ("2", "2")):
        size.fill(wrong)
        size.press("Tab")
        expect(size).to_have_value(kept)
    other = ringing("WDO")
    tab.row(other).click()
    expect(size).to_have_value("1")
    tab.page.reload()
    tab.online()
    tab.row(alert).click()
    expect(size).to_have_value("2")


def test_who_types_goes_on_typing_whatever_the_price_does(screen, server, ringing):
    tab = screen().enter()
    alert = ringing()
    tab.row(alert).wait_for()
    quote(server, alert, alert.price)
    order = tab.page.locator(".card input[name=order]")
    order.click()
    for at, digit in enumerate("778812"):
        quote(server, alert, alert.price + (60 if at % 2 else 0))
        expect(tab.page.locator(NOW)).to_contain_text("além da entrada" if at % 2 else "na entrada")
        tab.page.keyboard.type(digit)
    expect(order).to_have_value("778812")
    expect(order).to_be_focused()


def test_when_quotes_end_the_card_says_since_when_it_does_not_know(screen, server, ringing):
    tab = screen().enter()
    alert = ringing()
    tab.row(alert).wait_for()
    quote(server, alert, alert.price)
    now = tab.page.locator(NOW)
    expect(now).to_contain_text("agora")
    expect(now).to_contain_text("sem cotação desde então", timeout=40_000)
    expect(now).to_contain_text(re.compile(r"às \d\d:\d\d:\d\d"))
    tab.shoot("console-quote-lost")


def test_a_made_up_price_says_so(screen, server, ringing):
    tab = screen().enter()
    alert = ringing()
    tab.row(alert).wait_for()
    quote(server, alert, alert.price, synthetic=True)
    expect(tab.page.locator(NOW)).to_contain_text("preço simulado")
    tab.shoot("console-quote-synthetic")


def test_prices_are_asked_for_while_somebody_looks_or_may_decide(screen, server, ringing):
    """The chart's market at once; of an open alert also in a hidden tab; a new line is told again."""
    tab = screen().enter()
    until(lambda: follows(server) == [["WIN"]])
    alert = ringing("WDO")
    tab.row(alert).wait_for()
    until(lambda: follows(server)[-1] == ["WDO", "WIN"])
    tab.visible("hidden")
    until(lambda: follows(server)[-1] == ["WDO"])
    tab.visible("visible")
    until(lambda: follows(server)[-1] == ["WDO", "WIN"])
    server.desk.decide(alert.id, "bruno", "rejected")
    until(lambda: follows(server)[-1] == ["WIN"])
    asked = len(follows(server))
    server.desk.cut()
    tab.online()
    until(lambda: len(follows(server)) == asked + 1)
    assert follows(server)[-1] == ["WIN"]
    tab.visible("hidden")
    until(lambda: follows(server)[-1] == [])
    never(lambda: len(follows(server)) != asked + 2, 1.0)


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
def test_with_quotes_the_buttons_stay_in_their_place(screen, server, ringing, width, height):
    tab = screen(width, height).enter()
    alert = ringing()
    tab.row(alert).click()
    quote(server, alert, alert.price)
    expect(tab.page.locator(NOW)).to_contain_text("agora")
    acts = tab.page.locator(".card .act")
    expect(acts).to_have_count(4)
    before = acts.first.bounding_box()["y"]
    quote(server, alert, alert.price + 60)
    expect(tab.page.locator(".card .outside")).to_be_visible()
    assert abs(acts.first.bounding_box()["y"] - before) < 1
    assert not tab.overflows()
    tab.shoot(f"console-quote-{width}")
