"""The console in a real browser: what an operator sees, hears and decides."""

from __future__ import annotations

import json
import re
import time

import pytest
from playwright.sync_api import expect

from pregao.domain.alerts.signal import Direction, Pattern, Severity
from tests.browser.console_screen import built, never, screen, serious_faults, server, until
from tests.browser.console_server import DIST, yesterday

__all__ = ["screen", "server"]  # fixtures

pytestmark = built
HOSTILE = "<img src=x onerror=\"document.title='taken'\"><b>x</b>"


def test_signing_in_by_name_and_what_a_wrong_one_is_told(screen):
    tab = screen()
    tab.page.goto(tab.url)
    tab.shoot("console-login")
    assert serious_faults(tab) == []
    tab.page.fill("input[name=operator]", "zoe")
    tab.page.keyboard.press("Enter")
    expect(tab.page.get_by_role("alert")).to_have_text("Operador desconhecido.")
    tab.complaints.clear()  # the browser's own note of the 404
    tab.page.fill("input[name=operator]", "ana")
    tab.page.keyboard.press("Enter")
    tab.online()
    expect(tab.page.locator(".me .name")).to_have_text("Ana Souza")


def test_a_token_in_the_link_leaves_the_address(screen):
    tab = screen().enter("ana")
    assert "token" not in tab.page.url
    tab.page.reload()
    tab.online()


def test_signing_out_ends_it_and_sends_what_was_decided(screen, server):
    tab = screen().enter()
    alert = server.desk.ring(server.desk.alert())
    tab.row(alert).wait_for()
    tab.page.keyboard.press("e")
    tab.page.get_by_role("button", name="Desfazer").wait_for()
    tab.page.get_by_role("button", name="Sair").click()
    tab.page.locator("input[name=token]").wait_for()
    assert until(lambda: server.desk.frames("act"))[0]["decision"] == "executed"
    until(lambda: not server.desk.sockets)
    assert tab.page.evaluate("sessionStorage.length") == 0
    assert tab.page.title() == "Pregão"
    tab.shoot("console-after-logout")


def test_a_token_that_is_no_longer_good_leads_to_the_door(screen, server):
    tab = screen().enter("bruno")
    del server.desk.names["bruno"]
    server.desk.cut()
    expect(tab.page.locator(".login .error")).to_contain_text("expirou")
    tab.shoot("console-expired")
    assert serious_faults(tab) == []
    tab.complaints.clear()  # 401 and 403, as asked for


def test_a_live_alert_is_on_the_screen_and_confirmed(screen, server):
    server.desk.keep(server.desk.alert("WIN", ago=6, severity=Severity.MEDIUM))
    tab = screen().enter()
    alert = server.desk.ring(
        server.desk.alert(
            direction=Direction.SHORT,
            pattern=Pattern.VOLATILITY_EXTREME,
            severity=Severity.CRITICAL,
            reason={"z": 2.08, "mean": 127_784.0, "std": 56.0, "run": 2, "sigma": 2.0},
        )
    )
    tab.row(alert).wait_for()
    until(lambda: {"action": "receipt", "alert_id": alert.id} in server.desk.frames("receipt"))
    card = tab.page.locator(".card")
    expect(card).to_contain_text("VENDA")
    expect(card).to_contain_text("O fechamento se afastou demais da média")
    expect(card).to_contain_text("2,08")
    expect(tab.page.get_by_role("log")).to_contain_text("Extremo de volatilidade")
    until(lambda: tab.told("p95").endswith((" ms", " s")))
    tab.shoot("console-alert")
    assert serious_faults(tab) == []
    assert not tab.overflows()


def test_alerts_that_overtake_each_other_stand_in_order_and_once(screen, server):
    """None of them is asked for: the page waits a moment, on a busy machine perhaps too short a one."""
    tab = screen().enter()

    def overtaking(shown):
        asked = len(server.desk.frames("resume"))
        first, second, third = (server.desk.keep(server.desk.alert(ago=shown + 3 - n)) for n in range(3))
        for alert in (second, third, first, second):
            server.desk.send(action="alert", alert=server.desk.records[alert.id]["alert"])
        until(lambda: len(server.desk.frames("receipt")) >= shown + 3)
        assert tab.page.locator(".alerts tbody tr").count() == shown + 3
        return len(server.desk.frames("resume")) == asked

    assert any(overtaking(shown) for shown in (0, 3, 6))


