"""Telegram and Web Push against services on loopback that check what they get: what each answer comes to."""

from __future__ import annotations

import hashlib
import json
import re
import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest

from local.stack.phone_services import Fault, serving_phones
from pregao.aws.channels import http
from pregao.aws.channels.addresses import Addresses
from pregao.aws.channels.apprise_service import AppriseService, service_of
from pregao.aws.channels.encryption import decode, encode, new_private_key, private_key, public_of
from pregao.aws.channels.telegram import CAPTION, Telegram, _message
from pregao.aws.channels.web_push import WebPush
from pregao.domain.delivery.alert_state import Taken, state_of
from pregao.domain.delivery.operators import Channel
from pregao.domain.delivery.push import Device
from pregao.domain.text.note import render_note
from pregao.flow.ports.refusals import ChannelBusy, ChannelRefused, ChannelSilent, NoAddress
from tests.fakes import NOW, Clock, FakeDevices, an_alert, an_operator, still_open

ANA = an_operator("ana")
ALERT = an_alert()
URL = "https://mesa.example/act/abc"
PNG = b"\x89PNG\r\n\x1a\n\r\n--not the end\r\n\x00\xff"


def a_note(state=None, url=URL, **changes):
    return replace(render_note(ALERT, ANA, url, state or still_open(ALERT)), **changes)


class Secrets:
    """Secrets Manager with one secret."""

    def __init__(self, text="{}"):
        self.text, self.reads = text, 0

    def get_secret_value(self, **_):
        self.reads += 1
        return {"SecretString": self.text}

    def put_secret_value(self, **asked):
        self.text = asked["SecretString"]


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Nobody waits four seconds for a service that hangs; an answer comes in time on a busy machine."""
    monkeypatch.setattr(http, "READ_S", 1.0)
    http._connections.cache_clear()
    yield
    http._connections.cache_clear()


@pytest.fixture
def services():
    with serving_phones() as services:
        yield services


@pytest.fixture
def addresses():
    return Addresses(Secrets(), "arn", Clock(NOW))


@pytest.fixture
def telegram(services, addresses):
    addresses.put("ana", "telegram", {"token": services.token, "chat": "42", "server": services.url})
    return Telegram(addresses)


@pytest.fixture
def push(services, addresses):
    """Ana's Firefox, and the sender that knows it."""
    key = new_private_key()
    addresses.put_vapid(encode(key))
    services.vapid = encode(public_of(private_key(key)))
    devices = FakeDevices()
    devices.add("ana", a_device(services, "firefox"))
    # The real clock: a push service looks at the signature's end.
    return WebPush(addresses, devices, "mailto:pregao@mesa.example", http_clock, loopback=True)


def http_clock():
    return time.time()


def a_device(services, name):
    phone = services.phone(name)
    return Device(services.endpoint(name), phone.p256dh, encode(phone.auth), name, NOW)


class TestMarks:
    """What an intent's record says of the address: enough to tell one from another, to who has the key."""

    def test_the_same_for_the_same_address_another_for_another(self, telegram, addresses, services):
        first = telegram.mark(ANA)
        assert re.fullmatch("[0-9a-f]{16}", first)
        addresses.put("ana", "push", {})
        assert telegram.mark(ANA) == first
        addresses.put("ana", "telegram", {"token": services.token, "chat": "43"})
        assert telegram.mark(ANA) not in {first, ""}

    def test_another_desk_s_key_makes_another(self, telegram, addresses):
        other = Addresses(Secrets(), "arn", Clock(NOW))
        other.put("ana", "telegram", dict(addresses.of("ana", "telegram")))
        assert Telegram(other).mark(ANA) != telegram.mark(ANA)

    def test_it_is_no_hash_that_anybody_could_make(self, telegram, services):
        for text in (f"{services.token}\x0042", "42", services.token):
            assert not hashlib.sha256(text.encode()).hexdigest().startswith(telegram.mark(ANA))

    def test_of_a_phone_and_of_a_messenger_by_apprise(self, push, addresses):
        assert re.fullmatch("[0-9a-f]{16}", push.mark(ANA))
        addresses.put("ana", "ntfy", {"url": "ntfy://topic"})
        ntfy = AppriseService(addresses, Channel.NTFY)
        assert re.fullmatch("[0-9a-f]{16}", ntfy.mark(ANA))
        assert push.mark(an_operator("bruno")) == ntfy.mark(an_operator("bruno")) == ""

    def test_a_secret_of_before_has_no_key_until_it_is_written_again(self):
        kept = Secrets(json.dumps({"operators": {"ana": {"telegram": {"token": "1:x", "chat": "2"}}}}))
        addresses = Addresses(kept, "arn", Clock(NOW))
        assert Telegram(addresses).mark(ANA) == ""
        addresses.put_vapid("key")
        assert Telegram(addresses).mark(ANA)


