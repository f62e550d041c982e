"""Why a candle fires or not: every condition of every pattern with its numbers, for one candle."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pregao.domain.alerts.signal import SIDES, Direction, Pattern
from pregao.domain.detectors import level_break, rsi_divergence, volatility_extreme
from pregao.domain.detectors.indicators import rsi_and_atr
from pregao.domain.detectors.prices import Series
from pregao.domain.detectors.settings import DetectorSettings, Trade

if TYPE_CHECKING:
    from pregao.domain.market.candles import Candles
    from pregao.domain.market.instrument import Instrument

_HOLDS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison: `name` is a key of the words, `back` how many candles before the explained one."""

    name: str
    value: float
    sign: str
    threshold: float
    back: int = 0

    @property
    def held(self) -> bool:
        """Whether it is so; a number that is not known (NaN) makes it not so."""
        return bool(_HOLDS[self.sign](self.value, self.threshold))

    @property
    def short_of(self) -> float:
        """How far the value is from the threshold, 0 where it holds."""
        return 0.0 if self.held else abs(self.threshold - self.value)


@dataclass(frozen=True, slots=True)
class Explanation:
    """The conditions of one pattern and side at one candle, all of which must hold."""

    pattern: Pattern
    direction: Direction
    conditions: tuple[Condition, ...]

    @property
    def fires(self) -> bool:
        """Whether every condition holds."""
        return all(condition.held for condition in self.conditions)

    @property
    def missed(self) -> tuple[Condition, ...]:
        """The conditions that do not hold; by how little, their `short_of` says."""
        return tuple(condition for condition in self.conditions if not condition.held)


def explain(
    candles: Candles, instrument: Instrument, settings: DetectorSettings, row: int
) -> list[Explanation]:
    """Return the explanations of candle `row`: enabled patterns in the order of Pattern, long before short.

    Decided by the `warmup` candles up to it, as everywhere; with fewer the only condition is their number.
    """
    enabled = settings.enabled
    if row < settings.warmup - 1:
        cold = (Condition("warmup", row + 1, ">=", settings.warmup),)
        return [Explanation(pattern, side, cold) for pattern in enabled for side in SIDES]
    window = candles[row - settings.warmup + 1 : row + 1]
    series = Series(window, instrument.tick_size, instrument.timezone, instrument.contract_on)
    at = _Newest(series, settings)
    always = _hole(series, settings, candles.step)
    of: Mapping[Pattern, Callable[[int], list[Condition]]] = {
        Pattern.VOLATILITY_EXTREME: at.volatility_extreme,
        Pattern.ENGULFING: at.engulfing,
        Pattern.RSI_DIVERGENCE: at.rsi_divergence,
        Pattern.LEVEL_BREAK: at.level_break,
    }
    return [
        Explanation(pattern, side, (*always, *of[pattern](side.sign)))
        for pattern in enabled
        for side in SIDES
    ]


def _hole(series: Series, settings: DetectorSettings, step: int) -> list[Condition]:
    """Return the condition that a hole in the session is far enough behind, where there is one."""
    hole = settings.hole
    since = int(series.since_hole(hole.missing, step)[-1]) if hole.missing else len(series)
    return [Condition("since_hole", since, ">=", hole.hold)] if since < len(series) else []


