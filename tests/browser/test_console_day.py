"""A day in front of the console: it stays where it was put, keeps what was decided, says what it shows."""

from __future__ import annotations

import json
import re
import time
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from pregao.domain.alerts.alert import Worth
from pregao.domain.alerts.signal import Chance, Direction
from tests.browser.conftest import DRAWN
from tests.browser.console_screen import built, never, screen, serious_faults, server, until
from tests.browser.console_server import M5, MARKETS, ZONE

__all__ = ["screen", "server"]  # fixtures

pytestmark = built
SIX = ["IND", "DOL", "BIT", "EURUSD"]  # beside WIN and WDO
# As Firefox does it: the socket sends no more once the page goes away.
CLOSES_EARLY = "addEventListener('pagehide', () => { WebSocket.prototype.send = () => undefined }, true)"

# What the chart writes on its canvas.
WRITTEN = """
window.written = []
const write = CanvasRenderingContext2D.prototype.fillText
CanvasRenderingContext2D.prototype.fillText = function (text, ...at) {
  written.push(text)
  return write.call(this, text, ...at)
}
"""


def bottom(locator):
    """The lowest edge of what is found, in px of the window."""
    return max(box["y"] + box["height"] for box in (one.bounding_box() for one in locator.all()))


def test_an_alert_of_another_market_leaves_the_chart_where_it_is(screen, server):
    tab = screen().enter()
    tab.page.get_by_role("button", name="WIN", exact=True).click()
    alert = server.desk.ring(server.desk.alert("WDO"))
    expect(tab.page.locator(".card")).to_contain_text("WDOZ26")
    until(lambda: server.desk.frames("receipt"))
    expect(tab.page.locator(".chart-legend")).to_contain_text("WINZ26")
    tab.row(alert).click()
    expect(tab.page.locator(".chart-legend")).to_contain_text("WDOZ26")
    kept = json.loads(tab.page.evaluate("localStorage['pregao.preferences'] ?? '{}'"))
    assert kept.get("instrument", "WIN") == "WIN"


def test_a_phones_first_tap_brings_the_buttons_into_sight(screen, server):
    alerts = [server.desk.keep(server.desk.alert()) for _ in range(6)]
    tab = screen(375, 812).enter()
    tab.row(alerts[0]).scroll_into_view_if_needed()
    tab.row(alerts[0]).click()
    acts = tab.page.locator(".act")
    acts.last.wait_for()
    until(lambda: acts.first.bounding_box()["y"] >= 0 and bottom(acts) < 812)


def test_at_twice_the_size_the_decision_is_in_sight(screen, server):
    tab = screen(683, 384).enter()
    server.desk.ring(server.desk.alert())
    tab.page.locator(".act").last.wait_for()
    tab.shoot("console-200-percent")
    assert bottom(tab.page.locator(".act")) <= 384
    assert not tab.overflows()
    assert serious_faults(tab) == []


@pytest.mark.parametrize("width", [375, 1366])
def test_notes_cover_neither_the_list_nor_the_decision(screen, server, width):
    tab = screen(width, 812).enter()
    alert = server.desk.ring(server.desk.alert())
    tab.row(alert).wait_for()
    server.desk.send(action="digest", total=3, reason="queue_full", since=1, until=2, counts=[])
    toast = tab.page.locator(".toast").last.bounding_box()
    for part in (tab.page.locator(".panel"), tab.page.locator(".decide")):
        box = part.bounding_box()
        apart = toast["y"] + toast["height"] <= box["y"] or toast["y"] >= box["y"] + box["height"]
        assert apart or toast["x"] + toast["width"] <= box["x"]
    tab.shoot(f"console-note-{width}")


def test_a_live_note_leaves_with_the_decision(screen, server):
    tab = screen().enter()
    tab.page.get_by_role("button", name="Histórico").click()
    alert = server.desk.ring(server.desk.alert())
    tab.page.locator(".toast.live").wait_for()
    server.desk.decide(alert.id, "bruno", "executed")
    expect(tab.page.locator(".toast.live")).to_have_count(0, timeout=5000)