class TestTelegram:
    def test_a_message_has_title_prices_state_and_a_button_that_opens_the_page(self, telegram, services):
        assert telegram.send(ANA, a_note()) == "1"
        (one,) = services.received
        assert one.to == "42"
        assert one.told["text"].splitlines()[0] == "▲ COMPRA WINZ26 @ 131.250 · Rompimento de nível"
        assert "Stop 131.070" in one.told["text"]
        first, *others = one.told["reply_markup"]["inline_keyboard"]
        assert first == [{"text": "Ver alerta", "url": URL}]
        assert [(it["text"], it["url"].removeprefix(URL)) for row in others for it in row] == [
            ("Executado", "?d=executed"),
            ("Rejeitado", "?d=rejected"),
            ("Observando", "?d=watching"),
            ("Alarme falso", "?d=false_alarm"),
            ("Silenciar meu celular", "?d=silence"),
        ]

    def test_a_page_of_this_machine_stands_in_the_text(self, telegram, services):
        telegram.send(ANA, a_note(url="http://127.0.0.1:8/act/abc"))
        (one,) = services.received
        assert one.told["text"].endswith("\nhttp://127.0.0.1:8/act/abc")
        assert "reply_markup" not in one.told

    def test_a_message_can_say_something_else_later(self, telegram, services):
        number = telegram.send(ANA, a_note())
        state = state_of(ALERT, Taken("bruno", "executed", NOW), [an_operator("bruno")], NOW)
        telegram.amend(ANA, number, a_note(state))
        edited = services.received[-1].told
        assert (edited["method"], str(edited["message_id"])) == ("editMessageText", number)
        assert "Bruno" in edited["text"]

    def test_a_picture_comes_with_its_text_and_button_and_can_say_something_else_later(
        self, telegram, services
    ):
        number = telegram.send(ANA, a_note(picture=PNG))
        (one,) = services.received
        assert (number, one.told["method"], one.told["photo"]) == ("photo-1", "sendPhoto", PNG)
        assert one.told["caption"].startswith("▲ COMPRA WINZ26 @ 131.250")
        assert one.told["reply_markup"]["inline_keyboard"][0][0]["url"] == URL
        telegram.amend(ANA, number, a_note(title="Decidido"))
        edited = services.received[-1].told
        assert (edited["method"], edited["message_id"]) == ("editMessageCaption", 1)
        assert edited["caption"].startswith("Decidido")
        telegram.withdraw(ANA, number)
        assert services.received[-1].told["method"] == "deleteMessage"

    @pytest.mark.parametrize("status", [400, 413])
    def test_a_picture_that_is_not_taken_is_left_out(self, telegram, services, status):
        services.faults.append(Fault(status, {}, b"{}"))
        assert telegram.send(ANA, a_note(picture=PNG)) == "1"
        assert [one.told["method"] for one in services.received] == ["sendMessage"]

    @pytest.mark.parametrize("fault", [Fault(500), Fault(hang_s=1.5), Fault(429), Fault(403)])
    def test_what_else_may_come_of_one_is_not_tried_again_without_it(self, telegram, services, fault):
        services.faults.append(fault)
        with pytest.raises((ChannelSilent, ChannelBusy, ChannelRefused)):
            telegram.send(ANA, a_note(picture=PNG))
        assert services.received == []

    def test_a_message_can_be_taken_back(self, telegram, services):
        number = telegram.send(ANA, a_note())
        telegram.withdraw(ANA, number)
        gone = services.received[-1].told
        assert (gone["method"], str(gone["message_id"])) == ("deleteMessage", number)

    @pytest.mark.parametrize(
        ("fault", "kind", "told"),
        [
            (Fault(400, {}, b"{}"), ChannelRefused, "bad_request"),
            (Fault(401, {}, b"{}"), ChannelRefused, "wrong_token"),
            (Fault(403, {}, b"{}"), ChannelRefused, "blocked"),
            (Fault(404, {}, b"no JSON"), ChannelRefused, "wrong_token"),
            (Fault(429, {}, b'{"ok": false, "parameters": {"retry_after": 17}}'), ChannelBusy, "429"),
            (Fault(429, {"Retry-After": "9"}, b""), ChannelBusy, "429"),
            (Fault(429, {"Retry-After": "9"}, b'{"parameters": {"retry_after": 1e999}}'), ChannelBusy, "429"),
            (Fault(429, {"Retry-After": "9"}, b'{"parameters": {"retry_after": "x"}}'), ChannelBusy, "429"),
            (Fault(429, {"Retry-After": "9"}, b'{"parameters": [17]}'), ChannelBusy, "429"),
            (Fault(500), ChannelSilent, "500"),
            (Fault(302, {"Location": "http://127.0.0.1:1/"}, b""), ChannelSilent, "302"),
            (Fault(200, {}, b"[]"), ChannelSilent, "200"),
            (Fault(200, {}, b"[" * 30_000), ChannelSilent, "200"),
            (Fault(200, {}, b"9" * 6_000), ChannelSilent, "200"),
            (Fault(hang_s=1.5), ChannelSilent, "."),
            (Fault(), ChannelSilent, "."),
        ],
        ids=lambda one: str(getattr(one, "status", None) or getattr(one, "__name__", one or "none")),
    )
    def test_what_an_answer_comes_to(self, telegram, services, fault, kind, told):
        services.faults.append(fault)
        with pytest.raises(kind, match=told) as raised:
            telegram.send(ANA, a_note())
        assert services.received == []
        assert services.token not in str(raised.value)
        if told == "429":
            assert raised.value.after_s in {17.0, 9.0}

    def test_a_number_that_is_none_is_no_reason_to_doubt_that_it_was_taken(self, telegram, services):
        for answer in (b'{"ok": true}', b'{"ok": true, "result": {"message_id": "x"}}'):
            services.faults.append(Fault(200, {}, answer))
            number = telegram.send(ANA, a_note(picture=PNG))
            telegram.amend(ANA, number, a_note())
            telegram.withdraw(ANA, number)
        assert services.received == []

    def test_a_bot_that_was_blocked_and_a_token_of_another_bot(self, telegram, services):
        services.blocked.add("42")
        with pytest.raises(ChannelRefused, match="blocked"):
            telegram.send(ANA, a_note())
        services.token = "99:other"
        with pytest.raises(ChannelRefused, match="wrong_token"):
            telegram.send(ANA, a_note())

    def test_a_server_that_is_not_there_has_taken_nothing(self, addresses, services):
        addresses.put("ana", "telegram", {"token": "t", "chat": "42", "server": "http://127.0.0.1:9"})
        with pytest.raises(ChannelBusy, match="not_reached"):
            Telegram(addresses).send(ANA, a_note())

    def test_without_an_address_there_is_none(self, telegram):
        with pytest.raises(NoAddress):
            telegram.send(an_operator("bruno"), a_note())


