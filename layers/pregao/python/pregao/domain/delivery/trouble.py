"""Channels that do not reach an operator now: which, why, since when; each is told once until it works."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pregao.domain.delivery.operators import Channel


@dataclass(frozen=True, slots=True)
class Trouble:
    """Notes to an operator that a channel did not take, or of which nobody knows.

    `cause` is the service's or ours ("blocked", "wrong_token", "no_answer"); `since` and `newest` are the
    first and the last of them (epoch seconds), `times` how many there were.
    """

    operator: str
    channel: Channel
    cause: str
    since: float
    newest: float
    times: int = 1


@dataclass(frozen=True, slots=True)
class InTrouble:
    """How many operators have a channel that does not reach them, since when, and the newest cause."""

    operators: int
    since: float
    cause: str
    channel: Channel


def in_trouble(found: Iterable[Trouble], desk: Collection[str]) -> InTrouble | None:
    """Sum up; None where there is none. Somebody who is not on the desk any more is passed."""
    open_ones = [one for one in found if one.operator in desk]
    if not open_ones:
        return None
    newest = max(open_ones, key=lambda one: one.newest)
    since = min(one.since for one in open_ones)
    return InTrouble(len({one.operator for one in open_ones}), since, newest.cause, newest.channel)
