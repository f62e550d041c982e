"""A replay's made-up prices, told while a screen looks, by the bridge's own sender without heartbeats."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.credentials import Credentials

from pregao_bridge.cloud.quotes import QuoteSender, Ticks
from pregao_bridge.cloud.signed import SignedHttp
from pregao_bridge.config import FeedName
from pregao_bridge.feed.status import FeedStatus
from pregao_bridge.logs import Notices

if TYPE_CHECKING:
    from local.stack.running import StackInfo

ASK_S = 10.0
"""A replay sends no heartbeat, by whose answer it would hear of a screen: so it posts one price this often,
and goes on while the answer says that somebody looks."""
ANSWER_S = 2.0


@contextmanager
def told(stack: StackInfo, bridge_id: str, symbol: str, ticks: Ticks) -> Iterator[None]:
    """Tell prices while the block runs."""
    keys = Credentials(stack.bridge_access_key, stack.bridge_secret_key)
    sender = QuoteSender(
        bridge_id,
        f"{stack.http_url}/quotes",
        SignedHttp(stack.region, keys, connect_s=ANSWER_S, read_s=ANSWER_S),
        ticks,
        [FeedStatus(FeedName(symbol, ""))],
        clock=time.time,
        notices=Notices("quotes", "en"),
    )
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            now = time.time()
            sender.hear(json.dumps({"server_time": now, "wanted_until": {symbol: now + ASK_S}}).encode())
            over.wait(ASK_S)

    asking = threading.Thread(target=ask, daemon=True)
    sender.start()
    asking.start()
    try:
        yield
    finally:
        over.set()
        sender.stop()
        asking.join()
