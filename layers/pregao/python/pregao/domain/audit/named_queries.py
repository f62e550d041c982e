"""The questions compliance asks, by name: queries/*.sql, the same text for Athena and for DuckDB.

A file's header tells in both languages what it answers, and for each question mark the value it stands for:
`from` and `to` (UTC days; `to+1` is the day after), `operator`, `alert`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from pregao.domain.audit.archive_days import ArchiveError, Days

FOLDER = Path(__file__).resolve().parent / "queries"

_ANSWERS = re.compile(r"^-- (?P<language>pt|en): (?P<text>.+)$", re.MULTILINE)
_PARAMETER = re.compile(
    r"^--   \d+ (?P<name>from|to|operator|alert)(?P<shift>[+-]\d+)?(?:\s|$)", re.MULTILINE
)
_COMMENT = re.compile(r"--[^\n]*")


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a question mark stands for; `shift` are days added to `from` or `to`."""

    name: str
    shift: int = 0


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """One file: what it answers, its text as it stands, and what its question marks stand for, in order."""

    name: str
    pt: str
    en: str
    sql: str
    parameters: Sequence[Parameter]

    @property
    def asks_for(self) -> Sequence[str]:
        """What must be given besides the days."""
        return sorted({one.name for one in self.parameters} - {"from", "to"})

    def reads(self, days: Days) -> Days:
        """Return the days whose objects an answer about `days` needs."""
        shifts = [one.shift for one in self.parameters]
        return days.widened(-min(0, *shifts), max(0, *shifts))

    def values(self, days: Days, given: Mapping[str, str]) -> list[str]:
        """Return the values of the question marks; raises ArchiveError naming what was not given."""
        missing = [name for name in self.asks_for if not given.get(name)]
        if missing:
            options = ", ".join(f"--{name}" for name in missing)
            raise ArchiveError(f"'{self.name}' pede · asks for {options}")
        ends = {"from": days.first, "to": days.last}
        return [
            _text(ends[one.name], one.shift) if one.name in ends else given[one.name]
            for one in self.parameters
        ]

    def filled(self, days: Days, given: Mapping[str, str]) -> str:
        """Return the text with the values put in, to paste where there are no parameters."""
        values = iter(self.values(days, given))
        code = _COMMENT.sub("", self.sql).strip()
        return re.sub(r"\?", lambda _: "'" + next(values).replace("'", "''") + "'", code) + "\n"


def named_queries(folder: Path = FOLDER) -> Mapping[str, NamedQuery]:
    """Return all named queries, in the order of their names."""
    return {path.stem: _load(path) for path in sorted(folder.glob("*.sql"))}


def named_query(name: str) -> NamedQuery:
    """Return one; raises ArchiveError with the names that are near."""
    known = named_queries()
    if name in known:
        return known[name]
    from difflib import get_close_matches  # for a mistake alone; each cold start would wait for it

    near = get_close_matches(name, known, n=3, cutoff=0.5) or list(known)
    raise ArchiveError(
        f"não há pergunta '{name}' · no query is called so; {', '.join(near)}? SQL vai entre"
        " aspas · SQL goes in"
        ' quotes: "SELECT …"'
    )


def _load(path: Path) -> NamedQuery:
    sql = path.read_text(encoding="utf-8")
    told = {found["language"]: found["text"] for found in _ANSWERS.finditer(sql)}
    parameters = [Parameter(one["name"], int(one["shift"] or 0)) for one in _PARAMETER.finditer(sql)]
    return NamedQuery(path.stem, told["pt"], told["en"], sql, parameters)


def _text(day: date, shift: int) -> str:
    return (day + timedelta(shift)).isoformat()
