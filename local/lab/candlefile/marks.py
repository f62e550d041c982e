"""What a comma and a point mean in a file's numbers: one reading for all four prices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from local.lab.candlefile.facts import Decimal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.lab.candlefile.cells import Cells
    from local.lab.candlefile.facts import Choices, Market
    from pregao.domain.market.candles import Floats, Ints

PRICES = ("open", "high", "low", "close")
_ON_GRID = 0.98
_STEP_APART = 100
_LEAST_RANGE_TICKS = 0.25


@dataclass(frozen=True, slots=True)
class Marks:
    """One way to write numbers: the decimal mark and what groups thousands ("" for none)."""

    decimal: str
    grouping: str

    @property
    def pattern(self) -> str:
        """The whole text of a number written so (RE2)."""
        mark, group = (one.replace(".", r"\.") for one in (self.decimal, self.grouping))
        whole = rf"\d{{1,3}}({group}\d{{3}})+" if group else r"\d*"
        return rf"[+-]?{whole}({mark}\d*)?([eE][+-]?\d+)?"

    def plain(self, column: str) -> str:
        """Return the SQL that writes such a text with a decimal point and without grouping; spaces stay."""
        text = column
        if self.grouping:
            text = f"replace({text}, '{self.grouping.replace(chr(39), chr(39) * 2)}', '')"
        return text if self.decimal == "." else f"replace({text}, ',', '.')"

    def __str__(self) -> str:
        grouped = f", {_name(self.grouping)} groups thousands" if self.grouping else ""
        return f"{_name(self.decimal)}{grouped}"


_PLAIN = {Decimal.POINT: Marks(".", ""), Decimal.COMMA: Marks(",", "")}
_SPACES = (" ", "\u00a0", "\u202f", "'", "\u2019")
_GROUPS = {
    Decimal.POINT: (",", *_SPACES),
    Decimal.COMMA: (".", *_SPACES),
}


@dataclass(frozen=True, slots=True)
class Prices:
    """Open, high, low, close; how they were written, and why so where it was a question."""

    columns: tuple[Floats, ...]
    marks: Marks
    why: str = ""


def prices(cells: Cells, market: Market, choices: Choices) -> Prices:
    """Return open, high, low, close as the file means them.

    Raises HistoryError for what is no number, and where two readings differ and neither the tick grid, the
    size of the candles nor the header decides.
    """
    at = [_column(cells, role) for role in PRICES]
    readings = _readings(cells, at, choices)
    if not readings:
        raise _no_number(cells, at)
    values = [cells.numbers([one.plain(f"c{column}") for column in at]) for one in readings]
    for found in values:
        _refuse_not_finite(cells, at, found)
    return _chosen(
        cells, market, [Prices(tuple(found), one) for found, one in zip(values, readings, strict=True)]
    )


def _column(cells: Cells, role: str) -> int:
    """Return the role's column; two of one name must hold the same."""
    columns = cells.layout.roles[role]
    first = f"c{columns[0]}"
    for other in columns[1:]:
        (same,) = cells.ask(f"bool_and(coalesce({first}, '') = coalesce(c{other}, ''))")
        if not same:
            names = f"{cells.layout.name_of(columns[0])!r} and {cells.layout.name_of(other)!r}"
            raise cells.refuse(0, f"two columns for {role}, {names}, differ; keep one of them")
    return columns[0]


def _readings(cells: Cells, columns: Sequence[int], choices: Choices) -> list[Marks]:
    """Return the ways to write numbers that every price of the file follows."""
    texts = cells.texts_of(columns)
    marks = (",", ".", *_SPACES)
    present = cells.ask(", ".join(f"bool_or(contains(t, '{_sql(one)}'))" for one in marks), texts)
    seen = {mark for mark, there in zip(marks, present, strict=True) if there}
    if cells.lines.separator and not seen & {","}:  # a workbook's own numbers
        typed = cells.ask("bool_and(regexp_full_match(t, '[0-9.eE+-]*'))", texts)[0]
        if typed and choices.decimal is None:
            return [_PLAIN[Decimal.POINT]]
    found = []
    for decimal in (choices.decimal,) if choices.decimal else Decimal:
        groups = [one for one in _GROUPS[decimal] if one in seen]
        for marks_ in (_PLAIN[decimal], *(Marks(_PLAIN[decimal].decimal, one) for one in groups)):
            if _follow(cells, texts, marks_):
                found.append(marks_)  # noqa: PERF401  # each asks the database
    plain = [one for one in found if not one.grouping]
    if len(plain) == 2 and not seen & {",", "."}:
        return plain[:1]
    return found


def _follow(cells: Cells, texts: str, marks: Marks) -> bool:
    """Tell whether every text is a number written so, and where thousands are grouped at least one is."""
    pattern = _sql(marks.pattern)
    grouped = "true"
    if marks.grouping:  # a number under a thousand has no group
        pattern = f"({pattern}|{_short(Marks(marks.decimal, '').pattern)})"
        grouped = f"bool_or(contains(t, '{_sql(marks.grouping)}'))"
    return bool(cells.ask(f"bool_and(regexp_full_match(t, '{pattern}')) AND {grouped}", texts)[0])


def _short(pattern: str) -> str:
    return pattern.replace(r"\d*(", r"\d{1,3}(", 1)


def _sql(pattern: str) -> str:
    return pattern.replace("'", "''")


