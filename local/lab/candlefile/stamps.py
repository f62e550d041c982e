"""From the texts of dates and times to seconds, once for each order of day and month that they allow."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from local.lab.candlefile.clocks import DAY_S
from local.lab.candlefile.facts import DateOrder, Stamped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from local.errors import HistoryError
    from local.lab.candlefile.cells import Cells
    from local.lab.candlefile.facts import Choices
    from pregao.domain.market.candles import Ints

_EPOCH = re.compile(r"(\d{9,10}|\d{13}|\d{16}|\d{19})(?:\.0+)?")
_UNITS = {9: 1, 10: 1, 13: 10**3, 16: 10**6, 19: 10**9}
_DATE = re.compile(r"(\d{1,4})([.\-/])(\d{1,2})\2(\d{1,4})")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_NAMED = re.compile(r"(\d{1,2})[\- /]([A-Za-z]{3})[a-z]*\.?[\- /,]+(\d{2,4})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]0+)?)?\s*([AaPp]\.?\s?[Mm]\.?)?")
_OFFSET = re.compile(r"(?:UTC|GMT|Z)?\s*(?:([+-])(\d{1,2}):?(\d{2})?)?", re.IGNORECASE)
_HALF = r"(?: ?[AaPp]\.? ?[Mm]\.?)?"
_FULL_DATE = r"^([^T ]+(?: [A-Za-z]{3}[a-z]* \d+)?)[T ]+"
_FULL_CLOCK = rf"^[^T ]+[T ]+(\d{{1,2}}:\d{{2}}(?::\d{{2}})?(?:[.,]\d+)?{_HALF}|\d{{6}}|\d{{4}})"
_FULL_ZONE = rf"^[^T ]+[T ]+[\d:.,]+{_HALF}(.*)$"
_ONLY_CLOCK = rf"^(\d{{1,2}}:\d{{2}}(?::\d{{2}})?(?:[.,]\d+)?{_HALF}|\d{{1,6}})"
_ONLY_ZONE = rf"^[\d:.,]+{_HALF}(.*)$"


@dataclass(frozen=True, slots=True)
class _Column:
    """A stamp column split: `dates` and `clocks` as texts, or seconds of an `epoch`; `zones` said by each."""

    at: int
    role: str
    dates: Sequence[str] = ()
    clocks: Sequence[str] = ()
    zones: Sequence[str] = ()
    epoch: Ints | None = None


@dataclass(frozen=True, slots=True)
class Sources:
    """All that a file says of its candles' times: the first is taken, the others must agree with it."""

    main: tuple[Stamped, ...]
    others: tuple[tuple[Stamped, ...], ...] = ()
    days_only: bool = False
    names: tuple[str, ...] = ()


def stamps(cells: Cells, choices: Choices) -> Sources:
    """Return the stamps in every order of day and month that all rows allow.

    Raises HistoryError for a text that is no date or time in any of them.
    """
    columns = [
        _column(cells, at, role)
        for role in ("stamp", "date", "time")
        for at in cells.layout.roles.get(role, ())
    ]
    epochs = [one for one in columns if one.epoch is not None]
    full = [one for one in columns if one.dates and one.clocks]
    days = [one for one in columns if one.dates and not one.clocks]
    clocks = [one for one in columns if one.clocks and not one.dates]
    full, days = _midnights_are_days(full, days, clocks)
    whole = [*epochs, *full]
    if clocks and days:
        whole.append(replace(days[0], clocks=clocks[0].clocks, zones=clocks[0].zones))
        days = days[1:]
    if not whole and not days:
        raise cells.refuse(0, "no column holds dates; the header must name date, time or datetime")
    whole.sort(key=lambda one: (one.epoch is None, one.at))
    found = [_orders(cells, one, choices) for one in (*whole, *days)]
    main, others = found[0], found[1:]
    daily = not whole
    names = tuple(cells.layout.name_of(one.at) for one in (*whole, *days))
    return Sources(main, tuple(others), daily, names)


def _midnights_are_days(
    full: list[_Column], days: list[_Column], clocks: list[_Column]
) -> tuple[list[_Column], list[_Column]]:
    """Take dates that a spreadsheet wrote with a time of 00:00:00 beside a column of times as mere dates."""
    if not clocks:
        return full, days
    bare = [one for one in full if set(one.clocks) <= {"00:00:00", "00:00", "0:00:00", "0:00"}]
    kept = [one for one in full if one not in bare]
    return kept, [*days, *(replace(one, clocks=()) for one in bare)]


