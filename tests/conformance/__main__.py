"""python -m tests.conformance: write README.md anew."""

from __future__ import annotations

from tests.conformance.table import FILE, table

FILE.write_text(table(), encoding="utf-8")
