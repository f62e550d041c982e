"""Candle files judged as one history: pooled scores, gates, equity, and whether a detector peeked ahead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from local.errors import HistoryError
from local.lab import checks
from local.lab.history import read
from pregao.domain.alerts.signal import Direction, Pattern
from pregao.domain.backtest.equity import NO_TRADES, Equity, equity
from pregao.domain.backtest.lookahead import disagreement
from pregao.domain.backtest.luck import luck
from pregao.domain.backtest.run import Backtest, backtest
from pregao.domain.backtest.score import NOTHING, Score, Share, Verdict, judge
from pregao.domain.backtest.trades import PATTERNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from pregao.config.backtest import BacktestConfig
    from pregao.domain.detectors.settings import DetectorSettings
    from pregao.domain.market.candles import Candles
    from pregao.domain.market.instrument import Instrument

FOREVER = 2**62
Precision = Mapping[Pattern, Mapping[Direction, Share]]
"""By pattern and side: alerts on an opportunity of their side, of how many."""


@dataclass(frozen=True, slots=True)
class Period:
    """Dates at the exchange: judged from `since` to before `until`; out of sample from `split` on."""

    since: date | None = None
    until: date | None = None
    split: date | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a backtest says. `samples` holds "whole" and, with a split, "in_sample" and "out_of_sample".

    Gates, `precision` and `luck` are of what is out of sample where there is a split. `peeked` is the time
    (epoch seconds UTC) of a candle that a cut history judges otherwise, None when there is none. `luck` is
    how often the alerts, moved to other candles, hit as many opportunities (see `domain.backtest.luck`).
    """

    candles: int
    unrung: int
    samples: Mapping[str, Score]
    gates: tuple[Verdict, ...]
    breakdowns: Mapping[str, Mapping[str, Score]]
    equity: Equity
    peeked: int | None
    precision: Precision
    luck: float | None
    split: date | None
    parts: tuple[Backtest, ...]

    @property
    def passed(self) -> bool:
        """Every gate passed, and nothing peeked ahead."""
        return self.peeked is None and all(gate.passed for gate in self.gates)

    def plain(self) -> dict[str, Any]:
        """Return the judgement as JSON values."""
        return {
            "passed": self.passed,
            "candles": self.candles,
            "signals_outside_the_session": self.unrung,
            "look_ahead": None if self.peeked is None else {"first_candle": self.peeked},
            "gates": [
                {"gate": gate.name, "threshold": gate.threshold, "passed": gate.passed, "why": gate.why}
                | _share(gate.share)
                for gate in self.gates
            ],
            "samples": {name: _score(score) for name, score in self.samples.items()},
            "breakdowns": {
                name: {key: _score(score) for key, score in scores.items()}
                for name, scores in self.breakdowns.items()
            },
            "luck": self.luck,
            "equity": self.equity.plain(),
        }


def read_files(files: Sequence[Path], instrument: Instrument, period: Period, warmup: int) -> list[Candles]:
    """Return the files' candles by time, each cut to the period and the warm-up before it.

    Raises HistoryError for a file that cannot be read, for two that overlap or differ in timeframe, and for
    a period that none of them holds.
    """
    found = sorted(
        ((read(file, instrument.timezone), file) for file in files), key=lambda one: int(one[0].time[0])
    )
    for (earlier, one), (later, other) in pairwise(found):
        if earlier.time[-1] >= later.time[0]:
            raise HistoryError(
                other, 1, f"overlaps {one} in time, alerts would count twice; give one of them"
            )
        if checks.spacing(earlier.time) != checks.spacing(later.time):
            raise HistoryError(other, 1, f"is of another timeframe than {one}; judge them one by one")
    since, until = (_midnight(day, instrument.timezone) for day in (period.since, period.until))
    kept = [_cut(candles, since, until or FOREVER, warmup) for candles, _ in found]
    if not any(map(len, kept)):
        raise HistoryError(found[0][1], 1, "no file holds a candle of that period; see --from and --to")
    return kept


