"""pydantic's complaints in words that do not echo the input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

LONGEST = 200  # characters of one line: names that the sender made up may stand in it


def describe(error: ValidationError, most: int = 20) -> list[str]:
    """Return one line per problem: where, and what is wrong."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    return [one_line(one) for one in problems[:most]]


def one_line(problem: ErrorDetails) -> str:
    """Return where a problem is, and what is wrong: ``candles.open.3: Input should be a valid number``."""
    line = f"{'.'.join(map(str, problem['loc'])) or 'body'}: {problem['msg']}"
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"
