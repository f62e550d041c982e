"""An id as people write it: whole, or as much of its beginning as tells it from others."""

from __future__ import annotations

from collections.abc import Mapping

from pregao.domain.audit.archive_days import ArchiveError

WHOLE = 64
"""Digits of an id."""
SHOWN = 10
"""So many of the ids that begin alike are listed."""


def written(asked: str) -> str:
    """Return an id, or its beginning, as ids are written: as pages and messages shorten it, too.

    Raises ArchiveError where nothing is written: every id begins so.
    """
    start = asked.strip().rstrip("….").lower()
    if not start:
        raise ArchiveError(
            "falta o id: escreva-o, ou o seu começo · an id is empty: write it, or the first digits of it"
        )
    return start


def the_one(start: str, found: Mapping[str, str], where: str = "", what: str = "alerts") -> str:
    """Return the only id found, each of which comes with what tells it from others; raises ArchiveError.

    `what` says what the ids are of.
    """
    if not found:
        raise nothing(start, where)
    if len(found) > 1:
        shown = "".join(f"\n  {one[:16]}… {told}" for one, told in list(found.items())[:SHOWN])
        more = f"\n  + {len(found) - SHOWN}" if len(found) > SHOWN else ""
        raise ArchiveError(
            f"'{start}': {len(found)} ids começam assim, escreva mais do id · {len(found)} {what}"
            " begin with it; write"
            f" more of the id:{shown}{more}"
        )
    return next(iter(found))


def nothing(alert_id: str, where: str | None) -> ArchiveError:
    """Return the error that says there is no such alert."""
    begins = "is" if len(alert_id) == WHOLE else "begins so and is"
    looked = f" {where}" if where else ""
    return ArchiveError(
        f"'{alert_id}': nenhum alerta assim neste arquivo; ele segue as tabelas em minutos, e uma"
        " cópia tem o que"
        f" havia quando foi feita · no such alert {begins} in the archive{looked}; it follows the"
        " tables within"
        " minutes, and a copy has what it had when it was made"
    )