class TestPush:
    def test_what_arrives_is_for_that_device_alone_and_lives_as_long_as_the_alert(self, push, services):
        note = a_note(until=http_clock() + 240)
        push.send(ANA, note)
        (one,) = services.received
        assert services.refused == []
        assert (one.to, one.told["alert"], one.told["title"]) == ("firefox", ALERT.id, note.title)
        assert (one.told["Urgency"], one.told["Topic"]) == ("high", note.topic[:32])
        assert 238 <= int(one.told["TTL"]) <= 240
        assert URL not in json.dumps(one.told), "a notification carries no right to decide"

    def test_an_alert_that_is_over_has_no_life(self, push, services):
        push.send(ANA, a_note(until=http_clock() - 5))
        assert services.received[0].told["TTL"] == "0"

    def test_a_device_that_is_gone_is_forgotten_and_the_others_have_it(self, push, services):
        push._devices.add("ana", a_device(services, "old"))
        services.gone.add("old")
        push.send(ANA, a_note())
        assert [one.label for one in push._devices.of("ana")] == ["firefox"]
        assert len(services.received) == 1

    def test_where_the_last_one_is_gone_it_is_said_and_then_there_is_no_address(self, push, services):
        services.gone.add("firefox")
        with pytest.raises(ChannelRefused, match="expired"):
            push.send(ANA, a_note())
        assert push._devices.of("ana") == []
        with pytest.raises(NoAddress):
            push.send(ANA, a_note())

    @pytest.mark.parametrize(
        ("fault", "kind", "told"),
        [
            (Fault(400), ChannelRefused, "bad_request"),
            (Fault(403), ChannelRefused, "wrong_key"),
            (Fault(413), ChannelRefused, "too_large"),
            (Fault(429, {"Retry-After": "30"}), ChannelBusy, "429"),
            (Fault(503), ChannelBusy, "503"),
            (Fault(500), ChannelSilent, "500"),
            (Fault(307, {"Location": "http://127.0.0.1:1/"}), ChannelSilent, "307"),
            (Fault(hang_s=1.5), ChannelSilent, "."),
        ],
    )
    def test_what_an_answer_comes_to(self, push, services, fault, kind, told):
        services.faults.append(fault)
        with pytest.raises(kind, match=told):
            push.send(ANA, a_note())

    def test_a_doubt_at_one_device_forbids_another_try_where_no_other_had_it(self, push, services):
        push._devices.add("ana", a_device(services, "phone"))
        services.faults += [Fault(500), Fault(429)]
        with pytest.raises(ChannelSilent):
            push.send(ANA, a_note())

    def test_signed_with_another_key_it_is_refused(self, push, services):
        services.vapid = encode(public_of(private_key(new_private_key())))
        with pytest.raises(ChannelRefused, match="wrong_key"):
            push.send(ANA, a_note())

    def test_a_note_that_is_too_long_is_cut(self, push, services):
        push.send(ANA, a_note(title="ç" * 3000, lines=("é" * 9000,)))
        (one,) = services.received
        assert one.told["body"] == "é" * len(one.told["body"])
        assert services.refused == []

    def test_what_stored_an_address_elsewhere_is_not_asked(self, push, services):
        device = a_device(services, "firefox")
        elsewhere = WebPush(push._addresses, push._devices, "mailto:a@b.example", http_clock)
        push._devices.add("ana", replace(device, since=NOW + 1))
        with pytest.raises(ChannelRefused, match="no_push_service"):
            elsewhere.send(ANA, a_note())
        assert services.received == []

    def test_a_device_whose_key_is_none_is_forgotten(self, push, services):
        push._devices.add("ana", replace(a_device(services, "firefox"), p256dh=encode(b"\x04" * 65)))
        with pytest.raises(ChannelRefused, match="expired"):
            push.send(ANA, a_note())
        assert push._devices.of("ana") == []

    def test_without_keys_nothing_is_sent(self, services):
        devices = FakeDevices()
        devices.add("ana", a_device(services, "firefox"))
        nobody = Addresses(Secrets(), "arn", Clock(NOW))
        with pytest.raises(NoAddress):
            WebPush(nobody, devices, "mailto:a@b.example", http_clock, loopback=True).send(ANA, a_note())


