"""flow/steps/append: records stand once, in order, behind the chain's newest one, whoever writes beside."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from pregao.domain.audit.chain import Tail, broken_at
from pregao.flow.ports.refusals import Contended, Decided, Leased
from pregao.flow.steps.audit.append import TRIES, append, retry_contended
from tests.fakes import NOW, Clock

CHAIN = "WINZ26#2026-11-23"


@dataclass
class Ledger:
    """One chain in memory that takes what continues it; `before` runs once ahead of the next commits."""

    records: list = field(default_factory=list)
    before: list = field(default_factory=list)
    reads: int = 0
    commits: int = 0

    def tail(self, now):
        self.reads += 1
        return Tail.of(self.records[-1]) if self.records else Tail(CHAIN)

    def commit(self, records, tail):
        self.commits += 1
        if self.before:
            self.before.pop(0)()
        if tail != (Tail.of(self.records[-1]) if self.records else Tail(CHAIN)):
            raise Contended
        self.records += records
        return len(self.records)


class Desk:
    """A story that appends what it is told, stamped with the time of the try."""

    def __init__(self):
        self.ledger, self.clock, self.pauses = Ledger(), Clock(NOW), []

    def pause(self, number):
        self.pauses.append(number)
        self.clock.now += 1

    def append(self, *names, commit=None):
        def build(now):
            return [{"name": name, "at": now} for name in names]

        return append(self.ledger.tail, build, commit or self.ledger.commit, self)

    @property
    def names(self):
        return [one["name"] for one in self.ledger.records]


@pytest.fixture
def desk():
    return Desk()


def raising(error):
    def fault():
        raise error

    return fault


def test_records_stand_linked_in_order_and_the_commit_s_answer_is_returned(desk):
    assert desk.append("a", "b") == 2
    assert desk.append("c") == 3
    assert [(one["name"], one["seq"]) for one in desk.ledger.records] == [("a", 1), ("b", 2), ("c", 3)]
    assert broken_at(desk.ledger.records) is None
    assert (desk.ledger.reads, desk.ledger.commits, desk.pauses) == (2, 2, [])


def test_where_another_writer_was_faster_it_is_read_and_built_anew(desk):
    rival = Desk()
    rival.ledger = desk.ledger
    desk.ledger.before = [lambda: rival.append("rival")]
    assert desk.append("mine") == 2
    assert desk.names == ["rival", "mine"]
    assert desk.ledger.records[1]["at"] == NOW + 1, "stamped when it was written, not when it first failed"
    assert broken_at(desk.ledger.records) is None
    assert desk.pauses == [1]


def test_writers_that_race_all_come_through_once(desk):
    """Each of five finds the next one ahead of it at its first commit."""
    writers = [Desk() for _ in range(5)]
    for writer in writers:
        writer.ledger = desk.ledger

    def run(number):
        if number + 1 < len(writers):
            desk.ledger.before.append(lambda: run(number + 1))
        writers[number].append(str(number))

    run(0)
    assert sorted(desk.names) == ["0", "1", "2", "3", "4"]
    assert broken_at(desk.ledger.records) is None
    assert all(writer.pauses in ([], [1]) for writer in writers)


def test_it_gives_up_after_so_many_tries_and_nothing_stands(desk):
    desk.ledger.before = [raising(Contended())] * TRIES
    with pytest.raises(Contended):
        desk.append("a")
    assert desk.ledger.commits == TRIES
    assert desk.pauses == list(range(1, TRIES))
    assert desk.names == []


def test_the_last_try_may_still_succeed(desk):
    desk.ledger.before = [raising(Contended())] * (TRIES - 1)
    assert desk.append("a") == 1


def test_a_chain_too_busy_to_be_read_is_tried_again(desk):
    answers = [Contended(), None]
    read = desk.ledger.tail

    def tail(now):
        answer = answers.pop(0)
        if answer:
            raise answer
        return read(now)

    desk.ledger.tail = tail
    assert desk.append("a") == 1
    assert desk.pauses == [1]


@pytest.mark.parametrize("error", [OSError("no answer"), Leased("held"), ValueError("unknown")])
def test_after_a_lost_answer_nothing_is_written_a_second_time(desk, error):
    """The store may have it: whoever repeats the whole looks first."""

    def written_then_lost(records, tail):
        desk.ledger.commit(records, tail)
        raise error

    with pytest.raises(type(error)):
        desk.append("a", commit=written_then_lost)
    assert desk.names == ["a"]
    assert desk.pauses == []


def test_a_refusal_passes_as_it_is(desk):
    refusal = Decided.__new__(Decided)
    desk.ledger.before = [raising(refusal)]
    with pytest.raises(Decided) as raised:
        desk.append("a")
    assert raised.value is refusal
    assert (desk.ledger.commits, desk.pauses) == (1, [])


def test_what_cannot_be_built_writes_nothing(desk):
    with pytest.raises(ZeroDivisionError):
        append(desk.ledger.tail, lambda _now: [{"n": 1 / 0}], desk.ledger.commit, desk)
    assert (desk.ledger.commits, desk.pauses) == (0, [])


def test_nothing_to_append_is_committed_all_the_same(desk):
    """A delivery to nobody takes its lease with no intent."""
    assert desk.append() == 0
    assert desk.ledger.commits == 1


def test_an_attempt_without_a_chain_is_repeated_by_the_same_rule(desk):
    answers = [Contended(), Contended(), "done"]

    def attempt():
        answer = answers.pop(0)
        if isinstance(answer, Contended):
            raise answer
        return answer

    assert retry_contended(attempt, desk.pause) == "done"
    assert desk.pauses == [1, 2]