def _column(cells: Cells, at: int, role: str) -> _Column:
    text = f"trim(c{at})"
    (epoch, compact, has_clock, only_clock, no_colon) = cells.ask(
        f"bool_and(regexp_full_match({text}, '(\\d{{9,10}}|\\d{{13}}|\\d{{16}}|\\d{{19}})(\\.0+)?')), "
        f"bool_and(regexp_full_match({text}, '\\d{{12}}|\\d{{14}}')), "
        f"bool_and(regexp_matches({text}, '^[^T ]+[T ]+\\d')), "
        f"bool_and(regexp_matches({text}, '^(\\d{{1,2}}:\\d{{2}}|\\d{{1,6}}$)')), "
        f"bool_and(NOT contains({text}, ':'))"
    )
    if epoch:
        return _Column(at, role, epoch=_epoch(cells, at))
    if compact:
        return _Column(at, role, cells.texts(f"{text}[1:8]"), cells.texts(f"{text}[9:]"))
    if only_clock and not (no_colon and role != "time" and _all_dates(cells, text)):
        return _Column(
            at, role, clocks=_part(cells, text, _ONLY_CLOCK), zones=_zones(cells, text, _ONLY_ZONE)
        )
    if has_clock:
        clocks, zones = _part(cells, text, _FULL_CLOCK), _zones(cells, text, _FULL_ZONE)
        return _Column(at, role, _part(cells, text, _FULL_DATE), clocks, zones)
    return _Column(at, role, dates=cells.texts(text))


def _part(cells: Cells, text: str, pattern: str) -> list[str]:
    """Return the part of each text that the pattern's group takes; the whole text where none fits."""
    taken = f"regexp_extract({text}, '{pattern}', 1)"
    return cells.texts(f"CASE WHEN regexp_matches({text}, '{pattern}') THEN {taken} ELSE {text} END")


def _zones(cells: Cells, text: str, pattern: str) -> Sequence[str]:
    """Return what follows each time of day; nothing where no text ends in anything but a digit."""
    (told,) = cells.ask(
        f"bool_or(regexp_matches({text}, '[^0-9]$')) OR bool_or(regexp_matches({text}, ':.*[-+]'))"
    )
    return _part(cells, text, pattern) if told else ()


def _all_dates(cells: Cells, text: str) -> bool:
    return bool(cells.ask(f"bool_and(regexp_full_match({text}, '\\d{{6}}'))")[0])


def _epoch(cells: Cells, at: int) -> Ints:
    texts = cells.texts(f"split_part(trim(c{at}), '.', 1)")
    lengths = set(map(len, texts))
    units = {_UNITS.get(length) for length in lengths}
    if len(units) != 1:
        row = next(row for row, text in enumerate(texts) if len(text) != len(texts[0]))
        raise cells.refuse(row, f"{texts[row]!r} counts in another unit than {texts[0]!r}; export again")
    unit = units.pop() or 1
    counted = np.array([int(text) for text in texts], dtype=np.int64)
    wrong = counted % unit != 0
    if wrong.any():
        row = int(np.argmax(wrong))
        raise cells.refuse(row, f"{texts[row]!r} is no whole second; these are ticks, export candles")
    return counted // unit


def _orders(cells: Cells, column: _Column, choices: Choices) -> tuple[Stamped, ...]:
    if column.epoch is not None:
        return (Stamped(DateOrder.YMD, column.epoch, epoch=True),)
    clocks = _clocks(cells, column)
    offsets = _offsets(cells, column)
    found: list[Stamped] = []
    wrong: list[HistoryError] = []
    for order in _asked(choices, column):
        try:
            days = _mapped(cells, column.dates, lambda text, order=order: _day(text, order))  # type: ignore[misc]
        except _NoTime as error:
            wrong.append(error.refusal)
            continue
        stamped = Stamped(order, days + clocks, offsets)
        if not any(np.array_equal(stamped.seconds, one.seconds) for one in found):
            found.append(stamped)
    if not found:
        raise max(wrong, key=lambda error: error.line)
    return tuple(found)


def _asked(choices: Choices, column: _Column) -> Sequence[DateOrder]:
    first = column.dates[0].strip()
    if re.match(r"\d{4}[.\-/]|\d{8}$", first) or choices.dates is None:
        return tuple(DateOrder)
    return (choices.dates,)


class _NoTime(ValueError):
    def __init__(self, refusal: HistoryError) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