@pytest.mark.parametrize("arrived", [False, True])
def test_a_decision_inside_its_grace_survives_a_reload(screen, server, arrived):
    """Whether or not the browser lets the page say it while it goes away; and it is said once."""
    tab = screen()
    if not arrived:
        tab.page.add_init_script(CLOSES_EARLY)
    tab.enter()
    alert = server.desk.ring(server.desk.alert())
    tab.row(alert).wait_for()
    tab.page.keyboard.press("r")
    tab.page.get_by_role("button", name="Desfazer").wait_for()
    tab.page.reload()
    acts = until(lambda: server.desk.frames("act") + server.desk.frames("parted"))
    assert acts[0]["decision"] == "rejected"
    expect(tab.row(alert)).to_contain_text("Ana Souza")
    expect(tab.page.locator(".toast.bad")).to_have_count(0, timeout=5000)
    told = len(server.desk.frames("act"))
    tab.page.reload()
    tab.online()
    never(lambda: len(server.desk.frames("act")) > told + arrived, 1.5)


def test_a_decision_inside_its_grace_arrives_from_a_tab_that_is_left_for_good(screen, server):
    """The browser closes the socket first, and nobody comes back to this tab."""
    tab = screen()
    tab.page.add_init_script(CLOSES_EARLY)
    tab.enter()
    alert = server.desk.ring(server.desk.alert())
    tab.row(alert).wait_for()
    tab.page.get_by_label("Nº da ordem").fill("4711")
    tab.page.get_by_role("button", name="Executar").click()
    tab.page.get_by_role("button", name="Desfazer").wait_for()
    tab.page.goto("about:blank")
    (parted,) = until(lambda: server.desk.frames("parted", "ana"))
    assert (parted["alert_id"], parted["decision"], parted["order_id"]) == (alert.id, "executed", "4711")
    assert server.desk.records[alert.id]["decision"]["decision"] == "executed"
    assert server.desk.frames("act") == []


def test_a_replay_says_that_it_is_one(screen, server):
    tab = screen().enter()
    expect(tab.page.locator(".replaybar")).to_be_hidden()
    start = int(datetime(2024, 11, 25, 10, 30, tzinfo=ZONE).timestamp())
    last = server.desk.candles["WIN"][-1]
    for n in range(3):
        server.desk.candle("WIN", last | {"time": start + n * M5})
        time.sleep(0.5)  # the pace that the bar tells
    bar = tab.page.locator(".replaybar")
    expect(bar).to_contain_text("REPLAY · pregão de 25/11/2024 10:45")
    expect(bar).to_contain_text(re.compile(r"não é o mercado de agora \(\d\d:\d\d\)$"))
    expect(bar).to_contain_text(re.compile(r"· \d+\D · não é"))  # so many times as fast
    closed = start + 3 * M5
    alert = server.desk.alert(candle_closed_at=closed, expires_at=closed + 2 * M5)
    server.desk.ring(alert)
    server.desk.records[alert.id]["outcome"] = "expired"
    tab.row(alert).click()
    expect(tab.page.locator(".card .what")).to_contain_text("M5")
    never(lambda: "Desfecho" in tab.page.locator(".card").inner_text(), 0.8)  # asked for what became of it
    tab.shoot("console-replayed")
    assert serious_faults(tab) == []


def test_chart_card_and_list_tell_the_exchanges_time_and_say_so(screen, server):
    """As `pregao explain` does: the instrument's own zone, named where it is not the desk's."""
    server.desk.zone, there = "Europe/Athens", ZoneInfo("Europe/Athens")
    tab = screen().enter()
    alert = server.desk.ring(server.desk.alert(reason={"pivot_time": server.desk.candles["WIN"][-9]["time"]}))
    tab.row(alert).wait_for()

    def clock(at):
        return f"{datetime.fromtimestamp(at, there):%H:%M}"

    last = server.desk.candles["WIN"][-1]["time"]
    chart = tab.page.locator(".chart-host")
    expect(chart).to_have_attribute("aria-label", re.compile(f"às {clock(last)} Athens$"))
    card = tab.page.locator(".card")
    times = f"abriu {clock(alert.candle.time)}, fechou {clock(alert.candle_closed_at)} Athens"
    expect(card.locator(".what")).to_contain_text(times)
    expect(card.locator(".why:not(.reached)")).to_contain_text(f"{clock(alert.reason['pivot_time'])} Athens")
    expect(tab.row(alert).locator(".row-open")).to_have_text(f"{clock(alert.candle_closed_at)} Athens")


