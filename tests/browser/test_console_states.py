"""The console in states a trader seldom meets: a burst, an empty day, half a system, what is forbidden."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from pregao.domain.alerts.alert import Worth
from pregao.domain.alerts.signal import SIDES, Direction, Severity
from tests.browser.console_screen import built, never, screen, serious_faults, server, until
from tests.fakes import CONTEXT

__all__ = ["screen", "server"]  # fixtures

pytestmark = built
LONG = "Maria Aparecida dos Santos Albuquerque de Oliveira e Vasconcelos"
# Timers of a page that run faster, so that a note of seconds is gone in a moment.
QUICK = """
const usual = window.setTimeout
window.setTimeout = (run, wait, ...more) => usual(run, (wait ?? 0) / 10, ...more)
"""
# A page that hears of its elements' sizes when it pleases the browser.
SIZES = """
const Usual = ResizeObserver
window.ResizeObserver = class extends Usual {
  constructor(told) { super((...sizes) => setTimeout(() => told(...sizes), DELAY)) }
}
"""
DENIED = """
window.asked = 0
window.Notification = class {
  static permission = 'denied'
  static requestPermission = async () => { asked += 1 }
}
"""


def test_thirty_at_once_are_all_there_confirmed_and_ring_but_once(screen, server):
    tab = screen().enter()
    tab.page.get_by_role("button", name="Armar som").click()
    tab.page.evaluate("rung.length = 0")
    alerts = [
        server.desk.alert(severity=Severity.MEDIUM, expires_at=int(time.time()) + n) for n in range(600, 630)
    ]
    for n, alert in enumerate(alerts):
        server.desk.ring(replace(alert, id=f"{n:064x}"))
    until(lambda: len({one["alert_id"] for one in server.desk.frames("receipt")}) == 30)
    assert tab.page.locator(".alerts tbody tr").count() == 30
    assert 1 <= len(tab.page.evaluate("rung")) < 10
    assert tab.page.locator(".toast").count() == 0
    tab.shoot("console-burst")
    assert not tab.overflows()


def test_an_alert_is_spoken_once_and_calmly(screen, server):
    tab = screen().enter()
    alert = server.desk.ring(server.desk.alert())
    tab.row(alert).wait_for()
    server.desk.send(action="alert", alert=server.desk.records[alert.id]["alert"])
    server.desk.cut()
    until(lambda: tab.told("resume").endswith("nada perdido"))
    spoken = tab.page.get_by_role("log")
    expect(spoken).to_have_attribute("aria-live", "polite")
    assert spoken.locator("p", has_text="Rompimento de nível").count() == 1


def test_an_unread_day_is_not_called_empty(screen, server):
    server.desk.down = {"alerts"}
    tab = screen().enter()
    expect(tab.page.locator(".list .empty")).to_contain_text("não puderam ser lidos; pode haver alguns")
    tab.shoot("console-not-read")
    server.desk.down = set()
    tab.visible("visible")  # asked again, as every quarter of a minute
    expect(tab.page.locator(".list .empty")).to_contain_text("Nenhum alerta ainda")
    tab.page.get_by_role("button", name="Histórico").click()
    expect(tab.page.locator(".list .empty")).to_have_text("Nenhum alerta neste dia.")
    tab.shoot("console-empty-day")
    assert serious_faults(tab) == []
    tab.complaints.clear()  # the browser's own note of the 503


def test_a_desk_that_does_not_answer_is_said_and_asked_again(screen, server):
    server.desk.down = {"desk"}
    tab = screen()
    tab.page.goto(f"{server.url}#token=token-ana")
    expect(tab.page.get_by_role("status")).to_have_text("O servidor não responde.")
    tab.shoot("console-server-away")
    server.desk.down = set()
    tab.online()
    tab.complaints.clear()  # the browser's own notes of the 503s


def test_endpoints_that_fail_are_said_and_asked_again(screen, server):
    """The socket is up, HTTP is not: alerts still come, and what was missed meanwhile is brought."""
    tab = screen().enter()
    expect(tab.page.locator("[data-id=market-WDO] .last")).to_contain_text("5.")  # its candles were read
    earlier = server.desk.keep(server.desk.alert())
    server.desk.down = {"health", "candles", "alerts"}
    tab.visible("visible")  # looked at again: it asks
    expect(tab.page.locator(".banners")).to_contain_text("O estado do sistema não pode ser consultado")
    assert tab.told("bridge") == "sem informação"
    live = server.desk.ring(server.desk.alert("WDO"))
    tab.row(live).click()
    expect(tab.page.locator(".toast.bad")).to_contain_text("As velas não puderam ser lidas")
    expect(tab.page.locator(".chart-legend")).to_contain_text("WDOZ26 M5  Abe")  # what was read before
    tab.shoot("console-http-down")
    assert tab.told("line") == "conectado"
    server.desk.down = set()
    tab.visible("visible")
    expect(tab.page.locator(".banners")).to_be_empty()
    expect(tab.page.locator(".chart-legend")).to_contain_text("WDOZ26 M5  Abe")
    tab.row(earlier).wait_for()
    tab.complaints.clear()  # the browser's own notes of the 503s


@pytest.mark.parametrize("mode", ["Ao vivo", "Histórico"])
def test_a_chart_without_its_candles_says_so_and_asks_again(mode, screen, server):
    server.desk.down = {"candles"}
    tab = screen().enter()
    tab.page.get_by_role("button", name=mode).click()
    legend = tab.page.locator(".chart-legend")
    expect(legend).to_contain_text("As velas não puderam ser lidas")
    server.desk.down = set()
    expect(legend).to_contain_text("WINZ26 M5  Abe")  # nobody did anything
    tab.complaints.clear()  # the browser's own notes of the 503s


def test_a_screen_that_comes_during_a_silence_is_told_at_once(screen, server):
    server.desk.feeds["WIN"] = {
        "silent": {"since": time.time() - 372, "cause": "not_started"},
        "age_s": 372.0,
    }
    tab = screen().enter()
    silence = "Sem dados de WIN M5 há 6 min (o terminal não está aberto)"
    expect(tab.page.locator(".banners")).to_have_text(f"■ {silence}", timeout=2000)
    assert tab.told("feed-WIN M5") == "sem dados há 6 min"


def test_a_return_that_was_missed_ends_the_silence(screen, server):
    tab = screen().enter()
    notice = {"id": "n", "instrument": "WIN", "contract": "WINZ26", "timeframe": "M5", "symbol": "WIN$N"}
    now = time.time()
    server.desk.feeds["WIN"] = {"silent": {"since": now - 61, "cause": "broker_lost"}, "age_s": 361.0}
    server.desk.send(
        action="feed", kind="silent", since=now - 61, at=now - 30, cause="broker_lost", detail="x", **notice
    )
    expect(tab.page.locator(".banners")).to_contain_text("(o terminal não está conectado à corretora)")
    server.desk.cut(closed=True)
    server.desk.feeds.clear()  # and its `recovered` frame goes to nobody
    server.desk.closed = False
    tab.online()
    expect(tab.page.locator(".banners")).to_be_empty()
    assert tab.told("feed-WIN M5").startswith("há ")


def test_before_anybody_answered_the_strip_claims_nothing(screen, server):
    server.desk.down = {"health"}
    tab = screen().enter()
    until(lambda: tab.told("feed") == "sem informação" and tab.told("bridge") == "sem informação")
    tab.complaints.clear()  # the browser's own note of the 503


def test_what_was_held_back_stays_in_sight(screen, server):
    tab = screen().enter()
    server.desk.send(action="digest", total=12, reason="queue_full", since=1, until=time.time(), counts=[])
    expect(tab.page.locator(".toast.bad")).to_have_text("12 alertas retidos: fila cheia")
    assert tab.told("held").startswith("12 · fila cheia · ")


def test_notes_leave_by_themselves(screen, server):
    """Those that tell and those that offer to undo; what is still so stays on the strip."""
    tab = screen()
    tab.page.add_init_script(QUICK)
    tab.enter()
    tab.page.evaluate("""() => {
      window.noted = []
      new MutationObserver(told => told.forEach(({addedNodes}) =>
        addedNodes.forEach(one => noted.push(one.className)))
      ).observe(document.querySelector('.toasts'), {childList: true})
    }""")
    server.desk.send(action="digest", total=12, reason="queue_full", since=1, until=time.time(), counts=[])
    first, second = (server.desk.ring(server.desk.alert(ago=ago)) for ago in (1, 0))
    tab.row(second).click()
    tab.page.keyboard.press("r")  # leads to the next, and offers to undo
    expect(tab.row(first)).to_have_class(re.compile("selected"))
    until(lambda: tab.page.evaluate("noted.length") >= 2)
    assert {"toast bad", "toast info undoable"} <= set(tab.page.evaluate("noted"))
    expect(tab.page.locator(".toast")).to_have_count(0)
    assert tab.told("held").startswith("12 · fila cheia · ")


def test_the_bulletin_of_the_day_before_is_on_the_card(screen, server):
    tab = screen().enter()
    alert = server.desk.ring(server.desk.alert(context=CONTEXT))
    tab.row(alert).wait_for()
    context = tab.page.locator(".card .context")
    expect(context).to_contain_text("Boletim da B3 de 19/11")
    expect(context).to_contain_text("Ajuste130.180 (1.070 acima, 0,82 %)")
    expect(context).to_contain_text("1.234.567 (+2,1 %)")
    tab.shoot("console-context")
    assert serious_faults(tab) == []


def test_another_contract_than_the_calendars_is_believed_and_read_once(screen, server):
    """As around a roll, or when an old session is replayed."""
    tab = screen().enter()
    expect(tab.page.locator(".chart-legend")).to_contain_text("WINZ26 M5  Abe")
    tab.page.wait_for_load_state("networkidle")
    tab.requests.clear()
    for _ in range(3):
        last = server.desk.candles["WIN"][-1]
        server.desk.candle("WIN", last | {"time": last["time"] + 300}, contract="WING27")
        expect(tab.page.locator(".chart-legend")).to_contain_text("WING27 M5  Abe")
    assert [one for one in tab.requests if "/candles" in one] == []


def test_sound_ends_when_it_is_disarmed(screen, server):
    tab = screen().enter()
    tab.page.get_by_role("button", name="Armar som").click()
    tab.page.get_by_role("button", name="Som armado").click()
    tab.page.get_by_role("button", name="Armar som").wait_for()
    tab.page.evaluate("rung.length = 0")
    alert = server.desk.ring(server.desk.alert(severity=Severity.CRITICAL))
    tab.row(alert).wait_for()
    assert tab.page.evaluate("rung") == []


@pytest.mark.parametrize("width", [375, 1366])
def test_forbidden_notifications_are_said_in_words(screen, server, width):
    tab = screen(width)
    tab.page.context.add_init_script(DENIED)
    tab.enter()
    switch = tab.page.get_by_role("button", name="Notificações bloqueadas")
    expect(switch).to_be_disabled()
    assert switch.locator(".text").bounding_box()["width"] > 100  # seen, not only spoken
    tab.shoot(f"console-denied-{width}")
    tab.visible("hidden")
    server.desk.ring(server.desk.alert())
    until(lambda: tab.page.title() == "(1) Pregão")  # the title tells it all the same
    assert tab.page.evaluate("asked") == 0
    assert not tab.overflows()


def test_nothing_moves_where_motion_is_unwanted(screen, server):
    tab = screen()
    tab.page.emulate_media(reduced_motion="reduce")
    tab.enter()
    alert = server.desk.ring(server.desk.alert())
    tab.row(alert).wait_for()
    style = tab.row(alert).evaluate(
        "row => [getComputedStyle(row).animationName, getComputedStyle(row).boxShadow]"
    )
    assert style[0] == "none"
    assert "inset" in style[1]


def test_long_names_and_notes_fit(screen, server):
    server.desk.names |= {"ana": LONG, "bruno": LONG}
    server.desk.others = ["IND", "DOL", "BIT", "EURUSD"]
    tab = screen().enter()
    tab.page.get_by_role("button", name="Notificações ligadas").click()
    alert = server.desk.ring(server.desk.alert(direction=Direction.SHORT))
    tab.row(alert).wait_for()
    server.desk.decide(alert.id, "bruno", "rejected", "x" * 500)
    expect(tab.page.locator(".card .note")).to_have_text("x" * 500)
    tab.shoot("console-long-names")
    assert not tab.overflows()


def test_a_phone_picks_from_the_list_and_sees_the_card(screen, server):
    tab = screen(375, 812).enter()
    alerts = [server.desk.ring(server.desk.alert()) for _ in range(2)]
    tab.row(alerts[0]).wait_for()
    tab.row(alerts[0]).scroll_into_view_if_needed()
    tab.row(alerts[0]).click()
    until(lambda: -1 <= tab.page.locator(".card").bounding_box()["y"] < 100)
    acts = tab.page.locator(".act")
    bottom = max(box["y"] + box["height"] for box in (one.bounding_box() for one in acts.all()))
    assert bottom < tab.page.locator(".strip").bounding_box()["y"]
    tab.page.screenshot(path=tab.shoot("console-phone-picked"))


def test_a_phones_first_sight_holds_prices_and_decisions(screen, server):
    tab = screen(375, 812).enter()
    server.desk.ring(server.desk.alert())
    tab.page.locator(".act").last.wait_for()
    bottom = max(
        one.bounding_box()["y"] + one.bounding_box()["height"] for one in tab.page.locator(".act").all()
    )
    assert bottom < tab.page.locator(".strip").bounding_box()["y"]


def test_the_focus_is_seen_wherever_it_stands(screen, server):
    tab = screen().enter()
    server.desk.ring(server.desk.alert())
    tab.page.locator(".act").first.wait_for()
    for _ in range(40):
        tab.page.keyboard.press("Tab")
        seen = tab.page.evaluate("""() => {
          const at = document.activeElement, {outlineStyle, outlineWidth} = getComputedStyle(at)
          const seen = outlineStyle !== 'none' && outlineWidth !== '0px'
          return at === document.body || seen || at.outerHTML.slice(0, 80)
        }""")
        assert seen is True


def test_how_a_decided_alert_ended_is_asked_when_it_is_looked_at(screen, server):
    tab = screen().enter()
    alert = server.desk.ring(server.desk.alert())
    tab.row(alert).wait_for()
    server.desk.decide(alert.id, "bruno", "executed")
    server.desk.records[alert.id]["outcome"] = "stop"
    tab.row(alert).click()
    expect(tab.page.locator(".card")).to_contain_text("DesfechoStop")


def test_the_door_speaks_english_too(screen, server):
    tab = screen()
    tab.page.goto(tab.url)
    tab.page.get_by_role("button", name="English").click()
    expect(tab.page.get_by_role("button", name="Sign in").first).to_be_visible()
    tab.page.reload()
    expect(tab.page.locator("html")).to_have_attribute("lang", "en")
    never(lambda: tab.complaints, 0.2)


def test_the_chart_looks_at_the_newest_candles_whenever_its_size_comes(screen, server):
    """Candles may be there before the page has a size; what is seen is the same."""
    axes = []
    for profile, delay in (("at once", 0), ("late", 800)):
        tab = screen(profile=profile)
        tab.page.add_init_script(SIZES.replace("DELAY", str(delay)))
        tab.enter()
        expect(tab.page.locator(".chart-legend")).to_contain_text("WINZ26 M5  Abe")
        axes.append(tab)
    # A loaded machine draws late; a chart that looks elsewhere stays there.
    until(lambda: axis_of(axes[0]) == axis_of(axes[1]))


def axis_of(tab):
    """A picture of the chart's time axis."""
    box = tab.page.locator(".chart").bounding_box()
    axis = {"x": box["x"], "y": box["y"] + box["height"] - 28, "width": box["width"] - 90, "height": 26}
    return tab.page.screenshot(clip=axis)


