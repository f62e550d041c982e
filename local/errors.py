"""What a person can mend: a candle file, a grid of parameters, a token."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


class HistoryError(Exception):
    """A candle file that cannot be trusted; the message is `file:line: what is wrong; remedy`."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}")
        self.path = path
        self.line = line


class Undecided(HistoryError):
    """A candle file that can be read in two ways; the message names both and the option that decides."""


class GridError(Exception):
    """A grid that cannot be swept; the message says what to write."""


class NotLetIn(Exception):
    """The gateway refused the token; the message names the remedy."""


class NoPrice(LookupError):
    """Something was used that the price list does not know."""
