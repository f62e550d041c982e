"""Evidence v1: the rules by which an alert was derived, as its audit record keeps them."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import TypeAdapter

from pregao.domain.detectors.settings import DetectorSettings


@dataclass(frozen=True, slots=True)
class Rules:
    """What decides, beside the candles and the code: settings, the exchange's zone, an alert's life (s)."""

    detectors: DetectorSettings
    timezone: str
    life_s: int


_RULES = TypeAdapter(Rules)


def dump_rules(rules: Rules) -> str:
    """Return the rules as compact JSON."""
    return _RULES.dump_json(rules).decode()


def load_rules(text: str) -> Rules:
    """Read rules; raises pydantic.ValidationError (a ValueError)."""
    return _RULES.validate_json(text)
