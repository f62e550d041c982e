"""`make sam-local`: every function has an expectation, and a container's way to this machine is a relay."""

from __future__ import annotations

import json
import socket
import threading
from subprocess import CompletedProcess

import pytest

from local.stack.sam.containers import relayed
from local.stack.sam.sam_local import declaring
from tests.functions.test_functions import NAMES
from tests.sam.__main__ import EXPECTED, _wrong, functions


def test_every_function_is_run_and_judged():
    assert sorted(functions()) == sorted(EXPECTED) == NAMES
    assert functions().index("detect") < functions().index("deliver") < functions().index("fallback")


@pytest.mark.parametrize(
    ("said", "code", "right"),
    [
        ('{"batchItemFailures": []}', 0, True),
        ('a line of a log\n{"batchItemFailures": []}', 0, True),
        ('{"batchItemFailures": [{"itemIdentifier": "m"}]}', 0, False),
        ('{"errorMessage": "none served", "errorType": "WholeBatchFailed"}', 0, False),
        ("", 1, False),
        ("null", 0, False),
    ],
)
def test_an_answer_is_held_against_the_samples(said, code, right):
    wrong = _wrong("deliver", CompletedProcess([], code, said, "what SAM said"))
    assert (wrong == "") == right
    assert right or "what SAM said" in wrong


def test_the_copy_declares_and_the_original_does_not():
    built = {"Resources": {"F": {"Properties": {"CodeUri": "F"}}}}
    told = declaring(built, {"F": {"AWS_ENDPOINT_URL": "http://x"}})
    assert told["Resources"]["F"]["Properties"]["Environment"]["Variables"] == {
        "AWS_ENDPOINT_URL": "http://x"
    }
    assert "Environment" not in json.dumps(built)


def test_a_relay_passes_both_ways_and_ends():
    with socket.create_server(("127.0.0.1", 0)) as far:
        port = far.getsockname()[1]

        def echo():
            line, _ = far.accept()
            line.sendall(line.recv(9)[::-1])
            line.close()

        threading.Thread(target=echo, daemon=True).start()
        with relayed("127.0.0.2", port), socket.create_connection(("127.0.0.2", port), timeout=5) as line:
            line.sendall(b"abc")
            assert line.recv(9) == b"cba"
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", port), timeout=1)
