"""A gateway on this machine for a real bridge process: takes what a bridge posts, answers as told."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Gateway:
    """`status` answers the next posts of candles, then 202; `hold` delays their answers, in seconds."""

    url: str = ""
    status: list[int] = field(default_factory=list)
    hold: float = 0.0
    batches: list[dict] = field(default_factory=list)
    beats: list[dict] = field(default_factory=list)
    posts: int = 0
    named: list[int] = field(default_factory=list)
    """Opens of the candles that a refusal names."""
    wanted: set[str] = field(default_factory=set)
    """Symbols that screens follow."""
    quotes: list[dict] = field(default_factory=list)
    hold_quotes: float = 0.0

    def times(self) -> list[int]:
        """Every candle accepted, in order, as often as it was."""
        return [at for one in self.batches for at in one["candles"]["time"][one["new_from"] :]]

    def answer(self, path: str, body: bytes) -> tuple[int, dict[str, object]]:
        """Take a request."""
        said = json.loads(body)
        if path == "/heartbeats":
            self.beats.append(said)
            return 202, {"server_time": time.time()} | self._wanted()
        if path == "/quotes":
            self.quotes.append(said)
            time.sleep(self.hold_quotes)
            return 202, {"frames": 1, "server_time": time.time(), "wanted_until": {}} | self._wanted()
        self.posts += 1
        time.sleep(self.hold)
        if self.status:
            times = said["candles"]["time"]
            named = [{"index": times.index(at), "time": at, "reason": "named"} for at in self.named]
            return self.status.pop(0), {"message": "no", "reasons": ["no"], "candles": named}
        self.batches.append(said)
        new = said["candles"]["time"][said["new_from"] :]
        return 202, {"accepted": len(new), "alerts": [], "newest": new[-1]}

    def _wanted(self) -> dict[str, object]:
        until = {symbol: time.time() + 60 for symbol in self.wanted}
        return {"wanted_until": until} if until else {}


@contextmanager
def gateway():
    """Serve on a free port of the loopback until the block ends."""
    said = Gateway()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Authorization"].startswith("AWS4-HMAC-SHA256")
            status, answer = said.answer(self.path, body)
            raw = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_args):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    said.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield said
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
