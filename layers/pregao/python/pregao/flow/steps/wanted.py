"""Asks bridges for quotes of what screens follow: noted on the item of a bridge, told by its next answer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pregao.domain.feeds.feed import Beat, carrier_of

if TYPE_CHECKING:
    from pregao.flow.ports.feeds import FeedBook

WANTED_S = 90.0
"""How long (seconds) a symbol is wanted after a screen said that it follows it."""
AGAIN_S = 30.0
"""One process notes an instrument that a screen follows further after so long (seconds) at the earliest."""


@dataclass(frozen=True, slots=True)
class QuoteRequests:
    """Notes which symbols are wanted; `instrument_of` names a feed's instrument, None for an unknown one."""

    book: FeedBook
    instrument_of: Callable[[str], str | None]
    _noted: dict[str, float] = field(default_factory=dict)

    def want(self, instruments: Iterable[str], before: Collection[str], now: float) -> None:
        """Ask for the quotes of what a screen follows; of what no living bridge carries nobody can be asked.

        What it was not following `before` is noted at once: the bridge may have just ended for want of
        screens. Two calls where something is to be noted, a reading and a write for each bridge, else none.
        """
        due = [one for one in instruments if one not in before or now - self._noted.get(one, 0.0) >= AGAIN_S]
        if not due:
            return
        beats = [one for one in self.book.bridges() if not one.mute(now)]
        by_bridge: dict[str, dict[str, float]] = {}
        for instrument in due:
            if found := self._carrier(beats, instrument):
                by_bridge.setdefault(found[0], {})[found[1]] = now + WANTED_S
                self._noted[instrument] = now
        for bridge_id, wanted in by_bridge.items():
            self.book.want(bridge_id, wanted)

    def _carrier(self, beats: Iterable[Beat], instrument: str) -> tuple[str, str] | None:
        return carrier_of(beats, lambda symbol: self.instrument_of(symbol) == instrument)
