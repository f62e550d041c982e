"""One of each kind is taken away from a running stack, and its own alarm tells; `make drill` does all."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from local.stack.up import stack_up
from pregao.config.reader import load
from tests.bench.desk import posts
from tests.drill import Traffic, drill, victims
from tests.e2e.desk import ROOT, token_of

pytestmark = [pytest.mark.emulator, pytest.mark.long]
CHOSEN = ("function detect", "consumer deliver", "writes of EntregaAuditTable")


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """A stack of its own: what a drill leaves undone is nobody else's."""
    with stack_up(ROOT, tmp_path_factory.mktemp("drill"), {"AllowReplay": "true"}) as up:
        yield up


@pytest.fixture(scope="module")
def desk(stack):
    return SimpleNamespace(stack=stack, tokens=[token_of(stack, "ana")], posts=posts(load(ROOT / "config")))


@pytest.fixture(scope="module")
def traffic(desk):
    running = Traffic(desk)
    running.start()
    yield running
    running.end()


@pytest.mark.parametrize("victim", [one for one in victims() if one.name in CHOSEN], ids=lambda one: one.name)
def test_what_is_taken_away_is_told_by_its_alarm_and_the_alarm_goes_out_again(desk, traffic, victim):
    told = drill(desk, traffic, victim)
    assert told.lit_s is not None, f"{victim.alarm} was not lit; lit: {told.others}"
    assert told.out_s is not None, f"{victim.alarm} stays lit"
    assert (
        victim.alarm in told.named
    )  # first or not is `make drill`'s to say: a busy machine fails elsewhere too
