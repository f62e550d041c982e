"""Clouds of this version and of the one before, behind one address, for a bridge's real posts."""

from __future__ import annotations

import base64
import gzip
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pregao.wire.candle_batch_v1 import BatchRefused, CandleBatchV1, batch_of, read_batch
from pregao.wire.candle_post_v1 import TAKES, answer_of, sent_by

MOMENT = 4_000_000_000.0


@dataclass
class Cloud:
    """What it took, and how; `versions` answer in turn, the last for ever: "new" or "old".

    `faults` are answers that the next batches of a symbol get instead of a judgement, `whole` of whole posts.
    """

    url: str = ""
    versions: list[str] = field(default_factory=lambda: ["new"])
    faults: dict[str, list[int]] = field(default_factory=dict)
    whole: list[int] = field(default_factory=list)
    kills: str = ""
    """A symbol of which nothing is answered, nor anything of the post that it came in."""
    hold_s: float = 0.0
    biggest: int = 10**9
    """Bytes that what stands before the function takes, unpacked."""
    accepted: Counter[tuple[str, int]] = field(default_factory=Counter)
    order: dict[str, list[int]] = field(default_factory=dict)
    history: threading.Event = field(default_factory=threading.Event)
    """Lets batches to be kept be answered."""
    kept: Counter[str] = field(default_factory=Counter)
    posts: list[tuple[int, bool]] = field(default_factory=list)
    """How many feeds each post had that was read, and whether it came packed."""
    busy: Counter[str] = field(default_factory=Counter)
    together: int = 0
    """Most posts that were here at once."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, Any], dict[str, str]]:
        """Answer a request as API Gateway and the function of that version do."""
        if len(gzip.decompress(body) if "Content-Encoding" in headers else body) > self.biggest:
            return 413, {"message": "Request Entity Too Large"}, {}
        if self.whole and (status := self.whole.pop(0)):
            return status, {"message": "whole"}, {}
        version = self.versions.pop(0) if len(self.versions) > 1 else self.versions[0]
        text = headers.get("Content-Type") == "application/json"
        said = body.decode("utf-8", "replace") if text else base64.b64encode(body).decode()
        event = {"headers": headers, "body": said, "isBase64Encoded": not text}
        try:
            if version == "old":
                raw = said.encode() if text else body
                self.posts.append((1, False))
                return *self._judge(read_batch(raw, now=MOMENT, warmup=250)), {}
            sent = sent_by(event)
            if self.kills and any(one["symbol"] == self.kills for one in sent.feeds):
                return 500, {"message": "Internal Server Error"}, {}
            self.posts.append((len(sent.feeds), "Content-Encoding" in headers))
            answers = [self._read(one) for one in sent.feeds]
            return *(answer_of(answers) if sent.several else answers[0]), dict(TAKES)
        except BatchRefused as refused:
            return 400, refused.answer(), dict(TAKES) if version == "new" else {}

    def _read(self, said: Any) -> tuple[int, dict[str, Any]]:
        try:
            return self._judge(batch_of(said, now=MOMENT, warmup=250))
        except BatchRefused as refused:
            return 400, refused.answer()

    def _judge(self, batch: CandleBatchV1) -> tuple[int, dict[str, Any]]:
        with self.lock:
            self.busy[batch.symbol] += 1
            assert self.busy[batch.symbol] == 1, f"two posts of {batch.symbol} at once"
            self.together = max(self.together, len(+self.busy))
        time.sleep(self.hold_s)
        if batch.keep_only:
            self.history.wait(10)
        with self.lock:
            self.busy[batch.symbol] -= 1
        if left := self.faults.get(batch.symbol):
            status = left.pop(0)
            return status, {"error": "fault", "reasons": [f"fault of {batch.symbol}"]}
        new = batch.candles.time[batch.new_from :]
        if batch.keep_only:
            self.kept[batch.symbol] += len(new)
            return 202, {"accepted": len(new), "alerts": [], "newest": new[-1]}
        with self.lock:
            self.accepted.update((batch.symbol, at) for at in new)
            self.order.setdefault(batch.symbol, []).extend(new)
        return 202, {"accepted": len(new), "alerts": [], "newest": new[-1]}


@contextmanager
def cloud(**said: Any) -> Iterator[Cloud]:
    """Serve on a free port of the loopback until the block ends."""
    made = Cloud(**said)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, answer, more = made.answer(dict(self.headers.items()), body)
            raw = json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(raw)), **more}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    made.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
