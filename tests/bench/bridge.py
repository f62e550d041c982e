"""What the bridge weighs beside a trading terminal: a real process on a replay, against a local gateway."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from statistics import median

from local.lab.market import synthesize
from local.lab.mt5file import write_mt5
from pregao_bridge.config import FEEDS
from tests.bench.noise import Timing
from tests.bench.processes import cpu_s, status_kb
from tests.unit.local.clouds import cloud as cloud_of_today

IDLE_S = 20.0
STARTS = 5
BRIDGE = "import pregao_bridge.app.cli, pregao_bridge.app.run"
KEYS = {"AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}
PEERS = {
    "a bare interpreter": "",
    "import urllib3": "import urllib3",
    "import boto3": "import boto3",
    "boto3 and one client": "import boto3; boto3.client('sqs', region_name='sa-east-1')",
    "the bridge's imports": BRIDGE,
    "the bridge's imports and numpy": f"{BRIDGE}; import numpy",
}


@dataclass
class Gateway:
    """Accepts everything; remembers when each request came, its path and its size on the wire."""

    url: str = ""
    heard: list[tuple[float, str, int, int]] = field(default_factory=list)

    def sizes(self, path: str) -> list[tuple[int, int]]:
        """Headers with the request line, and body, in bytes."""
        return [(head, body) for _, one, head, body in self.heard if one == path]


@contextmanager
def gateway() -> Iterator[Gateway]:
    """Serve on a free port of the loopback until the block ends."""
    said = Gateway()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            head = len(self.raw_requestline) + sum(len(f"{k}: {v}\r\n") for k, v in self.headers.items()) + 2
            said.heard.append((time.time(), self.path, head, len(body)))
            raw = json.dumps(_answer(self.path, body)).encode()
            self.send_response(202)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_args):
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    said.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield said
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def measure(work: Path) -> list[str]:
    """The section's lines."""
    sys.stderr.write("· the bridge\n")
    candles = work / "WIN.csv"
    write_mt5(synthesize(7, 5, date(2026, 3, 2)).candles, candles, "America/Sao_Paulo")
    with gateway() as cloud:
        starts = [started(work / f"start-{at}", candles, cloud) for at in range(STARTS)]
        idle = idling(work / "idle", candles, cloud)
        wire = posted(work / "wire", candles, cloud)
    full = crowded(work / "full", candles)
    peers = {name: weighed(code) for name, code in PEERS.items()}
    return _section(Timing(tuple(starts)), idle, wire, full, peers)