def test_an_alert_of_a_replay_says_so_and_does_not_pretend_to_have_ended(screen, server):
    """Its session is months past; that says nothing of how it ended."""
    tab = screen().enter()
    past = server.desk.candles["WIN"][-300]["time"]
    alert = server.desk.ring(
        replace(server.desk.alert(), candle_closed_at=past + 300, expires_at=past + 600, detected_at=0.0)
    )
    tab.row(alert).wait_for()
    expect(tab.page.locator(".card .tag")).to_have_text("replay")
    expect(tab.page.locator(".card")).not_to_contain_text("Desfecho")
    expect(tab.page.locator(".replaybar")).to_contain_text("REPLAY")


def test_the_focus_stays_on_the_card_after_a_decision(screen, server):
    tab = screen().enter()
    alert = server.desk.ring(server.desk.alert())
    tab.page.locator(".act.rejected").focus()
    tab.page.keyboard.press("Enter")
    tab.page.get_by_role("button", name="Desfazer").wait_for()
    server.desk.decide(alert.id, "bruno", "executed")
    tab.page.locator(".made.executed").wait_for()
    assert tab.page.evaluate("document.activeElement.id") == "card"


@pytest.mark.parametrize("width", [375, 390, 768, 1366])
def test_six_markets_fit(screen, server, width):
    server.desk.others, server.desk.timeframes = SIX, ["M1", "M5", "M15"]
    tab = screen(width)
    tab.page.add_init_script("Notification.permission = 'default'")  # its longest words
    tab.enter()
    tab.shoot(f"console-six-markets-{width}")
    assert not tab.overflows()
    frame = tab.page.locator("select[name=timeframe]").bounding_box()
    assert frame["width"] >= 44
    assert frame["height"] >= (44 if width < 800 else 24)
    if width == 1366:
        brand, leave = (tab.page.locator(one).bounding_box() for one in (".brand", '[data-id="logout"]'))
        assert abs(brand["y"] + brand["height"] / 2 - leave["y"] - leave["height"] / 2) < 8  # on one line
    for button in tab.page.locator(".markets button").all():
        box = button.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


def test_the_crosshair_names_prices_that_can_be_traded(screen, server):
    """And panned back a button leads to now."""
    tab = screen()
    tab.page.add_init_script(WRITTEN)
    tab.enter()
    expect(tab.page.locator(".chart-legend")).to_contain_text("WINZ26 M5  Abe")
    box = tab.page.locator(".chart").bounding_box()
    for y in range(60, 100):
        tab.page.mouse.move(box["x"] + 200, box["y"] + y)
        tab.page.evaluate(DRAWN)
    prices = {one for one in tab.page.evaluate("written") if re.fullmatch(r"\d{3}\.\d{3}", one)}
    assert len(prices) > 15  # the scale's own are fewer
    assert {int(one.replace(".", "")) % 5 for one in prices} == {0}
    button = tab.page.get_by_role("button", name="Agora")
    expect(button).to_be_hidden()
    tab.page.mouse.move(box["x"] + 200, box["y"] + 100)
    tab.page.mouse.down()
    tab.page.mouse.move(box["x"] + 600, box["y"] + 100, steps=5)
    tab.page.mouse.up()
    button.click()
    expect(button).to_be_hidden()


def test_panned_back_the_axis_names_no_old_price_as_the_current_one(screen, server):
    """By what the chart writes: the older candles all close at one price, which no scale would choose."""
    old, newest = 127_915.0, 127_985.0
    for place, candle in enumerate(candles := server.desk.candles["WIN"]):
        candle |= {"open": old, "close": newest if place >= len(candles) - 5 else old, "high": 128_400.0}
        candle["low"] = 127_400.0
    tab = screen()
    tab.page.add_init_script(WRITTEN)
    tab.enter()
    legend = tab.page.locator(".chart-legend")
    expect(legend).to_contain_text("Fec 127.985")
    until(lambda: "127.985" in tab.page.evaluate("written"))
    box = tab.page.locator(".chart").bounding_box()
    right, middle = box["x"] + box["width"] - 140, box["y"] + box["height"] / 2
    tab.page.mouse.move(box["x"] + 200, middle)
    tab.page.mouse.down()
    tab.page.mouse.move(right, middle, steps=5)
    tab.page.mouse.up()
    tab.page.mouse.move(right, middle)
    expect(legend).to_contain_text("Fec 127.915")  # what is in sight now is old
    tab.page.mouse.move(box["x"] + 200, box["y"] - 60)  # off the chart: no crosshair's price
    tab.still()
    tab.page.evaluate("written.length = 0")
    tab.page.set_viewport_size({"width": 1400, "height": 768})  # drawn again as a whole
    until(lambda: tab.page.evaluate("written.length"))
    tab.still()
    assert "127.915" not in tab.page.evaluate("written")