def judge_histories(
    histories: Sequence[Candles],
    instrument: Instrument,
    settings: DetectorSettings,
    rules: BacktestConfig,
    split: date | None = None,
) -> Judgement:
    """Judge histories of one instrument, in order of time, as one; their counts are added."""
    truth, gates = rules.rules()
    parts = tuple(backtest(candles, instrument, settings, truth) for candles in histories)
    samples = {"whole": _sum(part.score() for part in parts)}
    border = _midnight(split, instrument.timezone)
    if split:
        samples["in_sample"] = _sum(part.between(0, border) for part in parts)
        samples["out_of_sample"] = _sum(part.between(border, FOREVER) for part in parts)
    cost = rules.costs_of(instrument.name).points(instrument)
    curves = (equity(part.trades, part.series.candles.time, cost) for part in parts)
    peeked = (_peeked(part, instrument, settings) for part in parts)
    return Judgement(
        candles=sum(map(len, histories)),
        unrung=sum(part.unrung for part in parts),
        samples=samples,
        gates=judge(samples["out_of_sample" if split else "whole"], gates),
        breakdowns=_breakdowns(parts),
        equity=sum(curves, NO_TRADES),
        peeked=next((moment for moment in peeked if moment is not None), None),
        precision=_precision(parts, border),
        luck=_luck(parts, border),
        split=split,
        parts=parts,
    )


def _breakdowns(parts: Sequence[Backtest]) -> dict[str, dict[str, Score]]:
    by: dict[str, Sequence[Mapping[Any, Score]]] = {
        "pattern": [part.by_pattern() for part in parts],
        "direction": [part.by_direction() for part in parts],
        "hour": [part.by_hour() for part in parts],
        "month": [part.by_month() for part in parts],
    }
    return {name: _merged(found) for name, found in by.items()}


def _precision(parts: Sequence[Backtest], since: int) -> Precision:
    joined = [part.trades[part.trades.time >= since] for part in parts]
    return {
        pattern: {
            direction: _sum_shares(one.hits(at, direction.sign) for one in joined) for direction in Direction
        }
        for at, pattern in enumerate(PATTERNS)
    }


def _luck(parts: Sequence[Backtest], since: int) -> float | None:
    found = [part.alerts_and_opportunities(since) for part in parts]
    alerts, there = (
        {side: np.concatenate([one[which][side] for one in found]) for side in (1, -1)} for which in (0, 1)
    )
    return luck(alerts, there)


def _sum_shares(shares: Iterable[Share]) -> Share:
    return sum(shares, Share(0, 0))


def _merged(found: Sequence[Mapping[Any, Score]]) -> dict[str, Score]:
    keys = dict.fromkeys(key for one in found for key in one)
    return {str(key): _sum(one.get(key, NOTHING) for one in found) for key in keys}


def _sum(scores: Iterable[Score]) -> Score:
    return sum(scores, NOTHING)


def _peeked(part: Backtest, instrument: Instrument, settings: DetectorSettings) -> int | None:
    row = disagreement(part.series.candles, instrument, settings, part.columns)
    return None if row is None else int(part.series.candles.time[row])


def _cut(candles: Candles, since: int, until: int, warmup: int) -> Candles:
    first, end = np.searchsorted(candles.time, (since, until)).tolist()
    return candles[max(0, first - warmup + 1) : end] if first < end else candles[:0]


def _midnight(day: date | None, timezone: str) -> int:
    if day is None:
        return 0
    return int(datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC).timestamp())


def _score(score: Score) -> dict[str, Any]:
    return {
        "capture": _share(score.capture),
        "false_positives": _share(score.false_positives),
        "win_rate": _share(score.wins),
    }


def _share(share: Share) -> dict[str, Any]:
    return {"part": share.part, "whole": share.whole, "value": share.value, "interval": list(share.interval)}
