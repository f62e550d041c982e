"""From the texts of dates and times to seconds, once for each order of day and month that they allow."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from local.lab.candlefile.clocks import DAY_S
from local.lab.candlefile.facts import DateOrder, Stamped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from local.errors import HistoryError
    from local.lab.candlefile.cells import Cells, Coded
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
_SERIAL = re.compile(r"[2-7]\d{4}(?:\.\d+)?|0(?:\.\d+)?|\d\.\d+[eE]-\d+")
_SERIAL_DAY = date(1899, 12, 30)
_IS_CLOCK = re.compile(r"\d{1,2}:\d{2}|\d{1,6}$")
_FULL = re.compile(r"[^T ]+([T ])[T ]*\d")
_TIME_OF_DAY = re.compile(rf"\d{{1,2}}:\d{{2}}(?::\d{{2}})?(?:[.,]\d+)?{_HALF}|\d{{1,6}}")
_ZONE = re.compile(rf"[\d:.,]+{_HALF}(.*)$")


@dataclass(frozen=True, slots=True)
class _Column:
    """A stamp column split: `dates` and `clocks` as texts, or seconds of an `epoch`; `zones` said by each."""

    at: int
    role: str
    dates: Coded | None = None
    clocks: Coded | None = None
    zones: Coded | None = None
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
    midnights = {"00:00:00", "00:00", "0:00:00", "0:00"}
    bare = [one.at for one in full if one.clocks and set(one.clocks.values) <= midnights]
    kept = [one for one in full if one.at not in bare]
    return kept, [*days, *(replace(one, clocks=None) for one in full if one.at in bare)]


def _column(cells: Cells, at: int, role: str) -> _Column:
    text = f"trim(c{at})"
    first = cells.first(text)
    if _EPOCH.fullmatch(first) and _all(cells, text, _EPOCH.pattern):
        return _Column(at, role, epoch=_epoch(cells, at))
    if re.fullmatch(r"\d{12}|\d{14}", first) and _all(cells, text, r"\d{12}|\d{14}"):
        return _Column(at, role, cells.coded(f"{text}[1:8]"), cells.coded(f"{text}[9:]"))
    if cells.lines.separator and _SERIAL.fullmatch(first):
        numbers = cells.coded(text)
        if all(map(_SERIAL.fullmatch, numbers.values)):
            return _of_serials(at, role, numbers)
    full = _FULL.match(first)
    if full is not None and not _IS_CLOCK.match(first):
        dates, clocks = cells.halves(at, full.group(1))
        if all(clock[:1].isdigit() for clock in clocks.values):
            return _Column(at, role, dates, clocks.map(_time_of_day), _zones(clocks))
    texts = cells.coded(text)
    of_day = all(map(_IS_CLOCK.match, texts.values))
    if of_day and (role == "time" or not all(re.fullmatch(r"\d{6}", one) for one in texts.values)):
        return _Column(at, role, clocks=texts.map(_time_of_day), zones=_zones(texts))
    return _Column(at, role, dates=texts)


def _of_serials(at: int, role: str, numbers: Coded) -> _Column:
    """Read a workbook's numbers as its dates and times: days since 1899-12-30, a fraction is the time."""
    seconds = {text: round(float(text) * DAY_S) for text in numbers.values}
    days = numbers.map(lambda text: (_SERIAL_DAY + timedelta(seconds[text] // DAY_S)).isoformat())
    clocks = numbers.map(lambda text: str(timedelta(seconds=seconds[text] % DAY_S)))
    if max(seconds.values()) <= DAY_S:
        return _Column(at, role, clocks=clocks)
    whole = all(one % DAY_S == 0 for one in seconds.values())
    return _Column(at, role, days, None if whole else clocks)


def _all(cells: Cells, text: str, pattern: str) -> bool:
    return bool(cells.ask(f"bool_and(regexp_full_match({text}, '{pattern}'))")[0])


def _time_of_day(text: str) -> str:
    """Return the time of day that a text begins with; the whole text where it begins with none."""
    match = _TIME_OF_DAY.match(text)
    return match.group() if match else text


def _zones(clocks: Coded) -> Coded | None:
    """Return what follows each time of day; None where nothing does."""
    zones = clocks.map(lambda text: match.group(1) if (match := _ZONE.match(text)) else text)
    return zones if any(map(str.strip, zones.values)) else None


def _epoch(cells: Cells, at: int) -> Ints:
    text = f"split_part(trim(c{at}), '.', 1)"
    lengths = cells.ask(f"list(DISTINCT length({text}))")[0]
    units = {_UNITS[length] for length in lengths}
    if len(units) != 1:
        first = cells.first(text)
        (row,) = cells.ask(f"min(rowid) FILTER (WHERE length({text}) <> {len(first)})")
        message = f"{cells.text_at(row, at)!r} counts in another unit than {first!r}; export again"
        raise cells.refuse(row, message)
    unit = units.pop()
    counted = cells.integers(text)
    wrong = counted % unit != 0
    if wrong.any():
        row = int(np.argmax(wrong))
        message = f"{cells.text_at(row, at)!r} is no whole second; these are ticks, export candles"
        raise cells.refuse(row, message)
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
            days = _mapped(cells, column.dates, partial(_day, order=order))
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
    first = column.dates.values[column.dates.rows[0]].strip() if column.dates else ""
    if re.match(r"\d{4}[.\-/]|\d{8}$", first) or choices.dates is None:
        return tuple(DateOrder)
    return (choices.dates,)


class _NoTime(ValueError):
    def __init__(self, refusal: HistoryError) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


def _mapped(cells: Cells, texts: Coded | None, seconds: Callable[[str], int]) -> Ints:
    """Translate each distinct text once; zeros for a column that is not there."""
    if texts is None:
        return np.zeros(cells.rows, dtype=np.int64)
    known = [_or_none(seconds, text) for text in texts.values]
    wrong = [at for at, one in enumerate(known) if one is None]
    if wrong:
        row = int(np.argmax(np.isin(texts.rows, wrong)))
        text = texts.values[texts.rows[row]].strip()
        raise _NoTime(cells.refuse(row, f"{text!r} is no date or time this format knows; export again"))
    return np.asarray(np.array(known, dtype=np.int64)[texts.rows])


def _or_none(seconds: Callable[[str], int], text: str) -> int | None:
    try:
        return seconds(text)
    except ValueError:
        return None


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
    values = column.clocks.values if column.clocks else ()
    lengths = {len(text) for text in values if text.isdigit()}
    unpadded = bool(lengths) and not lengths <= {4} and not lengths <= {6}
    if unpadded and not lengths <= {3, 4} and not lengths <= {5, 6}:
        raise cells.refuse(0, "the times of day are numbers of several lengths; export them as 09:05")
    if lengths == {3, 4} and all(text.endswith("00") for text in values):
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
    if column.zones is None:
        return None
    none = [at for at, zone in enumerate(column.zones.values) if not zone.strip()]
    if none:
        row = int(np.argmax(np.isin(column.zones.rows, none)))
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
