"""After a UTC day: each of its chains ends with a close, each table's day with a record of all its chains.

Every step finds what a dead one left and goes on from there: a chain that is closed stays as it is, a day
without its record is ended anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from pregao.domain.audit.chain import (
    CLOSE,
    DAYS,
    GENESIS,
    TABLES,
    ChainName,
    Record,
    Tail,
    close_record,
    day_after,
    day_of,
    day_record,
    link,
)
from pregao.flow.persist import Pause, persist
from pregao.flow.ports.audit import DayBook, EndedDay

GRACE_S = 300
"""Who began before midnight has written by then; a clock that is further behind is sent to the next day."""
AT_ONCE = 60
"""Days of a table ended in one round; a longer absence is made up for minute by minute."""
LOOK_BACK = 30
"""Days before the very first round in which something may have been written."""


@dataclass(frozen=True, slots=True)
class Closing:
    """What the story works with; `clock` gives epoch seconds."""

    days: DayBook
    pause: Pause
    clock: Callable[[], float]


def close_days(deps: Closing) -> int:
    """End every day that is over and has not been ended; returns how many, each table's by itself."""
    today = day_of(deps.clock() - GRACE_S)
    ended = deps.days.ended()
    return sum(_close_table(table, ended.get(table), today, deps) for table in TABLES)


def _close_table(table: str, last: EndedDay | None, today: str, deps: Closing) -> int:
    """End a table's days in order.

    Raises Contended where another round, or somebody who has no business here, ended one meanwhile.
    """
    last = last or EndedDay(day_after(_first(table, today, deps), -1), GENESIS)
    count = 0
    while (day := day_after(last.day)) < today and count < AT_ONCE:
        record = _end(table, day, last.hash, deps)
        last, count = EndedDay(day, record["hash"]), count + 1
    return count


def _first(table: str, today: str, deps: Closing) -> str:
    """Return the first day ever to end: the earliest with a chain, of those before the first round."""
    before = [day_after(today, -back) for back in range(LOOK_BACK, 0, -1)]
    return next((day for day in before if deps.days.chains(table, day)), before[-1])


def _end(table: str, day: str, behind: str, deps: Closing) -> Record:
    deps.days.fence(table, day)
    ends = {
        chain: persist(partial(_close, table, chain, deps), deps.pause)
        for chain in deps.days.chains(table, day)
    }
    tail = Tail(str(ChainName(DAYS, day)), 0, behind)
    (record,), _ = link([day_record(table, ends, deps.clock())], tail)
    deps.days.end_day(table, record)
    return record


def _close(table: str, chain: str, deps: Closing) -> Record:
    records = deps.days.records(table, chain)
    last = records[-1]
    if last["kind"] == CLOSE:
        return last
    tail = Tail(chain, last["seq"], last["hash"])
    (record,), _ = link([close_record(records, deps.clock())], tail)
    deps.days.close_chain(table, record)
    return record
