"""A desk that decides together, in real browsers: who decides for whom, watching, colleagues' chips."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from pregao.domain.alerts.signal import Pattern
from tests.browser.console_screen import built, screen, serious_faults, server, until

__all__ = ["screen", "server"]  # fixtures

pytestmark = built
SIZES = [(1366, 768), (390, 844)]


@pytest.fixture
def rung(screen, server):
    """Ana's and Bruno's screens with one alert; each decides for themself, or the first for the desk."""

    def ring(*, each, size=SIZES[0]):
        server.desk.each = each
        server.desk.languages["bruno"] = "pt-BR"
        tabs = [screen(*size, profile=name).enter(name) for name in ("ana", "bruno")]
        alert = server.desk.ring(server.desk.alert())
        for tab in tabs:
            tab.row(alert).wait_for()
        return *tabs, alert

    return ring


def press(tab, what):
    """Press a decision, and the second time where the price asks for one."""
    tab.page.locator(f".card .act.{what}").click()


def fits(tab):
    """The card's buttons are in sight at its foot, and nothing scrolls sideways."""
    foot = max(
        box["y"] + box["height"] for box in (one.bounding_box() for one in tab.page.locator(".act").all())
    )
    return foot < tab.page.locator(".strip").bounding_box()["y"] and not tab.overflows()


@pytest.mark.parametrize("size", SIZES, ids=["desk", "phone"])
def test_where_each_decides_both_stand_and_each_sees_the_other_s(rung, server, size):
    ana, bruno, _ = rung(each=True, size=size)
    press(ana, "rejected")
    press(bruno, "false_alarm")
    until(lambda: len(server.desk.frames("act")) == 2, 12)
    for tab, mine, other in (
        (ana, "Rejeitado", "Bruno Lima: Alarme falso"),
        (bruno, "Alarme falso", "Ana Souza: Rejeitado"),
    ):
        expect(tab.page.locator(".card .made")).to_contain_text(mine)
        expect(tab.page.locator(".card .others .chip")).to_have_text([other])
    assert server.desk.frames("pending") == []  # nobody is in the other's way
    for tab in (ana, bruno):
        tab.page.reload()
        tab.online()
        expect(tab.page.locator(".card .others .chip")).to_have_count(1)
        assert serious_faults(tab) == []
    ana.shoot(f"console-each-decided-{size[0]}")


@pytest.mark.parametrize("size", SIZES, ids=["desk", "phone"])
def test_a_colleague_s_decision_leaves_it_open(rung, server, size):
    ana, bruno, alert = rung(each=True, size=size)
    server.desk.decide(alert.id, "ana", "executed")
    expect(bruno.page.locator(".card .others .chip")).to_have_text(["Ana Souza: Executado"])
    expect(bruno.page.locator(".card .act")).to_have_count(4)
    expect(ana.page.locator(".card .made")).to_contain_text("Executado")
    assert fits(bruno)
    bruno.shoot(f"console-each-open-{size[0]}")


@pytest.mark.parametrize("each", [False, True], ids=["first", "each"])
def test_watching_stays_open_after_a_reload_too(rung, server, each):
    ana, bruno, alert = rung(each=each)
    press(ana, "watching")
    until(lambda: server.desk.frames("act"), 12)
    for again in (False, True):
        if again:
            ana.page.reload()
            ana.online()
        expect(ana.page.locator(".card .others .chip")).to_have_text(["você: Observando"])
        expect(ana.page.locator(".card .act")).to_have_count(3)
        expect(ana.row(alert).locator(".c-state")).to_have_text("Observando")
    expect(ana.page.locator(".card .countdown")).to_have_text(re.compile(r"^5\d:\d\d$"))
    expect(bruno.page.locator(".card .others .chip")).to_have_text(["Ana Souza: Observando"])
    expect(bruno.row(alert).locator(".c-state")).to_have_text("Aberto")
    expect(bruno.page.locator(".card .act")).to_have_count(4)
    ana.shoot("console-watched" if each else "console-watched-first")
    press(ana, "rejected")
    until(lambda: len(server.desk.frames("act")) == 2, 12)
    expect(ana.page.locator(".card .made")).to_contain_text("Rejeitado")
    expect(bruno.page.locator(".card .act")).to_have_count(4 if each else 0)


@pytest.mark.parametrize("size", SIZES, ids=["desk", "phone"])
def test_a_ready_note_is_one_press_and_is_recorded_as_the_note(rung, server, size):
    ana, _, _ = rung(each=False, size=size)
    note = ana.page.locator("input[name=note]")
    note.fill("outra coisa")
    ready = ana.page.locator(".card .ready button")
    expect(ready).to_have_text(["spread alto", "contra a tendência", "notícia", "já posicionado"])
    ready.nth(2).click()
    expect(note).to_have_value("notícia")
    note.focus()
    for _ in range(2 + 1):  # past the order's number to the second one
        ana.page.keyboard.press("Tab")
    ana.page.keyboard.press("Enter")
    expect(note).to_have_value("contra a tendência")
    assert fits(ana)
    assert serious_faults(ana) == []
    ana.shoot(f"console-ready-notes-{size[0]}")
    press(ana, "rejected")
    (sent,) = until(lambda: server.desk.frames("act"), 12)
    assert sent["note"] == "contra a tendência"