class _Newest:
    """The newest candle of a window; each method gives one pattern's conditions for a side (+1 or -1)."""

    def __init__(self, series: Series, settings: DetectorSettings) -> None:
        self._series, self._settings, self._candles = series, settings, series.candles
        self._rsi, self._atr = rsi_and_atr(series)
        self._above = {1: ">", -1: "<"}
        self._least = {1: ">=", -1: "<="}

    def volatility_extreme(self, side: int) -> list[Condition]:
        rules = self._settings.volatility_extreme
        z, _, _ = volatility_extreme.scores(self._series, rules.window)
        move = -side if rules.trade is Trade.REVERSAL else side
        edge = move * rules.sigma
        run = [
            Condition("z", float(z[-1 - back]), self._above[move], edge, back)
            for back in range(rules.confirm)
        ]
        before = float(z[-1 - rules.confirm])
        return [*run, Condition("z", before, self._least[-move], edge, rules.confirm)]

    def engulfing(self, side: int) -> list[Condition]:
        rules, series = self._settings.engulfing, self._series
        # The candle before in the frame of the newest: a roll between the two is no move.
        frame = series.roll_shift - series.roll_shift[-1]
        adjusted = series.closes - frame
        opened, closed = (
            np.round(series.price(column[-2:]), 10).tolist() for column in (series.opens - frame, adjusted)
        )
        # A candle without body is white: the side of a black one is strict, that of a white one is not.
        now = Condition("close", closed[1], ">=" if side > 0 else "<", opened[1])
        then = Condition("close", closed[0], "<" if side > 0 else ">=", opened[0], 1)
        spare = side * (closed[1] - opened[0]) + side * (closed[0] - opened[1])
        found = [
            now,
            then,
            Condition("close", closed[1], self._least[side], opened[0]),
            Condition("open", opened[1], self._least[-side], closed[0]),
            Condition("engulfed", spare, ">", 0.0),
        ]
        atr = float(self._atr[-2])
        body = float(abs(series.closes[-1] - series.opens[-1]))
        trend = float(-side * (adjusted[-2] - adjusted[-2 - rules.trend_candles]))
        if rules.min_body_atr > 0:
            found.append(self._difference("body", body, rules.min_body_atr * atr))
        if rules.trend_atr > 0:
            found.append(self._difference("trend_against", trend, rules.trend_atr * atr))
        return found

    def rsi_divergence(self, side: int) -> list[Condition]:
        rules = self._settings.rsi_divergence
        rsi, pivot = side * self._rsi, len(self._rsi) - 1 - rules.right
        before, after = rsi[pivot - rules.left : pivot], rsi[pivot + 1 :]
        found = [
            Condition("rsi_before", side * float(before.min()), self._above[side], side * float(rsi[pivot])),
            Condition("rsi_after", side * float(after.min()), self._above[side], side * float(rsi[pivot])),
        ]
        lows, highs = rsi_divergence.pivots_of(self._rsi, rules.left, rules.right)
        pivots = lows if side > 0 else highs
        earlier = pivots[pivots <= pivot - rules.min_distance]
        distance = float(pivot - earlier[-1]) if len(earlier) else np.inf
        found.append(Condition("distance", distance, "<=", rules.max_distance))
        return found + (self._diverges(side, pivot, int(earlier[-1])) if len(earlier) else [])

    def _diverges(self, side: int, pivot: int, earlier: int) -> list[Condition]:
        series = self._series
        extremes = series.price((series.lows if side > 0 else series.highs) - series.shift + series.shift[-1])
        return [
            Condition("pivot_price", float(extremes[pivot]), self._above[-side], float(extremes[earlier])),
            Condition("rsi", float(self._rsi[pivot]), self._above[side], float(self._rsi[earlier])),
        ]

    def level_break(self, side: int) -> list[Condition]:
        rules, series = self._settings.level_break, self._series
        closes = series.closes - series.roll_shift
        highest, lowest = level_break.levels(series, rules.lookback)
        reach = series.price(np.broadcast_to(level_break.reach_of(rules, self._atr), closes.shape))
        beyond = series.price(closes - highest if side > 0 else lowest - closes)
        return [
            Condition("margin", float(beyond[-1]), ">", float(reach[-1])),
            Condition("margin", float(beyond[-2]), "<=", float(reach[-2]), 1),
        ]

    def _difference(self, name: str, units: float, threshold: float) -> Condition:
        price = self._series.tick / 1000
        return Condition(name, units * price, ">", threshold * price)
