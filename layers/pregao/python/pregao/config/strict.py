"""What the classes of config/*.yaml have in common."""

from __future__ import annotations

from pregao.domain.detectors.bounds import STRICT


def close_match(wrong: str, known: list[str]) -> str:
    """Return "; did you mean 'x'?" for the nearest known word, else the list of them."""
    from difflib import get_close_matches  # for a mistake alone; each cold start would wait for it

    near = get_close_matches(wrong, known, n=1, cutoff=0.5)
    return f"; did you mean '{near[0]}'?" if near else f"; known: {', '.join(sorted(known))}"


class Strict:
    """Finite numbers only, and no key that it does not know; its dataclasses are frozen."""

    __pydantic_config__ = STRICT
