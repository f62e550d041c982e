"""What the compliance page asks: the audit's questions, each look recorded before its answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from pregao.domain.audit.alert_ids import WHOLE, written
from pregao.domain.audit.archive_days import ArchiveError, Days
from pregao.domain.audit.chain import day_of
from pregao.domain.audit.named_queries import NamedQuery, named_queries
from pregao.domain.audit.people import PSEUDONYMS, WRITERS, People
from pregao.domain.audit.records import access_record
from pregao.domain.text.audit_words import FILTERS, fields_told
from pregao.flow.ports.refusals import Contended, OutOfTime
from pregao.flow.steps.audit.append import Pause, append
from pregao.flow.steps.audit.question import STATES, Archive, Asked
from pregao.wire.token_v1 import Cause, TokenRefused, read_officer

if TYPE_CHECKING:
    from pregao.config.loaded import Config
    from pregao.config.models import OfficerConfig
    from pregao.flow.ports.archive import Answer, LookBook, Proofs, RecordSource, TimeLeft, VerificationBook

DAYS_AT_MOST = 31
"""UTC days of one question; months and years are asked with `pregao audit` or Athena, in the same SQL."""
ROWS_AT_MOST = 2_000
"""Rows of an answer for the screen; a file has all of them."""
PAGE, PROOF = "page", "proof"
"""What a look is called that opens the page, and one that takes an alert's proof away."""
OF_RECORDS = re.compile(r"op-[a-z0-9]{0,32}")
"""A pseudonym, or its beginning, of somebody whom the map may not have any more."""
OF_INSTRUMENT = re.compile(r"[A-Za-z0-9_-]{1,32}")
OF_ALERT = re.compile(rf"[0-9a-f]{{4,{WHOLE}}}")
OF_STATE = re.compile(r"[A-Za-z_]{1,32}")

Query = Mapping[str, str]
Cells = tuple[Any, ...]


class BadQuestion(ValueError):
    """A question that cannot be read or answered; the message says which option is at fault."""


class NoAnswer(Exception):
    """There is no answer now; asking again may do. `error` says why: `not_recorded` or `out_of_time`."""

    def __init__(self, error: str) -> None:
        super().__init__(error)
        self.error = error


@dataclass(frozen=True, slots=True)
class Sheet:
    """An answer that becomes a file: its title and notes in the officer's language, its rows as recorded.

    Beside a pseudonym's column (`operator`) stands the name's (`operator_name`).
    """

    title: str
    notes: Sequence[str]
    columns: Sequence[str]
    rows: Sequence[Cells]
    language: str = "pt-BR"


@dataclass(frozen=True, slots=True)
class File:
    """A file to hand out."""

    name: str
    kind: str
    content: bytes


Writer = Callable[[Sheet], bytes]
Kinds = Mapping[str, tuple[str, Writer]]
"""By what a file's name ends in: its media type, and what writes it."""


@dataclass(frozen=True, slots=True)
class Look:
    """What an officer asks: the question, its options, and what of them is put on record (no name is)."""

    question: str
    asked: Asked
    instrument: str
    form: str

    def recorded(self) -> dict[str, str]:
        """Return the options as the record holds them."""
        told = {
            "from": self.asked.days.first.isoformat(),
            "to": self.asked.days.last.isoformat(),
            "operator": self.asked.operator,
            "instrument": self.instrument,
            "state": self.asked.state,
            "alert": self.asked.alert,
            "format": self.form,
        }
        return {name: value for name, value in told.items() if value}


