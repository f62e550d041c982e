"""Run by a fresh interpreter that sees one function's artefact, its layers and boto3, and nothing else.

`python -I -S started.py JSON` with {"do", "path", "env"}; `-I` keeps our own environment out, so path and
variables are set here. `build` imports the handler and builds what its first invocation would, `peer` boto3
and one client; both print milliseconds since the interpreter stood, and resident megabytes. `serve` hands the
handler to Lambda's own runtime client, which asks AWS_LAMBDA_RUNTIME_API for events.
"""

import time

BEGAN = time.perf_counter()

import json  # noqa: E402 the clock runs first
import os  # noqa: E402
import sys  # noqa: E402

asked = json.loads(sys.argv[1])
sys.path[:0] = asked["path"]
os.environ.update(asked["env"])


def build() -> float:
    import handler

    imported = time.perf_counter()
    for one in [one for one in vars(handler).values() if hasattr(one, "cache_clear")]:
        made = getattr(one.__wrapped__, "__wrapped__", one.__wrapped__)
        one(*[print] * made.__code__.co_argcount)  # what it wants is a callback
    return imported


def peer() -> float:
    import boto3

    imported = time.perf_counter()
    boto3.client("dynamodb")
    return imported


def serve() -> None:
    from awslambdaric.__main__ import main

    main(["", "handler.handle"])


def _resident_mb() -> float:
    with open("/proc/self/status", encoding="utf-8") as status:  # noqa: PTH123 no import more than needed
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmRSS"))


if asked["do"] == "serve":
    serve()
else:
    imported = {"build": build, "peer": peer}[asked["do"]]()
    ready, cpu = time.perf_counter(), time.process_time()
    told = {"import": imported - BEGAN, "ready": ready - BEGAN, "cpu": cpu, "resident": _resident_mb()}
    print(json.dumps(told))
