"""What a session's alerts said, to whom, and what became of them: the rows that the ledger is made of.

Plain values, no numpy: the page's function reads them too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

RUNG, LISTED = "rung", "listed"


@dataclass(frozen=True, slots=True)
class Told:
    """What an alert was to one operator: rung or listed, whether a screen confirmed it, what was decided."""

    how: str = RUNG
    seen: bool = False
    decision: str | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One alert: what it said, and its `Result`; None where it said nothing of it, or is not judged.

    time: its candle's open, epoch seconds; hour: of that at the exchange; p, baseline: of its chance; low,
    high: of its outlook, in the instrument's own numbers. `people` has by audit id whom it was told to.
    """

    alert_id: str
    time: int
    hour: int
    pattern: str
    direction: str
    severity: str
    verdict: str
    opportunity: str | None = None
    p: float | None = None
    baseline: float | None = None
    low: float | None = None
    high: float | None = None
    result: str | None = None
    target_first: bool | None = None
    r: float | None = None
    mfe: float | None = None
    mae: float | None = None
    covered: float | None = None
    people: Mapping[str, Told] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Difference:
    """An alert that rang and that a scan of the kept candles does not give, or the other way, and why.

    `rang` tells which of the two; `cause` is a word of domain/calibration/parity.py.
    """

    time: int
    pattern: str
    direction: str
    rang: bool
    cause: str


@dataclass(frozen=True, slots=True)
class SessionLedger:
    """A feed's session: its alerts, and where what rang differs from what a scan gives."""

    instrument: str
    timeframe: str
    session: date
    rows: Sequence[Row] = ()
    differences: Sequence[Difference] = ()

    def differing(self, cause: str) -> int:
        """Count the differences of a cause."""
        return sum(one.cause == cause for one in self.differences)
