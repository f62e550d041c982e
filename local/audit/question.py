"""A question to the archive, asked and answered: whose records, which days, and what was searched for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from local.alert_ids import WHOLE, the_one, written
from local.audit import copy_note
from local.audit.archive_files import Days, Files, days_in
from local.audit.archive_schema import TABLES
from local.audit.archive_sql import Answer, ArchiveSql
from local.audit.copy_note import Coverage
from local.audit.keys import PublicKeys
from local.audit.named_queries import NamedQuery
from local.audit.people import People
from local.audit.verdict import sentence
from local.audit.verify import verify_folder
from local.errors import ArchiveError

NOT_OF_AN_OPERATOR = ("suppressed", "silences")
"""Queries about events that concern no single operator; --operator is refused."""
NAMED = 5
"""So many days that are missing are named one by one."""


@dataclass(frozen=True, slots=True)
class Searched:
    """What an answer was looked for in: records by table, the days asked about that have any object.

    `missing` are days asked about that have none, where first and last were named.
    """

    records: Mapping[str, int]
    days: Sequence[str]
    missing: Sequence[str]

    @property
    def anything(self) -> bool:
        """Tell whether there was a day to search; a day without alerts still has an archived day record."""
        return bool(self.days)

    def __str__(self) -> str:
        tables = ", ".join(f"{table} ({count} registros · records)" for table, count in self.records.items())
        span = f"{self.days[0]}/{self.days[-1]}" if self.days else "-"
        return f"{tables}; {len(self.days)} dias · days, {span}"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's options: the days (UTC), an operator and an alert as somebody writes them."""

    days: Days
    operator: str = ""
    alert: str = ""


class Archive:
    """The archive's objects of some days, the map of names, and questions about both."""

    def __init__(self, sql: ArchiveSql, files: Files, people: People, root: Path) -> None:
        self.sql, self._files, self.people, self._root = sql, files, people, root

    def verdict(self, known: PublicKeys, now: datetime, language: str) -> str:
        """Return the sentence of a verification of the copy, for the days that its note names."""
        covered = Coverage(copy_note.read(self._root))
        done = verify_folder(self._root, known, covered.as_of or now, covered=covered)
        return sentence(done, known.by_fingerprint, now, language)

    def named(self, query: NamedQuery, asked: Asked) -> Answer:
        """Answer a named query; raises ArchiveError naming what was not given or is not known."""
        if asked.operator and query.name in NOT_OF_AN_OPERATOR:
            raise ArchiveError(f"'{query.name}' is about what reached no operator: leave --operator out")
        operator = self.whose(asked.operator)
        query.values(
            asked.days, {"operator": operator, "alert": asked.alert}
        )  # what is missing is told first
        alert = self.whole(asked.alert) if asked.alert else ""
        return self.sql.ask(query.sql, query.values(asked.days, {"operator": operator, "alert": alert}))

    def whose(self, asked: str) -> str:
        """Leave what concerns an operator and return the pseudonym, all of it and "" where none is asked."""
        if not asked:
            return ""
        found = self.people.pseudonym(asked, self.sql.operators)
        self.sql.narrow(found)
        return found

    def whole(self, start: str) -> str:
        """Return the only alert's id that begins so; raises ArchiveError."""
        start = written(start)
        return start if len(start) == WHOLE else the_one(start, self.sql.alerts(start))

    def not_recorded(self, query: NamedQuery) -> str:
        """Return what an answer lacks because no record of it was written, empty where nothing is."""
        sql = "SELECT count(*) FROM \"all alertas_audit\" WHERE kind = 'outcome'"
        if query.name != "outcomes" or next(self.sql.run(sql).rows)[0]:
            return ""
        return (
            "nenhum resultado está gravado nestes dias: ele é gravado depois do pregão"
            " · no outcome is on record in these days: it is recorded after the session"
        )

    def searched(self, sql: str, days: Days) -> Searched:
        """Return what a query over those days was answered from."""
        tables = [table for table in TABLES if table in sql]
        records = {table: self.sql.records(table) for table in tables}
        return Searched(records, self._there(days), self.missing(days))

    def missing(self, days: Days) -> list[str]:
        """Return the days asked about that have no object; none where their first or last was not named."""
        if Days().first == days.first or Days().last == days.last:
            return []
        every = ((days.first + timedelta(n)).isoformat() for n in range((days.last - days.first).days + 1))
        return sorted(set(every) - set(self._there(days)))

    def _there(self, days: Days) -> list[str]:
        return sorted(day for day in days_in(self._files) if day in days)


def missing_told(days: Sequence[str]) -> str:
    """Return a line that names days without an object."""
    named = ", ".join(days[:NAMED]) + (f" … {days[-1]}" if len(days) > NAMED else "")
    return f"{len(days)} dias sem nada neste arquivo · days that this archive has nothing of: {named}"