def _mapped(cells: Cells, texts: Sequence[str], seconds: Callable[[str], int]) -> Ints:
    """Translate each distinct text once."""
    try:
        known = {text: seconds(text) for text in set(texts)}
    except ValueError:
        row = next(at for at, text in enumerate(texts) if _fails(seconds, text))
        refusal = cells.refuse(
            row, f"{texts[row].strip()!r} is no date or time this format knows; export again"
        )
        raise _NoTime(refusal) from None
    return np.fromiter(map(known.__getitem__, texts), dtype=np.int64, count=len(texts))


def _fails(seconds: Callable[[str], int], text: str) -> bool:
    try:
        seconds(text)
    except ValueError:
        return True
    return False


def _day(text: str, order: DateOrder) -> int:
    """Return the seconds of a date. Raises ValueError where it is none in this order."""
    text = text.strip()
    if match := _COMPACT.fullmatch(text):
        year, month, day = map(int, match.groups())
        if order is not DateOrder.YMD:
            raise ValueError(text)
    elif match := _NAMED.fullmatch(text):
        day, month, year = (
            int(match.group(1)),
            1 + _MONTHS.index(match.group(2).casefold()),
            _year(match.group(3)),
        )
        if order is not DateOrder.DMY:
            raise ValueError(text)
    elif match := _DATE.fullmatch(text):
        year, month, day = _parts((match.group(1), match.group(3), match.group(4)), match.group(2), order)
    else:
        raise ValueError(text)
    return (date(year, month, day) - date(1970, 1, 1)).days * DAY_S


def _parts(fields: tuple[str, str, str], mark: str, order: DateOrder) -> tuple[int, int, int]:
    first, second, third = fields
    if order is DateOrder.YMD:
        if len(first) != 4 and (mark == "/" or not len(first) == len(second) == len(third) == 2):
            raise ValueError(fields)
        return _year(first), int(second), int(third)
    if len(third) not in (2, 4) or len(first) > 2:
        raise ValueError(fields)
    day, month = (first, second) if order is DateOrder.DMY else (second, first)
    return _year(third), int(month), int(day)


def _year(text: str) -> int:
    if len(text) == 4:
        return int(text)
    if len(text) != 2:
        raise ValueError(text)
    return 2000 + int(text) if int(text) < 70 else 1900 + int(text)


def _clocks(cells: Cells, column: _Column) -> Ints:
    if not column.clocks:
        return np.zeros(cells.rows, dtype=np.int64)
    lengths = {len(text) for text in set(column.clocks) if text.isdigit()}
    unpadded = bool(lengths) and not lengths <= {4} and not lengths <= {6}
    if unpadded and not lengths <= {3, 4} and not lengths <= {5, 6}:
        raise cells.refuse(0, "the times of day are numbers of several lengths; export them as 09:05")
    if lengths == {3, 4} and all(text.endswith("00") for text in set(column.clocks)):
        raise cells.refuse(0, "the times of day may be HHMM or MMSS; export them as 09:05")
    try:
        return _mapped(cells, column.clocks, _clock)
    except _NoTime as error:
        raise error.refusal from None


def _clock(text: str) -> int:
    """Return the seconds of a time of day: 9:05, 09:05:00, 9:05 PM, 0905, 090500."""
    text = text.strip()
    if text.isdigit():
        digits = text.zfill(4 if len(text) <= 4 else 6)
        hour, minute, second, half = int(digits[:2]), int(digits[2:4]), int(digits[4:] or 0), ""
    else:
        match = _CLOCK.fullmatch(text)
        if match is None:
            raise ValueError(text)
        hour, minute, second = (int(part or 0) for part in match.groups()[:3])
        half = (match.group(4) or "").casefold()
    if half:
        if not 1 <= hour <= 12:
            raise ValueError(text)
        hour = hour % 12 + (12 if half.startswith("p") else 0)
    if hour > 23 or minute > 59 or second > 59:
        raise ValueError(text)
    return hour * 3600 + minute * 60 + second


def _offsets(cells: Cells, column: _Column) -> Ints | None:
    """Return what each stamp says of its zone, in seconds east of UTC; None where none says anything."""
    said = {zone.strip() for zone in set(column.zones)}
    if not said - {""}:
        return None
    if "" in said:
        row = next(at for at, zone in enumerate(column.zones) if not zone.strip())
        raise cells.refuse(row, "this time names no zone and others do; export again")
    try:
        return _mapped(cells, column.zones, _offset)
    except _NoTime as error:
        raise error.refusal from None


def _offset(text: str) -> int:
    match = _OFFSET.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    hours, minutes = int(match.group(2) or 0), int(match.group(3) or 0)
    if hours > 14 or minutes > 59:
        raise ValueError(text)
    return (-1 if match.group(1) == "-" else 1) * (hours * 3600 + minutes * 60)
