"""A bulletin as plain values: in the state table, and as JSON on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from pregao.domain.market.bulletin import Bulletin

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@cache
def _bulletin() -> TypeAdapter[Bulletin]:
    from pydantic import TypeAdapter

    return TypeAdapter(Bulletin)  # made when a bulletin is read or written, not at the start


def dump_bulletin(bulletin: Bulletin) -> dict[str, Any]:
    """Return its fields, dates as ISO text."""
    plain: dict[str, Any] = _bulletin().dump_python(bulletin, mode="json")
    return plain


def load_bulletin(fields: Mapping[str, Any]) -> Bulletin:
    """Read fields, passing over others; raises pydantic.ValidationError (a ValueError)."""
    return _bulletin().validate_python(fields)