@dataclass(frozen=True, slots=True)
class Compliance:
    """Knows the officers and their keys, the audit, and what makes files; `clock` gives epoch seconds."""

    config: Config
    keys: Iterable[str]
    source: RecordSource
    proofs: Proofs
    looks: LookBook
    verifications: VerificationBook
    kinds: Kinds
    pause: Pause
    clock: Callable[[], float]

    def __call__(
        self, token: str | None, question: str, query: Query, time: TimeLeft
    ) -> dict[str, Any] | File:
        """Answer one question, which is on record by then.

        Raises TokenRefused, BadQuestion, NoAnswer.
        """
        officer = self._officer(token)
        try:
            return self._answered(officer, question, query, time)
        except ArchiveError as error:
            raise BadQuestion(str(error)) from error
        except OutOfTime as late:
            raise NoAnswer("out_of_time") from late

    def _answered(
        self, officer: OfficerConfig, question: str, query: Query, time: TimeLeft
    ) -> dict[str, Any] | File:
        if question == PAGE:
            self._record(officer, PAGE, {})
            return self._page(officer)
        look = self._look(question, query)
        self._record(officer, question, look.recorded())
        if question == PROOF:
            return dict(self.proofs.of(look.asked.alert, look.asked.days, self._today(), time))
        return self._answer(officer, look, time)

    def _officer(self, token: str | None) -> OfficerConfig:
        if not token:
            raise TokenRefused(Cause.NO_TOKEN, "no token")
        named = read_officer(token, self.keys)
        for one in self.config.officers:
            if one.id == named:
                return one
        raise TokenRefused(Cause.NO_OFFICER, f"{named} is not in officers.yaml")

    def _record(self, officer: OfficerConfig, question: str, asked: Mapping[str, str]) -> None:
        try:
            append(
                self.looks.tail,
                lambda now: [access_record(officer.audit_id, question, asked, now)],
                self.looks.keep,
                self,
            )
        except Contended as contended:
            raise NoAnswer("not_recorded") from contended

    def _page(self, officer: OfficerConfig) -> dict[str, Any]:
        verified = self.verifications.last()
        return {
            "officer": {"id": officer.id, "name": officer.name, "language": officer.language},
            "today": self._today(),
            "days_at_most": DAYS_AT_MOST,
            "operators": [{"audit_id": one.audit_id, "name": one.name} for one in self.config.operators],
            "instruments": list(self.config.instruments),
            "questions": [_described(one) for one in named_queries().values()],
            "formats": list(self.kinds),
            "verification": verified
            and {"pt": verified.pt, "en": verified.en, "at": verified.at, "by": verified.by},
        }

    def _look(self, question: str, query: Query) -> Look:
        """Read the options; raises BadQuestion, ArchiveError for an operator whom nobody knows."""
        named = named_queries().get(question)
        if named is None and question != PROOF:
            raise BadQuestion(
                f"não há pergunta '{question[:40]}' · no question '{question[:40]}';"
                f" {', '.join(named_queries())}"
            )
        form = query.get("format", "json")
        if form not in ("json", *self.kinds):
            raise BadQuestion(f"format: json, {', '.join(self.kinds)}")
        alert = _option(query, "alert", OF_ALERT, written)
        days = self._days(query, wide=bool(alert))
        operator = _whose(query.get("operator", ""), self.config.people())
        asked = Asked(days, operator, alert, _option(query, "state", OF_STATE))
        _complete(question, named, asked)
        return Look(question, asked, _option(query, "instrument", OF_INSTRUMENT), form)

    def _days(self, query: Query, *, wide: bool) -> Days:
        """Return `day`, or `from` and `to`; without them today, for an alert all the days that may be."""
        today = date.fromisoformat(self._today())
        if "day" in query:
            first = last = _date(query, "day", today)
        else:
            last = _date(query, "to", today)
            first = _date(query, "from", last - timedelta(DAYS_AT_MOST - 1) if wide else last)
        if not 0 <= (last - first).days < DAYS_AT_MOST:
            raise BadQuestion(
                f"from, to: no máximo {DAYS_AT_MOST} dias, primeiro o primeiro dia; para mais,"
                " pregao audit ou Athena"
                f" · at most {DAYS_AT_MOST} days, the first day first; else pregao audit, or Athena"
            )
        return Days(first, last)

    def _answer(self, officer: OfficerConfig, look: Look, time: TimeLeft) -> dict[str, Any] | File:
        named = named_queries()[look.question]
        with self.source.open(named.reads(look.asked.days), self._today(), time) as opened:
            archive = Archive(opened.tables, opened.days, self.config.people())
            if look.instrument:
                archive.only(look.instrument, lambda: self.config)
            answer = archive.named(named, look.asked)
            if look.form != "json":
                return self._file(officer, look, archive.people, answer)
            rows = list(islice(answer.rows, ROWS_AT_MOST + 1))  # before anything else is asked of the tables
            searched = archive.searched(named.sql, look.asked.days)
        return _told(look, self.config.people(), answer.columns, rows) | {
            "searched": {"records": dict(searched.records), "days": len(searched.days)},
            "missing": list(searched.missing),
        }

    def _file(self, officer: OfficerConfig, look: Look, people: People, answer: Answer) -> File:
        named, (media, write) = named_queries()[look.question], self.kinds[look.form]
        notes = [
            fields_told(FILTERS, {name: value}, officer.language) for name, value in look.recorded().items()
        ]
        columns, rows = _with_names(people, answer)
        title = named.pt if officer.language == "pt-BR" else named.en
        sheet = Sheet(title, notes, columns, rows, officer.language)
        days = str(look.asked.days).replace("/", "_")
        return File(f"pregao-{look.question}-{days}.{look.form}", media, write(sheet))

    def _today(self) -> str:
        return day_of(self.clock())


