"""Candles that cannot be: found in a window, kept on disk with the reason, left out of what is posted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import compress
from math import inf, isfinite
from typing import TYPE_CHECKING

from pregao_bridge.batch import Faulty, Row, Window, columns_of, once_each
from pregao_bridge.files import CursorError, write_whole
from pregao_bridge.market import Condition, MarketFault

if TYPE_CHECKING:
    from pathlib import Path

    from pregao_bridge.market import Source

AHEAD_S = 86_400
"""Clocks may be hours apart; a candle further ahead than a day is at fault itself."""
MAX_KEPT = 1_000
"""Candles kept per feed, the newest; a terminal with more is not a matter of single candles."""
RECENT_S = 86_400
"""How long before the newest candle a set-aside one is still told in heartbeats."""


def fault_of(row: Row, seconds: int, now: float) -> str | None:
    """Return why a candle cannot be, None for a good one; the cloud's `candle_batch_v1` has the same rules.

    `seconds` is the timeframe, `now` in epoch seconds UTC.
    """
    time, *prices = row[:5]
    if not all(map(isfinite, row)):
        return "a value is not a number"
    if any(count < 0 or count != int(count) or count >= 2**63 for count in row[5:]):
        return f"volumes and spread {', '.join(map(str, row[5:]))}: whole numbers from 0 on"
    if time < 0 or time % seconds:
        return f"time {time} is not on the grid of {seconds} s"
    if time > now + AHEAD_S:
        return f"time {time} is more than a day ahead"
    return _fault_of_prices(*prices)


def _fault_of_prices(opened: float, high: float, low: float, close: float) -> str | None:
    if high < low:
        return f"high {high} is below low {low}"
    if not (low <= opened <= high and low <= close <= high):
        return f"open {opened} or close {close} outside [{low}, {high}]"
    return f"low {low} is not above zero" if low <= 0 else None


def sift(
    window: Window, seconds: int, now: float, is_refused: Callable[[Row], bool] = lambda _row: False
) -> tuple[Window, list[Faulty]]:
    """Return the window without the candles that cannot be, and those; its `aside` is among them.

    `is_refused` tells of a candle that the cloud has refused. Raises MarketFault FAILED where most of a
    window is faulty: that is the terminal, not a candle.
    """
    rows = window.columns.rows()
    faults = [fault_of(row, seconds, now) for row in rows]
    faulty = [
        Faulty(int(row[0]) if isfinite(row[0]) else 0, fault, row)
        for row, fault in zip(rows, faults, strict=True)
        if fault is not None
    ]
    if len(faulty) > len(rows) / 2:
        raise MarketFault(Condition.FAILED, f"{len(faulty)} of {len(rows)} candles: {faulty[-1].reason}")
    is_good = [fault is None and not is_refused(row) for row, fault in zip(rows, faults, strict=True)]
    kept, doubled = once_each(list(compress(rows, is_good)))
    if len(kept) == len(rows) and not window.aside:
        return window, []
    first_new = min(compress(window.columns.time[window.new_from :], is_good[window.new_from :]), default=inf)
    history = sum(row[0] < first_new for row in kept)
    clean = replace(window, columns=columns_of(kept), new_from=history, aside=())
    return clean, [*window.aside, *faulty, *doubled]


@dataclass(frozen=True, slots=True)
class Summary:
    """What a heartbeat says of a feed's set-aside candles: how many lately, the newest one and its reason."""

    count: int
    newest: int
    reason: str

    def plain(self, longest: int) -> dict[str, object]:
        """Return it for JSON, the reason cut to so many characters."""
        return {"count": self.count, "newest": self.newest, "reason": self.reason[:longest]}


