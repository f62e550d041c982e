"""A bridge's name belongs to the principal that signed the first post or heartbeat with it.

One principal may run several bridges; no two share a name. What was found is kept for the process's life:
a bridge's first post in it costs one call more, those after it none.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from pregao.wire.signed_request import ForeignBridge

if TYPE_CHECKING:
    from pregao.flow.ports.feeds import BridgeBook


@dataclass(frozen=True, slots=True)
class BridgeIdentities:
    """Tells whether a bridge's name belongs to a signer; `clock` gives epoch seconds."""

    book: BridgeBook
    pool: Executor
    clock: Callable[[], float]
    _known: dict[str, str] = field(default_factory=dict)
    _asked: dict[tuple[str, str], Future[None]] = field(default_factory=dict)
    _asking: Lock = field(default_factory=Lock)

    def check(self, bridge_id: str, signer: str | None) -> None:
        """Bind a new name to its first signer; raises ForeignBridge for anybody else.

        Nothing is bound or refused without a signer: that is a local invocation.
        """
        if signer is None or self._known.get(bridge_id) == signer:
            return
        owner = self._known[bridge_id] = self.book.owner(bridge_id, signer, self.clock())
        if owner != signer:
            raise ForeignBridge(bridge_id, signer, owner)

    def checking(self, bridge_id: str, signer: str | None) -> Callable[[], None]:
        """Begin to check, and return what waits for the end of it and raises what `check` raises.

        Feeds of one post that ask at the same time wait for one answer: else each would wait for the
        time-outs of those before it.
        """
        if signer is None or self._known.get(bridge_id) == signer:
            return _nothing_to_wait_for
        with self._asking:
            found = self._asked.get((bridge_id, signer))
            if found is None or found.done():
                found = self._asked[bridge_id, signer] = self.pool.submit(self.check, bridge_id, signer)
        return found.result


def _nothing_to_wait_for() -> None:
    """Return at once."""
