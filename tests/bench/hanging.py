"""A proxy between the functions and the emulator's @connections and SES: what it is told to, it swallows."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from urllib.parse import unquote

import urllib3

from local.stack.dev_server import QuietServer
from pregao.domain.delivery.mail_events import ALERT_TAG

HOST = "127.0.0.1"
SCREENS, MAILS = "/@connections/", "/v2/email/outbound-emails"
SENT, REFUSED, BUSY = "sent", "MessageRejected", "TooManyRequestsException"
STATUS = {REFUSED: 400, BUSY: 429}
LOOK_S = 0.2
ONE_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}
"""Headers of an answer that belong to the line it came on."""


@dataclass(frozen=True, slots=True)
class Mailed:
    """An e-mail that SES was asked to send: SENT, or the error it answered with.

    It was asked at `asked` and had answered at `at` (epoch seconds).
    """

    alert: str
    address: str
    answer: str
    at: float
    asked: float


@dataclass
class Proxy:
    """`hangs` tells of a socket's id whether its posts find no answer, `mail` an address's error, or None.

    `swallowed` counts the posts that found no answer, `mails` holds what was asked of SES.
    """

    upstream: str
    hangs: Callable[[str], bool] = lambda _connection_id: False
    mail: Callable[[str], str | None] = lambda _address: None
    url: str = ""
    swallowed: int = 0
    mails: list[Mailed] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)
    pool: urllib3.PoolManager = field(default_factory=lambda: urllib3.PoolManager(maxsize=32, retries=False))


@contextmanager
def proxied(proxy: Proxy) -> Iterator[Proxy]:
    """Serve for the length of a with block, at `proxy.url`."""
    handler = type("Handler", (_Handler,), {"proxy": proxy})
    server = QuietServer((HOST, 0), handler)
    proxy.url = f"http://{HOST}:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, name="proxy", daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        proxy.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
        proxy.pool.clear()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: Proxy

    def do_POST(self) -> None:
        """Swallow, refuse or pass on."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if SCREENS in self.path and self.proxy.hangs(unquote(self.path.rpartition("/")[2])):
            self._swallow()
        elif self.path == MAILS:
            self._mail(body)
        else:
            self._answer(*self._asked(body))

    def _swallow(self) -> None:
        """Hold the line without an answer until who asked gives up."""
        with self.proxy.lock:
            self.proxy.swallowed += 1
        self.close_connection = True
        self.connection.settimeout(LOOK_S)
        while not self.proxy.over.is_set():
            try:
                if not self.connection.recv(1024):
                    return
            except TimeoutError:
                continue
            except OSError:
                return

    def _mail(self, body: bytes) -> None:
        began, mail = time.time(), json.loads(body)
        (address,) = mail["Destination"]["ToAddresses"]
        tags = {one["Name"]: one["Value"] for one in mail.get("EmailTags", ())}
        error = self.proxy.mail(address)
        if error:
            headers = {"Content-Type": "application/json", "x-amzn-ErrorType": error}
            answer = (STATUS[error], headers, json.dumps({"message": error}).encode())
        else:
            answer = self._asked(body)
            error = SENT if answer[0] == 200 else f"status {answer[0]}"
        self.proxy.mails.append(Mailed(tags.get(ALERT_TAG, ""), address, error, time.time(), began))
        self._answer(*answer)

    def _asked(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
        """Ask the emulator the same; the signature covers the headers, so all of them go on."""
        url = f"{self.proxy.upstream}{self.path}"
        answer = self.proxy.pool.request(self.command, url, body=body, headers=dict(self.headers))
        headers = {name: value for name, value in answer.headers.items() if name.lower() not in ONE_HOP}
        return answer.status, headers, answer.data

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        """Say nothing; the account does."""
