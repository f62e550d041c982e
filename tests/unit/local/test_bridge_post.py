"""What the bridge's poster does with each kind of answer, against a real server on this machine."""

from __future__ import annotations

import json
import re
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from pregao_bridge.batch import post_id
from pregao_bridge.cloud.signed import HttpPoster, Retry, SignedHttp
from pregao_bridge.outcome import Accepted, Refused, Transient

RECEIPT = {"accepted": 1, "alerts": [{"id": "a", "verdict": "admitted"}], "newest": 1_772_442_000}
KEYS = Credentials("AKIDEXAMPLE", "secret", "a session token")


@dataclass
class Cloud:
    """Gives the scripted answers in turn, the last one for ever, and remembers what it was asked."""

    answers: list = field(default_factory=list)
    asked: list = field(default_factory=list)
    connections: set = field(default_factory=set)
    url: str = ""


@pytest.fixture
def cloud():
    said = Cloud()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            said.asked.append((dict(self.headers.items()), body))
            said.connections.add(self.client_address)
            status, headers, answer = said.answers.pop(0) if len(said.answers) > 1 else said.answers[0]
            raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(raw))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_args):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    said.url = f"http://127.0.0.1:{server.server_port}/prod/candles"
    yield said
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def waits():
    return []


@pytest.fixture
def poster(cloud, waits):
    with closing(HttpPoster(cloud.url, "sa-east-1", KEYS, sleep=waits.append, draw=lambda: 0.5)) as made:
        yield made


@pytest.mark.parametrize("status", [200, 202])
def test_accepted(cloud, poster, waits, status):
    """A receipt becomes a value, with when it was posted and how long it took."""
    cloud.answers = [(status, {}, RECEIPT)]
    outcome = poster.post(b"{}")
    assert isinstance(outcome, Accepted)
    assert (outcome.accepted, outcome.newest) == (1, 1_772_442_000)
    assert outcome.alerts == ({"id": "a", "verdict": "admitted"},)
    assert outcome.posted_at > 1_700_000_000
    assert 0 <= outcome.elapsed < 60
    assert waits == []


@pytest.mark.parametrize(
    ("status", "answer", "reasons"),
    [
        (400, {"error": "refused", "reasons": ["candle 3: high < low", "time 4"]}, 2),
        (401, {"message": "Unauthorized"}, 1),
        (403, {"message": "Forbidden"}, 1),
        (413, {"error": "over 256 KB"}, 1),
        (404, b"<html>no</html>", 1),
        (400, b"", 1),
        (301, {}, 1),
    ],
)
def test_refused_is_not_tried_again(cloud, poster, waits, status, answer, reasons):
    """The same would be refused again; the reasons come along."""
    cloud.answers = [(status, {"Location": "http://127.0.0.1:9/"} if status == 301 else {}, answer)]
    outcome = poster.post(b"{}")
    assert isinstance(outcome, Refused)
    assert outcome.status == status
    assert len(outcome.reasons) == reasons
    assert all(outcome.reasons)
    assert outcome.by_signature == (status in {401, 403})
    assert len(cloud.asked) == 1
    assert waits == []


def test_retry_after_in_seconds_is_waited_out(cloud, poster, waits):
    """429 says how long."""
    cloud.answers = [(429, {"Retry-After": "7"}, {}), (202, {}, RECEIPT)]
    assert isinstance(poster.post(b"{}"), Accepted)
    assert waits == [7.0]


def test_retry_after_as_a_date(cloud, waits):
    """An HTTP date counts from the clock; a long one is cut to `longest_s`; nonsense is jitter's."""
    cloud.answers = [
        (503, {"Retry-After": "Mon, 02 Mar 2026 12:00:30 GMT"}, {}),
        (503, {"Retry-After": "Tue, 03 Mar 2026 12:00:30 GMT"}, {}),
        (503, {"Retry-After": "soon"}, {}),
        (202, {}, RECEIPT),
    ]
    noon = 1_772_452_800.0  # 2026-03-02 12:00 UTC
    with closing(
        HttpPoster(cloud.url, "us-east-1", KEYS, sleep=waits.append, draw=lambda: 0.5, clock=lambda: noon)
    ) as poster:
        outcome = poster.post(b"{}")
    assert isinstance(outcome, Accepted)
    assert outcome.posted_at == noon
    assert waits == [30.0, 60.0, 0.75 * 0.2]


def test_server_errors_back_off_then_succeed(cloud, poster, waits):
    """500 then 502 then 202: waits drawn from doubling ranges, each try signed, one connection."""
    cloud.answers = [(500, {}, {}), (502, {}, b"bad gateway"), (202, {}, RECEIPT)]
    assert isinstance(poster.post(b"{}"), Accepted)
    assert waits == [0.75 * 0.2, 0.75 * 0.4]
    assert len(cloud.connections) == 1