def test_a_colleague_who_is_about_to_decide_is_seen_and_nobody_sends_a_second_order(screen, server):
    ana, bruno = screen(profile="ana").enter("ana"), screen(profile="bruno").enter("bruno")
    bruno.page.get_by_role("button", name="Português").click()
    alert = server.desk.ring(server.desk.alert())
    for tab in (ana, bruno):
        tab.row(alert).wait_for()
    ana.page.keyboard.press("e")
    taken = bruno.page.locator(".card .taken")
    expect(taken).to_have_text(re.compile(r"^Ana Souza assumiu: Executar \(\d s\)$"))
    expect(bruno.row(alert).locator(".c-who")).to_have_text("Ana Souza")
    bruno.shoot("console-taken")
    assert serious_faults(bruno) == []
    bruno.page.locator(".card .act.executed").click(force=True)
    bruno.page.keyboard.press("e")
    expect(bruno.page.locator(".decide.pending")).to_have_count(0)
    ana.page.get_by_role("button", name="Desfazer").click()
    expect(taken).to_have_count(0)
    bruno.page.keyboard.press("e")
    bruno.page.locator(".decide.pending").wait_for()
    # A third one pressed a moment before, and that is heard a moment later: Bruno's is taken back.
    server.desk.pending("vera", alert.id, "rejected", at=server.desk.now() - 1)
    expect(bruno.page.locator(".toast.bad")).to_contain_text("Vera Cruz assumiu antes")
    expect(bruno.page.locator(".decide.pending")).to_have_count(0)
    never(lambda: server.desk.frames("act"), 5.5)


def test_the_card_is_not_empty_while_something_may_be_decided(screen, server):
    """Whoever comes in sees the newest, in silence; one that rings takes the place of a listed one."""
    listed = server.desk.keep(server.desk.alert())
    server.desk.records[listed.id] |= {"listed": {"why": "below_threshold", "score": 0.8, "threshold": 1.2}}
    tab = screen().enter()
    card = tab.page.locator(".card")
    expect(card).to_contain_text("na lista, sem tocar")
    expect(tab.page.locator(".card .act")).to_have_count(4)
    tab.shoot("console-first-listed")
    assert server.desk.frames("receipt") == []
    alert = server.desk.ring(server.desk.alert("WDO"))
    expect(card).to_contain_text("WDOZ26")
    tab.row(alert).wait_for()


def test_a_pattern_is_muted_from_the_card_its_end_is_seen_and_it_is_lifted(screen, server):
    tab = screen().enter()
    alert = server.desk.ring(server.desk.alert())
    tab.row(alert).wait_for()
    for name in ("Silenciar 15 min: Rompimento de nível", "Silenciar 15 min: WIN"):
        tab.page.get_by_role("button", name=name).click()
    mutes = tab.page.locator(".mutes")
    both = re.compile(r"^Silenciado: .*Rompimento de nível até \d\d:\d\d ✕.*WIN até \d\d:\d\d ✕$")
    expect(mutes).to_have_text(both)
    sent = [(one["alert_id"], one["of"]) for one in server.desk.frames("mute")]
    assert sent == [(alert.id, "pattern"), (alert.id, "instrument")]
    expect(tab.page.locator('[data-mute="pattern"]')).to_be_disabled()
    assert serious_faults(tab) == []
    tab.shoot("console-muted")
    tab.page.get_by_role("button", name="Voltar a tocar: Rompimento de nível").click()
    expect(mutes).not_to_contain_text("Rompimento")
    expect(mutes).to_contain_text("WIN até")
    server.desk.send(action="muted", mutes=[{"of": "instrument", "name": "WIN", "until": time.time() + 1.5}])
    expect(mutes).to_be_hidden()  # over by itself


