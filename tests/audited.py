"""An honest audit of several days: the real stories over fakes, ended, archived and signed as in production.

Functions die, streams repeat, clocks disagree, midnight falls between an alert and its delivery, a day is
empty and the archive is away for half a day. What comes out must verify without a finding.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from local.audit import verify
from local.audit.verify import Verified
from local.audit.verify_day import DayResult
from pregao.domain.alerts.alert import Alert
from pregao.domain.alerts.outcome import Outcome, Result
from pregao.domain.alerts.signal import DETECTED, Direction, Pattern
from pregao.domain.audit import digest_row
from pregao.domain.audit.chain import link
from pregao.domain.audit.records import feed_record
from pregao.domain.feeds.told import FeedState, Kind
from pregao.flow.archive import archive_all, archive_chains, seal_hours
from pregao.flow.steps.audit.compact import Compaction, compact_days
from pregao.flow.steps.sessions.outcomes import Outcomes, record_outcomes
from pregao.flow.steps.sessions.session_records import JudgedAlert
from pregao.wire.alert_v1 import load_recorded_alert
from tests.archive_fakes import FakeSigner, an_archive
from tests.fakes import PLENTY, Clock, FakeFeedBook, FakeOutcomeBook, Store, a_notice
from tests.seeds import tries
from tests.simulation import DESK, Simulation

HOUR = 3600
FEED = ("WIN", "M5")
MIDNIGHT = datetime(2026, 11, 24, tzinfo=UTC).timestamp()
DAYS = 5
EMPTY = 2
"""The day without an alert, from 0."""
RUNS = tries(20)
"""How often each way of tampering is tried."""
FAULTS = (("vault", "put"), ("book", "plan"), ("book", "archived"), ("book", "seal"), ("book", "seal_move"))
CLOSING = (("vault", "put"), ("book", "compacted"))


class Dies(Exception):
    """The archive's function dies here."""


@dataclass(frozen=True)
class Audited:
    """The bucket's objects by key, the tables they came from, and the time when they were copied.

    `before` are earlier copies, one after each of the archive's runs.
    """

    objects: dict[str, bytes]
    store: Store
    as_of: datetime
    before: Sequence[tuple[dict[str, bytes], datetime]] = ()


class Folder:
    """An audit's copy, of which only what differs is written and checked anew each time.

    A day's check is a function of its objects, their listed roots and a time; a digest's reading one of its
    file. What was answered once for the same arguments is not computed again: most days stay as they were.
    """

    def __init__(self, root: Path, seed: int, *, compacts: bool = False) -> None:
        self.audit, self.root = honest(seed, compacts=compacts), root / f"{seed}{compacts}"
        self._there: dict[str, bytes] = {}
        self._days: dict[tuple[object, ...], DayResult] = {}
        self._digests: dict[digest_row.File, Any] = {}

    def holding(
        self, files: Mapping[str, bytes], as_of: datetime | None = None, **options: object
    ) -> Verified:
        """Verify the folder when it holds these files, no more and no less."""
        for key in self._there.keys() - files.keys():
            (self.root / key).unlink()
        for key, body in files.items():
            if self._there.get(key) != body:
                path = self.root / key
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(body)
        self._there = dict(files)
        if options.get("workers", 1) != 1:  # other processes remember nothing
            return self._verified(as_of, **options)
        with (
            patch.object(verify, "_check_one", partial(self._day, verify._check_one)),
            patch.object(digest_row, "_read", partial(self._digest, digest_row._read)),
        ):
            return self._verified(as_of, **options)

    def _verified(self, as_of: datetime | None, **options: object) -> Verified:
        return verify.verify_folder(self.root, FakeSigner().known(), as_of or self.audit.as_of, **options)

    def _day(
        self,
        check: Callable[..., DayResult],
        folder: Path,
        late: str,
        one: tuple[verify.Day, verify.DayObjects],
        *,
        every: bool,
    ) -> DayResult:
        day, objects = one
        read = {**objects.closed, **objects.small}
        files = ((key, root, self._there[key]) for key, root in read.items())
        asked = (day, late, every, objects.whole, *objects.beside, *objects.listed.items(), *files)
        if asked not in self._days:
            self._days[asked] = check(folder, late, one, every=every)
        return self._days[asked]

    def _digest(self, read: Callable[..., Any], file: digest_row.File, holds: digest_row.Holds) -> Any:
        if file not in self._digests:
            self._digests[file] = read(file, holds)
        return self._digests[file]


