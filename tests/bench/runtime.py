"""What a function meets when it starts: Lambda's Runtime API, and an AWS that answers everything at once.

Nothing is stored: a query finds nothing, a write succeeds, the secret is one of 64 letters. Protocol of the
Runtime API: docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

RUNTIME = "/2018-06-01/runtime/"
EMPTY = {"Items": [], "Count": 0, "Attributes": {}, "SecretString": "s" * 64}
INVOCATION = {
    "Lambda-Runtime-Aws-Request-Id": "3f9c2f1e-0000-4000-8000-000000000000",
    "Lambda-Runtime-Deadline-Ms": "4102444800000",
    "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:123456789012:function:f",
}
WITHIN_S = 60.0


@dataclass
class Cloud:
    """One event for whoever asks next, and when and how it was answered (`response`, `error`, ...)."""

    address: str = ""
    event: bytes = b""
    answer: str = ""
    answered_at: float = 0.0
    _handed: threading.Event = field(default_factory=threading.Event)
    _answered: threading.Event = field(default_factory=threading.Event)
    _over: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Where AWS is."""
        return f"http://{self.address}"

    def offer(self, event: bytes) -> None:
        """Lay out an event for a function that is about to start."""
        self.event = event
        self._handed.clear()
        self._answered.clear()

    def wait(self) -> tuple[str, float]:
        """Return how the event was answered, and when (time.perf_counter)."""
        assert self._answered.wait(WITHIN_S), "the function did not answer"
        return self.answer, self.answered_at

    def next_event(self) -> bytes:
        """Return the event once; who asks again waits until the cloud is gone."""
        if self._handed.is_set():
            self._over.wait()
        self._handed.set()
        return self.event

    def heard(self, how: str) -> None:
        """Note the answer; the first one counts."""
        if not self._answered.is_set():
            self.answer, self.answered_at = how, time.perf_counter()
            self._answered.set()

    def close(self) -> None:
        """Let go of who still waits for an event."""
        self._over.set()


@contextmanager
def cloud() -> Iterator[Cloud]:
    """Serve on a free port of the loopback until the block ends."""
    here = Cloud()
    server = _Server(("127.0.0.1", 0), _answering(here))
    here.address = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield here
    finally:
        here.close()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_args):
        """Say nothing: a function that has answered is killed, whatever it was about to ask."""


def _answering(here: Cloud) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            if self.path.startswith(RUNTIME):
                self._say(200, here.next_event(), INVOCATION)
            else:
                self._say(200, b"")

        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.path.startswith(RUNTIME):
                here.heard(self.path.removeprefix(RUNTIME).split("/", 2)[-1])
                self._say(202, b"{}")
            else:
                self._say(200, json.dumps(EMPTY).encode())

        do_PUT = do_POST  # noqa: N815 the base class's naming

        def _say(self, status, body, headers=()):
            self.send_response(status)
            for name, value in dict(headers).items():
                self.send_header(name, value)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args):
            """Say nothing."""

    return Handler
