"""The slow line of the benchmark: bytes pass unchanged, each request waits once."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import urllib3

from tests.bench import delayed


class Echo(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        """Say nothing."""


@pytest.fixture
def upstream():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_each_request_waits_once_however_large(upstream, monkeypatch):
    waited = []

    async def sleep(seconds):
        waited.append(seconds)

    monkeypatch.setattr(delayed.asyncio, "sleep", sleep)
    with delayed.delayed(upstream, 0.005) as address, urllib3.PoolManager() as pool:
        for body in (b"x", b"y" * 400_000, b"z"):  # the second comes in many parts
            assert pool.request("POST", address, body=body).data == body
    assert waited == [0.005] * 3
