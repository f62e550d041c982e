"""Whose time to decide is over: who watched keeps that as their last word, of the others it is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from pregao.domain.audit.records import action_record
from pregao.domain.delivery.alert_state import TIMEOUT, Acts, Taken, watch_ends
from pregao.domain.delivery.operators import SYSTEM, Operator, pseudonym
from pregao.flow.steps.audit.append import Appender, append
from pregao.wire.frames_v1 import action_frame

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Alert
    from pregao.domain.audit.chain import Record, Tail
    from pregao.flow.ports.delivery import ActionBook, Kept

AT_ONCE = 25
"""Operators whose time ends in one transaction: three actions each, of a hundred."""


class Recording(Appender, Protocol):
    """The part of a use case's dependencies that `time_out` needs."""

    @property
    def actions(self) -> ActionBook:
        """The decisions."""
        ...


@dataclass(frozen=True, slots=True)
class Ends:
    """How an alert ends by operator, None for the desk; it is looked at again from `until`, or never."""

    by: dict[str | None, Taken]
    until: float | None

    def timed_out(self) -> list[tuple[str | None, Taken]]:
        """Return those who did not decide: they alone have a record."""
        return [(whose, one) for whose, one in self.by.items() if one.decision == TIMEOUT]


def time_out(kept: Kept, desk: Sequence[Operator], deps: Recording, *, each: bool) -> list[bytes]:
    """End what nobody decided in time; returns the frames that tell of it.

    In a desk where each decides, that is told of every trader who was rung; else of the desk.
    """
    alert, ends = kept.alert, Ends({}, None)
    read = each

    def build(now: float) -> list[Record]:
        nonlocal ends, read
        acts = (
            deps.actions.acts(alert.id) if read else Acts()
        )  # mostly nobody acted; the write tells otherwise
        read = True
        owing = _owing(kept, desk, acts) if each else []
        ends = _own_ends(alert, owing, acts, now) if owing else _desk_ends(alert, acts, now)
        return [
            action_record(alert, _audit_id(whose, desk), TIMEOUT, now, None, None, own=whose is not None)
            for whose, _ in ends.timed_out()
        ]

    def commit(records: Sequence[Record], tail: Tail) -> None:
        deps.actions.end(alert, ends.by, records, tail, ends.until)

    append(partial(deps.actions.tail, alert.contract), build, commit, deps)
    return [
        action_frame(alert.id, one.operator, TIMEOUT, None, deps.clock(), own=whose is not None)
        for whose, one in ends.timed_out()
    ]


def _owing(kept: Kept, desk: Sequence[Operator], acts: Acts) -> list[str]:
    """Return of whom a decision was awaited: traders whom the alert rang and who did not hand it over."""
    concerned = (one for one in desk if one.concerned_by(kept.alert) and one.role == "trader")
    return [one.id for one in concerned if one.id not in kept.listed and one.id not in acts.handed]


def _own_ends(alert: Alert, owing: Sequence[str], acts: Acts, now: float) -> Ends:
    left = [] if acts.desk else [one for one in {*owing, *acts.watched} if one not in acts.own]
    later = {one: watch_ends(alert, acts.watched[one].at or now) for one in left if one in acts.watched}
    later = {one: at for one, at in later.items() if at > now}
    over = sorted(set(left) - set(later))
    by: dict[str | None, Taken] = {
        one: acts.watched.get(one) or Taken(one, TIMEOUT, now) for one in over[:AT_ONCE]
    }
    until = now if len(over) > AT_ONCE else min(later.values(), default=None)
    return Ends(by, until)


def _desk_ends(alert: Alert, acts: Acts, now: float) -> Ends:
    if acts.desk:
        return Ends({}, None)
    if not acts.watched:
        return Ends({None: Taken(SYSTEM, TIMEOUT, now)}, None)
    watched = sorted(acts.watched.values(), key=lambda one: one.at or 0.0)
    until = max(watch_ends(alert, one.at or now) for one in watched)
    return Ends({}, until) if until > now else Ends({None: watched[0]}, None)


def _audit_id(whose: str | None, desk: Sequence[Operator]) -> str:
    return SYSTEM if whose is None else pseudonym(whose, desk)
