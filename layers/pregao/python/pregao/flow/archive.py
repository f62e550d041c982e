"""From the audit tables into the archive: every record once, each hour signed, each closed day compacted.

The tables' stream only says which chains have grown; what is archived is read from the table, from the first
record that is not yet in the archive. Repeated, missing or expired stream
records do no harm: what to archive is always read from the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from pregao.domain.audit.archive_objects import stretch
from pregao.domain.audit.chain import DAYS, TABLES, ChainName, Record, day_after, day_of
from pregao.domain.audit.hourly_digest import (
    HOUR,
    HourDigest,
    Sealed,
    Signed,
    digest_key,
    hour_of,
    read_signed,
)
from pregao.flow.ports.audit import ArchiveBook, ArchiveGauges, DayBook, NullArchiveGauges, Signer, Vault
from pregao.flow.ports.refusals import Contended, OutOfTime
from pregao.flow.steps.audit.compact import Compaction, compact_days
from pregao.flow.steps.in_time import Failures, TimeLeft

LINES_AT_MOST = 5_000
HOURS_AT_ONCE = 200
"""Digests of one run; after a longer absence the next run goes on."""
LOOK_BACK = 31
"""Days before the very first run in which something may have been written."""
CHAIN_S, HOUR_S, LOOK_S = 100.0, 90.0, 15.0
"""Time budgets in seconds of one stretch, one hour's digest, a look at a chain, if every call times out."""


class MissingRecords(Exception):
    """A chain lacks records that it has had: somebody has deleted them. The verification tells which."""


@dataclass(frozen=True, slots=True)
class Archive:
    """Dependencies of `archive_grown` and `archive_hour`; `clock` gives epoch seconds."""

    days: DayBook
    book: ArchiveBook
    vault: Vault
    signer: Signer
    clock: Callable[[], float]
    gauges: ArchiveGauges = field(default_factory=NullArchiveGauges)


Chain = tuple[str, str]
"""A table by its logical name (alertas_audit, ...), not by the deployed table's name, and a chain of it."""


@dataclass(frozen=True, slots=True)
class Done:
    """Records that one run archived, hours that it signed, objects of closed days that it wrote."""

    archived: int = 0
    digests: int = 0
    closed: int = 0


def archive_grown(chains: Iterable[Chain], deps: Archive, time: TimeLeft) -> Done:
    """Archive the chains of which a stream tells that they grew, and sign the hours that are over.

    Raises what `archive_chains` and `seal_hours` raise, each after the other was tried.
    """
    grown = sorted(set(chains))
    return _archive_and_seal(partial(archive_chains, grown, deps, time), lambda: grown, deps, time)


def archive_hour(deps: Archive, time: TimeLeft) -> Done:
    """Archive whatever no stream told of, sign the hours that are over, then compact the closed days.

    Raises as `archive_grown`, and what `compact_days` raises.
    """
    done, closed, failures = Done(), 0, Failures()
    with failures.kept():
        done = _archive_and_seal(
            partial(archive_all, deps, time), lambda: open_chains(deps, time), deps, time
        )
    with failures.kept(), suppress(Contended):
        closed = compact_days(Compaction(deps.book, deps.vault, deps.clock), time)
    failures.tell("the hour's work is not all done")
    return replace(done, closed=closed)


def _archive_and_seal(
    archive: Callable[[], int], chains: Callable[[], Iterable[Chain]], deps: Archive, time: TimeLeft
) -> Done:
    """Archive and sign. A chain or an hour that another run is working on is left to that run.

    The hour gets its digest also where a chain could not be archived. Only then the age of the oldest
    missing record is read, from `chains`.
    """
    archived = digests = 0
    behind = True
    try:
        archived = archive()
        behind = False
    except* Contended:
        pass
    finally:
        deps.gauges.archived(archived)
        try:
            with suppress(Contended):
                digests = seal_hours(deps, time)
        finally:
            deps.gauges.behind(_behind_s(chains(), deps, time) if behind else 0.0)
    return Done(archived, digests)


def _behind_s(chains: Iterable[Chain], deps: Archive, time: TimeLeft) -> float:
    oldest = oldest_missing(chains, deps, time)
    return 0.0 if oldest is None else max(0.0, deps.clock() - oldest)


def archive_chains(grown: Iterable[Chain], deps: Archive, time: TimeLeft) -> int:
    """Archive chains (table, name) up to their newest record; returns how many records went in.

    A chain that fails does not keep the others out: raises an ExceptionGroup after all were tried, or when
    the time is short.
    """
    count, failures = 0, Failures()
    for table, chain in failures.each(sorted(set(grown)), CHAIN_S, time):
        with failures.kept():
            count += _archive(table, chain, deps, time)
    failures.tell(f"{len(failures.found)} chains were not archived, {count} records were")
    return count


def archive_all(deps: Archive, time: TimeLeft) -> int:
    """Archive whatever is not yet in the archive, of every day; returns how many records went in.

    Raises an ExceptionGroup as `archive_chains` does, after everything was tried.
    """
    count, failures = 0, Failures()
    for table in failures.each(TABLES, CHAIN_S, time):
        with failures.kept():
            count += _catch_up(table, deps, time)
    failures.tell(f"not all was archived, {count} records at least were")
    return count