def test_the_order_number_is_seen_again(screen, server):
    tab = screen().enter()
    alert = server.desk.ring(server.desk.alert())
    tab.row(alert).wait_for()
    tab.page.get_by_label("Nº da ordem").fill("4711")
    tab.page.get_by_role("button", name="Executar").click()
    expect(tab.page.locator(".card .order")).to_have_text("Nº da ordem: 4711")


def test_what_the_filter_hides_counts_as_unconfirmed_until_it_is_confirmed(screen, server):
    tab = screen().enter()
    seen = server.desk.ring(server.desk.alert())
    until(lambda: server.desk.frames("receipt"))
    server.desk.decide(seen.id, "bruno", "executed")
    tab.page.locator(".filters summary").click()
    tab.page.locator("select[name=f-side]").select_option("short")
    count = tab.page.locator(".hidden-count")
    expect(count).to_have_text("1 fora do filtro")
    server.desk.ring(server.desk.alert("WDO"))
    expect(count).to_have_text("2 fora do filtro, 1 não confirmado")


def test_the_login_of_a_development_machine_names_whom_one_can_be(screen):
    tab = screen()
    tab.page.goto(tab.url)
    tab.shoot("console-login-names")
    tab.page.get_by_role("button", name="ana", exact=True).click()
    tab.online()
    expect(tab.page.locator(".me .name")).to_have_text("Ana Souza")


def test_an_order_outside_its_entry_is_not_the_alerts(screen, server):
    """By the candles closed since: past the entry a double click executes nothing; then the stop is over."""
    tab = screen().enter()
    newest = server.desk.candles["WIN"][-1]
    closed = newest["time"] + 300
    alert = server.desk.ring(server.desk.alert(candle_closed_at=closed, expires_at=int(time.time()) + 900))
    tab.row(alert).wait_for()
    now, execute = tab.page.locator(".card .now dd"), tab.page.locator(".card [data-act=executed]")
    expect(now).to_contain_text("na entrada · stop a 105 pts")
    server.desk.candle(
        "WIN",
        newest | {"time": closed, "close": alert.price + 60, "high": alert.price + 70, "low": alert.price},
    )
    expect(now).to_contain_text("45 pts além da entrada")
    tab.shoot("console-ticket-escaped")
    execute.dblclick()
    expect(execute).to_contain_text("Mesmo assim?")
    asked = tab.page.evaluate("performance.now()")
    expect(tab.page.locator(".card .undo")).to_have_count(0)
    server.desk.candle(
        "WIN",
        newest
        | {"time": closed + 300, "close": alert.price - 90, "low": alert.stop_loss, "high": alert.price},
    )
    expect(now).to_contain_text("stop tocado na vela fechada às")
    tab.shoot("console-ticket-stop")
    assert not tab.page.evaluate(
        "document.querySelector('.card').scrollWidth > document.querySelector('.card').clientWidth"
    )
    until(lambda: tab.page.evaluate("performance.now()") > asked + 500)  # later than a double click is
    undo = tab.page.locator(".card .undo")

    def executed():
        """A first press that nothing followed is forgotten after some seconds: then two are wanted again."""
        if not undo.count():
            execute.click()
        return undo.count()

    until(executed)
    undo.click()
    expect(execute).to_contain_text("Executar")  # undone: a first press is a first press again


@pytest.fixture
def forex(monkeypatch):
    """A market whose prices have five decimals, before the server is made."""
    monkeypatch.setitem(MARKETS, "EURUSD", ("EURUSD", 0.00001, 1.08125))


def test_the_card_speaks_in_the_units_and_words_of_a_trader(forex, screen, server):
    """Ways in pips where prices have five decimals, time left by the second; a level is a price alone."""
    tab = screen().enter()
    alert = server.desk.ring(server.desk.alert("EURUSD"))
    tab.row(alert).click()
    card = tab.page.locator(".card")
    expect(card).to_contain_text("0,7 pips")
    expect(card).not_to_contain_text("pts")
    expect(card).to_contain_text(re.compile(r"\b[0-9]:[0-5][0-9]\b"))
    least = tab.page.locator("label", has=tab.page.locator("select[name=f-severity]"))
    expect(least).to_contain_text("Severidade")
    expect(least).not_to_contain_text("Nível")
    tab.shoot("console-pips")


