"""What AWS asks for: counted units times the price list. No unit is counted here; tests/meter.py does.

lines = bill(together((1_000, an_alert), (43_200, a_minute)), read_prices(Path("infra/prices.yaml")))
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, Field

from local.errors import NoPrice
from pregao.config.tree import read_tree

if TYPE_CHECKING:
    from pathlib import Path

Usage = Mapping[str, float]
"""Billable units by their name in the price list."""

MINUTES_A_MONTH = 43_800
POLLERS = 5
"""Receives that Lambda keeps waiting at a queue that is an event source."""
POLL_S = 20
"""Seconds of each: an assumption, AWS promises neither."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    date: date
    source: Annotated[str, Field(min_length=5)]
    confirmed: bool


class Price(_Strict):
    """US$ for `per` units of what a service bills, and where that was read."""

    service: str
    unit: str
    usd: Annotated[float, Field(gt=0)]
    per: Annotated[int, Field(gt=0)]


class Elsewhere(_Strict):
    """Another region's prices as a multiple of the list's."""

    times: Annotated[float, Field(gt=0)]


class PriceList(BaseModel):
    """Prices of one region by unit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    region: str
    elsewhere: Mapping[str, Elsewhere]
    prices: Mapping[str, Price]

    def price(self, name: str) -> Price:
        """Return a unit's price; raises NoPrice."""
        if name not in self.prices:
            raise NoPrice(f"infra/prices.yaml has no price for {name}; add it with its source and date")
        return self.prices[name]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bill: so many units of a service, in US$."""

    service: str
    unit: str
    units: float
    usd: float


def read_prices(path: Path) -> PriceList:
    """Read a price list; raises pydantic's ValidationError for a line that lacks something."""
    return PriceList.model_validate(read_tree(path, {}).data)


def bill(usage: Usage, prices: PriceList) -> list[Line]:
    """Return what the units cost, dearest first; raises NoPrice for a unit that the list does not know."""
    named = [(prices.price(name), units) for name, units in usage.items()]
    lines = [Line(one.service, one.unit, units, units * one.usd / one.per) for one, units in named]
    return sorted(lines, key=lambda line: -line.usd)


def together(*parts: tuple[float, Usage]) -> dict[str, float]:
    """Return the sum of usages, each so many times."""
    names = sorted({name for _, usage in parts for name in usage})
    return {name: sum(times * usage.get(name, 0) for times, usage in parts) for name in names}


def by_service(lines: Sequence[Line]) -> dict[str, float]:
    """Return US$ per service, dearest first."""
    sums: dict[str, float] = {}
    for line in lines:
        sums[line.service] = sums.get(line.service, 0.0) + line.usd
    return dict(sorted(sums.items(), key=lambda one: -one[1]))


def total(lines: Sequence[Line]) -> float:
    """Return US$ of all lines."""
    return sum(line.usd for line in lines)


def idle_month(queues: int, secrets: int, alarms: int, metrics: int = 0, keys: int = 0) -> dict[str, float]:
    """Return what a month uses though nothing happens.

    Polls of event-source queues, secrets, alarms, metrics of our own, KMS keys.
    """
    polls = queues * POLLERS * MINUTES_A_MONTH * 60 / POLL_S
    return {
        "sqs_request": polls,
        "secret_month": secrets,
        "alarm_month": alarms,
        "metric_month": metrics,
        "kms_key_month": keys,
    }
