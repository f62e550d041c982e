"""A question to the audit, asked and answered: whose records, which days, and what was searched for it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pregao.config.loaded import Config, UnknownSymbol
from pregao.domain.audit.alert_ids import WHOLE, the_one, written
from pregao.domain.audit.archive_days import ArchiveError, Days
from pregao.domain.audit.archive_schema import TABLES
from pregao.domain.text.audit_words import ROW_STATES, in_words, state_of
from pregao.domain.text.words import counted
from pregao.flow.ports.archive import Answer, Tables

if TYPE_CHECKING:
    from pregao.domain.audit.named_queries import NamedQuery
    from pregao.domain.audit.people import People

NOT_OF_AN_OPERATOR = ("suppressed", "silences", "accesses")
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
        tables = ", ".join(f"{table} ({counted(count, 'record')})" for table, count in self.records.items())
        span = f"{self.days[0]}/{self.days[-1]}" if self.days else "-"
        return f"{tables}; {counted(len(self.days), 'day')}, {span}"


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's options: the days (UTC), an operator and an alert as somebody writes them, a state."""

    days: Days
    operator: str = ""
    alert: str = ""
    state: str = ""


State = Callable[[Mapping[str, Any]], Any]


def _shown(row: Mapping[str, Any]) -> str:
    return row["returned"] or ("confirmed" if row["confirmed_at"] else "unconfirmed")


def _column(name: str) -> State:
    return lambda row: row[name]


STATES: Mapping[str, State] = {
    "shown": _shown,
    "alert": _column("outcome"),
    "unanswered": lambda row: "timed_out" if row["timed_out_at"] else "open",
    "unreached": _column("last_status"),
    "suppressed": _column("verdict"),
    "silences": _column("event"),
    "outcomes": lambda row: row["result"] or "none",
    "decisions": _column("decision"),
}
"""What the state of a row is, by question; the others have none."""


def in_state(name: str, answer: Answer, state: str) -> Answer:
    """Return the rows in a state; raises ArchiveError for a question whose rows have none."""
    if name not in STATES:
        raise ArchiveError(
            f"as linhas de '{name}' não têm estado, têm as de · rows of '{name}' have no state,"
            " those of these"
            f" have: {', '.join(STATES)}"
        )
    of, wanted = STATES[name], state_of(name, state)
    if not wanted:
        known = ", ".join(f"{one} ({in_words('state', one, 'pt-BR')})" for one in ROW_STATES[name])
        raise ArchiveError(f"'{state}' não é um estado de '{name}' · is no state of '{name}': {known}")

    def kept() -> Iterator[tuple[Any, ...]]:
        for row in answer.rows:
            told = of(dict(zip(answer.columns, row, strict=True)))
            if str(told) == wanted:
                yield row

    return Answer(answer.columns, kept())


class Archive:
    """The records of some days, the map of names, and questions about both.

    `days` are those, as in the records, of which there is anything.
    """

    def __init__(self, sql: Tables, days: Collection[str], people: People) -> None:
        self.sql, self._days, self.people = sql, days, people

    def only(self, instrument: str, config: Callable[[], Config]) -> None:
        """Leave an instrument (WIN), a contract (WINZ26) or a feed's name (WINFUT); raises ArchiveError.

        `config` is asked for what no record of those days is of.
        """
        name = instrument.upper()
        if not self.sql.instruments(name):
            name = _configured(instrument, config(), sorted(self.sql.instruments()))
        self.sql.only(name)

    def named(self, query: NamedQuery, asked: Asked) -> Answer:
        """Answer a named query; raises ArchiveError naming what was not given or is not known."""
        if asked.operator and query.name in NOT_OF_AN_OPERATOR:
            raise ArchiveError(
                f"'{query.name}' não é sobre um operador: deixe --operator fora"
                " · is about what reached no operator: leave --operator out"
            )
        operator = self.whose(asked.operator)
        query.values(
            asked.days, {"operator": operator, "alert": asked.alert}
        )  # what is missing is told first
        alert = self.whole(asked.alert) if asked.alert else ""
        found = self.sql.ask(query.sql, query.values(asked.days, {"operator": operator, "alert": alert}))
        return in_state(query.name, found, asked.state) if asked.state else found

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
        return sorted(set(days.each()) - set(self._there(days)))

    def _there(self, days: Days) -> list[str]:
        return sorted(day for day in self._days if day in days)


def _configured(asked: str, config: Config, recorded: Sequence[str]) -> str:
    """Return the instrument of a feed's name or of a contract without a record; raises ArchiveError."""
    try:
        found = config.instrument_for(asked.upper())
    except UnknownSymbol:
        listed = ", ".join(recorded) or "-"
        raise ArchiveError(
            f"'{asked}' não está nos registros desses dias nem em alertas.yaml · no such"
            " instrument, neither in the"
            f" records of those days nor in alertas.yaml: {listed}"
        ) from None
    return (found.asked_as or found.name).upper()


def missing_told(days: Sequence[str]) -> str:
    """Return a line that names days without an object."""
    named = ", ".join(days[:NAMED]) + (f" … {days[-1]}" if len(days) > NAMED else "")
    return f"sem nada neste arquivo · this archive has nothing of: {counted(len(days), 'day')}: {named}"
