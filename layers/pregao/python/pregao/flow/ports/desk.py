"""Ports (Protocols) of the console's API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Alert
    from pregao.domain.delivery.operators import Reached
    from pregao.domain.market.candle import Candle


class UnknownPage(Exception):
    """A page of a list that was never given out."""


@dataclass(frozen=True, slots=True)
class DecisionTaken:
    """What was decided; `operator` is an audit id, "system" for a time-out, `at` ISO 8601 UTC.

    `own`: it stands for its operator alone. With `to` nothing was decided: the alert was handed over to them.
    """

    operator: str
    decision: str
    note: str | None
    at: str
    order_id: str | None = None
    own: bool = False
    to: str | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """Whose candles: the instrument, the contract traded then, the timeframe; history may not be `judged`."""

    instrument: str
    contract: str
    timeframe: str
    judged: bool = True


@dataclass(frozen=True, slots=True)
class KeptCandle:
    """A kept candle, when it was kept (epoch seconds; None: not known), and whether it was judged."""

    candle: Candle
    came_at: float | None
    judged: bool


class ReachBook(Protocol):
    """How far operators are with an alert."""

    def reached(self, alert_id: str, operators: Sequence[str]) -> Mapping[str, Reached]:
        """Return what is known of each of these operators; nothing of whom nothing is."""
        ...

    def silent(self, operators: Sequence[str]) -> Mapping[str, float]:
        """Return until when (epoch seconds) each of these wants their phone silent; also in the past."""
        ...


class CandleBook(Protocol):
    """Candles by instrument and timeframe."""

    def keep(self, series: Series, candles: Sequence[Candle], now: float) -> None:
        """Keep candles; the same again changes nothing. Raises Contended when too busy."""
        ...

    def kept(self, instrument: str, timeframe: str, start: int, limit: int) -> list[KeptCandle]:
        """Return what is known of the first candles that opened at `start` or later, oldest first."""
        ...

    def before(self, instrument: str, timeframe: str, until: int, limit: int) -> list[Candle]:
        """Return the last `limit` candles that opened before `until` (epoch seconds), oldest first."""
        ...

    def since(self, instrument: str, timeframe: str, start: int, limit: int) -> list[Candle]:
        """Return the first `limit` candles that opened at `start` or later, oldest first."""
        ...


class HistoryBook(Protocol):
    """What rang and what was decided."""

    def admitted(self, day: str, page: str | None, limit: int) -> tuple[list[Alert], str | None]:
        """Return what rang on a UTC day, the newest first, of at most `limit` judged; and the next page.

        Raises UnknownPage.
        """
        ...

    def decisions(self, day: str) -> dict[str, list[DecisionTaken]]:
        """Return the decisions recorded on a UTC day, by alert, oldest first."""
        ...

    def decided(self, alert_id: str) -> list[DecisionTaken]:
        """Return the decisions on an alert, oldest first."""
        ...
