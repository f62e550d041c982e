"""What is answered to a page's request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """A status of HTTP, what is told, and why a request was refused."""

    status: int
    fields: dict[str, Any]
    refused: str | None = None
