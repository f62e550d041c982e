"""The console while nobody looks at it: hidden, frozen, on a line that died, without its sound."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from pregao.domain.alerts.signal import Severity
from tests.browser.console_screen import built, never, screen, server, until

__all__ = ["screen", "server"]  # fixtures

pytestmark = built
QUICKER = 8
# The page's clocks run faster, so that half a minute of silence is a few seconds of a test.
QUICK = """
for (const [clock, name] of [[Date, 'now'], [performance, 'now']]) {
  const real = clock[name].bind(clock), start = real()
  clock[name] = () => start + (real() - start) * QUICKER
}
""".replace("QUICKER", str(QUICKER))
# What browsers do to the timers of a page that is hidden for long: they come once a minute.
THROTTLED = """
const real = window.setInterval
window.setInterval = (run, ...more) => {
  let last = 0
  return real(() => {
    if (document.hidden && Date.now() - last < 60_000) return
    last = Date.now()
    run()
  }, ...more)
}
"""
NO_WORKERS = "delete window.Worker"
# The page's audio, to be interrupted as a phone call or a lost device does it.
AUDIO = """
window.audios = []
window.AudioContext = class extends AudioContext { constructor() { super(); audios.push(this) } }
"""
NO_OUTPUT = """
AudioContext.prototype.resume = () => new Promise(() => undefined)
Object.defineProperty(AudioContext.prototype, 'state', {get: () => 'suspended'})
"""


def armed(tab):
    """Arm the sound and forget its first notes."""
    tab.page.get_by_role("button", name="Armar som").click()
    tab.page.locator('[data-id="sound"][aria-pressed="true"]').wait_for()
    tab.page.evaluate("rung.length = 0")
    return tab


def happens(tab, event):
    """Let the browser tell the page that it is frozen or thawed: headless ones do neither."""
    tab.page.evaluate("name => document.dispatchEvent(new Event(name))", event)


def sound(tab):
    """What the page says of its sound."""
    return tab.page.locator('[data-id="sound"]').inner_text().lstrip("♪\u0338 \n")


@pytest.mark.parametrize("workers", [True, False])
def test_a_hidden_tab_on_a_line_that_died_silently_comes_back(screen, server, workers):
    """With a worker's beat within the usual time; by the throttled timers alone within some minutes."""
    tab = screen()
    for script in [QUICK, THROTTLED] + [NO_WORKERS] * (not workers):
        tab.page.add_init_script(script)
    armed(tab.enter())
    tab.visible("hidden")
    server.desk.deafen()
    missed = server.desk.keep(server.desk.alert())
    until(lambda: server.desk.sockets, (60 if workers else 200) / QUICKER)
    until(lambda: tab.page.title() == "(1) Pregão")
    tab.row(missed).wait_for(state="attached")
    until(lambda: tab.page.evaluate("rung.length") > 0)


@pytest.mark.parametrize(
    ("who", "decision", "told"),
    [
        ("bruno", "false_alarm", "Já decidido por Bruno Lima: Alarme falso · COMPRA WINZ26"),
        ("system", "TIMEOUT", "COMPRA WINZ26 expirou sem decisão: sua decisão não foi enviada"),
    ],
)
def test_a_decision_that_was_overtaken_while_the_line_was_down_is_told(screen, server, who, decision, told):
    tab = screen().enter()
    alert = server.desk.ring(server.desk.alert())
    tab.row(alert).wait_for()
    server.desk.cut(closed=True)
    tab.page.keyboard.press("r")
    server.desk.decide(alert.id, who, decision)
    server.desk.closed = False
    tab.online()
    expect(tab.page.locator(".toast", has_text="WINZ26").filter(has_text=told)).to_have_count(1)
    never(lambda: server.desk.frames("act"), 0.5)
    tab.complaints.clear()  # the browser's own notes of the door that was shut


def test_while_a_decision_waits_for_the_line_another_on_its_alert_leads_nowhere(screen, server):
    tab = screen()
    tab.page.add_init_script(QUICK)
    tab.enter()
    alert, other = (server.desk.ring(server.desk.alert(ago=ago)) for ago in (1, 0))
    for one in (other, alert):
        tab.row(one).click()
    server.desk.cut(closed=True)
    tab.page.keyboard.press("r")
    expect(tab.row(other)).to_have_class(re.compile("selected"))
    tab.row(alert).click()
    made = tab.page.locator(".card .made")
    expect(made).to_contain_text("ao reconectar")
    expect(tab.page.locator(".toast.undoable")).to_have_count(0)
    tab.page.keyboard.press("f")
    never(lambda: tab.page.locator(".toast.undoable").count(), 0.5)
    expect(made).to_contain_text("Rejeitado")
    expect(tab.row(alert)).to_have_class(re.compile("selected"))
    server.desk.closed = False
    tab.online()
    (act,) = until(lambda: server.desk.frames("act"))
    assert (act["alert_id"], act["decision"]) == (alert.id, "rejected")
    tab.complaints.clear()  # the browser's own notes of the door that was shut


