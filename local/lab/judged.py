"""Candle files judged as one history: scores, gates, equity, and whether a detector peeked ahead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np

from local.errors import HistoryError
from local.lab.candlefile import timegrid
from local.lab.candlefile.facts import BY_EVIDENCE, Choices
from local.lab.history import judged_candles, read_for
from pregao.domain.alerts.signal import Pattern
from pregao.domain.backtest.equity import NO_TRADES, Equity, equity
from pregao.domain.backtest.gates import Score, Verdict, judge
from pregao.domain.backtest.lookahead import disagreement, size_disagreement
from pregao.domain.backtest.rules import Rules
from pregao.domain.backtest.run import Backtest, backtest
from pregao.domain.backtest.sample import FOREVER, SizeScore, sample_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from local.lab.candlefile.facts import Reading
    from pregao.config.backtest import BacktestConfig
    from pregao.domain.detectors.settings import DetectorSettings
    from pregao.domain.market.candles import Candles
    from pregao.domain.market.instrument import Instrument


@dataclass(frozen=True, slots=True)
class Period:
    """Dates at the exchange: judged from `since` to before `until`; out of sample from `split` on."""

    since: date | None = None
    until: date | None = None
    split: date | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a backtest says. `samples` holds "whole" and, with a split, "in_sample" and "out_of_sample".

    Gates, `patterns` (the gates of each pattern alone) and `rung` (the alerts that would have rung) are of
    what is out of sample where there is a split. `peeked` is the time (epoch seconds UTC) of a candle that a
    cut history judges otherwise, None when there is none.
    """

    candles: int
    unrung: int
    samples: Mapping[str, Score]
    rung: Score
    gates: tuple[Verdict, ...]
    patterns: Mapping[str, Score]
    breakdowns: Mapping[str, Mapping[str, Score]]
    equity: Equity
    peeked: int | None
    split: date | None
    parts: tuple[Backtest, ...]
    rules: Rules
    size: SizeScore

    @property
    def score(self) -> Score:
        """The score that the gates judge."""
        return self.samples["out_of_sample" if self.split else "whole"]

    @property
    def passed(self) -> bool:
        """Every gate passed, nothing peeked ahead, and the truth is the project's own."""
        standard = self.rules.truth.is_standard
        return standard and self.peeked is None and all(gate.passed for gate in self.gates)

    @property
    def result(self) -> dict[str, float | int | None]:
        """What following every alert with one contract came to: in R, points and the account's money."""
        total = self.equity.plain()
        return total | {"money": round((total["points"] or 0.0) * self.rules.point_value, 2)}

    def plain(self) -> dict[str, Any]:
        """Return the judgement as JSON values."""
        truth = self.rules.truth
        return {
            "passed": self.passed,
            "candles": self.candles,
            "sessions": self.score.sessions,
            "signals_outside_the_session": self.unrung,
            "look_ahead": None if self.peeked is None else {"first_candle": self.peeked},
            "truth": asdict(truth) | {"digest": truth.digest, "standard": truth.is_standard},
            "costs": asdict(self.rules.costs) | {"points": self.rules.cost_points},
            "gates": [gate.plain() for gate in self.gates],
            "expectancy_r": self.score.expectancy.r,
            "missed": self.score.missed,
            "patterns": {
                name: {
                    "expectancy_r": score.expectancy.r,
                    "missed": score.missed,
                    "gates": [gate.plain() for gate in judge(score, self.rules.gates)],
                }
                for name, score in self.patterns.items()
            }
            | {Pattern.UNUSUAL_RANGE.value: self.size.plain(self.rules.gates.evidence)},
            "outlook": self.size.outlook(),
            "rung": self.rung.plain(),
            "samples": {name: score.plain() for name, score in self.samples.items()},
            "breakdowns": {
                name: {key: score.plain() for key, score in scores.items()}
                for name, scores in self.breakdowns.items()
            },
            "equity": self.result,
        }


def read_files(
    files: Sequence[Path],
    instrument: Instrument,
    period: Period,
    warmup: int,
    choices: Choices = BY_EVIDENCE,
    told: Callable[[Reading], None] = lambda _reading: None,
) -> list[Candles]:
    """Return the files' candles by time, each cut to the period and the warm-up before it.

    `told` hears how each file was understood.
    Raises HistoryError for a file that cannot be read, for two that overlap or differ in timeframe, and for
    a period that none of them holds.
    """
    readings = [read_for(file, instrument, choices=choices) for file in files]
    for reading in readings:
        told(reading)
    pairs = [(judged_candles(reading), reading.path) for reading in readings]
    found = sorted(pairs, key=lambda one: int(one[0].time[0]))
    for (earlier, one), (later, other) in pairwise(found):
        if earlier.time[-1] >= later.time[0]:
            raise HistoryError(
                other, 1, f"overlaps {one} in time, alerts would count twice; give one of them"
            )
        if timegrid.spacing(earlier.time) != timegrid.spacing(later.time):
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
    """Judge histories of one instrument, in order of time, as one sample."""
    by = rules.rules(instrument)
    parts = tuple(backtest(candles, instrument, settings, by.truth) for candles in histories)
    whole = sample_of(parts, by.cost_points)
    border = _midnight(split, instrument.timezone)
    found = {"whole": whole}
    if split:
        found["in_sample"] = sample_of(parts, by.cost_points, until=border)
        found["out_of_sample"] = sample_of(parts, by.cost_points, since=border)
    judged = found["out_of_sample" if split else "whole"]
    samples = {name: sample.score() for name, sample in found.items()}
    curves = (equity(part.trades, part.series.candles.time, by.cost_points) for part in parts)
    peeked = (_peeked(part, instrument, settings) for part in parts)
    return Judgement(
        candles=sum(map(len, histories)),
        unrung=sum(part.unrung for part in parts),
        samples=samples,
        rung=judged.score(judged.rung, None, judged.rung),
        gates=judge(samples["out_of_sample" if split else "whole"], by.gates),
        patterns=_named(judged.by_pattern()),
        breakdowns={
            "pattern": _named(whole.by_pattern()),
            "direction": whole.by_direction(),
            "hour": whole.by_hour(),
            "month": whole.by_month(),
        },
        equity=sum(curves, NO_TRADES),
        peeked=next((moment for moment in peeked if moment is not None), None),
        split=split,
        parts=parts,
        rules=by,
        size=judged.size(),
    )


def _named(scores: Mapping[Pattern, Score]) -> dict[str, Score]:
    return {pattern.value: score for pattern, score in scores.items()}


def _peeked(part: Backtest, instrument: Instrument, settings: DetectorSettings) -> int | None:
    row = disagreement(part.series.candles, instrument, settings, part.columns)
    if row is None:
        row = size_disagreement(part.series.candles, instrument, settings, part.size)
    return None if row is None else int(part.series.candles.time[row])


def _cut(candles: Candles, since: int, until: int, warmup: int) -> Candles:
    first, end = np.searchsorted(candles.time, (since, until)).tolist()
    return candles[max(0, first - warmup + 1) : end] if first < end else candles[:0]


def _midnight(day: date | None, timezone: str) -> int:
    if day is None:
        return 0
    return int(datetime.combine(day, time(), ZoneInfo(timezone)).astimezone(UTC).timestamp())