@pytest.mark.parametrize("size", SIZES, ids=["desk", "phone"])
def test_what_is_watched_comes_back_at_a_time_or_at_its_price(rung, server, size):
    ana, bruno, alert = rung(each=False, size=size)
    press(ana, "watching")
    back = ana.page.locator(".card .back button")
    expect(back).to_have_text(["em 15 min", "em 30 min", re.compile(r"^em 12\d\.\d{3}$")], timeout=20_000)
    expect(bruno.page.locator(".card .back")).to_have_count(0)
    back.first.click()
    expect(ana.page.locator('[data-back="off"]')).to_have_text(re.compile(r"^às \d\d:\d\d ✕$"))
    assert [one["minutes"] for one in server.desk.frames("remind")] == [15]
    ana.page.locator('[data-back="price"]').click()
    expect(ana.page.locator('[data-back="price"]')).to_be_disabled()
    (level,) = server.desk.levels["ana"]
    assert (level["alert_id"], level["price"], level["crossing"]) == (alert.id, alert.price, "touch")
    assert fits(ana)
    assert serious_faults(ana) == []
    ana.shoot(f"console-comes-back-{size[0]}")
    ana.page.reload()
    ana.online()
    ana.row(alert).click()
    expect(ana.page.locator('[data-back="off"]')).to_be_visible()
    server.desk.remind("ana", alert.id)
    expect(ana.page.locator("[role=log]")).to_contain_text("Volta: COMPRA WINZ26")
    expect(ana.page.locator('[data-back="15"]')).to_be_visible()
    press(ana, "rejected")
    until(lambda: len(server.desk.frames("act")) == 2, 12)
    expect(ana.page.locator(".card .back")).to_have_count(0)


def test_after_a_decision_comes_one_that_can_still_be_entered(screen, server):
    """Neither the one that is watched, nor one whose stop was touched."""
    tab = screen().enter()
    ring = lambda pattern: server.desk.ring(server.desk.alert(pattern=pattern))  # noqa: E731
    best, watched = ring(Pattern.ENGULFING), ring(Pattern.RSI_DIVERGENCE)
    over = server.desk.ring(server.desk.alert("WDO"))
    newest = ring(Pattern.LEVEL_BREAK)
    tab.row(newest).wait_for()
    server.desk.decide(watched.id, "ana", "watching")
    last = server.desk.candles["WDO"][-1]
    server.desk.candle("WDO", last | {"time": over.candle_closed_at, "low": over.stop_loss - 1})
    tab.row(newest).click()
    press(tab, "rejected")
    expect(tab.row(best)).to_have_class(re.compile(r"\bselected\b"))


@pytest.mark.parametrize("each", [False, True], ids=["first", "each"])
@pytest.mark.parametrize("size", SIZES, ids=["desk", "phone"])
def test_open_alerts_are_handed_over_at_a_change_of_shift(rung, server, size, each):
    ana, bruno, alert = rung(each=each, size=size)
    wdo = server.desk.ring(server.desk.alert("WDO"))
    ana.row(wdo).wait_for()
    control = ana.page.locator(".handover")
    control.locator("summary").click()
    expect(control.locator("button")).to_have_text(["Bruno Lima · 2"])  # not Vera, who only looks
    assert not ana.overflows()
    assert serious_faults(ana) == []
    ana.shoot(f"console-handover-{size[0]}")
    control.locator("button").click()
    note = "Você passou para Bruno Lima: 2 alertas abertos"
    expect(ana.page.locator("[role=log]")).to_contain_text(note)
    expect(bruno.page.locator("[role=log]")).to_contain_text("Ana Souza passou para você: 2 alertas abertos")
    expect(control).to_be_hidden()  # nothing is hers any more
    bruno.row(alert).click()
    expect(bruno.page.locator(".card .chip.handed")).to_have_text("passado por Ana Souza")
    confirmed = lambda: [one["alert_id"] for one in server.desk.frames("receipt", "bruno")]  # noqa: E731
    until(
        lambda: {confirmed().count(one.id) for one in (alert, wdo)} == {2}, 10
    )  # anew, for they are his now
    assert not bruno.overflows()
    assert serious_faults(bruno) == []
    bruno.shoot(f"console-handed-{size[0]}")
    bruno.page.reload()
    bruno.online()
    bruno.row(alert).click()
    expect(bruno.page.locator(".card .chip.handed")).to_have_text("passado por Ana Souza")
    press(bruno, "rejected")
    (sent,) = until(lambda: server.desk.frames("act", "bruno"), 12)
    assert (sent["alert_id"], sent["decision"]) == (alert.id, "rejected")


def test_what_was_handed_over_while_the_line_was_down_rings_when_it_is_back(rung, server):
    ana, bruno, alert = rung(each=False)
    server.desk.cut(closed=True)
    server.desk.handed[alert.id] = {"operator": "ana", "to": "bruno", "at": server.desk.now()}
    server.desk.closed = False
    bruno.online()
    expect(bruno.page.locator("[role=log]")).to_contain_text(
        "Ana Souza passou para você: 1 alerta aberto", timeout=20_000
    )
    ana.online()
    expect(ana.page.locator(".handover")).to_be_hidden()
