"""What the published schemas have to say about a value."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

PUBLISHED = Path(__file__).resolve().parents[1] / "infra" / "schemas"


def problems(name: str, value: Any) -> list[str]:
    """One line per violation of a contract; none when the value keeps it."""
    return [error.message for error in _validator(name).iter_errors(value)]


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads((PUBLISHED / f"{name}.json").read_text(encoding="utf-8")))
