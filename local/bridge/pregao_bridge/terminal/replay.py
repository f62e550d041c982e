"""A file exported by MetaTrader 5 in the place of a terminal; its candles close as its own clock passes."""

from __future__ import annotations

import csv
import math
import time
from bisect import bisect_right
from calendar import timegm
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pregao_bridge.batch import Columns, Window
from pregao_bridge.market import HISTORY, Condition, Health, Tick
from pregao_bridge.terminal.clock import parse
from pregao_bridge.terminal.contracts import is_contract

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from pregao_bridge.market import Source
    from pregao_bridge.terminal.clock import ServerZone

_TIMES = ("%Y.%m.%d %H:%M:%S", "%Y.%m.%d %H:%M")
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


class FileError(Exception):
    """A file that cannot be replayed; the message is `file:line: what is wrong; remedy`."""


def read(path: Path, server_zone: str) -> Columns:
    """Return the candles, times in epoch seconds UTC; `server_zone` is the wall clock of the file's times.

    Raises FileError for what is no number or no time, and for times that do not ascend.
    """
    encoding = _MARKS.get(path.read_bytes()[:2], "utf-8-sig")
    rows: list[tuple[float, ...]] = []
    server = parse(server_zone)
    with path.open(encoding=encoding, newline="") as file:
        for number, row in enumerate(csv.DictReader(file, delimiter="\t"), start=2):
            candle = _candle(row, server, f"{path}:{number}")
            if rows and candle[0] <= rows[-1][0]:
                raise FileError(f"{path}:{number}: not later than the line before; export it again")
            rows.append(candle)
    if not rows:
        raise FileError(f"{path}: no candles; export it again from MetaTrader 5 (Symbols, Bars, Export bars)")
    time, *prices, ticks, volume, spread = (list(column) for column in zip(*rows, strict=True))
    whole = ([int(value) for value in column] for column in (ticks, volume, spread))
    return Columns([int(at) for at in time], *prices, *whole)


def _candle(row: Mapping[str, str], server: ServerZone, place: str) -> tuple[float, ...]:
    try:
        at = server.utc(timegm(_time(f"{row['<DATE>']} {row['<TIME>']}").timetuple()))
        prices = tuple(float(row[f"<{name}>"]) for name in ("OPEN", "HIGH", "LOW", "CLOSE"))
        return (at, *prices, *(float(row[f"<{name}>"]) for name in ("TICKVOL", "VOL", "SPREAD")))
    except KeyError as error:
        raise FileError(f"{place}: no column {error}; export it from MetaTrader 5 with its header") from error
    except (TypeError, ValueError) as error:
        raise FileError(f"{place}: {error}; correct or remove the line") from error


def _time(text: str) -> datetime:
    try:
        return datetime.strptime(text, _TIMES[0])  # noqa: DTZ007 its zone is the caller's
    except ValueError:
        return datetime.strptime(text, _TIMES[1])  # noqa: DTZ007


SERVER = "replay"
GRAIN = 1_000_000
"""Prices are compared in millionths: finer than any tick."""


