"""Who is behind a pseudonym, and a pseudonym for who is named, by the map beside the records.

Audit records hold `audit_id` alone; names are only in operators.yaml and officers.yaml. A person removed from
there can still be asked about by pseudonym while records hold it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from pregao.domain.audit.archive_days import ArchiveError
from pregao.domain.delivery.operators import SYSTEM, UNKNOWN

Fits = Callable[[str, str], bool]
WRITERS = {SYSTEM: "sem pessoa · no person (TIMEOUT)", UNKNOWN: "fora da mesa · not on the desk"}
"""Values of the operator field that are no person."""
PSEUDONYMS = ("operator", "audit_id")
"""Columns that hold a pseudonym."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the desk: the pseudonym in records, the id in tokens, the name."""

    audit_id: str
    id: str
    name: str

    def __str__(self) -> str:
        return f"{self.name} ({self.id}, {self.audit_id})"


@dataclass(frozen=True, slots=True)
class People:
    """The map as it is today."""

    known: Sequence[Person]
    officers: Sequence[Person] = ()
    """Who may look at the audit; they are named in its records of that, and asked about in no question."""

    def name_of(self, audit_id: str) -> str:
        """Return whose pseudonym it is, empty where the map does not say."""
        found = next((one.name for one in (*self.known, *self.officers) if one.audit_id == audit_id), "")
        return found or WRITERS.get(audit_id, "")

    def pseudonym(self, asked: str, recorded: Callable[[], Collection[str]]) -> str:
        """Return the pseudonym of a name, an id or a pseudonym, in whatever case and accents.

        `recorded` looks up the pseudonyms in the records at hand: they are accepted though nobody is behind
        them any more. A beginning is enough. Raises ArchiveError for one whom nobody knows, and for several.
        """
        found = self._named(asked, _same)
        if not found:
            there = recorded()
            found = {asked} & set(there) or self._named(asked, _begins)
            found = found or {one for one in there if asked and one.startswith(asked)}
            if not found:
                raise ArchiveError(self._nobody(asked, there))
        if len(found) > 1:
            raise ArchiveError(self._several(asked, found))
        return found.pop()

    def _named(self, asked: str, fits: Fits) -> set[str]:
        return {
            one.audit_id
            for one in self.known
            if any(fits(asked, n) for n in (one.name, one.id, one.audit_id))
        }

    def _several(self, asked: str, found: set[str]) -> str:
        listed = ", ".join(self._told(one) for one in sorted(found))
        return (
            f"'{asked}' é mais de um operador, escreva o pseudônimo · is more than one operator, write the"
            f" pseudonym: {listed}"
        )

    def _nobody(self, asked: str, recorded: Collection[str]) -> str:
        persons = [str(one) for one in self.known]
        others = sorted(set(recorded) - {one.audit_id for one in self.known} - set(WRITERS))
        known = [*persons, *(f"{one} (só nos registros · in the records alone)" for one in others)]
        return (
            f"ninguém se chama '{asked}', nem em operators.yaml (--config-dir) nem nos registros"
            f" · nobody is called '{asked}', neither in operators.yaml nor in the records;"
            f" conhecidos · known: {'; '.join(known) or '-'}"
        )

    def _told(self, audit_id: str) -> str:
        return next((str(one) for one in self.known if one.audit_id == audit_id), audit_id)


def plain(text: str) -> str:
    """Return a text without case, accents and double spaces, to be compared."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(one for one in letters if not unicodedata.combining(one)).split())


def _same(asked: str, name: str) -> bool:
    return plain(asked) == plain(name)


def _begins(asked: str, name: str) -> bool:
    return bool(plain(asked)) and plain(name).startswith(plain(asked))