def test_a_hole_in_the_numbers_is_asked_for(screen, server):
    tab = screen().enter()
    lost, came = server.desk.keep(server.desk.alert(ago=1)), server.desk.keep(server.desk.alert())
    server.desk.send(action="alert", alert=server.desk.records[came.id]["alert"])
    tab.row(lost).wait_for()
    tab.row(came).wait_for()
    assert server.desk.frames("resume")[0]["cursor"] == {"WINZ26": 10}


def test_sound_is_armed_by_a_click_and_rings_by_severity(screen, server):
    tab = screen().enter()
    server.desk.ring(server.desk.alert(ago=2))
    never(lambda: tab.page.evaluate("rung"), 0.3)
    tab.page.get_by_role("button", name="Armar som").click()
    expect(tab.page.get_by_role("button", name="Som armado")).to_have_attribute("aria-pressed", "true")
    tab.page.evaluate("rung.length = 0")
    server.desk.ring(server.desk.alert(severity=Severity.CRITICAL))
    until(lambda: len(tab.page.evaluate("rung")) == 3)


def test_a_decision_can_be_undone_and_is_sent_after_its_grace(screen, server):
    tab = screen().enter()
    alert = server.desk.ring(server.desk.alert())
    tab.row(alert).wait_for()
    tab.page.get_by_label("Observação").fill("sem volume")
    tab.page.get_by_role("button", name="Rejeitar").click()
    expect(tab.page.locator(".decide.pending")).to_contain_text("será enviado em")
    tab.shoot("console-undo")
    tab.page.get_by_role("button", name="Desfazer").click()
    never(lambda: server.desk.frames("act"), 0.5)
    expect(tab.page.get_by_label("Observação")).to_have_value("sem volume")
    tab.page.locator(".card h2").click()
    tab.page.keyboard.press("e")
    acts = until(lambda: server.desk.frames("act"))
    assert acts == [{"action": "act", "alert_id": alert.id, "decision": "executed", "note": "sem volume"}]
    expect(tab.page.locator(".made.executed")).to_contain_text("Executado por Ana Souza")
    expect(tab.row(alert)).to_contain_text("Ana Souza")


def test_a_colleagues_decision_appears_and_ends_ones_own(screen, server):
    tab = screen().enter()
    alert = server.desk.ring(server.desk.alert())
    tab.row(alert).wait_for()
    tab.page.keyboard.press("o")
    tab.page.get_by_role("button", name="Desfazer").wait_for()
    server.desk.decide(alert.id, "bruno", "executed", "entrei em 127.900")
    expect(tab.row(alert)).to_contain_text("Bruno Lima")
    expect(tab.page.locator(".toast")).to_contain_text("Já decidido por Bruno Lima: Executado")
    expect(tab.page.locator(".card .note")).to_have_text("entrei em 127.900")
    tab.shoot("console-colleague")
    never(lambda: server.desk.frames("act"), 5.5)


def test_a_decision_that_came_second_is_told_so(screen, server):
    tab = screen().enter()
    alert = server.desk.ring(server.desk.alert())
    tab.row(alert).wait_for()
    tab.page.keyboard.press("f")
    made = {"operator": "bruno", "decision": "executed", "note": None, "at": time.time()}
    server.desk.records[alert.id] |= {
        "decision": made,
        "state": "decided",
    }  # the frame that tells of it is lost
    expect(tab.page.locator(".toast.bad")).to_contain_text("Já decidido")
    expect(tab.row(alert)).to_contain_text("Bruno Lima")


def test_a_viewer_sees_and_decides_nothing(screen, server):
    tab = screen().enter("vera")
    server.desk.ring(server.desk.alert())
    expect(tab.page.locator(".card")).to_contain_text("Este papel pode ver, não decidir.")
    assert tab.page.locator(".act").count() == 0


def test_a_cut_is_said_and_what_was_missed_is_recovered(screen, server):
    tab = screen().enter()
    before = server.desk.ring(server.desk.alert(ago=5))
    tab.row(before).wait_for()
    server.desk.cut(closed=True)
    missed = [server.desk.keep(server.desk.alert(ago=4 - n)) for n in range(3)]
    banner = tab.page.locator(".banners")
    expect(banner).to_contain_text("Sem conexão com o servidor há")
    tab.shoot("console-offline")
    server.desk.closed = False
    for alert in missed:
        tab.row(alert).wait_for(timeout=10_000)
    expect(tab.page.locator(".toast.good")).to_contain_text("recuperados 3 alertas")
    until(lambda: "recuperados 3 alertas" in tab.told("resume"))
    expect(banner).to_be_empty()
    until(lambda: {one.id for one in missed} <= {one["alert_id"] for one in server.desk.frames("receipt")})
    tab.shoot("console-recovered")


