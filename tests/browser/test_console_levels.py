"""The operator's own price alerts on the page: set on the chart, moved there, listed, refused in words."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.console_screen import built, screen, serious_faults, server, until

__all__ = ["screen", "server"]  # fixtures

pytestmark = built

TICK = 5


def chart_at(tab, part):
    """A point of the chart, `part` of its height below its top."""
    tab.page.locator(".chart-legend", has_text="Abe").wait_for()
    box = tab.page.locator(".chart-host").bounding_box()
    return box["x"] + box["width"] * 0.4, box["y"] + box["height"] * part


def asked(server, method):
    return server.desk.frames(f"level {method}", "ana")


@pytest.fixture
def tab(screen):
    return screen().enter()


def test_a_right_click_on_the_chart_sets_one_and_its_line_is_dragged(tab, server):
    dialog = tab.page.get_by_role("dialog", name="Meus alertas de preço")
    x, y = chart_at(tab, 0.3)
    tab.page.mouse.click(x, y, button="right")
    expect(dialog).to_be_visible()
    written = dialog.locator("[name=level-price]").input_value()
    price = int(written.replace(".", ""))
    assert price % TICK == 0
    last = server.desk.candles["WIN"][-1]["close"]
    side = "cross_up" if price > last else "cross_down"
    assert dialog.locator("[name=level-crossing]").input_value() == side, "the side of the last price"
    dialog.get_by_label("Observação").fill("topo da semana")
    dialog.get_by_role("button", name="Criar alerta").click()
    (made,) = until(lambda: asked(server, "POST"))
    told = {name: made[name] for name in ("instrument", "timeframe", "price", "crossing", "often", "note")}
    assert told == {
        "instrument": "WIN", "timeframe": "M5", "price": price, "crossing": side, "often": "once",
        "note": "topo da semana",
    }  # fmt: skip
    row = dialog.locator("li")
    expect(row).to_contain_text(written)
    expect(row).to_contain_text("armado até")
    tab.shoot("console-levels")
    assert serious_faults(tab) == []
    dialog.get_by_role("button", name="Fechar").click()
    expect(tab.page.locator(".levels-open")).to_have_text("Meus alertas de preço · 1")

    expect(tab.page.locator(".chart-host")).not_to_have_class(re.compile("on-level"))
    tab.page.mouse.move(x, y)
    expect(tab.page.locator(".chart-host")).to_have_class(re.compile("on-level"))
    tab.page.mouse.down()
    tab.page.mouse.move(x, y + 20)
    tab.page.mouse.move(x, y + 40)
    tab.shoot("console-level-dragged")
    tab.page.mouse.up()
    (moved,) = until(lambda: asked(server, "PATCH"))
    assert moved["price"] < price
    assert moved["price"] % TICK == 0
    tab.page.mouse.move(x, y + 40)
    tab.page.mouse.down()
    tab.page.mouse.move(x, y)
    tab.page.keyboard.press("Escape")  # it stands where it stood
    tab.page.mouse.up()
    assert len(asked(server, "PATCH")) == 1


def test_without_a_mouse_it_is_set_changed_paused_and_removed(tab, server):
    """What dragging does the form does too, and a refusal keeps what was written."""
    page = tab.page
    chart_at(tab, 0.5)
    page.locator(".levels-open").press("Enter")
    dialog = page.get_by_role("dialog", name="Meus alertas de preço")
    price = dialog.locator("[name=level-price]")
    last = server.desk.candles["WIN"][-1]["close"]
    price.fill("muito")
    price.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("Escreva um preço")
    price.fill(f"{last * 10:.0f}")
    price.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("Longe demais do último preço")
    expect(price).to_have_value(f"{last * 10:.0f}")
    price.fill(f"{last + 100:.0f}")
    dialog.locator("[name=level-often]").select_option("session")
    price.press("Enter")
    row = dialog.locator("li")
    expect(row).to_contain_text("uma vez por pregão")
    expect(dialog.get_by_role("alert")).to_be_hidden()
    row.get_by_role("button", name="Pausar").press("Enter")
    expect(row).to_contain_text("pausado")
    row.get_by_role("button", name="Rearmar").press("Enter")
    expect(row).to_contain_text("armado")
    row.get_by_role("button", name="Editar").press("Enter")
    price.fill(f"{last + 200:.0f}")
    price.press("Enter")
    until(lambda: [one for one in asked(server, "PATCH") if one.get("price") == last + 200])
    expect(dialog.get_by_role("button", name="Criar alerta")).to_be_visible()
    row.get_by_role("button", name="Remover").press("Enter")
    expect(dialog).to_contain_text("Nenhum.")
    assert server.desk.levels["ana"] == []
    tab.complaints.clear()  # the browser's own note of the 400


def test_a_long_press_asks_on_a_phone(screen, server):
    tab = screen(390, 844).enter()
    x, y = chart_at(tab, 0.4)
    touch = tab.page.context.new_cdp_session(tab.page)
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    dialog = tab.page.get_by_role("dialog", name="Meus alertas de preço")
    expect(dialog).to_be_visible()
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    tab.shoot("console-levels-390")
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= 390
    dialog.get_by_role("button", name="Fechar").click()
    last = server.desk.candles["WIN"][-1]
    close = last["close"] + 20
    server.desk.candle("WIN", last | {"time": last["time"] + 300, "close": close, "high": close + 20})
    # The finger is gone, and with it the candle that it pointed at.
    expect(tab.page.locator(".chart-legend")).to_contain_text(f"Fec {close:,.0f}".replace(",", "."))


def test_a_price_that_is_typed_says_from_which_side_until_somebody_does(tab, server):
    last = server.desk.candles["WIN"][-1]["close"]
    x, y = chart_at(tab, 0.5)
    tab.page.mouse.click(x, y, button="right")
    dialog = tab.page.get_by_role("dialog", name="Meus alertas de preço")
    price, crossing = dialog.locator("[name=level-price]"), dialog.locator("[name=level-crossing]")
    price.fill(str(int(last) + 300))
    expect(crossing).to_have_value("cross_up")
    price.fill(str(int(last) - 300))
    expect(crossing).to_have_value("cross_down")
    crossing.select_option("touch")
    price.fill(str(int(last) + 200))
    expect(crossing).to_have_value("touch")


def test_one_can_be_set_before_those_there_are_have_been_read(screen):
    tab, held = screen(), []

    def hold(route):  # a method of a list is no handler for the driver
        held.append(route)

    tab.page.route("**/api/levels", hold)
    tab.enter()
    x, y = chart_at(tab, 0.5)
    tab.page.mouse.click(x, y, button="right")
    dialog = tab.page.get_by_role("dialog", name="Meus alertas de preço")
    price = dialog.locator("[name=level-price]")
    price.fill("131415")
    for one in held:
        one.continue_()
    expect(dialog.get_by_role("heading")).to_contain_text("· 0 de")
    expect(price).to_have_value("131415")


def test_in_a_replay_it_says_that_it_does_not_ring(tab, server):
    past = server.desk.candles["WIN"][-1]["time"] - 3 * 86_400
    shape = server.desk.candles["WIN"][-1]
    for step in range(4):
        server.desk.candle("WIN", shape | {"time": past + 300 * step})
    expect(tab.page.locator(".replaybar")).to_be_visible()
    tab.page.locator(".levels-open").click()
    expect(tab.page.get_by_role("dialog")).to_contain_text("Num replay não toca")


def test_on_bars_made_of_finer_candles_it_is_of_those(screen, server):
    """Nobody posts M15 here: a level of M15 would never ring."""
    server.desk.timeframes = ["M5", "M15"]
    tab = screen().enter()
    tab.page.get_by_label("Tempo gráfico").select_option("M15")
    tab.page.locator(".chart-legend", has_text="M15 (feito de M5)").wait_for()
    x, y = chart_at(tab, 0.4)
    tab.page.mouse.click(x, y, button="right")
    expect(tab.page.locator(".level-form strong")).to_have_text("WIN M5")


def test_where_the_desk_has_none_nothing_is_offered(screen, server):
    server.desk.most_levels = 0
    tab = screen().enter()
    x, y = chart_at(tab, 0.4)
    expect(tab.page.locator(".levels-open")).to_be_hidden()
    tab.page.mouse.click(x, y, button="right")
    expect(tab.page.get_by_role("dialog")).to_have_count(0)


def test_what_could_not_be_read_at_first_is_asked_for_again(screen, server):
    server.desk.down = {"levels"}
    tab = screen().enter()
    expect(tab.page.locator(".levels-open")).to_be_hidden()
    server.desk.down = set()
    expect(tab.page.locator(".levels-open")).to_be_visible()
    tab.complaints.clear()  # the browser's own notes of the 503s