@contextmanager
def a_bridge(
    directory: Path, candles: Path, url: str, speed: float, beat_s: int, symbols: Sequence[str] = ("WIN$N",)
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `pregao-bridge run` until the block ends; it must end by itself when asked to."""
    directory.mkdir()
    file = directory / "bridge.toml"
    file.write_text(
        f'bridge_id = "bench"\nheartbeat_s = {beat_s}\nsource = {{replay = "{candles}", speed = {speed}}}\n'
        f'[cloud]\nurl = "{url}"\nregion = "sa-east-1"\n'
        + "".join(f'[[feeds]]\nsymbol = "{one}"\n' for one in symbols),
        encoding="utf-8",
    )
    command = [str(Path(sys.executable).with_name("pregao-bridge")), "run", "--config", str(file)]
    running = subprocess.Popen(command, env={**os.environ, **KEYS}, stderr=subprocess.DEVNULL)
    try:
        yield running
    finally:
        running.terminate()
        assert running.wait(30) == 0


def started(directory: Path, candles: Path, cloud: Gateway) -> float:
    """Seconds from the start of the process to the arrival of its first heartbeat."""
    before, began = len(cloud.heard), time.time()
    with a_bridge(directory, candles, cloud.url, 1, 60):
        _until(lambda: len(cloud.heard) > before)
    return cloud.heard[before][0] - began


def idling(directory: Path, candles: Path, cloud: Gateway) -> Mapping[str, float]:
    """What a bridge at speed 1 asks of the machine between two candles, a heartbeat each ten seconds."""
    before = len(cloud.heard)
    with a_bridge(directory, candles, cloud.url, 1, 10) as running:
        _until(lambda: len(cloud.heard) > before)
        time.sleep(2)
        began, spent = time.monotonic(), cpu_s(running.pid)
        time.sleep(IDLE_S)
        used, passed = cpu_s(running.pid) - spent, time.monotonic() - began
        rss, most = (status_kb(running.pid, name) for name in ("VmRSS", "VmHWM"))
    return {"cpu": 100 * used / passed, "rss": rss / 1024, "most": most / 1024}


def crowded(directory: Path, candles: Path) -> tuple[float, float]:
    """Resident megabytes of a bridge with as many feeds as it may have, now and at most: six closes."""
    symbols = [f"S{at:03}" for at in range(FEEDS)]
    with cloud_of_today() as cloud, a_bridge(directory, candles, cloud.url, 120, 60, symbols) as running:
        _until(lambda: len(cloud.accepted) >= 6 * FEEDS)
        now, most = (status_kb(running.pid, name) / 1024 for name in ("VmRSS", "VmHWM"))
        return now, most


def posted(directory: Path, candles: Path, cloud: Gateway) -> Mapping[str, float]:
    """The bytes of live posts, 250 candles and a new one, and of heartbeats."""
    cloud.heard.clear()
    with a_bridge(directory, candles, cloud.url, 600, 1):
        _until(lambda: len(cloud.sizes("/candles")) >= 10 and len(cloud.sizes("/heartbeats")) >= 2)
    heads, bodies = zip(*cloud.sizes("/candles")[:10], strict=True)
    beats = [head + body for head, body in cloud.sizes("/heartbeats")]
    return {"head": median(heads), "body": median(bodies), "beat": median(beats)}


def weighed(code: str) -> float:
    """Resident megabytes of an interpreter that ran a line."""
    script = (
        f"{code}\nprint([one for one in open('/proc/self/status') if one.startswith('VmRSS')][0].split()[1])"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    return int(done.stdout) / 1024


def _answer(path: str, body: bytes) -> dict[str, object]:
    if path == "/heartbeats":
        return {"server_time": time.time()}
    said = json.loads(body)
    new = said["candles"]["time"][said["new_from"] :]
    return {"accepted": len(new), "alerts": [], "newest": new[-1]}


def _section(
    starts: Timing,
    idle: Mapping[str, float],
    wire: Mapping[str, float],
    full: tuple[float, float],
    peers: Mapping[str, float],
) -> list[str]:
    total = wire["head"] + wire["body"]
    numpy = peers["the bridge's imports and numpy"] - peers["the bridge's imports"]
    rows = [
        ("resident memory, MB", f"{idle['rss']:.1f} (highest {idle['most']:.1f})", "< 50"),
        (f"the same with {FEEDS} feeds", f"{full[0]:.1f} (highest {full[1]:.1f})", "< 50"),
        ("CPU between two candles, per cent of one core", f"{idle['cpu']:.2f}", "< 1"),
        ("start of the process to its first heartbeat, s", starts.spread(1), "< 2"),
        ("a live post, 250 candles and a new one, bytes on the wire", f"{total:.0f}", ""),
        ("of these request line and headers", f"{wire['head']:.0f}", ""),
        ("bytes per candle of the window", f"{total / 251:.1f}", ""),
        ("a heartbeat, bytes on the wire", f"{wire['beat']:.0f}", ""),
    ]
    weights = [f"| {name} | {mb:.1f} | {idle['rss'] / mb:.2f} |" for name, mb in peers.items()]
    return [
        "## The bridge",
        "",
        "`pregao-bridge run` as a process of its own on a replayed file of synthetic five-minute candles,"
        f" against a gateway on this machine that accepts everything. Idle: {IDLE_S:.0f} s at speed 1, a"
        f" heartbeat each ten seconds instead of sixty. Starts: {STARTS}, min / median / max.",
        "",
        "| what | measured | goal |",
        "|---|---|---|",
        *(f"| {what} | {value} | {goal} |" for what, value, goal in rows),
        "",
        "| peer, in the same run | resident MB | the bridge is so many times it |",
        "|---|---|---|",
        *weights,
        "",
        f"On Windows the terminal's package brings numpy: {numpy:.1f} MB more by the last two lines,"
        f" {idle['rss'] + numpy:.1f} MB in all, {full[0] + numpy:.1f} with {FEEDS} feeds (an estimate; no"
        " Windows was measured).",
        "",
    ]


def _until(true, within_s: float = 30.0) -> None:
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end, "the bridge was not heard"
        time.sleep(0.005)
