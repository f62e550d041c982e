"""The commands of docs/DEPLOY.md, as they stand there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from local.stack.errors import StackError


def commands(page: str) -> Iterator[str]:
    """Yield every command of the page's blocks: a line each, continued lines joined, comments taken away."""
    for block in re.findall(r"^```\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            yield " ".join(line.partition("#")[0].split())


def said(page: str, beginning: str, values: Mapping[str, str]) -> str:
    """Return the page's first command that begins so, with its placeholders filled.

    `values` are what stands there and what this walk says instead; each must stand there. An option in square
    brackets is left out. Raises StackError where the page has it no more: then the walk is behind the page.
    """
    found = next((one for one in commands(page) if one.startswith(beginning)), None)
    if found is None:
        raise StackError(f"docs/DEPLOY.md has no command '{beginning} ...' any more: mend tests/rehearsal")
    found = re.sub(r"\s*\[[^]]*\]", "", found)
    for placeholder, value in values.items():
        if placeholder not in found:
            raise StackError(f"docs/DEPLOY.md: '{found}' has no {placeholder} any more: mend tests/rehearsal")
        found = found.replace(placeholder, value)
    return found
