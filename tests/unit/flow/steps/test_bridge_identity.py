"""Whom a bridge's name belongs to: bound at first sight, asked once per process."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Thread

import pytest

from pregao.flow.steps.bridge_identity import BridgeIdentities
from pregao.wire.signed_request import ForeignBridge
from tests.fakes import NOW, AtOnce, Clock, FakeBridgeBook, Store

ANA, BRUNO = "arn:aws:iam::1:user/ana", "arn:aws:iam::1:user/bruno"


@pytest.fixture
def store():
    return Store()


class Counted(FakeBridgeBook):
    """Counts what it was asked."""

    asked = 0

    def owner(self, bridge_id, signer, now):
        self.asked += 1
        return super().owner(bridge_id, signer, now)


def process(store):
    """A process that knows nothing yet."""
    return BridgeIdentities(Counted(store), AtOnce(), Clock(NOW))


def test_the_first_signer_has_the_name_and_others_are_refused(store):
    one = process(store)
    one.check("mesa-1", ANA)
    for again in (one, process(store)):
        again.check("mesa-1", ANA)
        with pytest.raises(ForeignBridge) as caught:
            again.check("mesa-1", BRUNO)
        assert f"'mesa-1' belongs to another identity than {BRUNO}" in str(caught.value)
        assert ANA not in str(caught.value)
        assert caught.value.owner == ANA


def test_one_signer_may_have_several_names(store):
    one = process(store)
    for name in ("mesa-1", "mesa-2"):
        one.check(name, ANA)
    assert {one.owner for one in store.owners.values()} == {ANA}


def test_it_is_asked_once_in_a_process(store):
    one = process(store)
    for _ in range(5):
        one.check("mesa-1", ANA)
        one.checking("mesa-1", ANA)()
    assert one.book.asked == 1


def test_feeds_side_by_side_wait_for_one_answer_not_for_each_others(store):
    """A call that times out takes four seconds; eight in a row would outlast the function."""
    ends = Event()

    class TimesOut(Counted):
        def owner(self, bridge_id, signer, now):
            self.asked += 1
            ends.wait(5)
            raise TimeoutError

    with ThreadPoolExecutor(1) as pool:
        one = BridgeIdentities(TimesOut(store), pool, Clock(NOW))
        waits = [one.checking("mesa-1", ANA) for _ in range(8)]
        ends.set()
        for each in waits:
            with pytest.raises(TimeoutError):
                each()
        assert one.book.asked == 1
        with pytest.raises(TimeoutError):
            one.checking("mesa-1", ANA)()
        assert one.book.asked == 2  # a failure is nobody's answer for longer


def test_a_refusal_is_asked_again_so_that_a_name_set_free_is_taken_at_once(store):
    one = process(store)
    one.check("mesa-1", ANA)
    FakeBridgeBook(store).forget("mesa-1")
    one.check("mesa-1", BRUNO)
    with pytest.raises(ForeignBridge):
        one.check("mesa-1", ANA)


def test_nothing_is_bound_without_a_signer(store):
    process(store).check("mesa-1", None)
    process(store).checking("mesa-1", None)()
    assert store.owners == {}


def test_of_two_at_once_one_has_it(store):
    refused, together = [], Barrier(2)

    def claim(signer):
        one = process(store)
        together.wait()
        try:
            one.check("mesa-1", signer)
        except ForeignBridge as foreign:
            refused.append(foreign.signer)

    racers = [Thread(target=claim, args=(signer,)) for signer in (ANA, BRUNO)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    (loser,) = refused
    assert {loser, store.owners["mesa-1"].owner} == {ANA, BRUNO}