def test_gives_up_after_the_last_try(cloud, poster, waits):
    """Five tries, four waits, then a value that says so."""
    cloud.answers = [(503, {}, {})]
    assert poster.post(b"{}") == Transient("HTTP 503", tries=5, status=503)
    assert len(cloud.asked) == 5
    assert len(waits) == 4


def test_a_receipt_of_somebody_else_is_no_receipt(cloud, poster):
    """A proxy's 200 page accepts nothing."""
    cloud.answers = [(200, {}, b"<html>welcome</html>"), (200, {}, {}), (202, {}, RECEIPT)]
    assert isinstance(poster.post(b"{}"), Accepted)
    assert len(cloud.asked) == 3


@pytest.mark.parametrize(
    "said",
    [b"[" * 5_000, b'{"accepted": 1e999, "alerts": [], "newest": 1}', b'{"accepted":' + b"9" * 5_000 + b"}"],
)
def test_an_answer_that_nobody_can_read_is_no_receipt(cloud, poster, said):
    cloud.answers = [(200, {}, said), (202, {}, RECEIPT)]
    assert isinstance(poster.post(b"{}"), Accepted)
    cloud.answers = [(400, {}, said)]
    assert isinstance(poster.post(b"{}"), Refused)
    cloud.answers = [(202, {}, said)]
    assert isinstance(poster.post_several([b"{}"]), Transient)


@pytest.mark.parametrize("at_once", [b"HTTP/1.1 202 ", b"HTTP/1.1 202 OK\r\nContent-Length: 999\r\n\r\n"])
def test_an_answer_that_comes_byte_by_byte_comes_to_an_end(at_once):
    """Each byte is in time; without an end its feed would be silent for as long as something trickles."""
    done = threading.Event()

    def trickle(server):
        with server.accept()[0] as caller:
            caller.recv(65536)
            caller.sendall(at_once)
            for _ in range(400):
                try:
                    caller.sendall(b"x")
                except OSError:
                    return True
                done.wait(0.05)
        return False

    with socket.create_server(("127.0.0.1", 0)) as server, ThreadPoolExecutor(1) as pool:
        said = pool.submit(trickle, server)
        http = SignedHttp("sa-east-1", KEYS, connect_s=0.2, read_s=0.2)
        try:
            with pytest.raises(urllib3.exceptions.HTTPError):
                http.post(f"http://127.0.0.1:{server.getsockname()[1]}/x", b"{}")
            assert said.result(10), "the bridge hung up"
        finally:
            done.set()
            http.close()


def test_connection_refused_is_transient(cloud, waits):
    """Nobody listens on port 9: tried again, then a value."""
    retry = Retry(tries=3, cap_s=0.5)
    with closing(
        HttpPoster("http://127.0.0.1:9/x", "us-east-1", KEYS, retry=retry, sleep=waits.append, draw=lambda: 1)
    ) as poster:
        outcome = poster.post(b"{}")
    assert isinstance(outcome, Transient)
    assert outcome.tries == 3
    assert waits == [0.2, 0.4]


def test_the_signature_is_botocores(cloud, poster):
    """What arrives, signed again with the same keys and date, gives the same signature."""
    cloud.answers = [(202, {}, RECEIPT)]
    poster.post(b'{"version":1}')
    headers, body = cloud.asked[0]
    assert body == b'{"version":1}'
    assert headers["X-Amz-Security-Token"] == KEYS.token
    authorization = headers["Authorization"]
    scope, signed, signature = (part.split("=", 1)[1] for part in authorization.split(", "))
    assert scope.split("/")[2:] == ["sa-east-1", "execute-api", "aws4_request"]
    assert {"host", "x-amz-date", "x-amz-security-token", "x-correlation-id"} <= set(signed.split(";"))
    received = {name: value for name, value in headers.items() if name.lower() in signed.split(";")}
    request = AWSRequest("POST", cloud.url, data=body, headers=received)
    request.context["timestamp"] = headers["X-Amz-Date"]
    signer = SigV4Auth(KEYS.get_frozen_credentials(), "execute-api", "sa-east-1")
    text = signer.string_to_sign(request, signer.canonical_request(request))
    assert signer.signature(text, request) == signature


def test_posts_share_a_connection(cloud, poster):
    """Keep-alive: ten posts, one connection."""
    cloud.answers = [(202, {}, RECEIPT)]
    for _ in range(10):
        poster.post(b"{}")
    assert len(cloud.connections) == 1


def test_a_posts_id_is_its_bytes_however_often_it_is_tried(cloud, poster):
    """What the cloud logs it under is what this log calls it."""
    cloud.answers = [(503, {}, b""), (503, {}, b""), (202, {}, RECEIPT)]
    poster.post(b"{}")
    poster.post(b'{"version":1}')
    ids = [headers["X-Correlation-Id"] for headers, _ in cloud.asked]
    assert ids == [post_id(b"{}")] * 3 + [post_id(b'{"version":1}')]
    assert ids[0] != ids[3]
    assert re.fullmatch(r"[0-9a-f]{16}", ids[0])
