"""A crowd is loud about a listener that died, and counts what came and what was shown."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager

import pytest
from websockets.sync.server import serve

from local.load.load_clients import LoadClients

ALERT = {"id": "a", "contract": "WINZ26", "seq": 1}


def answer(socket):
    """A hello, the alert twice, then silence."""
    socket.recv()
    socket.send(json.dumps({"action": "hello", "operator": "ana", "cursor": {}}))
    for _ in range(2):
        socket.send(json.dumps({"action": "alert", "alert": ALERT}))
    for _ in socket:
        pass


@contextmanager
def gateway():
    with serve(answer, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        finally:
            server.shutdown()
            thread.join(5)


def wait_until(true, within=5.0):
    until = time.monotonic() + within
    while not true() and time.monotonic() < until:
        time.sleep(0.01)
    assert true()


def test_a_repeat_on_the_wire_is_shown_once():
    with gateway() as url, LoadClients(url, ["ana", "bruno"], receipts=False) as crowd:
        wait_until(lambda: crowd.repeated() == 2)
        assert crowd.frames() == 2
        assert crowd.shown_twice() == 0
        crowd.check()


def test_a_listener_that_died_is_told():
    def broken(_alert):
        raise ZeroDivisionError

    with gateway() as url, pytest.raises(ZeroDivisionError), LoadClients(url, ["ana"], broken) as crowd:
        wait_until(crowd._running.done)
