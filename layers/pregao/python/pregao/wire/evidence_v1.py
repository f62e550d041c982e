"""Evidence v1: the rules by which an alert was derived, as its audit record keeps them.

pydantic is imported where rules are read: detect, which writes them, does not wait for it.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING

from pregao.domain.detectors.settings import DetectorSettings

if TYPE_CHECKING:
    from pydantic import TypeAdapter


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides, beside the candles and the code: settings, the exchange's zone, an alert's life (s)."""

    detectors: DetectorSettings
    timezone: str
    life_s: int


@cache
def _rules() -> TypeAdapter[Rules]:
    from pydantic import TypeAdapter

    return TypeAdapter(Rules)


def dump_rules(rules: Rules) -> str:
    """Return the rules as compact JSON."""
    return json.dumps(asdict(rules), separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def load_rules(text: str) -> Rules:
    """Read rules; raises pydantic.ValidationError (a ValueError)."""
    return _rules().validate_json(text)
