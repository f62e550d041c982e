"""Price levels as JSON: in the state table, in an alert's evidence, in the console's API."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from pregao.domain.alerts.price_level import PriceLevel

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@cache
def _level() -> TypeAdapter[PriceLevel]:
    from pydantic import TypeAdapter  # most posts have no level

    return TypeAdapter(PriceLevel)


@cache
def _levels() -> TypeAdapter[list[PriceLevel]]:
    from pydantic import TypeAdapter

    return TypeAdapter(list[PriceLevel])


def dump_level(level: PriceLevel) -> str:
    """Return a level as compact JSON."""
    return _level().dump_json(level, exclude_none=True).decode()  # each byte rides on every candle


def load_level(text: str) -> PriceLevel:
    """Read a level; raises pydantic.ValidationError (a ValueError)."""
    return _level().validate_json(text)


def dump_levels(levels: list[PriceLevel]) -> str:
    """Return an operator's levels as compact JSON."""
    return _levels().dump_json(levels, exclude_none=True).decode()


def load_levels(text: str) -> list[PriceLevel]:
    """Read an operator's levels; raises pydantic.ValidationError (a ValueError)."""
    return _levels().validate_json(text)