def test_what_somebody_picked_stays_on_the_card_when_another_rings(screen, server):
    """Its buttons are under the hand: an alert that takes its place would take the press too."""
    listed = server.desk.keep(server.desk.alert("WDO", direction=Direction.SHORT))
    server.desk.records[listed.id] |= {"listed": {"why": "below_threshold", "score": 0.8, "threshold": 1.2}}
    tab = screen().enter()
    card = tab.page.locator(".card")
    tab.row(listed).click()
    expect(card).to_contain_text("VENDA WDOZ26")
    alert = server.desk.ring(server.desk.alert())
    tab.row(alert).wait_for()
    never(lambda: "WDOZ26" not in card.inner_text(), 0.6)


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
def test_the_buttons_stay_in_sight_and_in_their_place(screen, server, width, height):
    """Whatever the card holds and the price does."""
    tab = screen(width, height).enter()
    newest = server.desk.candles["WIN"][-1]
    closed = newest["time"] + 300
    alert = server.desk.ring(server.desk.alert(candle_closed_at=closed, expires_at=int(time.time()) + 900))
    tab.row(alert).click()
    acts = tab.page.locator(".card .act")
    expect(acts).to_have_count(4)
    strip = tab.page.locator(".strip").bounding_box()["y"]
    until(lambda: bottom(acts) <= strip)
    before = acts.first.bounding_box()["y"]
    close = alert.price + 60
    server.desk.candle("WIN", newest | {"time": closed, "close": close, "high": close, "low": alert.price})
    expect(tab.page.locator(".card .outside")).to_be_visible()
    assert abs(acts.first.bounding_box()["y"] - before) < 1
    assert bottom(acts) <= strip
    tab.shoot(f"console-buttons-{width}")


def test_a_phone_s_first_sight_has_the_whole_decision(screen, server):
    """Six markets, outside the entry: where it stands, target, stop and buttons; the rest is folded."""
    server.desk.others, server.desk.timeframes = SIX, ["M1", "M5", "M15"]
    tab = screen(390, 844)
    tab.page.add_init_script("Notification.permission = 'default'")  # its longest words
    tab.enter()
    worth = Worth(0.2, "BRL")
    chance = Chance(0.49, 0.44, 0.54, 504, 0.41, "2026-11-27")
    alert = server.desk.ring(server.desk.alert(worth=worth, chance=chance))
    card = tab.page.locator(".card")
    expect(card).to_contain_text("WINZ26")
    newest = server.desk.candles["WIN"][-1]
    close = alert.price + 60
    after = {"time": alert.candle_closed_at, "close": close, "high": close, "low": alert.price}
    server.desk.candle("WIN", newest | after)
    expect(card.locator(".outside")).to_be_visible()
    tab.page.evaluate("scrollTo(0, 0)")
    for part in (".side", ".big", ".now", ".good", ".bad"):
        until(lambda part=part: bottom(card.locator(part)) <= card.locator(".decide").bounding_box()["y"])
    tab.shoot("console-phone-first-sight")
    leave = tab.page.get_by_role("button", name="Sair")
    expect(leave).to_be_hidden()
    more = tab.page.get_by_role("button", name="Mais opções")
    place = more.bounding_box()
    more.click()
    assert more.bounding_box() == place, "nothing else comes under the finger"
    expect(more).to_have_attribute("aria-expanded", "true")
    expect(leave).to_be_visible()
    assert serious_faults(tab) == []
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_an_alert_worse_than_any_candle_invites_nobody_to_execute(screen, server):
    tab = screen().enter()
    chance = Chance(0.09, 0.04, 0.17, 88, 0.41, "2026-11-27")
    weak = server.desk.ring(server.desk.alert(chance=chance))
    execute = tab.page.locator(".card [data-act=executed]")

    def filled():
        return execute.evaluate("one => getComputedStyle(one).backgroundColor") != "rgba(0, 0, 0, 0)"

    tab.row(weak).click()
    expect(tab.page.locator(".card")).to_contain_text("9 %")
    assert not filled()
    good = server.desk.ring(server.desk.alert("WDO", chance=replace(chance, p=0.55, high=0.62)))
    tab.row(good).click()
    expect(tab.page.locator(".card")).to_contain_text("55 %")
    assert filled()