def test_a_line_that_died_without_a_word_is_left(screen, server):
    """As after a sleep: the socket seems open, and nobody is there."""
    tab = screen().enter()
    server.desk.deaf = True
    tab.visible("visible")  # looked at again: is anybody there?
    until(lambda: server.desk.frames("ping"))
    missed = server.desk.keep(server.desk.alert())
    tab.page.locator('.strip li[data-item="line"].good').wait_for(state="detached", timeout=15_000)
    server.desk.deaf = False
    tab.row(missed).wait_for(timeout=20_000)
    until(lambda: "recuperado 1 alerta" in tab.told("resume"))


def test_a_page_closed_inside_the_grace_still_says_what_was_decided(screen, server):
    tab = screen().enter()
    alert = server.desk.ring(server.desk.alert())
    tab.row(alert).wait_for()
    tab.page.keyboard.press("r")
    tab.page.get_by_role("button", name="Desfazer").wait_for()
    tab.page.goto("about:blank")
    said = until(lambda: server.desk.frames("act") + server.desk.frames("parted"))
    assert said[0]["decision"] == "rejected"


def test_a_reload_goes_on_where_it_was(screen, server):
    tab = screen().enter()
    until(lambda: "WINZ26" in tab.page.evaluate("JSON.stringify(sessionStorage)"))
    tab.page.goto("about:blank")
    missed = server.desk.keep(server.desk.alert())
    tab.page.goto(tab.url)
    tab.row(missed).wait_for()
    until(lambda: server.desk.frames("receipt"))
    assert server.desk.frames("resume")[0]["cursor"] == {"WINZ26": 10}


def test_two_tabs_both_show_and_one_rings(screen, server):
    one, two = screen().enter(), screen().enter()
    for tab in (one, two):
        tab.page.get_by_role("button", name="Armar som").click()
    expect(two.page.get_by_role("button", name="Som em outra aba")).to_be_visible()
    for tab in (one, two):
        tab.page.evaluate("rung.length = 0")
    alert = server.desk.ring(server.desk.alert())
    for tab in (one, two):
        tab.row(alert).wait_for()
    until(lambda: one.page.evaluate("rung").__len__() == 2)
    assert two.page.evaluate("rung") == []
    one.page.close()
    expect(two.page.get_by_role("button", name="Som armado")).to_be_visible()


def test_two_tabs_come_back_with_all_of_it_once(screen, server):
    one, two = screen().enter(), screen().enter()
    two.visible("hidden")
    server.desk.cut(closed=True)
    missed = [server.desk.keep(server.desk.alert(ago=3 - n)) for n in range(3)]
    server.desk.closed = False
    for tab in (one, two):
        until(lambda tab=tab: "recuperados 3 alertas" in tab.told("resume"))
        assert tab.page.locator(".alerts tbody tr").count() == 3
    told = [frame["alert_id"] for frame in server.desk.frames("receipt")]
    assert sorted(told) == sorted(one.id for one in missed)  # by the tab that somebody sees, once each


def test_a_hidden_tab_confirms_nothing_until_it_is_looked_at(screen, server):
    tab = screen().enter()
    tab.visible("hidden")
    alert = server.desk.ring(server.desk.alert())
    until(lambda: tab.page.title() == "(1) Pregão")
    until(lambda: tab.page.evaluate("notified.length") == 1)
    assert tab.page.evaluate("notified[0].tag") == alert.id
    never(lambda: server.desk.frames("receipt"))
    tab.visible("visible")
    until(lambda: server.desk.frames("receipt"))
    assert tab.page.title() == "Pregão"