class TestApprise:
    def test_a_yes_is_sent_and_a_no_is_in_doubt(self, services, addresses, monkeypatch):
        addresses.put("ana", "ntfy", {"url": f"{services.url.replace('http', 'ntfy')}/desk"})
        ntfy = AppriseService(addresses, Channel.NTFY)
        services.faults += [Fault(200, {}, b"{}"), Fault(500), Fault(403)]
        assert ntfy.send(ANA, a_note()) == ""
        for _ in range(2):
            with pytest.raises(ChannelSilent):
                ntfy.send(ANA, a_note())

    @pytest.mark.usefixtures("hasty")
    def test_an_answer_that_does_not_come_to_an_end_is_left(self, addresses):
        with trickling() as (url, _):
            addresses.put("ana", "ntfy", {"url": f"{url.replace('http', 'ntfy')}/desk"})
            with pytest.raises(ChannelSilent, match="too_slow"):
                AppriseService(addresses, Channel.NTFY).send(ANA, a_note())

    def test_it_does_not_wait_to_send_later_what_a_service_did_not_take(self, monkeypatch):
        """Discord's 429 says for how long; the note would come after a decision."""
        slept = []
        monkeypatch.setattr("apprise.plugins.base.time.sleep", slept.append)
        service = service_of(Channel.DISCORD, "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js")
        service.throttle(wait=60.0)
        service.throttle()
        assert slept == []

    def test_an_address_that_asks_for_tries_of_its_own_gets_one(self, services, addresses):
        addresses.put("ana", "ntfy", {"url": f"{services.url.replace('http', 'ntfy')}/desk?retry=3"})
        asked = []
        services.fault_of = lambda path: asked.append(path) or Fault(500)
        with pytest.raises(ChannelSilent):
            AppriseService(addresses, Channel.NTFY).send(ANA, a_note())
        assert len(asked) == 1

    def test_an_address_that_is_none(self, addresses):
        addresses.put("ana", "ntfy", {"url": "nothing://here"})
        with pytest.raises(ChannelRefused, match="bad_address"):
            AppriseService(addresses, Channel.NTFY).send(ANA, a_note())


