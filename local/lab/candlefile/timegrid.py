"""The grid on which a file's candles stand: their timeframe, their order, what breaks either."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from local.lab.candlefile.clocks import to_wall

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from local.lab.candlefile.cells import Cells
    from local.lab.candlefile.facts import Market
    from pregao.domain.market.candles import Ints

_MINUTE = 60
TIMEFRAMES = tuple(
    minutes * _MINUTE
    for minutes in (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1440)
)
"""MetaTrader 5's timeframes up to one day, in seconds."""
_MIXED_RUN = 16
_WITHIN_SESSION_S = 4 * 3600


def name_of(timeframe_s: int) -> str:
    """Return MetaTrader's name: M5, H1, D1."""
    minutes = timeframe_s // _MINUTE
    if minutes % 1440 == 0:
        return f"D{minutes // 1440}"
    return f"H{minutes // 60}" if minutes % 60 == 0 else f"M{minutes}"


def spacing(times: Ints) -> int | None:
    """Return the timeframe in seconds of increasing times, None when there is none; one candle reads as M1.

    It is the most frequent step where that makes more than half of them, otherwise (thin trading, many gaps)
    the largest timeframe that occurs as a step and on whose grid four of five candles stand.
    """
    steps, counts = np.unique(np.diff(times), return_counts=True)
    if not len(steps):
        return _MINUTE if len(times) and times[0] % _MINUTE == 0 else None
    commonest = int(steps[np.argmax(counts)])
    if 2 * counts.max() > counts.sum() and commonest in TIMEFRAMES:
        return commonest
    fitting = (one for one in reversed(TIMEFRAMES) if one in steps and _share_on_grid(times, one) >= 0.8)
    return next(fitting, None)


def off_grid(times: Ints, timeframe: int) -> NDArray[np.bool_]:
    """Tell of each time whether it is off the grid that most of them stand on."""
    wrong: NDArray[np.bool_] = (times - _phase(times, timeframe)) % timeframe != 0
    return wrong


def descends(seconds: Ints) -> bool:
    """Tell whether most steps of a file go back in time."""
    steps = np.diff(seconds)
    return bool((steps < 0).sum() > (steps > 0).sum())


def other_timeframe(times: Ints, timeframe: int) -> int | None:
    """Return the row where a run of equal, larger steps begins that missing candles cannot explain."""
    rows = np.flatnonzero(np.diff(times) <= _WITHIN_SESSION_S)
    steps = np.diff(times)[rows]
    if timeframe >= _WITHIN_SESSION_S or len(steps) < _MIXED_RUN:
        return None
    starts = np.flatnonzero(np.r_[True, steps[1:] != steps[:-1]])
    lengths = np.diff(np.r_[starts, len(steps)])
    runs = starts[(lengths >= _MIXED_RUN) & (steps[starts] > timeframe)]
    return int(rows[runs[0]]) if len(runs) else None


def _share_on_grid(times: Ints, timeframe: int) -> float:
    return float((~off_grid(times, timeframe)).mean())


def _phase(times: Ints, timeframe: int) -> int:
    """Return the commonest remainder: UTC times of H4 candles do not start the day at a multiple of four."""
    remainders, counts = np.unique(times % timeframe, return_counts=True)
    return int(remainders[np.argmax(counts)])


def timeframe_of(cells: Cells, seconds: Ints) -> int:
    """Return the file's timeframe in seconds; refuses a file that follows none."""
    found = spacing(_increasing(seconds))
    if found is None:
        raise cells.refuse(0, "times follow no timeframe from M1 to D1; export candles of one timeframe")
    return found


def _increasing(seconds: Ints) -> Ints:
    """Return the times in order, each once; most files need no sorting."""
    steps = np.diff(seconds)
    if (steps > 0).all():
        return seconds
    return seconds[::-1] if (steps < 0).all() else np.unique(seconds)


def check(cells: Cells, written: Ints, opens: Ints, timeframe: int, market: Market) -> None:
    """Refuse candles off the file's own grid in every clock, and a stretch of another timeframe."""
    clocks = [written, opens, to_wall(opens, market.timezone)]
    if timeframe >= 7200:
        clocks.append(to_wall(opens, "America/New_York"))
    off = [off_grid(one, timeframe) for one in clocks]
    if all(one.any() for one in off):
        row = int(np.argmax(off[0]))
        message = f"the time is off the file's grid of {timeframe // _MINUTE} min; export one timeframe"
        raise cells.refuse(row, message)
    turned = descends(opens)
    mixed = other_timeframe(opens[::-1] if turned else opens, timeframe)
    if mixed is not None:
        row = len(opens) - 1 - mixed if turned else mixed
        raise cells.refuse(row, "another timeframe begins here; split the file, one timeframe in each")
