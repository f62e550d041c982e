"""One feed of a running bridge: terminal to cloud, in order, over the disk while the cloud is away."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pregao_bridge.feed import HISTORY
from pregao_bridge.words import say

if TYPE_CHECKING:
    from collections.abc import Callable

    from pregao_bridge.batch import Window
    from pregao_bridge.intake import Intake
    from pregao_bridge.late import Late
    from pregao_bridge.market import MarketFault
    from pregao_bridge.notices import Notices
    from pregao_bridge.outlet import Outlet
    from pregao_bridge.setaside import Sifted
    from pregao_bridge.standing import Standing
    from pregao_bridge.state import FeedRoom

LEAST = HISTORY - 1
"""Candles before the new ones without which the cloud refuses a batch: its warm-up counts the new one in.

With so many a window that waited on disk still goes out as it was, after a candle of it was set aside.
"""


class FeedRun:
    """Every closed candle once, in order: the cursor moves when the cloud has accepted, and only then.

    A candle is in the terminal, in hand, or in the spool, and the cursor stands before it until it is
    accepted or set aside: a process that ends at any point finds it again. What the terminal did not have
    when its time came is written down by `Late` before the cursor passes it.
    """

    def __init__(
        self,
        standing: Standing,
        intake: Intake,
        outlet: Outlet,
        room: FeedRoom,
        sifted: Sifted,
        late: Late,
        notices: Notices,
        changed: Callable[[], None],
    ) -> None:
        """`notices` speaks of the disk; `changed` hears of changed set-aside candles. Raises CursorError."""
        self.standing, self._intake, self._outlet, self._room = standing, intake, outlet, room
        self._sifted, self._late, self._notices, self._changed = sifted, late, notices, changed
        self._spool, self._cursor, self._aside = room.spool(), room.cursor, room.set_aside()
        self._hand: Window | None = None
        self._beyond = 0
        self._unsaved: int | None = None
        standing.accepted = self._cursor.read()
        self._spool.forget(standing.accepted)
        standing.newest, standing.waiting = self._place(), len(self._spool)

    def turn(self, now: float) -> float:
        """Take and give as far as it is time to; returns when to come again, in the market's time."""
        if self._unsaved is not None:
            self._save(self._unsaved)
        self._heed_decision()
        if self._hand is None and now >= self._intake.at and not self._drains(now):
            self._take(now)
        if self._hand is not None and self.standing.accepted is None:
            self._put_by(now)  # where a feed begins is known nowhere else before its first cursor
        if self._waits() and now >= self._outlet.at:
            self._give(now)
        if self._hand is not None and (len(self._spool) or now < self._outlet.at):
            self._put_by(now)
        held = self._hand.new if self._hand else self._beyond
        self.standing.waiting = len(self._spool) + held
        self._sum_up_set_aside()
        if self._waits():
            return min(self._intake.at, self._outlet.at)
        if self._intake.terminal is None:
            self._late.turn(now)
        return min(self._intake.at, self._late.at)

    def _sum_up_set_aside(self) -> None:
        self._aside.all()
        summary = self._aside.summary(self.standing.newest)
        if summary != self.standing.set_aside:
            self.standing.set_aside = summary
            self._changed()

    def shut(self, terminal: MarketFault | None) -> None:
        """Ask the terminal nothing while it has this fault; None: ask again."""
        self._intake.terminal = terminal

    def rouse(self) -> None:
        """Look and try at once."""
        self._intake.rouse()
        self._outlet.rouse()

    def broke(self, now: float, error: Exception) -> float:
        """Take note of what nobody foresaw; returns when to come again."""
        self._intake.broke(now, error)
        return self._intake.at

    def _take(self, now: float) -> None:
        self._hand = self._intake.look(now, self._place())
        if self._hand is not None and self._hand.gaps:
            self._late.owe(self._hand.gaps, now)

    def _give(self, now: float) -> None:
        kept = self._spool.head(self.standing.accepted)
        window = kept or self._hand
        if window is None:
            return
        clean = self._sifted.clean(window)
        if not clean.new:
            self._move(window.newest)
        elif clean.new_from < (HISTORY if kept is None else LEAST):
            self._ask_again()
        elif (newest := self._outlet.post(clean, now)) is not None:
            self._move(newest)

    def _ask_again(self) -> None:
        """Ask the terminal for what waits: without its faulty candles too little history is left of it."""
        self._hand = None
        self._spool.forget(self._spool.newest)
        self._intake.rouse()

    def _save(self, newest: int) -> None:
        """Keep the place; while another program has the file open it is kept in memory and tried again.

        A process that ends meanwhile posts those candles again, which the cloud knows.
        """
        self._unsaved = newest
        try:
            self._cursor.write(newest)
        except PermissionError as error:
            said = say("held_open", self._notices.language, path=error.filename)
            self._notices.trouble("held_open", said)
        else:
            self._unsaved = None

    def _move(self, newest: int) -> None:
        self._save(newest)
        self.standing.accepted = newest
        self._spool.forget(newest)
        if self._hand is not None:
            done = self._hand.columns.time[-1] <= newest
            self._hand = None if done else self._hand.after(newest)
        if self._beyond and not len(self._spool):
            self._beyond = 0
            self._intake.rouse()
            self._notices.well()

    def _put_by(self, now: float) -> None:
        """Keep on disk what may not be posted now; at the spool's bound leave it with the terminal."""
        assert self._hand is not None  # noqa: S101
        if not self._spool.append(self._hand):
            self._beyond = self._hand.new
            self._intake.wait(now)
            self._notices.trouble("full", say("full", self._notices.language), logging.ERROR)
        self._hand = None

    def _heed_decision(self) -> None:
        newest = self._room.decided() if self._waits() else None
        if newest is not None and (self.standing.accepted is None or newest > self.standing.accepted):
            self._move(newest)
            self.standing.posting = None
            self._outlet.rouse()
            self._notices.info("passed_over", newest=self.standing.local(newest))

    def _place(self) -> int | None:
        """Return the newest candle that need not be asked for again."""
        return self._spool.newest if len(self._spool) else self.standing.accepted

    def _drains(self, now: float) -> bool:
        """Whether what waits on disk may go out now, before more is asked for."""
        return len(self._spool) > 0 and now >= self._outlet.at

    def _waits(self) -> bool:
        return self._hand is not None or len(self._spool) > 0
