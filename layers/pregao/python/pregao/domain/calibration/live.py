"""What is known at the end of a session for the next ones, and live detection with it.

Live is batch: given the calibration of the session before, a window says of its candles what the whole
history says of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import pairwise
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np

from pregao.domain.alerts.opportunity import LOOK_BACK
from pregao.domain.alerts.signal import SIDED, Chance, Direction, Outlook, Pattern, Signal, Unmeasured
from pregao.domain.calibration.expected_range import HOUR_S, Model, expected, terms_of
from pregao.domain.calibration.odds import KnownOdds, chances
from pregao.domain.calibration.size import outlook_of, reason_of
from pregao.domain.calibration.usual import ranges_ahead, usual
from pregao.domain.detectors import unusual_range
from pregao.domain.detectors.explain import Condition, Explanation
from pregao.domain.detectors.indicators import rsi_and_atr
from pregao.domain.detectors.prices import DAY_S, Series
from pregao.domain.detectors.scan import judged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pregao.domain.alerts.signal import Levels
    from pregao.domain.delivery.attention import SessionScores
    from pregao.domain.detectors.scan import Block
    from pregao.domain.detectors.settings import DetectorSettings
    from pregao.domain.market.candles import Candles, Floats, Ints
    from pregao.domain.market.instrument import Instrument

LOOKS_BACK = unusual_range.QUIET + unusual_range.CANDLES - 1
"""Candles before its own whose usual ranges decide whether an unusual range fires."""
TAKEN_BACK = LOOKS_BACK + LOOK_BACK
"""Candles before its own whose usual ranges decide of an alert: its opportunity may begin earlier."""
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Calibration:
    """What is known after `session` (a date at the exchange), for the sessions after it.

    ranges, ahead: usual ranges per slot (seconds of the exchange's day) of the slot's candle and of the
    candles after it, in units (thousandths of a tick); see `Usual`. `model` gives the range to expect, `odds`
    per set of levels how often the target comes first, `scores` what alerts of its last sessions scored.
    """

    session: date
    ranges: Mapping[int, float]
    ahead: Mapping[int, float]
    model: Model
    odds: tuple[KnownOdds, ...] = ()
    scores: tuple[SessionScores, ...] = ()

    def taken(self, clocks: Sequence[int]) -> Calibration:
        """Return the part that decides of an alert: `clocks` are the slots up to its own, the newest last."""
        hour, ends = clocks[-1] // HOUR_S, np.full_like(self.model.ends, np.nan)
        ends[hour] = self.model.ends[hour]
        slots = set(clocks[-TAKEN_BACK - 1 :])
        return replace(
            self,
            ranges={slot: known for slot, known in self.ranges.items() if slot in slots},
            ahead={slot: known for slot, known in self.ahead.items() if slot == clocks[-1]},
            model=replace(self.model, ends=ends),
            odds=tuple(one.taken(clocks[-1]) for one in self.odds),
            scores=(),
        )

    def chance(self, levels: Levels, second: int) -> Chance | Unmeasured:
        """Return what an alert with these levels is told with, at this second of the exchange's day."""
        known = next((one for one in self.odds if one.is_of(levels)), None)
        return known.chance(second, self.session) if known else Unmeasured.NO_CALIBRATION


Known = Callable[[date], Calibration | None]
"""Tells what was known before a session (a date at the exchange), None where that is nothing."""


def calibrations(
    candles: Candles, instrument: Instrument, settings: DetectorSettings
) -> Iterator[Calibration]:
    """Return what is known after each session of a history, built from it and those before it alone.

    `settings` say which levels alerts have.
    """
    series = Series(candles, instrument.tick_size, instrument.timezone, instrument.contract_on)
    sizes = _Sizes(series)
    every = dict.fromkeys(map(settings.levels, SIDED))
    odds = [chances(series, instrument, levels) for levels in every]
    for row in range(1, len(series.session_firsts) + 1):
        yield sizes.after(row, tuple(one.before(row) for one in odds))


def last_sizes(candles: Candles, instrument: Instrument) -> Calibration | None:
    """Return what is known of sizes after a history's last session, without odds; None without candles."""
    if not len(candles):
        return None
    series = Series(candles, instrument.tick_size, instrument.timezone, instrument.contract_on)
    return _Sizes(series).after(len(series.session_firsts))


class _Sizes:
    """What is known of sizes after each session of a series, its sessions counted from 1."""

    def __init__(self, series: Series) -> None:
        self._usual, ahead = usual(series), ranges_ahead(series)
        self._models = expected(series, rsi_and_atr(series)[1], self._usual, ahead).models
        self._days = (series.wall[series.session_firsts] // DAY_S).tolist()

    def after(self, row: int, odds: tuple[KnownOdds, ...] = ()) -> Calibration:
        known = self._usual
        return Calibration(
            _EPOCH + timedelta(self._days[row - 1]),
            _known(known.clocks, known.ranges[row]),
            _known(known.clocks, known.ahead[row]),
            self._models[row],
            odds,
        )


def _known(clocks: Ints, values: Floats) -> dict[int, float]:
    """Return the values that are known by their slots."""
    there = np.isfinite(values)
    return dict(zip(clocks[there].tolist(), values[there].tolist(), strict=True))


def scan_live(
    candles: Candles,
    instrument: Instrument,
    settings: DetectorSettings,
    since: int,
    step: int,
    known: Known,
) -> list[Signal]:
    """Return the signals as `scan` does, with unusual ranges, and each with its outlook.

    Of a candle counts what was `known` before its session. Signals without a side come after a candle's
    others.
    """
    return [
        one
        for block in judged(candles, instrument, settings, since, step)
        for one in _Sized(block, settings, known).signals()
    ]


def explain_size(
    candles: Candles, instrument: Instrument, settings: DetectorSettings, row: int, known: Calibration | None
) -> tuple[Explanation, Outlook | Unmeasured]:
    """Return why an unusual range fires on candle `row` or not, and the outlook there.

    `known` is the calibration of a session before the candle's, None where there is none.
    """
    if row < settings.warmup - 1:
        cold = (Condition("warmup", row + 1, ">=", settings.warmup),)
        return Explanation(Pattern.UNUSUAL_RANGE, Direction.NONE, cold), Unmeasured.NO_CALIBRATION
    (block,) = judged(candles[: row + 1], instrument, settings, row)
    sized = _Sized(block, settings, lambda _day: known)
    return Explanation(Pattern.UNUSUAL_RANGE, Direction.NONE, sized.conditions()), sized.outlook(block.first)


class _Sized:
    """A block of candles with what was known before each of its sessions; ranges in units."""

    def __init__(self, block: Block, settings: DetectorSettings, known: Known) -> None:
        self._block, self._settings, self._series = block, settings, block.series
        self._clocks = block.series.wall
        self._known = {first: known(self._day(first)) for first, _ in self._sessions()}

    def signals(self) -> list[Signal]:
        """Return the block's signals by time."""
        fresh = self._block.signals()
        if self._settings.unusual_range.enabled and any(self._known.values()):
            fresh += self._unusual()
            fresh.sort(key=attrgetter("time"))
        if not fresh:
            return fresh
        rows = np.searchsorted(self._block.candles.time, [one.time for one in fresh]).tolist()
        return [
            replace(one, outlook=self.outlook(row), chance=self._chance(one.pattern, row))
            for one, row in zip(fresh, rows, strict=True)
        ]

    def conditions(self) -> tuple[Condition, ...]:
        """Return what must hold for an unusual range to fire on the block's newest candle."""
        factor, usual_now = self._settings.unusual_range.factor, self._usual()
        newest = len(usual_now) - 1
        place = newest - int(self._series.session_first[newest])
        of_session = usual_now[newest - min(place, unusual_range.CANDLES - 1) :]
        heat = unusual_range.heat(self._series, usual_now)
        before = heat[newest - min(place, unusual_range.QUIET) : newest]
        hottest = float(np.nanmax(before)) if np.isfinite(before).any() else 0.0
        return (
            Condition("session_candles", place + 1, ">=", unusual_range.CANDLES),
            Condition("usual_slots", int(np.isfinite(of_session).sum()), ">=", unusual_range.CANDLES),
            Condition("heat", float(heat[newest]), ">=", factor),
            Condition("heat_before", hottest, "<", factor),
        )

    def _sessions(self) -> list[tuple[int, int]]:
        """Return first and end of the sessions that candles are judged of."""
        firsts = [*self._series.session_firsts.tolist(), len(self._series)]
        return [(first, end) for first, end in pairwise(firsts) if end > self._block.first]

    def _day(self, row: int) -> date:
        return _EPOCH + timedelta(int(self._clocks[row]) // DAY_S)

    def _slot(self, row: int) -> int:
        return int(self._clocks[row]) % DAY_S

    def _unusual(self) -> list[Signal]:
        block, series = self._block, self._series
        usual_now = self._usual()
        fires = unusual_range.find(series, self._settings.unusual_range, usual_now, block.first)
        rows = fires.nonzero()[0]
        if not len(rows):
            return []
        heat, atr = unusual_range.heat(series, usual_now), series.price(block.atr)
        return [
            Signal(
                int(block.candles.time[row]),
                Pattern.UNUSUAL_RANGE,
                Direction.NONE,
                float(block.candles.close[row]),
                float(atr[row]),
                reason_of(series, float(heat[row]), self._ahead(row)),
            )
            for row in rows.tolist()
        ]

    def _usual(self) -> Floats:
        """Return the usual range of every candle that counts, NaN of the others."""
        found = np.full(len(self._series), np.nan)
        for first, end in self._sessions():
            known = self._known[first]
            if known is not None:
                rows = slice(max(first, self._block.first - LOOKS_BACK), end)
                slots = (self._clocks[rows] % DAY_S).tolist()
                found[rows] = [known.ranges.get(slot, np.nan) for slot in slots]
        return found

    def _of(self, row: int) -> Calibration | None:
        return self._known[int(self._series.session_first[row])]

    def _ahead(self, row: int) -> float:
        known = self._of(row)
        return np.nan if known is None else known.ahead.get(self._slot(row), np.nan)

    def _chance(self, pattern: Pattern, row: int) -> Chance | Unmeasured | None:
        """Return the chance of a pattern with a side; the others have no target."""
        if not pattern.sided:
            return None
        known = self._of(row)
        if known is None:
            return Unmeasured.NO_CALIBRATION
        return known.chance(self._settings.levels(pattern), self._slot(row))

    def outlook(self, row: int) -> Outlook | Unmeasured:
        """Return the range to expect after a candle of the block, or why it is not known."""
        known, ahead = self._of(row), self._ahead(row)
        if known is None:
            return Unmeasured.NO_CALIBRATION
        if np.isnan(ahead):
            return Unmeasured.UNKNOWN_SLOT
        usual_ahead = np.full(len(self._series), ahead)
        terms = terms_of(self._series, self._block.atr, usual_ahead)[:, [row]]
        band = known.model.band(terms, np.array([self._slot(row) // HOUR_S]))[:, 0]
        return outlook_of(self._series, band, ahead) or Unmeasured.NO_MODEL
