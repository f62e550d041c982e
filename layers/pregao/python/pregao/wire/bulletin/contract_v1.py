"""A bulletin as plain values: in the state table, and as JSON on a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from pregao.domain.market.bulletin import Bulletin

_BULLETIN = TypeAdapter(Bulletin)


def dump_bulletin(bulletin: Bulletin) -> dict[str, Any]:
    """Return its fields, dates as ISO text."""
    plain: dict[str, Any] = _BULLETIN.dump_python(bulletin, mode="json")
    return plain


def load_bulletin(fields: Mapping[str, Any]) -> Bulletin:
    """Read fields, passing over others; raises pydantic.ValidationError (a ValueError)."""
    return _BULLETIN.validate_python(fields)