class TestAddresses:
    def test_one_s_own_alone_is_changed(self):
        addresses = Addresses(Secrets(), "arn", Clock(NOW))
        addresses.put("ana", "telegram", {"token": "t", "chat": "1"})
        addresses.put("bruno", "slack", {"url": "slack://x"})
        addresses.put_vapid(encode(new_private_key()))
        assert addresses.remove("ana", "telegram")
        assert not addresses.remove("ana", "telegram")
        assert addresses.all() == {"bruno": {"slack": {"url": "slack://x"}}}
        assert len(decode(addresses.vapid)) == 32

    def test_a_process_sees_what_was_added_within_a_minute(self):
        secrets, clock = Secrets(), Clock(NOW)
        addresses = Addresses(secrets, "arn", clock)
        assert addresses.of("ana", "telegram") is None
        Addresses(secrets, "arn", clock).put("ana", "telegram", {"token": "t", "chat": "1"})
        assert addresses.of("ana", "telegram") is None
        assert secrets.reads == 2
        clock.now += 60
        assert addresses.of("ana", "telegram") == {"token": "t", "chat": "1"}


@pytest.mark.parametrize(
    ("channel", "url", "secret"),
    [
        (Channel.NTFY, "ntfy://{host}/topic-of-ana", "127.0.0.1"),
        (Channel.WHATSAPP, "whatsapp://wrong!token@12345/5511912345678", "wrong!token"),
    ],
)
def test_what_apprise_says_of_an_address_is_in_no_log(services, addresses, caplog, channel, url, secret):
    closed = url.format(host="127.0.0.1:9")
    addresses.put("ana", channel.value, {"url": closed})
    with pytest.raises((ChannelSilent, ChannelRefused)):
        AppriseService(addresses, channel).send(ANA, a_note())
    assert secret not in caplog.text


def test_an_answer_whose_headers_are_none_puts_no_token_into_the_log(caplog):
    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:

        def answer():
            with server.accept()[0] as caller:
                caller.recv(65536)
                caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nno header\r\nX: y\r\n\r\n{}")

        pool.submit(answer)
        http.post(f"http://127.0.0.1:{server.getsockname()[1]}/bot1:TOKEN/sendMessage", b"x", {})
    assert "TOKEN" not in caplog.text


@pytest.fixture
def hasty(monkeypatch):
    """Nobody waits eight seconds for an answer byte by byte."""
    monkeypatch.setattr(http, "WHOLE_S", 0.6)


@contextmanager
def trickling(at_once=b""):
    """A service that answers in bytes, each in time, for twenty seconds; yields its URL and its future.

    The future tells how many bytes it was rid of before its caller went.
    """
    done = threading.Event()

    def answer(server):
        with server.accept()[0] as caller:
            caller.recv(65536)
            caller.sendall(at_once)
            for sent in range(400):
                try:
                    caller.sendall(b"HTTP/1.1 201 OK\r\nA: "[sent : sent + 1] if not at_once else b"x")
                except OSError:
                    return sent
                done.wait(0.05)
        return 400

    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
        said = pool.submit(answer, server)
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}", said
        finally:
            done.set()


HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.usefixtures("hasty")
class TestInAll:
    """What bounds a request, whatever its parts do."""

    @pytest.mark.parametrize(
        "at_once",
        [
            b"",
            HEAD + b"X: ",
            HEAD + b"Content-Length: 1000\r\n\r\n",
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
        ],
        ids=["status", "header", "body", "chunk"],
    )
    def test_an_answer_that_comes_byte_by_byte_is_cut(self, at_once):
        with trickling(at_once) as (url, said):
            with pytest.raises(ChannelSilent, match="too_slow"):
                http.post(url, b"x", {})
            assert said.result(10) < 400, "its caller went away"

    def test_a_notification_of_which_a_201_came_that_slowly_is_of_unknown_end(self):
        with trickling(b"HTTP/1.1 201 Created\r\nX: ") as (url, _), pytest.raises(ChannelSilent):
            http.post(url, b"x", {})

    def test_what_was_too_late_for_its_connection_was_not_sent(self, services, monkeypatch):
        connect = http._Plain.connect
        monkeypatch.setattr(http, "WHOLE_S", 0.1)
        monkeypatch.setattr(http._Plain, "connect", lambda self: (time.sleep(0.3), connect(self))[1])
        with pytest.raises(ChannelBusy, match="not_reached"):
            http.post(services.url, b"x", {})

    def test_a_fault_of_tls_behind_the_request_is_no_proof_that_nothing_was_sent(self, services, monkeypatch):
        def broken(_):
            raise ssl.SSLError("bad record mac")

        monkeypatch.setattr(http._Plain, "getresponse", broken)
        with pytest.raises(ChannelSilent):
            http.post(services.url, b"x", {})


@contextmanager
def once_a_connection():
    """A service that answers the first request of each connection, and keeps it open; yields its URL.

    What comes later on it finds no answer, as where Lambda dropped it meanwhile.
    """

    def serve(server):
        with suppress(OSError):
            while True:
                threads.submit(answer, server.accept()[0])

    def answer(caller):
        with caller, suppress(OSError):
            caller.settimeout(2)
            said = b""
            while not said.endswith(b"\r\n\r\nx"):
                said += caller.recv(65536)
            caller.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
            caller.recv(65536)

    with ThreadPoolExecutor(4) as threads, socket.create_server(("127.0.0.1", 0)) as server:
        threads.submit(serve, server)
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            http._connections()._pool.clear()
            server.shutdown(socket.SHUT_RDWR)


def test_a_connection_that_was_idle_is_not_used_again(monkeypatch):
    """The note would be of unknown end, and not be sent again."""
    with once_a_connection() as url:
        assert http.post(url, b"x", {}).status == 200
        with pytest.raises(ChannelSilent):
            http.post(url, b"x", {})
        assert http.post(url, b"x", {}).status == 200
        monkeypatch.setattr(http, "IDLE_S", 0.0)
        assert http.post(url, b"x", {}).status == 200


def test_another_services_notes_keep_no_idle_connection(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(http.time, "monotonic", lambda: now[0])
    with once_a_connection() as idle, once_a_connection() as other:
        assert http.post(idle, b"x", {}).status == 200
        assert http.post(other, b"x", {}).status == 200
        now[0] += http.IDLE_S - 1
        with pytest.raises(ChannelSilent):
            http.post(other, b"x", {})
        now[0] += 2
        assert http.post(idle, b"x", {}).status == 200


def test_a_photo_with_many_lines_still_says_how_the_alert_stands():
    lines = [f"+ ▲ COMPRA WINZ26 @ 131.300 · Rompimento de nível (11:{n:02})" for n in range(40)]
    note = render_note(ALERT, ANA, URL, still_open(ALERT), joined=lines)
    caption = _message(note, CAPTION, "caption")["caption"]
    assert caption.endswith(note.lines[-1])
    assert lines[-1] in caption