def test_a_line_that_died_while_the_page_was_frozen_is_not_called_online(screen, server):
    tab = screen().enter()
    tab.visible("hidden")
    server.desk.deafen()
    happens(tab, "freeze")  # its timers run on, here: a line that lives would have answered
    until(lambda: tab.told("line") == "verificando…")
    happens(tab, "resume")
    tab.visible("visible")
    until(lambda: server.desk.sockets, 8)  # within the few seconds that one who looks waits
    tab.online()


def test_a_healthy_tab_rings_what_the_one_with_the_right_does_not_hear(screen, server):
    deaf = armed(screen().enter())
    deaf.visible("hidden")
    server.desk.deafen()
    healthy = armed(screen().enter())
    expect(healthy.page.get_by_role("button", name="Som em outra aba")).to_be_visible()
    server.desk.ring(server.desk.alert(severity=Severity.CRITICAL))
    until(lambda: healthy.page.evaluate("rung.length") == 3)
    assert deaf.page.evaluate("rung") == []
    expect(healthy.page.get_by_role("button", name="Som armado")).to_be_visible()
    until(lambda: sound(deaf) == "Som em outra aba")
    assert healthy.page.evaluate("notified") == []


def test_the_right_to_ring_is_given_up_with_the_line(screen, server):
    first, second = armed(screen().enter()), armed(screen().enter())
    server.desk.names = {"bruno": "Bruno Lima"}  # the first one comes in no more
    until(lambda: sound(second) == "Som em outra aba")
    first.page.context.set_offline(False)
    first.page.evaluate("dispatchEvent(new Event('offline'))")
    until(lambda: sound(second) == "Som armado")
    server.desk.names["ana"] = "Ana Souza"
    first.online()
    until(lambda: sound(first) == "Som em outra aba")
    alert = server.desk.ring(server.desk.alert())
    for tab in (first, second):
        tab.row(alert).wait_for()
    until(lambda: second.page.evaluate("rung.length") == 2)
    never(lambda: first.page.evaluate("rung.length"), 1.5)


def test_a_frozen_tab_gives_up_the_right_to_ring(screen, server):
    frozen, other = armed(screen().enter()), armed(screen().enter())
    happens(frozen, "freeze")
    until(lambda: sound(other) == "Som armado")
    server.desk.ring(server.desk.alert(severity=Severity.CRITICAL))
    until(lambda: other.page.evaluate("rung.length") == 3)
    assert frozen.page.evaluate("rung") == []


def test_a_tab_that_hangs_does_not_keep_the_right_to_ring(screen, server):
    """It cannot give it up, for nothing runs in it."""
    hung, other = armed(screen().enter()), armed(screen().enter())
    hung.page.evaluate(
        "window.setTimeout(() => { const end = Date.now() + 6000; while (Date.now() < end); }, 0)"
    )
    server.desk.ring(server.desk.alert(severity=Severity.CRITICAL))
    until(lambda: other.page.evaluate("rung.length") == 3)
    until(lambda: sound(other) == "Som armado")
    until(lambda: sound(hung) == "Som em outra aba")


def test_a_sound_that_the_browser_interrupts_is_taken_up_again(screen, server):
    tab = screen()
    tab.page.add_init_script(AUDIO)
    armed(tab.enter())
    tab.page.evaluate("audios[0].suspend()")
    until(lambda: tab.page.evaluate("audios[0].state") == "running")
    tab.page.evaluate("audios[0].resume = () => new Promise(() => undefined); audios[0].suspend()")
    until(lambda: sound(tab) == "Som parado pelo navegador: clique")
    tab.shoot("console-sound-blocked")
    server.desk.ring(server.desk.alert())
    never(lambda: tab.page.evaluate("rung.length"), 1.2)
    tab.page.locator('[data-id="sound"]').click()
    until(lambda: sound(tab) == "Som armado")
    tab.page.evaluate("rung.length = 0")
    server.desk.ring(server.desk.alert("WDO", severity=Severity.CRITICAL))
    until(lambda: tab.page.evaluate("rung.length") == 3)


def test_another_tab_rings_while_one_has_no_sound(screen, server):
    mute = screen()
    mute.page.add_init_script(AUDIO)
    armed(mute.enter())
    other = armed(screen().enter())
    mute.page.evaluate("audios[0].resume = () => new Promise(() => undefined); audios[0].suspend()")
    until(lambda: sound(other) == "Som armado")
    server.desk.ring(server.desk.alert(severity=Severity.CRITICAL))
    until(lambda: other.page.evaluate("rung.length") == 3)


def test_without_an_audio_output_the_page_says_so(screen, server):
    tab = screen()
    tab.page.add_init_script(NO_OUTPUT)
    tab.enter()
    tab.page.get_by_role("button", name="Armar som").click()
    expect(tab.page.locator(".toast.bad")).to_contain_text("falta uma saída de áudio")
    assert sound(tab).endswith("Armar som")


def test_a_hidden_tabs_title_says_that_nothing_comes(screen, server):
    tab = screen().enter()
    tab.visible("hidden")
    server.desk.cut(closed=True)
    until(lambda: tab.page.title() == "⚠ Pregão")
    server.desk.closed = False
    until(lambda: tab.page.title() == "Pregão")
