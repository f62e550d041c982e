"""What a new TLS connection costs a function in CPU time, by the authorities it reads for it."""

from __future__ import annotations

import json
import os
import ssl
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median

import boto3
import urllib3
from botocore.config import Config

from pregao.aws.trust import BUNDLE, roots_in
from tests.authority import authority, serving
from tests.cloud import ROOT

SCREENS, REPEATED = 32, 7


def measure(work: Path) -> list[str]:
    """The section's lines; the server is a process of its own, whose CPU time does not count."""
    sys.stderr.write("· connections over TLS\n")
    authority(work)
    ca = (work / "ca.pem").read_text("ascii")
    every = BUNDLE.read_text("ascii")
    (work / "every.pem").write_text(every + ca, "ascii")
    (work / "amazon.pem").write_text(roots_in(every) + ca, "ascii")
    command = [sys.executable, "-m", "tests.bench.tls", str(work)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as server:
        address = json.loads(server.stdout.readline())
        try:
            told = {name: one(address, work) for name, one in (("every", _every), ("amazon", _amazon))}
            shared = _shared(address, work / "ca.pem")
        finally:
            server.stdin.close()
    return [
        "## Connections over TLS",
        "",
        f"{SCREENS} posts at once, as to so many screens, to a server here, its certificate of a local"
        f" authority. CPU time of the client a post, min / median / max of {REPEATED} turns; handshake and"
        " request are in every figure.",
        "",
        "| authorities read | on new connections, ms | on kept connections, ms |",
        "|---|---|---|",
        f"| botocore's whole bundle, as before | {told['every'][0]} | {told['every'][1]} |",
        f"| Amazon's roots (`aws/trust.py`) | {told['amazon'][0]} | {told['amazon'][1]} |",
        f"| urllib3 with one context, the peer | {shared[0]} | {shared[1]} |",
        "",
    ]


def _every(address: str, work: Path) -> tuple[str, str]:
    return _boto(address, work / "every.pem")


def _amazon(address: str, work: Path) -> tuple[str, str]:
    return _boto(address, work / "amazon.pem")


def _boto(address: str, bundle: Path) -> tuple[str, str]:
    """A client's posts as `deliver` makes them."""

    def made():
        client = boto3.client(
            "apigatewaymanagementapi",
            endpoint_url=address,
            region_name="sa-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            verify=str(bundle),
            config=Config(max_pool_connections=64, parameter_validation=False),
        )
        return lambda number: client.post_to_connection(ConnectionId=f"c{number}", Data=b"{}")

    return _turns(made)


def _shared(address: str, ca: Path) -> tuple[str, str]:
    def made():
        pool = urllib3.PoolManager(ssl_context=ssl.create_default_context(cafile=str(ca)), maxsize=64)
        return lambda number: pool.request("POST", f"{address}/@connections/c{number}", body=b"{}")

    return _turns(made)


def _turns(made) -> tuple[str, str]:
    fresh, kept = [], []
    with ThreadPoolExecutor(SCREENS) as threads:
        for _ in range(REPEATED):
            post = made()
            fresh.append(_cpu_ms(threads, post))
            kept.append(_cpu_ms(threads, post))
    return _spread(fresh), _spread(kept)


def _cpu_ms(threads: ThreadPoolExecutor, post) -> float:
    before = time.process_time()
    list(threads.map(post, range(SCREENS)))
    return (time.process_time() - before) / SCREENS * 1e3


def _spread(values: list[float]) -> str:
    return f"{min(values):.2f} / {median(values):.2f} / {max(values):.2f}"


if __name__ == "__main__":
    with serving(Path(sys.argv[1])) as address:
        sys.stdout.write(json.dumps(address) + "\n")
        sys.stdout.flush()
        os.read(0, 1)  # until the bench closes it
