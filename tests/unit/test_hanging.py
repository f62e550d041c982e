"""The soak's proxy: what it swallows finds no answer, what SES refuses is its error, the rest goes on."""

from __future__ import annotations

import json
import socket
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import urllib3

from pregao.aws.clients import client
from pregao.aws.mailbox import Mailbox
from pregao.aws.screens import Screens
from pregao.domain.delivery.operators import Status
from pregao.domain.text.email import Mail
from pregao.flow.ports.refusals import MailBusy, MailRefused
from tests.bench.hanging import BUSY, REFUSED, SENT, Proxy, proxied


class Upstream(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.path, self.headers.get("Host"), body))
        answer = json.dumps({"MessageId": "m-1"}).encode()
        self.send_response(404 if "nothing" in self.path else 200)
        self.send_header("Content-Length", str(len(answer)))
        self.send_header("x-kept", "yes")
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_args):
        pass


@pytest.fixture
def upstream():
    server = HTTPServer(("127.0.0.1", 0), Upstream)
    server.asked = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def proxy(upstream, monkeypatch):
    """One that swallows posts to the socket "silent=", refuses eva and is busy for rui."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "sa-east-1")
    answers = {"eva@mesa.example": REFUSED, "rui@mesa.example": BUSY}
    told = Proxy(f"http://127.0.0.1:{upstream.server_port}", "silent=".__eq__, answers.get)
    with proxied(told):
        monkeypatch.setenv("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI", f"{told.url}/_aws/abc/alertas")
        monkeypatch.setenv("AWS_ENDPOINT_URL_SESV2", told.url)
        yield told


def test_a_screen_that_hangs_finds_no_answer_and_the_others_do(proxy, upstream):
    screens = Screens(None, client.__wrapped__("apigatewaymanagementapi"), "T")
    assert screens.post("silent=", b"{}") is Status.FAILED
    assert proxy.swallowed == 2  # asked twice, as the client does
    assert upstream.asked == []
    assert screens.post("open=", b"{1}") is Status.SENT
    ((path, host, body),) = upstream.asked
    assert (path, body) == ("/_aws/abc/alertas/@connections/open%3D", b"{1}")
    assert host == proxy.url.removeprefix("http://")  # as it was signed


def test_ses_refuses_one_is_busy_for_another_and_takes_the_rest(proxy, upstream):
    mailbox = Mailbox(client.__wrapped__("sesv2"), "events")

    def send(to):
        return mailbox.send(Mail("pregao@mesa.example", to, "s", "t", "h", "ana", "a-1"))

    assert send("ana@mesa.example") == "m-1"
    with pytest.raises(MailRefused, match=REFUSED):
        send("eva@mesa.example")
    with pytest.raises(MailBusy, match=BUSY):
        send("rui@mesa.example")
    assert len(upstream.asked) == 1
    told = [(one.alert, one.address.partition("@")[0], one.answer) for one in proxy.mails]
    assert told == [("a-1", "ana", SENT), ("a-1", "eva", REFUSED), ("a-1", "rui", BUSY), ("a-1", "rui", BUSY)]


def test_an_answer_comes_back_as_it_was(proxy):
    answer = urllib3.request("POST", f"{proxy.url}/nothing", body=b"")
    assert (answer.status, answer.headers["x-kept"], answer.json()) == (404, "yes", {"MessageId": "m-1"})


def test_nothing_is_left_running_though_a_post_hangs(upstream):
    before = set(threading.enumerate())
    with (
        proxied(Proxy(f"http://127.0.0.1:{upstream.server_port}", lambda _: True)) as told,
        pytest.raises(urllib3.exceptions.ReadTimeoutError),
    ):
        urllib3.request("POST", f"{told.url}/@connections/a", body=b"", timeout=0.1, retries=False)
    for one in set(threading.enumerate()) - before:
        one.join(10)
        assert not one.is_alive()


def test_who_leaves_before_the_answer_is_no_error(proxy, upstream, capfd):
    """As a function that is killed; the proxy goes on."""
    with socket.create_connection(("127.0.0.1", int(proxy.url.rpartition(":")[2]))) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # ends with a reset
        line.sendall(b"POST /slow HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
    deadline = time.monotonic() + 10
    while not upstream.asked and time.monotonic() < deadline:
        time.sleep(0.01)
    assert urllib3.request("POST", f"{proxy.url}/after", body=b"").status == 200
    assert capfd.readouterr().err == ""
