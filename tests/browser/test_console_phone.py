"""An operator's phone on the page: a device switched on, a notification of the worker's, a silence."""

from __future__ import annotations

import json
import os
from datetime import datetime

import pytest
from playwright.sync_api import expect

from pregao.aws.channels.web_push import payload
from pregao.domain.delivery.duty import DESK_ZONE
from pregao.domain.delivery.operators import Channel
from pregao.domain.text.note import render_note
from tests.browser.console_screen import built, never, screen, serious_faults, server, until
from tests.fakes import an_operator, still_open

__all__ = ["screen", "server"]  # fixtures

pytestmark = built
chromium = pytest.mark.skipif(
    os.environ.get("PREGAO_BROWSER") == "firefox", reason="asks the worker by Chromium's devtools"
)
KEY = "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs"
P256DH = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
# No push service is reached from here: what the browser would answer.
PUSH = """
window.subscribed = []
if (!window.PushManager) window.PushManager = class {}  // Firefox: a page before the first one has none
PushManager.prototype.getSubscription = async () => null
PushManager.prototype.subscribe = async options => {
  subscribed.push([options.userVisibleOnly, options.applicationServerKey.length])
  return {toJSON: () => ({endpoint: 'https://fcm.googleapis.com/fcm/send/abc',
    keys: {p256dh: 'P256DH', auth: 'BTBZMqHH6r4Tts7J_aSIgg'}})}
}
""".replace("P256DH", P256DH)
REFUSING = """() => {
  PushManager.prototype.subscribe = async () => {
    throw new DOMException('Registration failed - permission denied', 'NotAllowedError')
  }
}"""
SHELL = """async () => {
  const names = await caches.keys()
  const cache = await caches.open(names[0])
  return [names.length, (await cache.keys()).map(one => new URL(one.url).pathname)]
}"""
NOTIFICATIONS = """async () => {
  const worker = await navigator.serviceWorker.ready
  return (await worker.getNotifications()).map(one => ({title: one.title, body: one.body, tag: one.tag}))
}"""
CLICK = """async () => {
  const [one] = await self.registration.getNotifications()
  self.dispatchEvent(new NotificationEvent('notificationclick', {notification: one, action: 'open'}))
}"""


@pytest.fixture
def tab(screen, server):
    server.desk.devices.key = KEY
    tab = screen()
    tab.page.context.grant_permissions(["notifications"])
    tab.page.add_init_script(PUSH)
    return tab.enter()


def dialog_of(tab):
    tab.page.locator('[data-id="phone"]').click()
    dialog = tab.page.get_by_role("dialog", name="Celular")
    expect(dialog).to_be_visible()
    return dialog


def switched_on(tab, server):
    dialog = dialog_of(tab)
    dialog.get_by_role("button", name="Ativar neste aparelho").click()
    expect(dialog.locator("li")).to_have_count(1)
    assert server.desk.devices.of("ana")
    return dialog


def test_a_device_is_switched_on_by_a_click_that_says_what_for_and_taken_off_again(tab, server):
    dialog = switched_on(tab, server)
    expect(dialog).to_contain_text("Abrir uma notificação não confirma o alerta")
    assert tab.page.evaluate("subscribed") == [[True, 65]]
    (device,) = server.desk.devices.of("ana")
    here = "Firefox, Linux" if tab.page.context.browser.browser_type.name == "firefox" else "Chrome, Linux"
    assert (device.endpoint, device.label) == ("https://fcm.googleapis.com/fcm/send/abc", here)
    row = dialog.locator("li")
    expect(row).to_contain_text(here)
    expect(dialog).to_contain_text("Ligado neste aparelho")
    expect(dialog.get_by_role("button", name="Ativar neste aparelho")).to_have_count(0)
    tab.shoot("console-phone")
    assert serious_faults(tab) == []
    row.get_by_role("button", name="Tirar").click()
    expect(row).to_have_count(0)
    assert server.desk.devices.of("ana") == []
    expect(dialog.get_by_role("button", name="Ativar neste aparelho")).to_be_visible()


def test_what_the_browser_refuses_is_said_in_the_pages_words(tab, server):
    tab.page.evaluate(REFUSING)
    dialog = dialog_of(tab)
    dialog.get_by_role("button", name="Ativar neste aparelho").click()
    expect(dialog.get_by_role("alert")).to_contain_text("libere as notificações deste site")
    expect(dialog).not_to_contain_text("permission denied")


def test_a_silence_is_until_that_time_of_the_desks_clock_wherever_the_computer_is(screen, server):
    server.desk.devices.key = KEY
    dialog = dialog_of(screen(zone="Asia/Tokyo").enter())
    at = datetime.fromtimestamp(server.desk.now() + 1800, DESK_ZONE)
    dialog.locator('input[type="time"]').fill(f"{at:%H:%M}")
    dialog.get_by_role("button", name="Silenciar", exact=True).click()
    expect(dialog).to_contain_text(f"{at:%H:%M}")
    assert 0 <= at.timestamp() - server.desk.devices.silent_until("ana") < 60


def test_without_keys_of_the_desk_the_command_that_makes_them_is_named(tab, server):
    server.desk.devices.key = None
    dialog = dialog_of(tab)
    expect(dialog).to_contain_text("pregao channel keys")
    expect(dialog.get_by_role("button", name="Ativar neste aparelho")).to_have_count(0)


def test_the_worker_keeps_the_shell_and_nothing_that_the_api_said(tab, server):
    switched_on(tab, server)
    count, kept = until(lambda: tab.page.evaluate(SHELL))
    assert count == 1
    assert "/" in kept
    assert any(one.startswith("/main-") for one in kept)
    assert not [one for one in kept if one.startswith("/api") or one in {"/config.json", "/compliance.html"}]