class ReplayMarket:
    """Every symbol has the file's candles. The first `history` have closed when it starts."""

    def __init__(
        self,
        columns: Columns,
        seconds: int,
        zone: str,
        speed: float,
        *,
        history: int = HISTORY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`seconds` is the length of a candle, `speed` how much faster it goes, `clock` in seconds."""
        self._columns, self._seconds, self._zone = columns, seconds, ZoneInfo(zone)
        self._speed, self._clock, self._began = speed, clock, clock()
        self._history = min(history, len(columns))

    def now(self) -> float:
        """Return the market's time, epoch seconds UTC: it passes in candles and leaps over gaps."""
        passed = (self._clock() - self._began) * self._speed
        candles = min(int(passed // self._seconds), len(self._columns) - self._history)
        last = self._columns.time[self._history + candles - 1] + self._seconds
        return last + min(passed - candles * self._seconds, self._forming(candles))

    def health(self) -> Health:
        """Return what a terminal would say; after the last candle there are no more trades."""
        now = self.now()
        ended = now >= self._columns.time[-1] + self._seconds
        return Health(
            Condition.NO_TRADES if ended else Condition.LIVE,
            "the replay has ended" if ended else "",
            server=SERVER,
            utc_offset_s=self._offset(now),
            last_tick_at=now,
        )

    def source(self, symbol: str, timeframe: str) -> Source:
        """Return the file's candles under a symbol; a contract's code is kept as their contract."""
        return ReplaySource(self, symbol)

    def window(self, after: int | None, history: int, at_most: int, symbol: str = "") -> Window | None:
        """Return the next closed candles of one date, from the first that has its history."""
        times = self._columns.time
        closed = bisect_right(times, self.now() - self._seconds)
        # What has too little history before it cannot be judged, here as in a terminal.
        first = history if after is None else max(history, bisect_right(times, after))
        last = min(first + at_most, closed)
        while last > first + 1 and self._date(times[last - 1]) != self._date(times[first]):
            last -= 1
        if first >= last:
            return None
        contract = symbol if is_contract(symbol, self._date(times[first])) else None
        columns = self._columns[slice(first - history, last)]
        return Window(columns, history, contract, self._offset(times[first]))

    def tick(self, symbol: str) -> Tick | None:
        """Return a made-up price on the candle that forms; None after the last one."""
        passed = (self._clock() - self._began) * self._speed
        closed = int(passed // self._seconds)
        formed_s = passed - closed * self._seconds
        return made_up(self._columns, self._history + closed, formed_s, self._seconds)

    def close(self) -> None:
        """Nothing to let go."""

    def _forming(self, candles: int) -> float:
        """Return how long the candle that forms may form: short of its close, for ever after the last."""
        ended = self._history + candles >= len(self._columns)
        return float("inf") if ended else self._seconds - 0.001

    def _date(self, epoch_s: float) -> date:
        return datetime.fromtimestamp(epoch_s, self._zone).date()

    def _offset(self, epoch_s: float) -> int:
        shift = datetime.fromtimestamp(epoch_s, UTC).astimezone(self._zone).utcoffset()
        return 0 if shift is None else int(shift.total_seconds())


def made_up(columns: Columns, at: int, formed_s: float, seconds: float) -> Tick | None:
    """Return a price of a candle that has formed for so long; None where there is no such candle.

    A candle does not tell its way, so this one is made up, and says so.
    """
    if at >= len(columns):
        return None
    path = synthetic_path(columns.open[at], columns.high[at], columns.low[at], columns.close[at])
    price = on_path(path, formed_s / seconds)
    return Tick(columns.time[at] + formed_s, price, price, price, synthetic=True)


def synthetic_path(opened: float, high: float, low: float, close: float) -> tuple[float, ...]:
    """Return open, both extremes and close, first the extreme that the close turned away from."""
    first, then = (low, high) if close >= opened else (high, low)
    return opened, first, then, close


def on_path(path: Sequence[float], share: float) -> float:
    """Return where a price on the path is after this share of the time (0 to 1), on the prices' own grid.

    The grid is the greatest step that all of the path's prices lie on.
    """
    legs = len(path) - 1
    leg = min(int(share * legs), legs - 1)
    within = share * legs - leg
    price = path[leg] + (path[leg + 1] - path[leg]) * within
    base = round(path[0] * GRAIN)
    step = math.gcd(*(round(one * GRAIN) - base for one in path)) or 1
    return (base + round((price * GRAIN - base) / step) * step) / GRAIN


class ReplaySource:
    """The file's candles under one symbol; see `market.Source`."""

    def __init__(self, market: ReplayMarket, symbol: str) -> None:
        self._market, self._symbol = market, symbol

    def window(self, after: int | None, history: int, at_most: int) -> Window | None:
        """Return the next closed candles of one date."""
        return self._market.window(after, history, at_most, self._symbol)
