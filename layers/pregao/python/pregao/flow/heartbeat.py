"""A bridge's heartbeat, taken in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pregao.flow.ports.feeds import FeedBook
from pregao.flow.steps.bridge_identity import BridgeIdentities
from pregao.wire.heartbeat_v1 import read_heartbeat


@dataclass(frozen=True, slots=True)
class Listening:
    """Dependencies of `hear`; `clock` gives epoch seconds."""

    book: FeedBook
    bridges: BridgeIdentities
    clock: Callable[[], float]


def hear(body: str | bytes, signer: str | None, deps: Listening) -> float:
    """Take one heartbeat; returns the cloud's clock (epoch seconds).

    `signer` is the principal that signed it. Raises HeartbeatRefused, ForeignBridge.
    """
    heartbeat = read_heartbeat(body)
    deps.bridges.check(heartbeat.bridge_id, signer)
    now = deps.clock()
    deps.book.beat(heartbeat, now)
    return now
