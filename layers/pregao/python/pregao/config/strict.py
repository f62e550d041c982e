"""What the models of config/*.yaml have in common."""

from __future__ import annotations

from difflib import get_close_matches

from pydantic import BaseModel, ConfigDict


def close_match(wrong: str, known: list[str]) -> str:
    """Return "; did you mean 'x'?" for the nearest known word, else the list of them."""
    near = get_close_matches(wrong, known, n=1, cutoff=0.5)
    return f"; did you mean '{near[0]}'?" if near else f"; known: {', '.join(sorted(known))}"


class Strict(BaseModel):
    """Frozen, finite numbers only, and no key it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)