def oldest_missing(chains: Iterable[Chain], deps: Archive, time: TimeLeft) -> float | None:
    """Return when the oldest record of these chains that is not archived was made, None without one.

    Looks as far as the time allows: it may be older.
    """
    found = []
    for table, chain in chains:
        if not time.for_more(LOOK_S):
            break
        first, newest = deps.book.place(table, chain).upto + 1, deps.days.newest(table, chain)
        if newest >= first:
            records = deps.days.records(table, chain, first, min(newest, first + LINES_AT_MOST))
            found += [datetime.fromisoformat(one["recorded_at"]).timestamp() for one in records[:1]]
    return min(found, default=None)


def open_chains(deps: Archive, time: TimeLeft) -> Iterator[Chain]:
    """Give the chains of every day that is not known to be archived whole, as far as the time allows."""
    for table in TABLES:
        for day in _days(table, deps):
            if not time.for_more(LOOK_S):
                return
            for chain in deps.days.chains(table, day):
                yield table, chain


def seal_hours(deps: Archive, time: TimeLeft) -> int:
    """Sign a digest for every hour that is over and has none; returns how many.

    Where more than an hour has no digest, everything is archived first, and the last digest lists it.
    """
    now_hour, count = hour_of(deps.clock()), 0
    last = deps.book.sealed(now_hour - 2 * HOUR)
    start = last.start + HOUR
    if now_hour - start > HOUR:
        with suppress(ExceptionGroup):  # errors of this catch-up are ignored here; the hourly run raises them
            archive_all(deps, time)
    while start < now_hour and count < HOURS_AT_ONCE and time.for_more(HOUR_S):
        makes_up = bool(count) and start + HOUR == now_hour
        last = _seal(start, start + (2 * HOUR if makes_up else HOUR), last, deps)
        start, count = start + HOUR, count + 1
    return count


def _catch_up(table: str, deps: Archive, time: TimeLeft) -> int:
    """Go through the days from the first that is not known to be archived whole; returns as archive_all."""
    ended = deps.days.ended().get(table)
    last = ended.day if ended else ""
    count, failures = 0, Failures()
    for day in failures.each(_days(table, deps), CHAIN_S, time):
        with failures.kept():
            chains = deps.days.chains(table, day) + ([str(ChainName(DAYS, day))] if day <= last else [])
            count += archive_chains([(table, one) for one in chains], deps, time)
            if day <= last and not failures.found:
                deps.book.made_whole(table, day)
    failures.tell(f"{table} is not archived whole")
    return count


def _days(table: str, deps: Archive) -> list[str]:
    """Return the days that may hold something new, in order, today included."""
    today = day_of(deps.clock())
    whole = deps.book.whole(table)
    day = day_after(whole) if whole else day_after(today, -LOOK_BACK)
    days = []
    while day <= today:
        days.append(day)
        day = day_after(day)
    return days


def _archive(table: str, chain: str, deps: Archive, time: TimeLeft) -> int:
    """Archive a chain. A day's record goes in after the chains it lists: else they look cut short."""
    name = ChainName.parse(chain)
    if name.contract != DAYS:
        return _put(table, chain, deps, time)
    day_before = str(ChainName(DAYS, day_after(name.day, -1)))
    ended = deps.days.newest(table, day_before) > deps.book.place(table, day_before).upto
    count = _archive(table, day_before, deps, time) if ended else 0
    return count + sum(_put(table, one, deps, time) for one in [*deps.days.chains(table, name.day), chain])


def _put(table: str, chain: str, deps: Archive, time: TimeLeft) -> int:
    """Put what is not yet in the archive, in stretches whose ends are written down before they are put.

    A stretch that was planned and not finished is put again, the same to the byte under the same name.
    Raises OutOfTime where the next stretch must wait for the next run.
    """
    began = place = deps.book.place(table, chain)
    newest = deps.days.newest(table, chain)
    while place.upto < max(newest, place.planned or 0):
        if not time.for_more(CHAIN_S):
            raise OutOfTime(f"{table} {chain} is archived up to {place.upto}; the next run goes on")
        upto = place.planned or min(newest, place.upto + LINES_AT_MOST)
        if not place.planned:
            deps.book.plan(table, chain, place.upto, upto)
        packed = stretch(table, _records(table, chain, place.upto + 1, upto, deps))
        deps.vault.put(packed.listed.key, packed.body)
        deps.book.archived(packed.listed, deps.clock())
        place = deps.book.place(table, chain)
    return place.upto - began.upto


def _records(table: str, chain: str, first: int, last: int, deps: Archive) -> list[Record]:
    records = deps.days.records(table, chain, first, last)
    if [one["seq"] for one in records] != list(range(first, last + 1)):
        raise MissingRecords(f"{table} {chain}: records {first} to {last} are not all there")
    return records


def _seal(start: datetime, until: datetime, last: Sealed, deps: Archive) -> Sealed:
    """Sign an hour with what was archived before `until` and waits.

    Where its digest is in the vault already (an earlier run died after putting it), that one is taken.
    """
    pending = deps.book.pending(until.timestamp())
    digest = HourDigest(start, pending, last.before, deps.signer.public_key())
    signed = Signed(digest.payload(), deps.signer.sign(digest.to_sign()).hex())
    if not deps.vault.put(digest_key(start), signed.to_bytes()):
        signed = read_signed(deps.vault.get(digest_key(start)))
    deps.book.seal(signed, last)
    return signed.sealed()