def test_a_notice_stands_beside_an_answer_that_read_the_state_before_it(screen, server):
    """The state is read eventually: asked in the same second, it may not know of the silence yet."""
    tab = screen().enter()
    now = time.time()
    notice = {"id": "n", "instrument": "WIN", "contract": "WINZ26", "timeframe": "M5", "symbol": "WIN$N"}
    with tab.page.expect_response(lambda one: one.url.endswith("/api/health")):
        server.desk.send(
            action="feed", kind="silent", since=now - 61, at=now, cause="no_trades", detail="", **notice
        )
    expect(tab.page.locator(".banners")).to_contain_text("Sem dados de WIN M5")
    never(lambda: "Sem dados de WIN M5" not in tab.page.locator(".banners").inner_text(), 0.5)


def test_who_gets_no_email_and_what_was_given_up_stands_on_the_strip(screen, server):
    since = time.time() - 60
    server.desk.unwell = {
        "unreached": {"operators": 1, "since": since, "reason": "refused"},
        "phones": {"operators": 2, "since": since, "reason": "expired", "channel": "push"},
        "dead_letters": {"alerts": 0, "timers": 2, "reports": 1},
    }
    tab = screen().enter()
    until(lambda: tab.told("dead") == "3")
    assert tab.told("unreached").endswith("(recusado)")
    assert tab.told("phones").endswith("(notificação: aparelho desligado: ative-o de novo)")
    assert "2 operadores sem celular" in tab.page.locator('.strip li[data-item="phones"].warn').inner_text()
    assert "1 operador sem e-mail" in tab.page.locator('.strip li[data-item="unreached"].bad').inner_text()
    box = tab.page.locator('.strip li[data-item="dead"]').bounding_box()
    assert box["x"] + box["width"] < 1366  # in sight without scrolling
    tab.shoot("console-unreached")
    assert serious_faults(tab) == []
    server.desk.unwell = {"unreached": None, "dead_letters": {"alerts": 0, "timers": 0, "reports": 0}}
    tab.visible("visible")  # asked again
    expect(tab.page.locator(".toast.good")).to_have_text("E-mail aceito de novo")
    expect(tab.page.locator('.strip li[data-item="unreached"], .strip li[data-item="dead"]')).to_have_count(0)


