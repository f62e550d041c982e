"""The list: long, sorted, kept in the address; what the keyboard does; what follows a decision."""

from __future__ import annotations

import re
from dataclasses import replace

from playwright.sync_api import expect

from pregao.domain.alerts.alert import Opportunity
from pregao.domain.alerts.signal import Direction, Pattern
from tests.browser.console_screen import built, never, screen, serious_faults, server, until

__all__ = ["screen", "server"]  # fixtures

pytestmark = built


def kept(server, count):
    """Keep so many alerts of this moment; returns them, the newest first."""
    template = server.desk.alert()
    made = [
        replace(template, id=f"{n:064x}", seq=11 + n, price=template.price + 5 * (n % 7))
        for n in range(count)
    ]
    for alert in made:
        server.desk.keep(alert)
    server.desk.seq[template.contract] = 10 + count
    return made[::-1]


def held(tab):
    """The alert under the keyboard."""
    return tab.page.evaluate("document.activeElement.closest('tr')?.dataset.alert")


def test_a_thousand_alerts_are_all_reached_and_few_stand_in_the_page(screen, server):
    alerts = kept(server, 1000)
    tab = screen().enter()
    table = tab.page.locator("table.alerts")
    expect(table).to_have_attribute("aria-rowcount", "1001")
    assert tab.page.locator(".alerts tbody tr").count() < 120
    tab.row(alerts[0]).locator(".row-open").focus()
    tab.page.keyboard.press("End")
    expect(tab.row(alerts[-1])).to_be_in_viewport()
    assert held(tab) == alerts[-1].id
    assert tab.page.locator(".alerts tbody tr").count() < 120
    tab.page.keyboard.press("ArrowUp")
    assert held(tab) == alerts[-2].id
    tab.page.evaluate(
        "document.querySelector('.list').scrollTop = 500 * document.querySelector('.row').offsetHeight"
    )
    expect(tab.row(alerts[505])).to_be_in_viewport()
    expect(tab.row(alerts[505])).to_have_attribute("aria-rowindex", "507")
    expect(tab.page.locator('.row-open[tabindex="0"]')).to_have_count(1)
    tab.shoot("console-list-1000")


def test_sort_filter_and_selection_live_in_the_address(screen, server):
    alerts = kept(server, 30)
    tab = screen().enter()
    head = tab.page.get_by_role("columnheader", name="Preço")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    dearest = max(alerts, key=lambda one: (one.price, one.seq))
    expect(tab.page.locator(".alerts tbody tr").first).to_have_attribute("data-alert", dearest.id)
    tab.row(alerts[5]).click()
    tab.page.keyboard.press("/")
    tab.page.locator("select[name=f-side]").select_option("long")
    until(lambda: "direction=long" in tab.page.evaluate("location.hash"))
    assert serious_faults(tab) == []
    other = screen(profile="colleague")
    other.enter(
        "bruno", "&" + tab.page.evaluate("location.hash.slice(1)")
    )  # who was sent the address sees the same
    tab.page.reload()
    tab.online()
    for one in (tab, other):
        expect(one.page.locator(".filters summary")).to_contain_text("●")
        expect(one.page.locator(".alerts tbody tr").first).to_have_attribute("data-alert", dearest.id)
        expect(one.row(alerts[5])).to_have_class("row long sev-high is-open selected")


def test_one_key_for_each_thing(screen, server):
    server.desk.timeframes = ["M1", "M5", "M15"]
    alerts = kept(server, 3)
    tab = screen().enter()
    legend = tab.page.locator(".chart-legend")
    tab.page.keyboard.press("2")
    expect(legend).to_contain_text("WDOZ26 M5")
    tab.page.keyboard.press("]")
    expect(legend).to_contain_text("WDOZ26 M15")
    tab.page.keyboard.press("[")
    expect(legend).to_contain_text("WDOZ26 M5")
    tab.page.keyboard.press("6")  # there are two
    tab.page.keyboard.press("n")
    expect(tab.row(alerts[0])).to_have_class("row long sev-high is-open selected")
    expect(legend).to_contain_text("WINZ26 M5")
    tab.page.keyboard.press("/")
    assert tab.page.evaluate("document.activeElement.name") == "f-instrument"
    tab.page.locator(".card h2").click()
    tab.page.keyboard.press("?")
    expect(tab.page.get_by_role("dialog")).to_contain_text("tempo gráfico menor / maior")
    tab.shoot("console-list-help")


