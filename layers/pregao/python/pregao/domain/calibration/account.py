"""The ledger of several sessions: per pattern, hour and operator what rang and what became of it.

Plain Python over the rows of domain/calibration/ledger.py.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise
from math import sqrt

from pregao.domain.calibration.ledger import LISTED, RUNG, Row, SessionLedger

FIFTHS = 5
_TWO_SIDED = 1.96
ADMITTED = "admitted"


@dataclass(frozen=True, slots=True)
class Line:
    """What became of some alerts.

    alerts: judged; rung, listed, seen, decided: of those admitted; results: by outcome, of those admitted;
    entered: those with a result in R; r: their mean.
    """

    name: str
    alerts: int
    rung: int
    listed: int
    seen: int
    decided: int
    results: Mapping[str, int]
    entered: int
    r: float | None


@dataclass(frozen=True, slots=True)
class Said:
    """Alerts that were told a chance of this size: what was said, what they got, and how sure that is.

    low, high: the 95 % interval of got less said, by sessions; None with fewer than two of them.
    """

    cases: int
    said: float
    got: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Reliability:
    """Chances against what came: in fifths by size, and the Brier score beside that of the baseline told."""

    fifths: Sequence[Said] = ()
    brier: float | None = None
    brier_baseline: float | None = None


@dataclass(frozen=True, slots=True)
class Rings:
    """An operator's rings: the mean per session in which an alert was told to them, and the most in one."""

    operator: str
    sessions: int
    mean: float
    most: int


@dataclass(frozen=True, slots=True)
class Account:
    """Some sessions' ledger; `covered` of `told` outlooks held the range that came."""

    sessions: Sequence[date] = ()
    patterns: Sequence[Line] = ()
    hours: Sequence[Line] = ()
    operators: Sequence[Line] = ()
    reliability: Reliability = field(default_factory=Reliability)
    told: int = 0
    covered: int = 0
    rings: Sequence[Rings] = ()
    differences: Mapping[str, int] = field(default_factory=dict)


def account(ledgers: Iterable[SessionLedger]) -> Account:
    """Return the account of sessions, of one feed or of several."""
    every = list(ledgers)
    rows = [row for one in every for row in one.rows]
    told = [row for row in rows if row.low is not None and row.high is not None and row.covered is not None]
    people = sorted({name for row in rows for name in row.people})
    return Account(
        sessions=sorted({one.session for one in every}),
        patterns=_lines(rows, lambda row: [row.pattern]),
        hours=_lines(rows, lambda row: [f"{row.hour:02d}"]),
        operators=[_of_operator(rows, name) for name in people],
        reliability=reliability([(one.session, row) for one in every for row in one.rows]),
        told=len(told),
        covered=sum(_holds(row) for row in told),
        rings=_rings(every),
        differences=Counter(sorted(it.cause for one in every for it in one.differences)),
    )


def _holds(row: Row) -> bool:
    return row.low is not None and row.high is not None and row.low <= (row.covered or 0.0) <= row.high


def _lines(rows: Sequence[Row], names: Callable[[Row], Iterable[str]]) -> list[Line]:
    groups = defaultdict[str, list[Row]](list)
    for row in rows:
        for name in names(row):
            groups[name].append(row)
    return [_line(name, groups[name]) for name in sorted(groups)]


def _line(name: str, rows: Sequence[Row], only: str | None = None) -> Line:
    """Return the line of some rows, as far as one operator is concerned where one is named."""
    admitted = [row for row in rows if row.verdict == ADMITTED]
    people = [[one for who, one in row.people.items() if only is None or who == only] for row in admitted]
    rung = sum(any(one.how == RUNG for one in some) for some in people)
    listed = sum(bool(some) and all(one.how == LISTED for one in some) for some in people)
    entered = [row.r for row in admitted if row.r is not None]
    return Line(
        name=name,
        alerts=len(rows),
        rung=rung,
        listed=listed,
        seen=sum(any(one.seen for one in some) for some in people),
        decided=sum(any(one.decision is not None for one in some) for some in people),
        results=Counter(sorted(row.result for row in admitted if row.result)),
        entered=len(entered),
        r=round(sum(entered) / len(entered), 3) if entered else None,
    )


def _of_operator(rows: Sequence[Row], name: str) -> Line:
    return _line(name, [row for row in rows if name in row.people], name)


def _rings(ledgers: Sequence[SessionLedger]) -> list[Rings]:
    by_operator = defaultdict[str, Counter[date]](Counter)
    for one in ledgers:
        for row in one.rows:
            for name, told in row.people.items():
                by_operator[name][one.session] += told.how == RUNG and row.verdict == ADMITTED
    return [
        Rings(name, len(days), round(days.total() / len(days), 2), max(days.values()))
        for name, days in sorted(by_operator.items())
    ]


def reliability(rows: Sequence[tuple[date, Row]]) -> Reliability:
    """Return what alerts were told of their chance beside what came; rows with their session."""
    cases = [
        (row.p, row.baseline, session, row.target_first)
        for session, row in rows
        if row.p is not None and row.baseline is not None and row.target_first is not None
    ]
    if not cases:
        return Reliability()
    cases.sort(key=lambda one: one[0])
    ends = [round(len(cases) * part / FIFTHS) for part in range(FIFTHS + 1)]
    parts = [cases[start:end] for start, end in pairwise(ends) if end > start]
    return Reliability(
        [_said([(p, session, got) for p, _, session, got in part]) for part in parts],
        _brier((p, got) for p, _, _, got in cases),
        _brier((baseline, got) for _, baseline, _, got in cases),
    )


def _brier(cases: Iterable[tuple[float, bool]]) -> float:
    squares = [(got - said) ** 2 for said, got in cases]
    return round(sum(squares) / len(squares), 5)


def _said(cases: Sequence[tuple[float, date, bool]]) -> Said:
    """Return one fifth; its interval is that of a ratio over sessions, which weigh by their cases."""
    count = len(cases)
    said, got = sum(p for p, _, _ in cases) / count, sum(got for _, _, got in cases) / count
    errors = defaultdict[date, float](float)
    for p, session, came in cases:
        errors[session] += (came - p) - (got - said)
    if len(errors) < 2:
        return Said(count, round(said, 4), round(got, 4), None, None)
    scale = len(errors) / (len(errors) - 1)
    half = _TWO_SIDED * sqrt(scale * sum(one**2 for one in errors.values())) / count
    return Said(
        count, round(said, 4), round(got, 4), round(got - said - half, 4), round(got - said + half, 4)
    )
