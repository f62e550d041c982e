"""Volumes and spread, told which column was taken for which."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from local.lab.candlefile.marks import Marks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.lab.candlefile.cells import Cells
    from pregao.domain.market.candles import Floats, Ints

ROLES = ("tick_volume", "real_volume", "spread")
_LARGEST = 2**53


def volumes(cells: Cells, prices: Marks) -> tuple[tuple[Ints, Ints, Ints], str, tuple[str, ...]]:
    """Return tick volume, real volume and spread (zeros where the file has none), what was taken, and doubts.

    Raises HistoryError for counts below zero, and for fractions where the format counts in whole numbers.
    """
    doubts: list[str] = []
    found = [_counts(cells, role, prices, doubts) for role in ROLES]
    taken = [
        f"{cells.layout.name_of(at)!r} is {role}" for role in ROLES if (at := cells.column(role)) is not None
    ]
    money = cells.column("money")
    if money is not None:
        taken.append(f"{cells.layout.name_of(money)!r} is money, left out")
    return (found[0], found[1], found[2]), ", ".join(taken) or "none", tuple(doubts)


def _counts(cells: Cells, role: str, prices: Marks, doubts: list[str]) -> Ints:
    at = cells.column(role)
    if at is None:
        return np.zeros(cells.rows, dtype=np.int64)
    values = _read(cells, at, prices)
    empty = ~np.isfinite(values)
    if empty.any():
        row = int(np.argmax(empty))
        text = cells.text_at(row, at)
        if cells.layout.kind.whole_volumes or not _blank(text):
            if not cells.layout.kind.whole_volumes:
                doubts.append(f"{cells.layout.name_of(at)!r} holds {text!r}: {role} is left at zero")
                return np.zeros(cells.rows, dtype=np.int64)
            raise cells.refuse(row, f"{role} {text!r} is no whole number; export again")
        doubts.append(f"{int(empty.sum())} candles have no {role}: zero")
        values = np.where(empty, 0.0, values)
    wrong = (values < 0) | (values > _LARGEST)
    if cells.layout.kind.whole_volumes:
        wrong |= values != np.floor(values)
    if wrong.any():
        row = int(np.argmax(wrong))
        raise cells.refuse(row, f"{role} {cells.text_at(row, at)!r} is no whole number; export again")
    if (values != np.floor(values)).any():
        doubts.append(f"{role} is in fractions: rounded to whole numbers")
    return np.rint(values).astype(np.int64)


def _read(cells: Cells, at: int, prices: Marks) -> Floats:
    """Return the column as written like the prices, or in the one other form that gives whole numbers."""
    if cells.lines.separator:  # a workbook's own numbers, where they are numbers
        plain = cells.numbers([f"trim(c{at})"])[0]
        if np.isfinite(plain).all():
            return plain
    forms: Sequence[Marks] = (
        prices,
        *(Marks(decimal, group) for decimal, group in ((".", ""), (",", ""), (".", ","), (",", "."))),
    )
    read: list[Floats] = []
    for form in dict.fromkeys(forms):
        read.append(_as(cells, at, form))
        if np.isfinite(read[-1]).all() and (read[-1] == np.floor(read[-1])).all():
            return read[-1]
    finite = [one for one in read if np.isfinite(one).all()]
    return (finite or read)[0]


def _as(cells: Cells, at: int, form: Marks) -> Floats:
    """Return the column as `form` reads it, NaN where a text is written otherwise."""
    pattern = form.pattern
    if form.grouping:
        bare = Marks(form.decimal, "").pattern.replace(r"\d*(", r"\d{1,3}(", 1)
        pattern = f"{pattern}|{bare}"
    quoted = pattern.replace("'", "''")
    plain = form.plain(f"c{at}")
    if not cells.ask(f"bool_and(regexp_full_match(t, '{quoted}'))", cells.texts_of([at]))[0]:
        plain = f"CASE WHEN regexp_full_match(trim(c{at}), '{quoted}') THEN {plain} END"
    return cells.numbers([plain])[0]


def _blank(text: str) -> bool:
    return text.strip().casefold() in ("", "nan", "-", "--", "n/a", "null", "none", "∅")
