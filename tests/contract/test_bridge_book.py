"""The port BridgeBook: a name is bound once, until it is forgotten; on the fake and over moto."""

from __future__ import annotations

from pregao.domain.feeds.feed import BridgeOwner
from tests.fakes import NOW

ANA, BRUNO = "arn:aws:iam::1:user/ana", "arn:aws:sts::1:assumed-role/bruno"


def test_the_first_has_it(world):
    assert world.bridges.owner("mesa-1", ANA, NOW) == ANA
    assert world.bridges.owner("mesa-1", BRUNO, NOW + 1) == ANA
    assert world.bridges.owner("mesa-0", BRUNO, NOW + 2) == BRUNO
    assert list(world.bridges.owners()) == [
        BridgeOwner("mesa-0", BRUNO, NOW + 2),
        BridgeOwner("mesa-1", ANA, NOW),
    ]


def test_what_is_forgotten_goes_to_whoever_comes_next(world):
    world.bridges.owner("mesa-1", ANA, NOW)
    assert world.bridges.forget("mesa-1")
    assert not world.bridges.forget("mesa-1")
    assert world.bridges.owner("mesa-1", BRUNO, NOW) == BRUNO


def test_the_feeds_know_nothing_of_it(world):
    world.bridges.owner("mesa-1", ANA, NOW)
    assert world.feeds.read().beats == []
