"""Ports (Protocols) of the feeds' state, implemented in aws/ and faked in tests/fakes.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pregao.domain.alerts.price_level import Marked, Reached
    from pregao.domain.audit.chain import Record, Tail
    from pregao.domain.feeds.feed import Beat, FeedKey, Mark
    from pregao.domain.feeds.health import FeedsTold
    from pregao.domain.feeds.told import Feeds, FeedState
    from pregao.wire.heartbeat_v1 import HeartbeatV1


class Gauges(Protocol):
    """Metrics of each watch round."""

    def feeds(self, feeds: Feeds, now: float) -> None:
        """Hear how the feeds stand at `now`."""
        ...

    def waiting(self, alerts: int) -> None:
        """Hear how many alerts are admitted and not finished."""
        ...


class NullGauges:
    """Gauges that nobody reads."""

    def feeds(self, feeds: Feeds, now: float) -> None:
        """Do nothing."""

    def waiting(self, alerts: int) -> None:
        """Do nothing."""


class HealthBook(Protocol):
    """What the minute's last round found of the feeds, for those who ask how the system is."""

    def keep(self, told: FeedsTold) -> None:
        """Keep it in place of what was kept before."""
        ...

    def read(self) -> FeedsTold | None:
        """Return it; None before the first round. One of a moment ago may be missing."""
        ...


class NullHealth:
    """A HealthBook that nobody asks."""

    def keep(self, told: FeedsTold) -> None:
        """Do nothing."""

    def read(self) -> FeedsTold | None:
        """Return nothing."""
        return None


class BridgeBook(Protocol):
    """Whom the bridges' names belong to."""

    def owner(self, bridge_id: str, signer: str, now: float) -> str:
        """Bind a name that is free to a signer, and return the owner; of two concurrent calls one wins."""
        ...


class FeedBook(Protocol):
    """What came of the feeds, what the bridges say, what the desk was told, and the audit of that."""

    def read(self) -> Feeds:
        """Return all of it in one reading."""
        ...

    def keep_note(self, now: float) -> None:
        """Note once a day how the feeds are kept, for whoever keeps them otherwise later; after `read`."""
        ...

    def heard(self) -> set[FeedKey]:
        """Return instrument and timeframe of whatever came lately, replays and deep history too."""
        ...

    def mark(self, mark: Mark) -> Marked:
        """Note an accepted post; one that is late or repeated moves nothing backwards.

        Returns the feed's price levels either way; none for a post of history.
        """
        ...

    def rang(self, one: Reached) -> None:
        """Note that a level rang on a candle; one that has rolled is taken off its feed."""
        ...

    def beat(self, heartbeat: HeartbeatV1, now: float) -> Mapping[str, float]:
        """Note a bridge's newest heartbeat: the last to arrive counts, whatever its clock says.

        Returns until when (epoch seconds) the quotes of which symbols are wanted of it.
        """
        ...

    def bridges(self) -> list[Beat]:
        """Return every bridge's newest heartbeat; one of a moment ago may be missing."""
        ...

    def want(self, bridge_id: str, wanted: Mapping[str, float]) -> None:
        """Note until when quotes of these symbols are wanted of a bridge; an unknown one is fine."""
        ...

    def tail(self, contract: str, now: float) -> Tail:
        """Read where the contract's feed chain of the UTC day stands."""
        ...

    def change(self, state: FeedState, record: Record, tail: Tail) -> bool:
        """Write a state and the audit record of its notice, both or neither.

        False when somebody else changed the state since it was read; raises Contended when the chain moved.
        """
        ...

    def settle(self, state: FeedState) -> bool:
        """Write a state that needs no record; False when somebody else changed it since it was read."""
        ...
