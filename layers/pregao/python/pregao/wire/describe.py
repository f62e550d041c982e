"""pydantic's complaints in words that do not echo the input."""

from __future__ import annotations

from pydantic import ValidationError

LONGEST = 200  # characters of one line: names that the sender made up may stand in it


def describe(error: ValidationError, most: int = 20) -> list[str]:
    """Return one line per problem: where, and what is wrong."""
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    lines = [f"{'.'.join(map(str, one['loc'])) or 'body'}: {one['msg']}" for one in problems[:most]]
    return [line if len(line) <= LONGEST else line[: LONGEST - 1] + "…" for line in lines]