def test_a_round_of_the_minute_that_stopped_is_said_and_how_old_the_feeds_are(screen, server):
    """Of many feeds the server tells what the last round found."""
    now = time.time()
    late = {"what": "watch_late", "since": now - 200, "runbook": "WatchMissing"}
    server.desk.unwell = {"status": "degraded", "problems": [late], "feeds_at": now - 40}
    tab = screen().enter()
    expect(tab.page.locator(".banners")).to_contain_text("A rotina de cada minuto parou há 3 min")
    assert tab.told("feeds-read").startswith("há 4")
    tab.shoot("console-round-late")
    assert serious_faults(tab) == []
    server.desk.unwell = {}
    tab.visible("visible")  # asked again
    expect(tab.page.locator(".banners")).not_to_contain_text("A rotina de cada minuto")
    expect(tab.page.locator('.strip li[data-item="feeds-read"]')).to_have_count(0)


def test_candles_set_aside_are_told_once_and_stand_on_the_strip(screen, server):
    """And the notice of it does not end a silence."""
    tab = screen().enter()
    now = time.time()
    notice = {"id": "n", "instrument": "WIN", "contract": "WINZ26", "timeframe": "M5", "symbol": "WIN$N"}
    server.desk.feeds["WIN"] = {
        "silent": {"since": now - 400, "cause": "no_trades"},
        "set_aside": {"count": 2, "newest": now - 300},
    }
    server.desk.send(
        action="feed", kind="set_aside", since=now - 300, at=now, cause=None, detail="low > open", count=2,
        **notice,
    )  # fmt: skip
    expect(tab.page.locator(".toast.bad")).to_contain_text("2 velas postas de lado: WIN M5")
    expect(tab.page.locator(".toast.bad")).to_contain_text("(low > open)")
    until(lambda: tab.told("feed-WIN M5").endswith("· 2 velas postas de lado"))
    assert "Sem dados de WIN M5" in tab.page.locator(".banners").inner_text()


