"""Past days in the console: what became of their alerts, one alert by its link, and a session told again."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect

from pregao.domain.alerts.signal import SIDED, SIDES
from tests.browser.console_screen import built, never, screen, serious_faults, server, until
from tests.browser.console_server import ZONE

__all__ = ["screen", "server"]  # fixtures

pytestmark = built


@pytest.fixture
def past(server):
    """The alerts of the newest session before today: seven, with what became of them."""
    today = f"{datetime.now(ZONE):%Y-%m-%d}"
    candles = server.desk.candles["WIN"]
    day = max(_day(one["time"]) for one in candles if _day(one["time"]) < today)
    rows = [row for row, one in enumerate(candles) if _day(one["time"]) == day]
    outcomes = ["target", "stop", "expired", "target", "target", "stop", None]
    made = []
    for n, outcome in enumerate(outcomes):
        alert = server.desk.alert(
            ago=len(candles) - 1 - rows[3 + 3 * n],  # early: a session told again is waited for
            direction=SIDES[n % 2],
            pattern=SIDED[n % 4],
        )
        acted = {
            "operator": "bruno",
            "decision": "executed",
            "note": "parcial" if n else None,
            "at": alert.detected_at + 40,
        }
        made.append(server.desk.keep(alert, acted if n % 3 == 0 else None, outcome))
    return day, made


def _day(at):
    return f"{datetime.fromtimestamp(at, ZONE):%Y-%m-%d}"


def _open(tab, day):
    tab.page.get_by_role("button", name="Histórico").click()
    tab.page.locator("input[name=day]").fill(day)


def test_a_past_day_with_outcomes_and_decisions(screen, server, past):
    day, alerts = past
    tab = screen().enter()
    _open(tab, day)
    tab.row(alerts[0]).wait_for()
    expect(tab.page.locator(".alerts tbody tr")).to_have_count(7)
    expect(tab.row(alerts[0]).locator(".c-state")).to_have_text("Executado")
    expect(tab.row(alerts[0]).locator(".c-age")).to_have_text("✓ Alvo")
    expect(tab.page.get_by_role("columnheader", name="Desfecho")).to_be_visible()
    expect(tab.page.locator(".filterbar h2")).to_have_text("Alertas · 7: 3 alvo, 2 stop, 1 expirou")
    expect(tab.row(alerts[0])).to_contain_text("Bruno Lima")
    tab.row(alerts[3]).click()
    expect(tab.page.locator(".card")).to_contain_text("Desfecho")
    expect(tab.page.locator(".card .note")).to_have_text("parcial")
    assert tab.page.locator(".act").count() == 0
    tab.shoot("console-history")
    assert serious_faults(tab) == []


def test_a_live_alert_is_seen_while_one_looks_at_another_day(screen, server, past):
    day, _ = past
    tab = screen().enter()
    _open(tab, day)
    alert = server.desk.ring(server.desk.alert())
    toast = tab.page.locator(".toast.live")
    expect(toast).to_contain_text("Alerta ao vivo")
    until(lambda: server.desk.frames("receipt"))
    tab.shoot("console-live-in-history")
    toast.get_by_role("button", name="Ver").click()
    expect(tab.row(alert)).to_have_class("row long sev-high is-open selected fresh")
    assert tab.page.locator(".historybar").is_hidden()


def test_a_session_is_told_again_marked_and_without_a_word_to_the_server(screen, server, past):
    day, alerts = past
    tab = screen().enter()
    _open(tab, day)
    tab.row(alerts[0]).wait_for()
    server.desk.heard.clear()
    tab.page.get_by_role("button", name="Reproduzir").click()
    expect(tab.page.locator(".historybar.replay")).to_contain_text("REPRODUÇÃO de sessão passada")
    expect(tab.page.locator(".alerts tbody tr")).to_have_count(0)
    tab.page.locator("select[name=speed]").select_option("300")
    tab.row(alerts[0]).wait_for(timeout=20_000)
    tab.row(alerts[1]).wait_for(timeout=20_000)
    tab.row(alerts[1]).click()
    tab.page.keyboard.press("e")
    tab.shoot("console-replay")
    assert tab.told("feed-WIN M5") != "há 0 s"  # the strip goes on telling of now
    assert serious_faults(tab) == []
    tab.page.get_by_role("button", name="Pausar").click()
    _nothing_that_is_still_to_come(tab, server, alerts)
    shown = tab.page.locator(".alerts tbody tr").count()
    never(lambda: tab.page.locator(".alerts tbody tr").count() != shown, 0.6)
    never(lambda: server.desk.frames("act") or server.desk.frames("receipt"), 5.5)
    tab.page.get_by_role("button", name="Voltar ao vivo").click()
    expect(tab.page.locator(".historybar")).to_be_hidden()
    expect(tab.page.locator("html")).to_have_attribute("data-mode", "live")


def _nothing_that_is_still_to_come(tab, server, alerts):
    """No candle, alert or outcome after the moment that a session told again has reached."""
    reached = tab.page.locator(".replay-clock").inner_text().split()[1]
    drawn = tab.page.locator(".chart-host").get_attribute("aria-label").rpartition(" às ")[2]
    assert drawn[:5] < reached, "a candle is drawn when it has closed"
    rows = tab.page.locator(".alerts tbody tr .c-time").all_inner_texts()
    assert rows
    assert max(rows) <= reached
    expect(tab.page.locator(".card")).to_contain_text("VENDA")
    expect(tab.page.locator(".card")).not_to_contain_text("Desfecho")


def test_a_day_without_a_session_has_nothing_to_replay(screen, server):
    """And what is shown first of the past is a weekday."""
    tab = screen().enter()
    tab.page.get_by_role("button", name="Histórico").click()
    day = tab.page.locator("input[name=day]")
    assert datetime.fromisoformat(day.input_value()).weekday() < 5
    today = datetime.now(ZONE).date()
    sunday = f"{today - timedelta(days=today.isoweekday()):%Y-%m-%d}"
    day.fill(sunday)
    tab.page.get_by_role("button", name="Reproduzir").click()
    expect(tab.page.locator(".toast.bad")).to_have_text("Sem pregão neste dia")
    expect(day).to_have_value(sunday)


def test_a_link_to_an_alert_that_is_not_there(screen):
    tab = screen().enter("ana", "&alert=" + "0" * 64)
    expect(tab.page.locator(".toast.bad")).to_have_text("Alerta não encontrado")
    tab.complaints.clear()  # the browser's own note of the 404


def test_a_link_opened_in_a_page_that_is_open_already(screen, past):
    _, alerts = past
    tab = screen().enter()
    tab.page.evaluate(f"location.hash = 'alert={alerts[2].id}'")
    expect(tab.page.locator(".card")).to_contain_text("Expirou")
    expect(tab.row(alerts[2])).to_be_visible()


def test_a_link_is_not_lost_to_a_page_that_draws_at_that_moment(screen, past):
    """The page writes its address when it draws; what somebody just put there is read first."""
    _, alerts = past
    tab = screen().enter()
    put = f"requestAnimationFrame(() => {{ location.hash = 'alert={alerts[2].id}' }})"
    draw = "document.querySelector('[data-id=theme]').click()"
    tab.page.evaluate(f"() => {{ {put}; {draw} }}")  # in this order in the next frame
    expect(tab.page.locator(".card")).to_contain_text("Expirou")
