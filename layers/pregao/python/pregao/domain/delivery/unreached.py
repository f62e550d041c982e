"""Mailboxes that e-mail does not reach now, and since when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pregao.domain.delivery.suppression import address_key

if TYPE_CHECKING:
    from pregao.domain.delivery.operators import Operator


class Cause(StrEnum):
    """Why an e-mail did not reach somebody."""

    REFUSED = "refused"
    GAVE_UP = "gave_up"
    SUPPRESSED = "suppressed"
    BOUNCED = "bounced"


@dataclass(frozen=True, slots=True)
class Unreached:
    """A mailbox that is not reached: `key` is the hash of its address, `operator` its owner.

    `since` and `newest` are the first and the last e-mail that did not arrive (epoch seconds), `times` how
    many there were, `cause` why the last one did not.
    """

    key: str
    operator: str
    cause: Cause
    since: float
    newest: float
    times: int = 1

    @property
    def lifted_by_sending(self) -> bool:
        """Tell whether an e-mail that the provider takes ends it; a bounce is ended by one that arrives."""
        return self.cause is not Cause.BOUNCED


@dataclass(frozen=True, slots=True)
class Unreachable:
    """How many operators of the desk are not reached, since when, and why the newest is not."""

    operators: int
    since: float
    cause: Cause


def unreachable(found: Iterable[Unreached], desk: Iterable[Operator]) -> Unreachable | None:
    """Sum up; None where everybody is reached. An address that nobody on the desk has any more is passed."""
    keys = {address_key(one.email) for one in desk}
    open_ones = [one for one in found if one.key in keys]
    if not open_ones:
        return None
    newest = max(open_ones, key=lambda one: one.newest)
    return Unreachable(len(open_ones), min(one.since for one in open_ones), newest.cause)


def of_operator(found: Mapping[str, Unreached], operator: Operator) -> Unreached | None:
    """Return what is known of an operator's present address; `found` by key."""
    return found.get(address_key(operator.email))