def delivered(tab, text):
    """Let Chromium hand a push message to the page's worker, as its push service would."""
    devtools = tab.page.context.new_cdp_session(tab.page)
    found = []
    devtools.on("ServiceWorker.workerRegistrationUpdated", lambda said: found.extend(said["registrations"]))
    devtools.send("ServiceWorker.enable")
    until(lambda: tab.page.wait_for_timeout(20) or found)
    about = {"origin": tab.url.rstrip("/"), "registrationId": found[0]["registrationId"], "data": text}
    devtools.send("ServiceWorker.deliverPushMessage", about)


@chromium
def test_a_message_rings_as_a_notification_whose_click_opens_the_alert_and_confirms_nothing(tab, server):
    dialog = switched_on(tab, server)
    dialog.get_by_role("button", name="Fechar").click()
    alert = server.desk.keep(server.desk.alert(ago=3))
    note = render_note(alert, an_operator("ana"), "https://mesa.example/act/x", still_open(alert))
    delivered(tab, payload(note).decode())
    (shown,) = until(lambda: tab.page.evaluate(NOTIFICATIONS))
    assert (shown["title"], shown["tag"]) == (note.title, note.topic)
    assert shown["body"] == note.text
    assert server.desk.frames("receipt") == []
    until(lambda: tab.page.context.service_workers)[0].evaluate(CLICK)
    expect(tab.page.locator(f'[data-alert="{alert.id}"]').first).to_be_visible()
    assert until(lambda: not tab.page.evaluate(NOTIFICATIONS))


@chromium
def test_a_message_that_is_none_of_ours_rings_without_a_word_of_it(tab, server):
    switched_on(tab, server)
    delivered(tab, json.dumps({"title": "<b>x</b>", "alert": "../evil"}))
    (shown,) = until(lambda: tab.page.evaluate(NOTIFICATIONS))
    assert (shown["title"], shown["body"]) == ("Pregão", "")


def test_a_phone_is_silent_until_a_time_seen_and_lifted(tab, server):
    dialog = dialog_of(tab)
    dialog.get_by_label("até").fill("23:59")
    dialog.get_by_role("button", name="Silenciar", exact=True).click()
    expect(dialog).to_contain_text("Celular em silêncio até")
    assert server.desk.devices.silent_until("ana") > server.desk.now()
    tab.shoot("console-phone-silent")
    dialog.get_by_role("button", name="Voltar a tocar").click()
    expect(dialog).to_contain_text("Silenciar meu celular até")
    assert server.desk.devices.silent_until("ana") == 0.0


def test_the_card_says_who_got_an_alert_where_and_when(screen, server):
    tab = screen().enter()
    alert = server.desk.alert()
    at = alert.detected_at
    steps = [{"channel": "screen", "at": at + 1}, {"channel": "telegram", "at": at + 12}]
    server.desk.reached[alert.id] = [
        {"operator": "ana", "steps": steps},
        {"operator": "bruno", "steps": [], "silent_until": at + 3600},
    ]
    server.desk.ring(alert)
    tab.row(alert).click()
    rows = tab.page.locator(".reached")
    expect(rows).to_contain_text("Quem recebeu")
    expect(rows).to_contain_text("tela")
    expect(rows).to_contain_text("Telegram")
    expect(rows).to_contain_text("Bruno Lima")
    expect(rows).to_contain_text("ainda não · Celular em silêncio até")
    tab.shoot("console-reached")
    assert serious_faults(tab) == []


MOVED = """address => {
  PushManager.prototype.getSubscription = async () => ({toJSON: () => ({endpoint: address,
    keys: {p256dh: 'P256DH', auth: 'BTBZMqHH6r4Tts7J_aSIgg'}})})
}""".replace("P256DH", P256DH)
CHANGED = """() => {
  const event = new ExtendableEvent('pushsubscriptionchange')
  event.newSubscription = {}
  self.dispatchEvent(event)
}"""


def addresses(server):
    return [one.endpoint for one in server.desk.devices.of("ana")]


@chromium
def test_a_device_whose_browser_gave_it_another_address_stays_one(tab, server):
    switched_on(tab, server)
    moved = "https://fcm.googleapis.com/fcm/send/moved"
    tab.page.evaluate(MOVED, moved)
    until(lambda: tab.page.context.service_workers)[0].evaluate(CHANGED)
    until(lambda: addresses(server) == [moved])
    assert server.desk.troubles.all() == []


def test_a_page_that_was_closed_meanwhile_tells_it_when_it_is_opened(tab, server):
    switched_on(tab, server)
    tab.page.add_init_script(f"({MOVED})('https://fcm.googleapis.com/fcm/send/later')")
    tab.page.reload()
    until(lambda: addresses(server) == ["https://fcm.googleapis.com/fcm/send/later"])


@chromium
def test_a_device_that_was_taken_off_does_not_come_back_by_itself(tab, server):
    switched_on(tab, server).locator("li").get_by_role("button", name="Tirar").click()
    until(lambda: addresses(server) == [])
    tab.page.evaluate(MOVED, "https://fcm.googleapis.com/fcm/send/moved")
    until(lambda: tab.page.context.service_workers)[0].evaluate(CHANGED)
    never(lambda: addresses(server) != [], 0.5)


def test_what_does_not_reach_its_owner_stands_first(tab, server):
    server.desk.troubles.failed("ana", Channel.TELEGRAM, "blocked", server.desk.now() - 60)
    dialog = dialog_of(tab)
    expect(dialog.locator(".troubles li")).to_contain_text("Telegram: bot bloqueado: abra a conversa")
    expect(dialog.locator(".troubles li")).to_contain_text("(1\u00d7)")
    tab.shoot("console-phone-trouble")
    assert serious_faults(tab) == []