def test_a_decision_leads_to_the_next_open_alert_and_can_still_be_undone(screen, server):
    tab = screen().enter()
    first, second, third = (server.desk.ring(server.desk.alert(ago=n)) for n in (0, 1, 2))
    server.desk.decide(third.id, "bruno", "executed")
    expect(tab.row(third)).to_contain_text("Bruno Lima")
    tab.row(first).click()  # also where an alert took the card by itself just now
    tab.page.keyboard.press("e")
    tab.page.keyboard.press("e")  # by an unsteady hand: it means the one decision
    expect(tab.row(second)).to_have_class(re.compile("selected"))
    assert held(tab) == second.id
    toast = tab.page.locator(".toast.undoable")
    expect(toast).to_contain_text("Executado · COMPRA WINZ26")
    tab.shoot("console-list-undo")
    toast.get_by_role("button", name="Desfazer").click()
    expect(toast).to_have_count(0)
    never(lambda: server.desk.frames("act"), 0.5)
    expect(tab.row(first).locator(".c-state")).to_have_text("Aberto")


AT_ONCE = """
([id, key]) => {
  document.querySelector(`tr[data-alert="${id}"]`).click()
  document.body.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}))
}
"""
"""A click on a row and a key before the page has drawn anything."""


def test_a_decision_leads_on_also_before_the_page_is_drawn_again(screen, server):
    tab = screen().enter()
    first, second = (server.desk.ring(server.desk.alert(ago=n)) for n in (0, 1))
    for alert in (first, second):
        tab.row(alert).wait_for()
    tab.page.evaluate(AT_ONCE, [first.id, "r"])
    expect(tab.row(second)).to_have_class(re.compile("selected"))
    assert held(tab) == second.id
    expect(tab.row(first)).to_contain_text("Rejeitado")


def test_an_order_outside_its_entry_wants_two_presses_also_before_the_page_is_drawn_again(screen, server):
    tab = screen().enter()
    inside, outside = (server.desk.ring(server.desk.alert(name)) for name in ("WIN", "WDO"))
    price = outside.price + 10 * outside.tick_size
    moved = {"close": price, "high": price, "low": outside.price, "time": outside.candle_closed_at}
    server.desk.candle("WDO", server.desk.candles["WDO"][-1] | moved)
    away = tab.page.locator(".card .outside")
    tab.row(outside).click()
    expect(away).to_be_visible()
    tab.row(inside).click()
    expect(away).to_have_count(0)
    tab.page.evaluate(AT_ONCE, [outside.id, "e"])
    expect(away).to_be_visible()
    never(lambda: "Executado" in tab.row(outside).inner_text(), 0.5)


def test_a_view_tells_how_many_open_alerts_it_holds(screen, server):
    tab = screen().enter()
    server.desk.ring(server.desk.alert(ago=1))
    server.desk.ring(server.desk.alert(direction=Direction.SHORT))
    tab.page.keyboard.press("/")
    tab.page.locator("select[name=f-side]").select_option("long")
    tab.page.fill("input[name=view-name]", "só compras")
    tab.page.get_by_role("button", name="Salvar visão").click()
    expect(tab.page.locator(".chip .count")).to_have_text("1")
    server.desk.ring(server.desk.alert())
    expect(tab.page.locator(".chip .count")).to_have_text("2")


def test_the_days_score_by_pattern_and_operator(screen, server):
    made = {"operator": "bruno", "decision": "executed", "note": None, "at": 0.0}
    server.desk.keep(server.desk.alert(), made, "target")
    server.desk.keep(server.desk.alert(direction=Direction.SHORT), None, "stop")
    tab = screen(1920, 1080).enter()
    tab.page.locator(".alerts tbody tr").first.wait_for()
    tab.page.keyboard.press("d")
    score = tab.page.get_by_role("dialog")
    whole = score.get_by_role("row", name="Total").locator("td")
    expect(whole.first).to_have_text(re.compile(r"^0,0 R"))
    expect(whole.nth(2)).to_have_text("2")
    expect(score.get_by_role("row", name="Bruno Lima")).to_contain_text("+1,0 R")
    later = server.desk.alert(pattern=Pattern.ENGULFING)
    server.desk.keep(later, made | {"decision": "rejected"}, "target")  # while it is open
    expect(whole.nth(2)).to_have_text("3", timeout=60_000)
    expect(whole.first).to_have_text(re.compile(r"^\+1,0 R"))
    expect(score.get_by_role("row", name="Bruno Lima")).to_contain_text("+1,0 R")  # what he executed alone
    expect(score.locator(".budget")).to_have_text("Toques de hoje, do orçamento por pregão: 3 de 6")
    assert serious_faults(tab) == []
    for width in (1920, 1366):
        tab.page.set_viewport_size({"width": width, "height": 768})
        parts = score.locator(".scroll")
        assert parts.evaluate_all("all => all.every(one => one.scrollWidth <= one.clientWidth)"), (
            "all of it is seen"
        )
    tab.shoot("console-score")