def _chosen(cells: Cells, market: Market, found: list[Prices]) -> Prices:
    distinct = [one for at, one in enumerate(found) if not any(_same(one, other) for other in found[:at])]
    if len(distinct) == 1:
        return _plausible(cells, market, distinct[0])
    by_grid = _by_grid(distinct, market)
    if by_grid is not None:
        return Prices(by_grid.columns, by_grid.marks, f"this reading lies on the tick grid of {market.name}")
    by_size = _by_size(distinct, market)
    if by_size is not None:
        return Prices(
            by_size.columns, by_size.marks, f"by the other, candles would span no tick of {market.name}"
        )
    if cells.layout.portuguese and market.tick is None:
        comma = [one for one in distinct if one.marks.decimal == ","]
        if len(comma) == 1:
            return Prices(comma[0].columns, comma[0].marks, "the header is Portuguese")
    told = " or ".join(f"{one.columns[0][0]:.15g} ({one.marks})" for one in distinct)
    text = cells.text_at(0, cells.layout.roles["open"][0])
    remedy = "say --decimal point or --decimal comma"
    raise cells.undecided(0, f"open {text!r} is {told}; the tick grid does not decide: {remedy}")


def _same(one: Prices, other: Prices) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one.columns, other.columns, strict=True))


def _by_grid(found: Sequence[Prices], market: Market) -> Prices | None:
    """Return the only reading on the tick grid; of several the one whose steps are 100 times as fine."""
    tick = market.tick
    if tick is None:
        return None
    on = [one for one in found if share_on_grid(one.columns, tick) >= _ON_GRID]
    if len(on) < 2:
        return on[0] if on else None
    steps = sorted((_step(one, tick), at) for at, one in enumerate(on))
    clear = steps[1][0] >= _STEP_APART * steps[0][0] and steps[0][0] <= _STEP_APART
    return on[steps[0][1]] if clear else None


def _by_size(found: Sequence[Prices], market: Market) -> Prices | None:
    """Return the only reading whose candles span a tick: back-adjusted prices are off the grid."""
    if market.tick is None:
        return None
    sized = [one for one in found if range_in_ticks(one.columns, market.tick) >= 1]
    return sized[0] if len(sized) == 1 else None


def _step(one: Prices, tick: float) -> int:
    """Return the largest number of ticks of which all differences of the prices are multiples."""
    ticks: Ints = np.unique(np.round(np.concatenate(one.columns) / tick).astype(np.int64))
    return int(np.gcd.reduce(np.diff(ticks))) if len(ticks) > 1 else 1 << 62


def share_on_grid(columns: Sequence[Floats], tick: float) -> float:
    """Return the share of prices that are whole ticks."""
    ratio = np.concatenate(list(columns)) / tick
    return float((np.abs(ratio - np.round(ratio)) < 1e-4 + 1e-9 * np.abs(ratio)).mean())


def range_in_ticks(columns: Sequence[Floats], tick: float) -> float:
    """Return the usual high - low of the candles that moved, in ticks; infinity where none did."""
    spans = columns[1] - columns[2]
    moved = spans[spans > 0]
    return float(np.median(moved) / tick) if len(moved) else float("inf")


def _plausible(cells: Cells, market: Market, found: Prices) -> Prices:
    """Refuse prices of another scale: off the grid, and candles that span less than a quarter of a tick."""
    if market.tick is None or range_in_ticks(found.columns, market.tick) >= _LEAST_RANGE_TICKS:
        return found
    if share_on_grid(found.columns, market.tick) > 0.5:
        return found
    span = range_in_ticks(found.columns, market.tick)
    message = f"a usual candle spans {span:.3f} ticks of {market.name}: prices of another scale or symbol"
    raise cells.refuse(0, f"{message}; export them without a thousands mark, or name their symbol")


def _no_number(cells: Cells, columns: Sequence[int]) -> Exception:
    """Return the error for the first price that is no number in any reading."""
    tests: dict[int, tuple[str, int]] = {}
    for role, column in zip(PRICES, columns, strict=True):
        either = " OR ".join(
            f"regexp_full_match(trim(c{column}), '{_sql(one.pattern)}')"
            for one in (*_PLAIN.values(), *(Marks(_PLAIN[d].decimal, g) for d in Decimal for g in _GROUPS[d]))
        )
        (row,) = cells.ask(f"min(rowid) FILTER (WHERE NOT coalesce({either}, false))")
        if row is not None:
            tests[int(row)] = tests.get(int(row), (role, column))
    if not tests:
        return cells.refuse(0, "the prices mix decimal commas and points; export them in one form")
    row = min(tests)
    role, column = tests[row]
    text = cells.text_at(row, column)
    if text.lstrip("+-").casefold() in ("nan", "inf", "infinity"):
        return cells.refuse(row, f"{role} is {text}; take the candle out or export again")
    return cells.refuse(row, f"{role} {text!r} is no number; export again")


def _refuse_not_finite(cells: Cells, columns: Sequence[int], values: Sequence[Floats]) -> None:
    for role, column, found in zip(PRICES, columns, values, strict=True):
        wrong = ~np.isfinite(found)
        if wrong.any():
            row = int(np.argmax(wrong))
            text = cells.text_at(row, column)
            raise cells.refuse(row, f"{role} {text!r} is no number; export again")


def _name(mark: str) -> str:
    return {".": "point", ",": "comma", "'": "apostrophe", "\u2019": "apostrophe"}.get(mark, "space")
