"""Recorded text in a spreadsheet's cell: never taken for a formula, never lost without a word.

A cell that begins with one of = + - @ (their full-width twins, a tab, a line break) may be run as a formula.
So may what stands behind a ; or , inside a text: a spreadsheet of another country splits the line there. Such
a place gets a ' before it, and so does a ' that stands there already: taking one ' away at each gives back
what was recorded.
"""

from __future__ import annotations

import re

CELL = 32_767
"""Characters that Excel holds in a cell."""

_SIGNS = "=+\\-@'\uff1d\uff0b\uff0d\uff20"
_INSIDE = f'([;,\\t\\r\\n])([{_SIGNS}"])'
_BEGIN = f"\\A([{_SIGNS}\\t\\r\\n])"


def harmless(text: str) -> str:
    """Return the text with its marks."""
    return re.sub(_BEGIN, r"'\1", re.sub(_INSIDE, r"\1'\2", text))


def harmless_sql(expression: str) -> str:
    """Return `harmless` as DuckDB's expression."""
    inside, begin = (pattern.replace("'", "''") for pattern in (_INSIDE, _BEGIN))
    marked = f"regexp_replace({expression}, '{inside}', '\\1''\\2', 'g')"
    return f"regexp_replace({marked}, '{begin}', '''\\1')"


def fitting(text: str) -> str:
    """Return the text, or a note in its place where it is too long for a cell."""
    return text if len(text) <= CELL else f"({len(text)} characters: too long for a cell; see csv or parquet)"
