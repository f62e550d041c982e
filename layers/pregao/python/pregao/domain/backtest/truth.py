"""What was there to be caught: candles after which a trade would have paid, joined into episodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pregao.domain.backtest.barrier import TARGET, first_touch

if TYPE_CHECKING:
    from pregao.domain.backtest.rules import Truth
    from pregao.domain.detectors.firings import Rows
    from pregao.domain.detectors.prices import Series
    from pregao.domain.market.candles import Floats

Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Episodes:
    """Runs of opportunity candles of one side within one session: first and last row, side +1 or -1."""

    first: Rows
    last: Rows
    side: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.first)

    def __getitem__(self, which: Flags) -> Episodes:
        """Return the episodes chosen by a mask."""
        return Episodes(self.first[which], self.last[which], self.side[which])


def opportunities(series: Series, atr: Floats, truth: Truth, warmup: int) -> dict[int, Flags]:
    """Return for +1 and -1 whether each candle is an opportunity of that side; `atr` is in units.

    Candle t is a long opportunity when, within `horizon` candles of its session, price reaches
    close + target_atr x ATR before close - stop_atr x ATR. Candles without warm-up are none.
    """
    rows = np.arange(warmup - 1, len(series), dtype=np.intp)
    close, reach = series.closes[rows], atr[rows]
    found = {}
    for sign in (1, -1):
        target, stop = close + sign * truth.target_atr * reach, close - sign * truth.stop_atr * reach
        exits = first_touch(series, rows, sign, target, stop, truth.horizon)
        found[sign] = np.zeros(len(series), dtype=np.bool_)
        found[sign][rows] = exits.touched == TARGET
    return found


def episodes(series: Series, found: dict[int, Flags]) -> Episodes:
    """Join consecutive opportunities of one side and session, ordered by their first candle."""
    opens = np.zeros(len(series), dtype=np.bool_)
    opens[series.session_firsts] = True
    parts = [(_runs(flags, opens), sign) for sign, flags in found.items()]
    first = np.concatenate([first for (first, _), _ in parts])
    last = np.concatenate([last for (_, last), _ in parts])
    side = np.concatenate([np.full(len(first), sign, dtype=np.int8) for (first, _), sign in parts])
    order = np.argsort(first, kind="stable")
    return Episodes(first[order], last[order], side[order])


def captured(
    series: Series, what: Episodes, alert_rows: Rows, alert_sides: NDArray[np.int8], lead: int
) -> Flags:
    """Return which episodes have an alert of their side inside them or up to `lead` candles before.

    The candles before count within the episode's own session only.
    """
    caught = np.zeros(len(what), dtype=np.bool_)
    since = np.maximum(what.first - lead, series.session_first[what.first])
    for sign in (1, -1):
        alerts = np.sort(alert_rows[alert_sides == sign])
        mine = what.side == sign
        inside = np.searchsorted(alerts, what.last[mine], "right") > np.searchsorted(
            alerts, since[mine], "left"
        )
        caught[mine] = inside
    return caught


def _runs(flags: Flags, opens: Flags) -> tuple[Rows, Rows]:
    """Return first and last rows of the runs of True; a session's opening begins a new run."""
    before = np.concatenate(([False], flags[:-1]))
    begins = flags & (~before | opens)
    after_end = np.concatenate((~flags[1:] | opens[1:], [True]))
    return np.flatnonzero(begins), np.flatnonzero(flags & after_end)