MEDIA = {
    "dark": {"color_scheme": "dark"},
    "light": {"color_scheme": "light"},
    "contrast": {"color_scheme": "dark", "contrast": "more"},
    "forced": {"color_scheme": "dark", "contrast": "no-preference", "forced_colors": "active"},
}


def test_every_width_by_day_by_night_and_with_more_contrast(screen, server):
    """One page, turned through them all: it fits, and it can be read."""
    server.desk.others = ["IND", "DOL", "BIT", "EURUSD"]
    worth = Worth(0.2, "BRL")
    tab = screen().enter()
    for n in range(4):
        server.desk.ring(server.desk.alert(ago=8 - 2 * n, direction=SIDES[n % 2], worth=worth))
    alert = server.desk.ring(server.desk.alert(worth=worth))
    tab.row(alert).click()
    expect(tab.page.locator(".card")).to_contain_text("+R$ 21,00 por contrato")
    for name, media in MEDIA.items():
        tab.page.emulate_media(**media)
        expect(tab.page.locator("html")).to_have_attribute("data-theme", media["color_scheme"])
        for width, height in ((375, 812), (390, 844), (768, 1024), (1366, 768), (1920, 1080), (2560, 1440)):
            tab.page.set_viewport_size({"width": width, "height": height})
            assert not tab.overflows(), (name, width)
            tab.shoot(f"console-{name}-{width}")
            assert name == "forced" or width not in {375, 1366} or serious_faults(tab) == [], (name, width)
