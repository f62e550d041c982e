"""After a UTC day: each of its chains ends with a close, each table's day with a record of all its chains.

A run that died is continued by the next one: closed chains stay as they are, a day without its record is
ended again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
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
from pregao.flow.ports.audit import DayBook, EndedDay
from pregao.flow.ports.refusals import OutOfTime
from pregao.flow.steps.audit.append import Pause, retry_contended
from pregao.flow.steps.in_time import Failures, TimeLeft

GRACE_S = 300
"""Writes begun before midnight are finished by then; a clock that lags more writes to the next day's."""
AT_ONCE = 60
"""Days of a table ended in one round; a longer absence is made up for minute by minute."""
LOOK_BACK = 30
"""Days before the very first round in which something may have been written."""
STEP_S = 13.0
"""Time budget in seconds of a day's list of chains, of one chain, of the day's end, if calls time out."""


@dataclass(frozen=True, slots=True)
class DayClosing:
    """Dependencies of `close_days`; `clock` gives epoch seconds."""

    days: DayBook
    pause: Pause
    clock: Callable[[], float]


def close_days(deps: DayClosing, time: TimeLeft, failures: Failures) -> int:
    """End every day that is over and has not been ended; returns how many, each table's by itself.

    A failure in one table is kept in `failures`; the other tables' days are ended all the same.
    """
    today = day_of(deps.clock() - GRACE_S)
    ended = deps.days.ended()
    count = 0
    for table in TABLES:
        with failures.kept():
            for _ in _close_table(table, ended.get(table), today, deps, time):
                count += 1
    return count


def _close_table(
    table: str, last: EndedDay | None, today: str, deps: DayClosing, time: TimeLeft
) -> Iterator[str]:
    """End a table's days in order, and give each.

    Raises Contended where another round, or another writer, ended one meanwhile.
    """
    last = last or EndedDay(day_after(_first(table, today, deps, time), -1), GENESIS)
    for _ in range(AT_ONCE):
        day = day_after(last.day)
        if day >= today:
            return
        _check(time)
        last = EndedDay(day, _end(table, day, last.hash, deps, time)["hash"])
        yield day


def _first(table: str, today: str, deps: DayClosing, time: TimeLeft) -> str:
    """Return the first day ever to end: the earliest with a chain, of those before the first round."""
    before = [day_after(today, -back) for back in range(LOOK_BACK, 0, -1)]
    for day in before:
        _check(time)
        if deps.days.chains(table, day):
            return day
    return before[-1]


def _check(time: TimeLeft) -> None:
    if not time.for_more(STEP_S):
        raise OutOfTime(f"{time():.1f} s are left; the next round goes on")


def _end(table: str, day: str, behind: str, deps: DayClosing, time: TimeLeft) -> Record:
    """Close every chain of a day, then the day; one that cannot be closed keeps the day open."""
    deps.days.close_for_writes(table, day)
    ends, failures = dict[str, Record](), Failures()
    for chain in failures.each(deps.days.chains(table, day), STEP_S, time):
        with failures.kept():
            ends[chain] = retry_contended(partial(_close, table, chain, deps), deps.pause)
    failures.tell(f"{table} {day}: not every chain could be closed")
    tail = Tail(str(ChainName(DAYS, day)), 0, behind)
    (record,), _ = link([day_record(table, ends, deps.clock())], tail)
    deps.days.end_day(table, record)
    return record


def _close(table: str, chain: str, deps: DayClosing) -> Record:
    records = deps.days.records(table, chain)
    last = records[-1]
    if last["kind"] == CLOSE:
        return last
    tail = Tail.of(last)
    (record,), _ = link([close_record(records, deps.clock())], tail)
    deps.days.close_chain(table, record)
    return record
