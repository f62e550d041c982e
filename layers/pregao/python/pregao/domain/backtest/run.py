"""One history judged: what was there, what rang, what became of it; and the score of any part of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from pregao.domain.backtest.barrier import TIME
from pregao.domain.backtest.score import Score, Share
from pregao.domain.backtest.trades import PATTERNS, Trades, trades
from pregao.domain.backtest.truth import Episodes, Flags, captured, episodes, opportunities
from pregao.domain.detectors.prices import Series, local_seconds
from pregao.domain.detectors.scan import columns

if TYPE_CHECKING:
    from collections.abc import Callable

    from pregao.domain.alerts.signal import Pattern
    from pregao.domain.backtest.rules import Truth
    from pregao.domain.detectors.scan import Columns
    from pregao.domain.detectors.settings import DetectorSettings
    from pregao.domain.market.candles import Candles, Ints
    from pregao.domain.market.instrument import Instrument

_HOUR_S, _DAY_S = 3600, 86_400
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Backtest:
    """A judged history. `unrung` counts the signals outside the session, which would never have rung."""

    series: Series
    columns: Columns
    truth: Truth
    opportunities: dict[int, Flags]
    trades: Trades
    episodes: Episodes
    unrung: int
    warmup: int

    def score(
        self, alerts: Flags | None = None, episodes: Flags | None = None, capturing: Flags | None = None
    ) -> Score:
        """Return the score of some alerts and episodes (masks; None: all), all against the whole history.

        `capturing` are the alerts that may capture an episode: all, unless the question is about one pattern.
        """
        chosen = self.trades if alerts is None else self.trades[alerts]
        what = self.episodes if episodes is None else self.episodes[episodes]
        may = self.trades if capturing is None else self.trades[capturing]
        caught = captured(self.series, what, may.row, may.side, self.truth.lead)
        resolved = chosen.touched != TIME
        return Score(
            Share(int(caught.sum()), len(what)),
            Share(int((~chosen.hit).sum()), len(chosen)),
            Share(int((chosen.touched > 0).sum()), int(resolved.sum())),
        )

    def between(self, since: int, until: int) -> Score:
        """Return the score of alerts and episodes that begin in [since, until), epoch seconds UTC."""
        begins = self.series.candles.time[self.episodes.first]
        return self.score(_within(self.trades.time, since, until), _within(begins, since, until))

    def alerts_and_opportunities(self, since: int = 0) -> tuple[dict[int, Ints], dict[int, Flags]]:
        """Return alerts per candle and opportunity flags by side, of the judged candles from `since` on."""
        rows = np.arange(self.warmup - 1, len(self.series))
        rows = rows[self.series.candles.time[rows] >= since]
        sides = {side: self.trades.row[self.trades.side == side] for side in (1, -1)}
        counts = {side: np.bincount(at, minlength=len(self.series))[rows] for side, at in sides.items()}
        return counts, {side: flags[rows] for side, flags in self.opportunities.items()}

    def by_pattern(self) -> dict[Pattern, Score]:
        """Return each pattern's score as if it were alone: only its own alerts capture."""
        masks = {pattern: self.trades.pattern == at for at, pattern in enumerate(PATTERNS)}
        return {pattern: self.score(mask, None, mask) for pattern, mask in masks.items() if mask.any()}

    def by_direction(self) -> dict[str, Score]:
        """Return the scores of long and short alerts and episodes."""
        sides = {"long": 1, "short": -1}
        return {
            name: self.score(self.trades.side == side, self.episodes.side == side)
            for name, side in sides.items()
        }

    def by_hour(self) -> dict[str, Score]:
        """Return the scores by the hour at the exchange: "09" to "18"."""
        return self._by((self._wall_clock % _DAY_S // _HOUR_S), lambda hour: f"{hour:02d}")

    def by_month(self) -> dict[str, Score]:
        """Return the scores by month at the exchange: "2021-08"."""
        months = (self._wall_clock).astype("datetime64[s]").astype("datetime64[M]").astype(np.int64)
        return self._by(months, lambda month: str(np.datetime64(month, "M")))

    def _by(self, keys: Ints, name: Callable[[int], str]) -> dict[str, Score]:
        of_trades, of_episodes = keys[self.trades.row], keys[self.episodes.first]
        every = np.union1d(of_trades, of_episodes).tolist()
        return {name(key): self.score(of_trades == key, of_episodes == key) for key in every}

    @cached_property
    def _wall_clock(self) -> Ints:
        return local_seconds(self.series.candles.time, self.series.timezone)


def backtest(candles: Candles, instrument: Instrument, settings: DetectorSettings, truth: Truth) -> Backtest:
    """Judge a history: the detectors of live, the truth of the triple barrier, every alert's trade.

    Alerts are the signals inside the session. A history without warm-up gives no alerts and no episodes.
    """
    series = Series(candles, instrument.tick_size, instrument.timezone)
    found_sides = columns(candles, instrument, settings)
    there = opportunities(series, found_sides.atr, truth, settings.warmup)
    rung = in_session(series, instrument)
    signals = sum(int(np.count_nonzero(side)) for side in found_sides.sides.values())
    done = trades(series, found_sides, there, settings, truth.horizon, rung)
    return Backtest(
        series,
        found_sides,
        truth,
        there,
        done,
        episodes(series, there),
        signals - len(done),
        settings.warmup,
    )


def in_session(series: Series, instrument: Instrument) -> Flags:
    """Return what `Instrument.in_session` says of every candle, asked once per session."""
    days, clock = np.divmod(local_seconds(series.candles.time, series.timezone), _DAY_S)
    firsts = series.session_firsts
    hours = [instrument.sessions.on(_EPOCH + timedelta(day)) for day in days[firsts].tolist()]
    opens = [_seconds(one.open) if one else _DAY_S for one in hours]
    closes = [(_seconds(one.close) or _DAY_S) if one else 0 for one in hours]
    lengths = np.diff(firsts, append=len(series))
    inside: Flags = (clock >= np.repeat(opens, lengths)) & (clock < np.repeat(closes, lengths))
    return inside


def _seconds(clock: time) -> int:
    return clock.hour * _HOUR_S + clock.minute * 60 + clock.second


def _within(times: Ints, since: int, until: int) -> Flags:
    inside: Flags = (times >= since) & (times < until)
    return inside
