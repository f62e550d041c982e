"""A judgement's candles, alerts and shares as the columns that the figures draw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from pregao.domain.backtest.trades import PATTERNS
from pregao.domain.calibration.barrier import MISSED, STOP, TARGET, TIME
from pregao.domain.detectors.prices import local_seconds
from pregao.domain.text.words import word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from local.lab.judged import Judgement
    from pregao.domain.backtest.gates import Score
    from pregao.domain.backtest.run import Backtest
    from pregao.domain.market.candles import Floats, Ints

Columns = dict[str, Any]
Say = Callable[[str], str]
"""Returns of "português · English" the half in the page's language."""
PT, EN = "pt-BR", "en"
OUTCOMES = {
    TARGET: "alvo · target",
    STOP: "stop · stop",
    TIME: "tempo · time",
    MISSED: "sem entrada · missed",
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """Columns of equal length: `candles` over all histories in order, `alerts` with x = index into them.

    `wall` is the exchange's wall clock written as if it were UTC, in seconds.
    """

    candles: Columns
    alerts: Columns


def speaker(language: str) -> Say:
    """Return what picks the half of a text in pt-BR or en."""
    return lambda text: text.split(" · ")[0 if language == PT else -1]


def drawn(judged: Judgement, cost_points: float, language: str = PT) -> Drawn:
    """Join the histories on one axis without nights; `cost_points` is taken off each alert's result."""
    offsets = np.cumsum([0, *(len(part.series) for part in judged.parts)])[:-1]
    candles = [_candles(part) for part in judged.parts]
    alerts = [
        _alerts(part, int(offset), cost_points, language)
        for part, offset in zip(judged.parts, offsets, strict=True)
    ]
    return Drawn(_joined(candles), _joined(alerts))


def bars(scores: Sequence[tuple[str, Score]]) -> Columns:
    """Return names with the two shares a scatter needs, their Wilson intervals, in percent."""
    known = [(name, score) for name, score in scores if score.capture.whole and score.false_positives.whole]
    pairs = [(score.capture, score.false_positives) for _, score in known]
    columns: Columns = {"name": [name for name, _ in known]}
    for at, axis in enumerate(("x", "y")):
        columns[axis] = [100 * pair[at].part / pair[at].whole for pair in pairs]
        columns[f"{axis}_low"] = [100 * pair[at].interval[0] for pair in pairs]
        columns[f"{axis}_high"] = [100 * pair[at].interval[1] for pair in pairs]
    columns["n"] = [pair[1].whole for pair in pairs]
    return columns


def _candles(part: Backtest) -> Columns:
    series, candles = part.series, part.series.candles
    single = {name: getattr(candles, name).astype(np.float32) for name in ("open", "high", "low", "close")}
    opens = series.session_first == np.arange(len(series))
    return {"wall": _wall(part, candles.time), "session": opens, **single}


def _alerts(part: Backtest, offset: int, cost_points: float, language: str) -> Columns:
    say = speaker(language)
    trades, candles = part.trades, part.series.candles
    long = trades.side > 0
    reach = 0.6 * np.abs(trades.price - trades.stop)
    anchor = np.where(long, candles.low[trades.row] - reach, candles.high[trades.row] + reach)
    return {
        "x": (trades.row + offset).astype(np.int32),
        "exit_x": (trades.exit_row + offset).astype(np.int32),
        "y": anchor,
        "price": trades.price,
        "target": trades.target,
        "stop": trades.stop,
        "r": trades.net_r(cost_points),
        "touched": trades.touched,
        "long": long,
        "outcome": [say(OUTCOMES[touched]) for touched in trades.touched.tolist()],
        "pattern": [word(PATTERNS[at], language) for at in trades.pattern.tolist()],
        "side": [say("▲ COMPRA · ▲ LONG") if one else say("▼ VENDA · ▼ SHORT") for one in long.tolist()],
        "when": [_stamp(moment) for moment in _wall(part, trades.time).tolist()],
    }


def _wall(part: Backtest, times: Ints) -> Ints:
    return local_seconds(times, part.series.timezone).astype(np.int32)


def _stamp(wall: int) -> str:
    return str(np.datetime64(wall, "s").astype("datetime64[m]")).replace("T", " ")


def _joined(parts: Sequence[Columns]) -> Columns:
    return {
        name: np.concatenate([one[name] for one in parts])
        if isinstance(parts[0][name], np.ndarray)
        else [value for one in parts for value in one[name]]
        for name in parts[0]
    }


def running(values: Floats) -> tuple[Floats, Floats]:
    """Return a running result from 0 and its highest point so far."""
    result = np.concatenate(([0.0], values))
    return result, np.maximum.accumulate(result)
