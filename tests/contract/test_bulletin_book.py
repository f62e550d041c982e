"""One bulletin per contract and day: what the story is promised, by the fake and by DynamoDB."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given

from pregao.domain.market.bulletin import Fate
from pregao.flow.bulletin import keep_all
from pregao.flow.ports.refusals import Contended
from pregao.wire.bulletin.contract_v1 import dump_bulletin, load_bulletin
from tests.bulletins import days
from tests.fakes import NOW, a_bulletin

ALWAYS = date(2000, 1, 1), date(2100, 1, 1)


@pytest.fixture
def book(world):
    return world.bulletins


def kept(book, contract="WINZ26"):
    return book.between(contract, *ALWAYS)


def test_it_comes_back_as_it_was_kept(book):
    whole = a_bulletin(
        settlement=5175.139, trades=3, first=1.5, low=2.0, high=3.0, average=2.5, last=2.75, made_at=None
    )
    book.keep(whole, None)
    book.keep(a_bulletin("2026-11-18", settlement=None, volume=None), None)
    assert kept(book) == [a_bulletin("2026-11-18", settlement=None, volume=None), whole]
    assert kept(book, "WING27") == []


def test_both_ends_belong_to_it(book):
    for day in ("2026-11-17", "2026-11-18", "2026-11-19"):
        book.keep(a_bulletin(day), None)
    found = book.between("WINZ26", date(2026, 11, 17), date(2026, 11, 18))
    assert [one.trade_date.day for one in found] == [17, 18]


def test_nothing_is_written_over_unseen(book):
    first, second = a_bulletin(received_at=1.0), a_bulletin(received_at=2.0, volume=1)
    book.keep(first, None)
    with pytest.raises(Contended):
        book.keep(second, None)
    book.keep(second, first)
    with pytest.raises(Contended):
        book.keep(a_bulletin(received_at=3.0), first)
    assert kept(book) == [second]


class TestStory:
    def keep(self, book, *bulletins, now=NOW):
        pauses = []
        return [fate for _, fate in keep_all(bulletins, book, now, pauses.append)]

    def test_the_same_file_twice_changes_nothing(self, book):
        day = [a_bulletin(), a_bulletin(contract="WING27")]
        assert self.keep(book, *day) == [Fate.STORED] * 2
        assert self.keep(book, *day, now=NOW + 60) == [Fate.UNCHANGED] * 2
        assert kept(book) == [a_bulletin(received_at=NOW)]

    def test_a_later_version_replaces_the_earlier_in_whatever_order_they_come(self, book):
        early, late = a_bulletin(made_at=1.0, settlement=1.0), a_bulletin(made_at=2.0, settlement=2.0)
        assert self.keep(book, early) == [Fate.STORED]
        assert self.keep(book, late) == [Fate.REPLACED]
        assert self.keep(book, early, now=NOW + 60) == [Fate.OLDER]
        assert [one.settlement for one in kept(book)] == [2.0]

    def test_who_was_overtaken_looks_again(self, book):
        """Between the reading and the writing somebody else stored a version."""

        class Overtaken:
            between, times = book.between, 0

            def keep(self, bulletin, instead_of):
                self.times += 1
                if self.times == 1:
                    book.keep(a_bulletin(made_at=9.0, received_at=NOW - 1), None)
                book.keep(bulletin, instead_of)

        assert self.keep(Overtaken(), a_bulletin(made_at=1.0)) == [Fate.OLDER]
        assert [one.made_at for one in kept(book)] == [9.0]


@given(days())
def test_as_plain_values_and_back(day):
    assert [load_bulletin(dump_bulletin(one)) for one in day] == day