class SetAside:
    """The set-aside candles of one feed: a JSON file, shared by the running bridge and the commands."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: int | None = None
        self._kept: dict[int, Faulty] = {}

    def all(self) -> list[Faulty]:
        """Return them, the oldest first. Raises CursorError for a file that holds none."""
        self._read()
        return [self._kept[time] for time in sorted(self._kept)]

    def keep(self, faulty: Iterable[Faulty]) -> list[Faulty]:
        """Write them down; returns those whose time was not known."""
        self._read()
        changed = [one for one in faulty if _differs(self._kept.get(one.time), one)]
        new = [one for one in changed if one.time not in self._kept]
        if changed:
            self._write(self._kept | {one.time: one for one in changed})
        return list({one.time: one for one in new}.values())

    def forget(self, time: int) -> None:
        """Take a candle off the list."""
        self._read()
        if time in self._kept:
            self._write({at: one for at, one in self._kept.items() if at != time})

    def holds(self, row: Row) -> bool:
        """Whether this very candle was set aside; another one of its time is to be judged anew."""
        kept = self._kept.get(int(row[0]))
        return kept is not None and kept.row == row

    def summary(self, newest: int | None) -> Summary | None:
        """Return what to tell of the day before `newest` (a candle's open, epoch seconds UTC)."""
        since = (newest or 0) - RECENT_S
        lately = [time for time in self._kept if time >= since]
        if not lately:
            return None
        last = self._kept[max(lately)]
        return Summary(len(lately), last.time, last.reason)

    def _read(self) -> None:
        """Read the file where somebody has written it since."""
        try:
            stamp = self._path.stat().st_mtime_ns
        except FileNotFoundError:
            self._stamp, self._kept = None, {}
            return
        if stamp == self._stamp:
            return
        try:
            told = json.loads(self._path.read_text(encoding="utf-8"))["candles"]
            self._kept = {one["time"]: Faulty(one["time"], one["reason"], tuple(one["row"])) for one in told}
        except (ValueError, KeyError, TypeError) as error:
            raise CursorError(f"{self._path} holds no set-aside candles; delete it") from error
        self._stamp = stamp

    def _write(self, kept: dict[int, Faulty]) -> None:
        newest = sorted(kept)[-MAX_KEPT:]
        told = {"candles": [asdict(kept[time]) for time in newest]}
        write_whole(self._path, json.dumps(told, ensure_ascii=False, indent=1).encode())
        self._kept = {time: kept[time] for time in newest}
        self._stamp = self._path.stat().st_mtime_ns


class SiftedSource:
    """A source without the candles that cannot be: its windows have a hole in their place."""

    def __init__(
        self,
        source: Source,
        seconds: int,
        aside: SetAside,
        *,
        now: Callable[[], float],
        tell: Callable[[Sequence[Faulty]], None],
    ) -> None:
        """`now` in epoch seconds UTC; `tell` hears of each candle once, after it is on disk."""
        self._source, self._seconds, self._aside, self._now, self._tell = source, seconds, aside, now, tell
        self._spare = 0
        self._passed: dict[int, int] = {}
        """For the last `after`: the newest set-aside candle right behind it; the next call starts there."""

    def window(self, after: int | None, history: int, at_most: int) -> Window | None:
        """Return the source's next window without faulty candles, with as much history all the same.

        As `market.Source` has it. Raises MarketFault as the source does, and FAILED where most is faulty.
        """
        asked = after
        if asked is not None:
            after = self._passed.get(asked, asked)
        while (raw := self._source.window(after, history + self._spare, at_most)) is not None:
            clean = self.clean(raw).after(after)
            missing = history - clean.new_from
            self._spare = max(0, self._spare + missing)
            if not clean.new:
                if raw.newest > self._now():
                    return None  # do not move on past a candle dated in the future
                after = raw.newest if after is None else max(after, raw.newest)
                self._passed = {} if asked is None else {asked: after}
            elif missing <= 0:
                return clean.keep_history(history)
        return None

    def clean(self, window: Window) -> Window:
        """Set aside what cannot be and return the rest; it may have no new candle."""
        clean, faulty = sift(window, self._seconds, self._now(), self._aside.holds)
        self.set_aside(faulty)
        return clean

    def set_aside(self, faulty: Sequence[Faulty]) -> None:
        """Keep candles on disk with their reasons and tell of each once."""
        new = self._aside.keep(faulty) if faulty else []
        if new:
            self._tell(new)


def _differs(kept: Faulty | None, other: Faulty) -> bool:
    # A NaN is not equal to itself: compared as text.
    return kept is None or repr(kept) != repr(other)
