"""A bridge's heartbeat, taken in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pregao.wire.heartbeat_v1 import read_heartbeat

if TYPE_CHECKING:
    from pregao.flow.ports.feeds import FeedBook
    from pregao.flow.steps.bridge_identity import BridgeIdentities


@dataclass(frozen=True, slots=True)
class Listening:
    """Dependencies of `hear`; `clock` gives epoch seconds."""

    book: FeedBook
    bridges: BridgeIdentities
    clock: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Heard:
    """The cloud's clock, and until when which symbols' quotes are wanted of the bridge (epoch seconds)."""

    now: float
    wanted: Mapping[str, float]

    def answer(self) -> dict[str, Any]:
        """Return what the bridge hears; `wanted_until` only where somebody looks."""
        return {"server_time": self.now} | ({"wanted_until": dict(self.wanted)} if self.wanted else {})


def hear(body: str | bytes, signer: str | None, deps: Listening) -> Heard:
    """Take a heartbeat; `signer` is the principal that signed it. Raises HeartbeatRefused, ForeignBridge."""
    heartbeat = read_heartbeat(body)
    deps.bridges.check(heartbeat.bridge_id, signer)
    now = deps.clock()
    wanted = deps.book.beat(heartbeat, now)
    return Heard(now, {symbol: until for symbol, until in wanted.items() if until > now})