def test_each_market_shows_its_price_its_day_and_what_is_open(screen, server):
    server.desk.feeds["WDO"] = {"silent": {"since": 1.0, "cause": "broker_lost"}, "age_s": 372.0}
    tab = screen(1366, 768).enter()
    server.desk.ring(server.desk.alert("WDO"))
    win, wdo = (tab.page.locator(f'[data-id="market-{name}"]') for name in ("WIN", "WDO"))
    last = server.desk.candles["WIN"][-1]
    expect(win.locator(".last")).to_have_text(f"{last['close']:,.0f}".replace(",", "."))
    expect(win.locator(".change")).to_have_text(re.compile(r"^[+-]\d+,\d\d %$"))
    expect(wdo.locator(".last")).not_to_be_empty()
    expect(wdo.locator(".open")).to_have_text("1")
    expect(wdo.locator(".dot")).to_have_class("dot bad")
    server.desk.candle("WIN", last | {"time": last["time"] + 300, "close": 99_995.0, "low": 99_000.0})
    expect(win.locator(".last")).to_have_text("99.995")
    tab.shoot("console-watch")


def test_markets_whose_candles_close_together_all_move(screen, server):
    """The page says that it takes them in one frame; the chart has the one that it shows."""
    tab = screen(1366, 768).enter()
    closed, seen = {}, {}
    for n, name in enumerate(server.desk.candles):
        last = server.desk.candles[name][-1]
        tab.page.locator(f'[data-id="market-{name}"] .last').wait_for()
        close = last["close"] * (1.002 + n / 1000)
        closed[name] = last | {"time": last["time"] + 300, "close": close, "high": close}
        seen[name] = tab.page.locator(f'[data-id="market-{name}"] .last').text_content()
    (subscribed,) = [frame for _, frame in server.desk.heard if frame["action"] == "subscribe"]
    assert subscribed["together"] is True
    server.desk.candles_together(closed)
    assert len(closed) > 1
    for name, before in seen.items():
        expect(tab.page.locator(f'[data-id="market-{name}"] .last')).not_to_have_text(before)
    win = f"{closed['WIN']['close']:,.0f}".replace(",", ".")
    expect(tab.page.locator('[data-id="market-WIN"] .last')).to_have_text(win)
    expect(tab.page.locator(".chart-legend")).to_contain_text(f"Fec {win}")
    tab.shoot("console-together")


def test_an_opportunity_is_one_row_and_what_did_not_ring_is_not_confirmed(screen, server):
    """Agreeing patterns are chips, the other side is said, and the card tells why one is only listed."""
    tab = screen().enter()
    own = "f" * 64
    first = server.desk.ring(server.desk.alert(ago=2, opportunity=Opportunity(own)))
    tab.row(first).wait_for()
    joins = server.desk.keep(
        server.desk.alert(ago=1, pattern=Pattern.ENGULFING, opportunity=Opportunity(own, (first.id,)))
    )
    against = server.desk.keep(
        server.desk.alert(direction=Direction.SHORT, opportunity=Opportunity(own, (), (first.id, joins.id)))
    )
    for alert, why in ((joins, "joins"), (against, "joins")):
        server.desk.send(
            action="alert", alert=server.desk.records[alert.id]["alert"], listed={"why": why, "score": 0.9}
        )
    row = tab.row(first)
    expect(row.locator(".chip")).to_have_text(["Rompimento", "Engolfo"])  # both can be read
    assert row.locator(".chip").evaluate_all(
        "chips => chips.every(one => one.scrollWidth <= one.clientWidth)"
    )
    expect(row.locator(".chip").first).to_have_attribute("title", "Rompimento de nível")
    expect(row).to_contain_text("conflito")
    expect(tab.page.locator("table.alerts tbody tr")).to_have_count(1)
    alone = server.desk.keep(server.desk.alert("WDO"))
    below = {"why": "below_threshold", "score": 0.81, "threshold": 1.2}
    server.desk.send(action="alert", alert=server.desk.records[alone.id]["alert"], listed=below)
    expect(tab.row(alone)).to_contain_text("Na lista")
    tab.row(alone).click()
    expect(tab.page.locator(".card")).to_contain_text("(0,810 < 1,200)")
    assert {one["alert_id"] for one in server.desk.frames("receipt")} == {first.id}
    assert serious_faults(tab) == []