def test_what_the_filter_hides_is_not_confirmed_and_views_are_kept(screen, server):
    tab = screen().enter()
    tab.page.locator(".filters summary").click()
    tab.page.locator("select[name=f-side]").select_option("long")
    tab.page.fill("input[name=view-name]", "só compras")
    tab.page.get_by_role("button", name="Salvar visão").click()
    short = server.desk.ring(server.desk.alert(direction=Direction.SHORT))
    expect(tab.page.locator(".hidden-count")).to_contain_text("1 fora do filtro")
    never(lambda: server.desk.frames("receipt"), 0.5)
    expect(tab.page.locator(".card")).to_contain_text("Escolha um alerta")
    tab.shoot("console-filters")
    assert serious_faults(tab) == []
    tab.page.evaluate(f"location.hash = 'alert={short.id}'")  # opened all the same: now somebody sees it
    expect(tab.page.locator(".card")).to_contain_text("VENDA")
    until(lambda: server.desk.frames("receipt"))
    tab.page.locator("[name=f-clear]").click()
    tab.row(short).wait_for()
    tab.page.reload()
    tab.page.locator(".filters summary").click()
    tab.page.get_by_role("button", name="só compras", exact=True).click()
    expect(tab.row(short)).to_have_count(0)


def test_what_is_typed_or_open_in_the_filters_stays_while_alerts_come(screen, server):
    tab = screen().enter()
    tab.page.locator(".filters summary").click()
    tab.page.fill("input[name=view-name]", "só compras")
    tab.page.get_by_role("button", name="Salvar visão").click()
    tab.page.fill("input[name=view-name]", "com")
    tab.page.evaluate("window.side = document.querySelector('select[name=f-side]')")
    alert = server.desk.ring(server.desk.alert())
    tab.row(alert).wait_for()
    expect(tab.page.locator(".chip .count")).to_have_text("1")  # the views were drawn anew
    assert tab.page.evaluate("side === document.querySelector('select[name=f-side]')")
    tab.page.locator("select[name=f-side]").select_option("long")
    expect(tab.page.locator("[name=f-clear]")).to_be_visible()
    expect(tab.page.locator("input[name=view-name]")).to_have_value("com")


def test_candles_come_live_and_a_silent_feed_is_said(screen, server):
    server.desk.feeds["WDO"] = {
        "silent": {"since": time.time() - 372, "cause": "broker_lost"},
        "age_s": 372.0,
    }
    tab = screen().enter()
    expect(tab.page.locator(".banners")).to_contain_text("Sem dados de WDO M5 há 6 min (")
    last = server.desk.candles["WIN"][-1]
    server.desk.candle(
        "WIN", last | {"time": last["time"] + 300, "close": last["close"] + 5, "high": last["high"] + 5}
    )
    expect(tab.page.locator(".chart-legend")).to_contain_text(f"{last['close'] + 5:,.0f}".replace(",", "."))
    notice = {
        "id": "n",
        "instrument": "WIN",
        "contract": "WINZ26",
        "timeframe": "M5",
        "symbol": "WIN$N",
        "detail": HOSTILE,
    }
    silent_since = time.time() - 61
    server.desk.feeds["WIN"] = {"silent": {"since": silent_since, "cause": "bridge"}, "age_s": 361.0}
    server.desk.send(
        action="feed", kind="silent", since=silent_since, at=time.time(), cause="bridge", **notice
    )
    expect(tab.page.locator(".banners")).to_contain_text("Sem dados de WIN M5 há 1 min")
    tab.shoot("console-silent")
    assert serious_faults(tab) == []
    del server.desk.feeds["WIN"]
    server.desk.send(action="feed", kind="recovered", since=0, at=time.time(), cause="", **notice)
    expect(tab.page.locator(".banners")).not_to_contain_text("WIN M5")
    server.desk.send(action="news", text="unknown frames are nothing to this page")


def test_a_wrong_clock_is_said(screen, server):
    server.desk.skew = -42.0
    tab = screen().enter()
    # A slow first exchange, as while the page is being built, is followed by quicker ones.
    said = re.compile(r"O relógio deste computador está errado em 42 s$")
    expect(tab.page.locator(".banners p")).to_have_text(said)
    expect(tab.page.locator('.strip li[data-item="skew"] .value')).to_have_text("+42 s")


