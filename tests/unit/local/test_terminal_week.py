"""Days with faults at random: every closed candle leaves once, in order, as it was, and none early."""

from __future__ import annotations

import random

import pytest

from pregao_bridge.market import MarketFault
from tests.fake_mt5 import FakeTerminal
from tests.unit.local.terminals import CANDLES, HISTORY, between, check, desk, opens

BEGIN, END = opens(1, 100), opens(3, 20)
NIGHT = opens(2, 112) + 4 * 3600


def catch_up(terminal) -> None:
    """After a return: the present is there, the half hour before it not yet."""
    terminal.restart()
    now = terminal.clock()
    terminal.miss("WIN$N", *[at for at in CANDLES.time.tolist() if now - 2400 < at < now - 600])


def nothing(_terminal) -> None:
    """Heals by itself."""


FAULTS = {
    "closed": (FakeTerminal.stop, FakeTerminal.start),
    "restarted": (FakeTerminal.restart, nothing),
    "logged out": (FakeTerminal.log_out, FakeTerminal.log_in),
    "no broker": (FakeTerminal.lose_broker, FakeTerminal.regain_broker),
    "frozen": (FakeTerminal.freeze_clock, FakeTerminal.thaw_clock),
    "nothing loaded": (lambda t: t.load_only("WIN$N", 0), lambda t: t.load_only("WIN$N", None)),
    "a little loaded": (lambda t: t.load_only("WIN$N", 12), lambda t: t.load_only("WIN$N", None)),
    "deselected": (lambda t: t.deselect("WIN$N"), nothing),
    "time-outs": (lambda t: t.fail_next(-10005, 5), nothing),
    "broken pipe": (lambda t: t.fail_next(-10001, 3, only="copy_rates_from_pos"), nothing),
    "refusals": (lambda t: t.fail_next(-1, 4), nothing),
    "ahead": (lambda t: t.answer_ahead(45), lambda t: t.answer_ahead(0)),
    "slow": (lambda t: setattr(t, "latency_s", (0.2, 0.3)), lambda t: setattr(t, "latency_s", (0.0, 0.0))),
    "catching up": (catch_up, lambda t: t.miss("WIN$N")),
    "repeats": (lambda t: t.double("WIN$N", *CANDLES.time.tolist()), lambda t: t.double("WIN$N")),
}
LASTS = {"a little loaded": 550, "catching up": 25}
"""Seconds: after longer the source goes on with what there is and names the gap. Others last up to 2 h."""


def script_of(seed):
    """Return (moment, what happens): ten faults, one at a time, and a night in which the offset changes."""
    dice = random.Random(seed)
    script, free_at = [(NIGHT, lambda t: t.change_offset(-7200))], BEGIN
    for at in sorted(dice.randrange(BEGIN, END - 9000) for _ in range(10)):
        name = dice.choice(sorted(FAULTS))
        if at > free_at:
            free_at = at + dice.randrange(5, LASTS.get(name, 7200)) + 60
            script += zip((at, free_at - 60), FAULTS[name], strict=True)
    return sorted(script, key=lambda one: one[0])


def is_open(now) -> bool:
    """Whether the session of the day is on, or about to be."""
    return any(opens(day, 0) - 60 <= now <= opens(day, 112) + 600 for day in range(1, 4))


@pytest.mark.parametrize("seed", range(12))
def test_every_candle_once_in_order_none_early(seed):
    """Through all of it; what a fault held back comes after it."""
    made = desk(BEGIN + 20)
    script, accepted, health_at = script_of(seed), [], BEGIN
    while made.clock() < END:
        while script and script[0][0] <= made.clock():
            script.pop(0)[1](made.terminal)
        said = made.try_window(accepted[-1] if accepted else opens(1, 95))
        if said is not None and not isinstance(said, MarketFault):
            check(said, made.clock())
            accepted += said.columns.time[HISTORY:]
        if made.clock() > health_at:
            made.market.health()
            health_at = made.clock() + 60
        made.clock.advance(19 if is_open(made.clock()) else 300)
    assert accepted == between(opens(1, 96), opens(3, 19))