def _told(look: Look, people: People, columns: Sequence[str], rows: Sequence[Cells]) -> dict[str, Any]:
    shown = rows[:ROWS_AT_MOST]
    return {
        "question": look.question,
        "asked": look.recorded(),
        "columns": list(columns),
        "rows": [list(one) for one in shown],
        "more": len(rows) > ROWS_AT_MOST,
        "names": _names(people, columns, shown),
    }


def _described(one: NamedQuery) -> dict[str, Any]:
    return {
        "name": one.name,
        "pt": one.pt,
        "en": one.en,
        "asks_for": list(one.asks_for),
        "states": one.name in STATES,
    }


def _complete(question: str, named: NamedQuery | None, asked: Asked) -> None:
    """Refuse what lacks an option, before it is recorded as a look."""
    given = {"operator": asked.operator, "alert": asked.alert}
    for name in named.asks_for if named else ("alert",):
        if not given[name]:
            raise BadQuestion(f"'{question}' pede · asks for {name}")


def _option(query: Query, name: str, form: re.Pattern[str], read: Callable[[str], str] = str.strip) -> str:
    text = query.get(name, "").strip()
    text = read(text) if text else ""
    if text and not form.fullmatch(text):
        raise BadQuestion(f"{name}: '{text[:40]}' não pode ser um · cannot be one")
    return text


def _date(query: Query, name: str, otherwise: date) -> date:
    try:
        return date.fromisoformat(query[name]) if query.get(name) else otherwise
    except ValueError as error:
        raise BadQuestion(
            f"{name}: '{query[name][:40]}' não é um dia; escreva · is no day; write 2026-11-25"
        ) from error


def _whose(asked: str, people: People) -> str:
    """Return the pseudonym that the map has for somebody, or what may be one of the records alone.

    A name never comes into a record. Raises ArchiveError for one whom the map does not know.
    """
    if not asked or asked in WRITERS:
        return asked
    try:
        return people.pseudonym(asked, partial(list[str]))
    except ArchiveError:
        if OF_RECORDS.fullmatch(asked.strip().lower()):
            return asked.strip().lower()
        raise


def _names(people: People, columns: Sequence[str], rows: Sequence[Cells]) -> dict[str, str]:
    """Return who is behind the pseudonyms of an answer, as far as the map says."""
    places = [at for at, name in enumerate(columns) if name in PSEUDONYMS]
    found = {row[at] for row in rows for at in places if row[at]}
    return {one: name for one in sorted(found) if (name := people.name_of(one))}


def _with_names(people: People, answer: Answer) -> tuple[list[str], list[Cells]]:
    """Return columns and rows with a name beside each pseudonym."""
    columns = [
        one for name in answer.columns for one in ((name, f"{name}_name") if name in PSEUDONYMS else (name,))
    ]
    rows = [
        tuple(
            one
            for name, value in zip(answer.columns, row, strict=True)
            for one in ((value, people.name_of(value or "")) if name in PSEUDONYMS else (value,))
        )
        for row in answer.rows
    ]
    return columns, rows