def test_english(screen, server):
    tab = screen().enter("bruno")
    server.desk.ring(server.desk.alert("WDO", reason={"level": 5400.0, "margin": 3.5, "atr": 7.0}))
    expect(tab.page.locator(".card")).to_contain_text("LONG")
    expect(tab.page.locator(".card")).to_contain_text("broken level")
    assert tab.page.locator("html").get_attribute("lang") == "en"
    tab.shoot("console-english")
    tab.page.get_by_role("button", name="Português").click()
    expect(tab.page.locator(".card")).to_contain_text("COMPRA")


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_a_phone(screen, server, scheme):
    tab = screen(375, 812, scheme).enter()
    for n in range(4):
        server.desk.ring(server.desk.alert(ago=8 - n))
    alert = server.desk.ring(server.desk.alert(direction=Direction.SHORT))
    tab.row(alert).wait_for()
    tab.shoot(f"console-phone-{scheme}")
    assert not tab.overflows()
    assert serious_faults(tab) == []
    assert tab.page.locator(".act").first.bounding_box()["height"] >= 44


def test_by_day(screen, server):
    tab = screen(scheme="light").enter()
    server.desk.ring(server.desk.alert(ago=4))
    alert = server.desk.ring(server.desk.alert())
    tab.row(alert).wait_for()
    tab.shoot("console-light")
    assert serious_faults(tab) == []


def test_by_keyboard_alone(screen, server):
    """Tab reaches everything and is caught nowhere; J and K walk the list; keys can be switched off."""
    tab = screen().enter()
    alerts = [server.desk.ring(server.desk.alert(ago=3 - n)) for n in range(3)]
    tab.row(alerts[2]).wait_for()
    reached = set()
    for _ in range(60):
        tab.page.keyboard.press("Tab")
        reached.add(
            tab.page.evaluate("(at => at.className || at.dataset.id || at.tagName)(document.activeElement)")
        )
    assert {"skip", "row-open", "BODY"} <= reached
    tab.page.keyboard.press("j")
    tab.page.keyboard.press("k")
    tab.page.keyboard.press("?")
    expect(tab.page.get_by_role("dialog")).to_be_visible()
    tab.shoot("console-help")
    assert serious_faults(tab) == []
    tab.page.get_by_label("Atalhos de uma tecla ligados").uncheck()
    tab.page.keyboard.press("Escape")
    tab.page.keyboard.press("e")
    expect(tab.page.locator(".decide.pending")).to_have_count(0)


def test_hostile_text_is_text(screen, server):
    server.desk.names["bruno"] = HOSTILE
    tab = screen().enter()
    alert = server.desk.ring(
        server.desk.alert(symbol=HOSTILE, contract=HOSTILE[:30], instrument="WIN", reason={HOSTILE: HOSTILE})
    )
    tab.row(alert).wait_for()
    server.desk.decide(alert.id, "bruno", "rejected", HOSTILE)
    expect(tab.page.locator(".card .note")).to_have_text(HOSTILE)
    server.desk.send(action="digest", total=3, reason=HOSTILE, since=1, until=2, counts=[])
    server.desk.send(action="error", code="bad_frame", message=HOSTILE)
    server.desk.send(
        action="action", alert_id=HOSTILE, operator=HOSTILE, decision=HOSTILE, note=HOSTILE, at=1
    )
    expect(tab.page.locator(".toasts")).to_contain_text("onerror")
    tab.shoot("console-hostile")
    assert tab.page.locator("img, b").count() == 0
    assert tab.page.title() == "Pregão"
    assert not tab.overflows()


def test_the_page_weighs_little_and_asks_nobody_else(screen, server):
    assert json.loads((DIST / "size.json").read_text())["gzip_bytes"] < 250 * 1024
    tab = screen().enter()
    tab.shoot("console-first-sight")
    host = server.url.rstrip("/")
    assert [one for one in tab.requests if not one.startswith(host)] == []
    expect(tab.page.locator("#tv-attr-logo")).to_be_visible()


def test_yesterday_is_a_link_away(screen, server):
    """The e-mail's link opens an alert of another day among its own."""
    day = yesterday()
    old = next(n for n in range(1, 400) if _day_of(server, n) <= day)
    alert = server.desk.keep(server.desk.alert(ago=old), outcome="target")
    tab = screen().enter("ana", f"&alert={alert.id}")
    expect(tab.page.locator(".card")).to_contain_text("Desfecho")
    expect(tab.page.locator(".historybar")).to_contain_text("Histórico")
    expect(tab.row(alert)).to_contain_text("Alvo")
    assert alert.id in tab.page.url


def _day_of(server, ago):
    return time.strftime("%Y-%m-%d", time.gmtime(server.desk.candles["WIN"][-1 - ago]["time"] - 3 * 3600))
