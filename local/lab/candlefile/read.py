"""A candle file, understood: what `pregao inspect` tells and every other command reads."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import fields, replace
from typing import TYPE_CHECKING

import numpy as np

from local.errors import HistoryError, Undecided
from local.lab.candlefile import cells as columns
from local.lab.candlefile import layout as layouts
from local.lab.candlefile import marks, stamps, timegrid, times, unwrap, volumes
from local.lab.candlefile.facts import BY_EVIDENCE, Choices, Reading
from pregao.domain.market.candles import Candles

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from local.lab.candlefile.cells import Cells
    from local.lab.candlefile.facts import Layout, Lines, Market
    from local.lab.candlefile.marks import Prices
    from pregao.domain.market.candles import Ints

_COMPARED = 2000
"""So many lines before the last tell how it should look."""


def understand(path: Path, market: Market, choices: Choices = BY_EVIDENCE) -> Reading:
    """Return a file's candles, oldest first, times in epoch seconds UTC, and how it was read.

    Evidence of the whole file decides what its first line leaves open. Raises HistoryError, its message
    `file:line: what is wrong; remedy`, for a file that cannot be trusted and for one that can be read in two
    ways which give other numbers; then the remedy is the option that decides.
    """
    lines = unwrap.lines_of(path, choices)
    try:
        return _understood(lines, market, choices)
    except HistoryError as error:
        if isinstance(error, Undecided) or not _may_be_cut(lines) or not _in_last_field(lines, error):
            raise
        return _understood(_without_last(lines), market, choices)


def _may_be_cut(lines: Lines) -> bool:
    return not lines.ended and lines.separator is None and len(lines.texts) > 2


def _in_last_field(lines: Lines, error: HistoryError) -> bool:
    """Tell whether an error lies in the last field of the file, where a cut would show."""
    if error.line != lines.numbers[-1]:
        return False
    layout = layouts.recognise(lines)
    at = len(layouts.split(lines.texts[-1:], layout.separator)[0]) - 1
    role = next((role for role, columns in layout.roles.items() if at in columns), "")
    return role in (*marks.PRICES, "stamp", "date", "time") or (role in volumes.ROLES and role in str(error))


def _without_last(lines: Lines) -> Lines:
    note = f"line {lines.numbers[-1]}, the last, is cut: its candle is left out"
    left = replace(lines, texts=lines.texts[:-1], numbers=lines.numbers[:-1], ended=True)
    return replace(left, notes=(*lines.notes, note))


def _understood(lines: Lines, market: Market, choices: Choices) -> Reading:
    layout = layouts.recognise(lines)
    if _may_be_cut(lines) and _looks_cut(lines, layout):
        lines = _without_last(lines)
    cells = columns.load(lines, layout)
    _check_one_symbol(cells)
    prices = marks.prices(cells, market, choices)
    _check_prices(cells, prices)
    timed = times.decide(cells, stamps.stamps(cells, choices), market, choices)
    counts, taken, more = volumes.volumes(cells, prices.marks)
    open_, high, low, close = prices.columns
    candles = Candles(timed.opens, open_, high, low, close, *counts)
    kept, duplicates = _in_order(cells, candles)
    return Reading(
        path=lines.path,
        candles=kept,
        timeframe_s=timed.timeframe_s,
        market=market,
        format=layout.kind.name,
        encoding=lines.encoding,
        separator=layout.separator,
        decimal=str(prices.marks) + (f", {prices.why}" if prices.why else ""),
        dates=timed.dates,
        clock=timed.clock,
        stamps=timed.stamps,
        volumes=taken,
        duplicates=duplicates,
        sheet=lines.sheet,
        newest_first=timegrid.descends(timed.opens),
        doubts=(*lines.notes, *_end(cells), *timed.doubts, *more, *_counted(duplicates, len(kept))),
    )


def _counted(duplicates: int, candles: int) -> Iterator[str]:
    if duplicates:
        yield f"{duplicates} candles stand twice with equal values: taken once"
    if candles == 1:
        yield "one candle tells no timeframe: taken as M1"


def _end(cells: Cells) -> Iterator[str]:
    if not cells.lines.ended and cells.lines.separator is None:
        last = cells.layout.width - 1
        role = next((role for role, found in cells.layout.roles.items() if last in found), "")
        if role in volumes.ROLES:
            yield f"the last line has no line end: if the file is cut, its {role} may be too small"


def _check_one_symbol(cells: Cells) -> None:
    at = cells.column("symbol")
    if at is None:
        return
    symbols = cells.coded(f"trim(c{at})")
    other = symbols.rows != symbols.rows[0]
    if other.any():
        row = int(np.argmax(other))
        one, two = (symbols.values[symbols.rows[at]] for at in (0, row))
        raise cells.refuse(row, f"{two!r} after {one!r}: one file, one symbol; split the file")


def _looks_cut(lines: Lines, layout: Layout) -> bool:
    """Tell whether the last line, which has no line end, shows that it was cut in its last field.

    Raises HistoryError where a price stands there that may have lost decimals.
    """
    rows = layouts.split(lines.texts[max(layout.first, len(lines.texts) - _COMPARED) :], layout.separator)
    last, before = rows[-1], rows[:-1]
    if not before:
        return False
    usual = Counter(map(len, before)).most_common(1)[0][0]
    text, at = last[-1].strip(), len(last) - 1
    if len(last) < usual or (not text and before[-1][-1].strip()):
        return True
    if not any(at in layout.roles.get(role, ()) for role in marks.PRICES) or lines.texts[
        -1
    ].rstrip().endswith('"'):
        return False
    return _lost_digits(lines, layout, text, [row[at].strip() for row in before if len(row) > at])


def _lost_digits(lines: Lines, layout: Layout, text: str, others: list[str]) -> bool:
    if len(text) < min(map(len, others)):
        return True
    decimals = {len(re.split("[.,]", one)[-1]) if re.search("[.,]", one) else 0 for one in others}
    if len(decimals) == 1:
        return False
    what = f"the last line has no line end and {layout.name_of(len(layout.names) - 1)} {text!r} may be cut"
    raise lines.refuse(len(lines.texts) - 1, f"{what}; end the file with a line break if the line is whole")


def _check_prices(cells: Cells, prices: Prices) -> None:
    """Refuse a candle with high < low, or with open or close outside [low, high]."""
    open_, high, low, close = prices.columns
    _refuse_first(cells, high < low, "high is below low")
    _refuse_first(cells, (open_ < low) | (open_ > high), "open is outside [low, high]")
    _refuse_first(cells, (close < low) | (close > high), "close is outside [low, high]")


def _refuse_first(cells: Cells, wrong: NDArray[np.bool_], message: str) -> None:
    if wrong.any():
        raise cells.refuse(int(np.argmax(wrong)), f"{message}; export the period again")


def _in_order(cells: Cells, candles: Candles) -> tuple[Candles, int]:
    """Return the candles oldest first, each once, and how many stood twice.

    Raises HistoryError for one time with two sets of values, and for a file in neither order.
    """
    rows = np.arange(len(candles))
    if timegrid.descends(candles.time):
        rows = rows[::-1]
    repeats = _repeats(cells, candles, rows)
    if len(repeats):
        rows = rows[~np.isin(rows, repeats)]
    steps = np.diff(candles.time[rows])
    if (steps <= 0).any():
        row = int(rows[int(np.argmax(steps <= 0)) + 1])
        order = "times are neither ascending nor descending"
        raise cells.refuse(row, f"{order}: this candle breaks the order; sort the file")
    return _taken(candles, rows), len(repeats)


def _taken(candles: Candles, rows: Ints) -> Candles:
    return Candles(*(np.ascontiguousarray(getattr(candles, one.name)[rows]) for one in fields(candles)))


def _repeats(cells: Cells, candles: Candles, rows: Ints) -> Ints:
    """Return the rows that say an earlier one again. Raises HistoryError where the values differ."""
    order = np.argsort(candles.time, kind="stable")
    again = np.flatnonzero(np.diff(candles.time[order]) == 0)
    first, second = order[again], order[again + 1]
    for column in (getattr(candles, one.name) for one in fields(candles)[1:]):
        differ = np.flatnonzero(column[first] != column[second])
        if len(differ):
            one, other = int(first[differ[0]]), int(second[differ[0]])
            line = cells.lines.numbers[cells.layout.first + one]
            raise cells.refuse(other, f"the same time as line {line} with other values; keep one of the two")
    return second