@cache
def honest(seed: int = 0, days: int = DAYS, *, compacts: bool = False) -> Audited:
    """Return a week's audit, or that of a few days; the same for the same seed.

    Without `compacts` it is one of before closed days were compacted.
    """
    desk = _Desk(seed, compacts=compacts)
    for day in range(days):
        desk.day(day)
    desk.last_hours(days)
    objects, as_of = desk.copy()
    return Audited(objects, desk.sim.store, as_of, desk.copies)


def _date(day: int) -> date:
    return datetime.fromtimestamp(MIDNIGHT + day * 24 * HOUR, UTC).date()


class _Desk:
    def __init__(self, seed: int, *, compacts: bool) -> None:
        self.dice, self.compacts = random.Random(seed), compacts
        self.ended = random.Random(seed)
        self.sim = Simulation()
        self.sim.clock.now = MIDNIGHT + 60
        self.behind = Clock()  # the archive's own, a few seconds off
        self.archive = an_archive(self.sim.store, self.behind)
        self.copies: list[tuple[dict[str, bytes], datetime]] = []
        self.away = self.dice.randrange(DAYS)
        for one in DESK:
            self.sim.connect(one)
        self._talk()

    def copy(self) -> tuple[dict[str, bytes], datetime]:
        """Return the bucket as it is now."""
        return dict(self.archive.vault.objects), datetime.fromtimestamp(self.sim.clock.now, UTC)

    def day(self, day: int) -> None:
        """Let a day pass: alerts in three of its hours and around midnight, each hour's round."""
        busy = {13, 14, 17} if day != EMPTY else set()
        for hour in range(24):
            start = MIDNIGHT + day * 24 * HOUR + hour * HOUR
            self._to(start + 60)
            self._watch()
            away = day == self.away and 6 <= hour < 20
            if not away:
                self._to(start + 600)
                self._round()
            if hour in busy:
                self._trade(start + 1200, away=away)
            if hour == 15 and day != EMPTY:
                self._silence(start + 1200)
            if hour == 22:
                self._outcomes(day)
            if hour == 23 and day not in (EMPTY - 1, EMPTY):
                self._trade(start + 3540, away=away)  # on the next day before it is done

    def last_hours(self, days: int) -> None:
        """Leave something that no digest lists yet."""
        start = MIDNIGHT + days * 24 * HOUR
        self._to(start + 200)  # of the next day, and yesterday is not ended yet
        self._watch()
        self._to(start + 600)
        self._watch()
        self._slow_writer()
        self._round()
        self._trade(start + 1200, away=False)

    def _trade(self, at: float, *, away: bool) -> None:
        for _ in range(self.dice.randint(1, 3)):
            self._to(max(at, self.sim.clock.now))
            shapes = tuple(self.dice.sample(list(DETECTED), self.dice.randint(1, 2)))
            contract = self.dice.choice(["WINZ26", "WDOZ26"])
            self.sim.candle(contract, shapes)
            self.sim.post(len(self.sim.posts) - 1)
            self._faulty(lambda: self.sim.post(self.dice.randrange(len(self.sim.posts))))
            for _ in range(3):
                self._faulty(lambda: self.sim.deliver(0))
            if self.dice.random() < 0.7:
                self._talk()
            self.sim.act(self.dice.randrange(2))
            self._to(self.sim.clock.now + 30)
            for _ in range(3):
                self._faulty(lambda: self.sim.fall_back(0))
            self._talk()
            self._watch()
            if not away:
                self._stream()

    def _silence(self, at: float) -> None:
        """A feed falls silent and comes back: a chain of its own beside the alerts'."""
        book = FakeFeedBook(self.sim.store)
        for kind, minutes in ((Kind.SILENT, 8), (Kind.RECOVERED, 20)):
            self._to(at + 60 * minutes)
            now = self.sim.clock.now
            last = self.sim.store.feed_states.get(("WIN", "M5"), FeedState("WIN", "M5"))
            state = replace(last, pending=a_notice(kind, since=at, at=now), version=last.version + 1)
            tail = book.tail("WINZ26", now)
            (record,), _ = link([feed_record(a_notice(kind, since=at, at=now), now)], tail)
            assert book.change(state, record, tail)

    def _outcomes(self, day: int) -> None:
        """What became of the day's alerts; the next day, of one of them, that it was otherwise."""
        book = FakeOutcomeBook(self.sim.store)
        for session in (day - 1, day):
            some = self._admitted(session)
            if session < day:
                some = some[: min(1, len(self.sim.store.outcomes[FEED, _date(session)]))]
            became = [(one, self._became(one.alert)) for one in some]
            deps = Outcomes(book, lambda _attempt: None, self.sim.clock)
            record_outcomes(FEED, _date(session), became, deps)

    def _admitted(self, day: int) -> list[JudgedAlert]:
        name = _date(day).isoformat()
        alerts = [one for one in self.sim.store.records["alertas_audit"] if one["kind"] == "alert"]
        return [
            JudgedAlert(load_recorded_alert(one["alert"]), one["verdict"], {})
            for one in alerts
            if one["day"] == name and one["verdict"] == "admitted"
        ]

    def _became(self, alert: Alert) -> Result:
        if alert.direction is Direction.NONE:
            return Result(Outcome.CAME, covered=self.ended.choice([120.0, 400.0]))
        r = self.ended.choice([-1.0, 1.5, 0.25, None])
        ends = {-1.0: Outcome.STOP, 1.5: Outcome.TARGET, 0.25: Outcome.EXPIRED, None: Outcome.MISSED}
        far = None if r is None else abs(r)
        return Result(ends[r], r == 1.5, r, far, far, 300.0, alert.candle.time + 600)

    def _slow_writer(self) -> None:
        """Somebody whose clock is ten minutes behind, after the day has ended."""
        self.sim.clock.now -= 900
        self.sim.candle("WINZ26", (Pattern.ENGULFING,))
        self.sim.post(len(self.sim.posts) - 1)
        self.sim.clock.now += 600

    def _faulty(self, story: Callable[[], object]) -> None:
        plan = {}
        if self.dice.random() < 0.3:
            plan = {self.dice.randrange(6): self.dice.choice(["crash before", "crash after", "busy", "race"])}
        self.sim.step(story, plan, self.sim.watch)

    def _talk(self) -> None:
        for _ in range(200):
            if not any(one.owed for one in self.sim.screens.clients.values()):
                return
            self.sim.say(0)

    def _watch(self) -> None:
        self.sim.watch()

    def _stream(self) -> None:
        """A batch that repeats and is out of order, on a function that may die."""
        grown = [one for one in self.sim.store.chains if self.dice.random() < 0.5] * 2
        self.dice.shuffle(grown)
        self._dying(lambda: archive_chains(grown, self.archive, PLENTY))
        self._dying(lambda: seal_hours(self.archive, PLENTY))
        self.copies.append(self.copy())

    def _round(self) -> None:
        self._dying(lambda: archive_all(self.archive, PLENTY))
        self._dying(lambda: seal_hours(self.archive, PLENTY))
        archive_all(self.archive, PLENTY)
        while seal_hours(self.archive, PLENTY):
            pass
        if self.compacts:
            compaction = Compaction(self.archive.book, self.archive.vault, self.archive.clock)
            self._dying(lambda: compact_days(compaction, PLENTY), CLOSING)
            compact_days(compaction, PLENTY)
        self.copies.append(self.copy())

    def _dying(self, work: Callable[[], object], at: Sequence[tuple[str, str]] = FAULTS) -> None:
        port, call = self.dice.choice(at)
        faults = getattr(self.archive, port).faults
        if self.dice.random() < 0.3:
            getattr(faults, self.dice.choice(["before", "after"]))(call, Dies())
        with suppress(Dies, ExceptionGroup):
            work()
        faults._before.clear()
        faults._after.clear()

    def _to(self, now: float) -> None:
        self.sim.clock.now = now
        self.behind.now = now + self.dice.choice([-4.0, 0.0, 3.0])
