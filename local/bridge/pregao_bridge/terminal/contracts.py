"""Which contract a continuous symbol stands for: the one whose candles are the same."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pregao_bridge.market import Condition, MarketFault

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from pregao_bridge.batch import Columns
    from pregao_bridge.terminal.metatrader import Timeframe
    from pregao_bridge.terminal.session import TerminalSession

MONTHS = "FGHJKMNQUVXZ"
"""January to December, as futures name them."""
SAMPLE = 10
"""Candles of the day that are compared, at most: those just before and at the window's end."""
ENOUGH_TICKS = 10
"""Fewer ticks in the sample and two contracts could agree by chance."""
TRIES = 3
"""Windows of a date that look for its contract: the first asking only starts a candidate's download."""
YEARS_AHEAD = 12
"""Interest rate futures reach that far; a fund named XPLG11 is no contract of 2011."""
_CONTRACT = re.compile(rf"(?P<root>[A-Z][A-Z0-9]{{1,3}})(?P<month>[{MONTHS}])(?P<year>\d\d)")
_ALIAS = re.compile(r"(?P<root>[A-Z][A-Z0-9]{1,3}?)(?:[$@][ND]?|FUT)")


def is_contract(symbol: str, day: date) -> bool:
    """Return whether a name looks like a contract that may trade on `day`: root, month letter, year."""
    found = _CONTRACT.fullmatch(symbol)
    return found is not None and 0 <= 2000 + int(found["year"]) - day.year <= YEARS_AHEAD


def root_of(symbol: str) -> str | None:
    """Return "WIN" of WIN$, WIN$N, WIN$D, WIN@, WIN@N, WIN@D and WINFUT; None for anything else."""
    found = _ALIAS.fullmatch(symbol)
    return None if found is None else found["root"]


@dataclass(slots=True)
class Contracts:
    """The contract of one symbol by exchange date; found once per date, looked for again while unknown."""

    session: TerminalSession
    symbol: str
    timeframe: Timeframe
    _day: date | None = None
    _found: str | None = None
    _tried_at: int = 0
    _tries: int = 0
    _shown: list[str] = field(default_factory=list)

    def on(self, day: date, of_day: Columns) -> str | None:
        """Return the contract whose candles equal the last of `of_day`; None when none or several do.

        Never raises: a window without a contract is judged under the cloud's calendar.
        """
        root = root_of(self.symbol)
        if root is None:
            return self.symbol if is_contract(self.symbol, day) else None
        if day != self._day:
            self._day, self._found, self._tried_at, self._tries = day, None, 0, 0
        newest = of_day.time[-1]
        if self._found is None and self._tries < TRIES and newest != self._tried_at:
            self._tried_at, self._tries = newest, self._tries + 1
            self._found = self._resolve(root, day, of_day[slice(-SAMPLE, None)])
        return self._found

    def _resolve(self, root: str, day: date, sample: Columns) -> str | None:
        if sum(sample.tick_volume) < ENOUGH_TICKS:
            return None
        try:
            same = [name for name in self._candidates(root, day) if self._agrees(name, sample)]
            if same or self._tries == TRIES:
                self._unwatch()
        except MarketFault:
            return None
        return same[0] if len(same) == 1 else None

    def _candidates(self, root: str, day: date) -> list[str]:
        """Return the contracts of the root that may trade on the day, all put into Market Watch."""
        infos = self.session.names(f"{root}*")
        near = [one for one in infos if is_contract(one.name, day) and _in_reach(one.name, root, day)]
        for info in near:
            if not info.select and self.session.watch(info.name, enable=True):
                self._shown.append(info.name)
        return [info.name for info in near]

    def _unwatch(self) -> None:
        """Take out of Market Watch what was put there, not before its history has had time to come."""
        while self._shown:
            self.session.watch(self._shown.pop(), enable=False)

    def _agrees(self, name: str, sample: Columns) -> bool:
        """Return whether the contract has each candle of the sample, prices and volumes the same."""
        since = self.session.server_now() - sample.time[0]
        try:
            theirs = self.session.candles(name, self.timeframe, int(since // self.timeframe.seconds) + 2)
        except MarketFault as fault:
            if fault.condition != Condition.FAILED:
                raise
            return False  # no history of it, which is not the alias's trouble
        return set(_marks(sample)) <= set(_marks(theirs))


def _marks(candles: Columns) -> Iterable[tuple[float, ...]]:
    c = candles
    return zip(c.time, c.open, c.high, c.low, c.close, c.tick_volume, c.real_volume, strict=True)


def _in_reach(name: str, root: str, day: date) -> bool:
    """Return whether it is a contract of the root for the day's month or one of the fourteen after it."""
    months = (2000 + int(name[-2:]) - day.year) * 12 + MONTHS.index(name[-3]) + 1 - day.month
    return name[:-3] == root and 0 <= months <= 14
