"""A hundred operators with twenty symbols each get what concerns them, each once, and nothing else."""

from __future__ import annotations

import pytest

from tests.bench.followers import EACH, OPERATORS, SYMBOLS, a_stack, followed, play
from tests.e2e.desk import audit_of
from tests.posted import share

pytestmark = [pytest.mark.emulator, pytest.mark.long]


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    with a_stack(tmp_path_factory.mktemp("followers")) as (stack, tokens):
        yield play(stack, tokens), audit_of(stack)


def test_everybody_gets_the_alerts_of_their_symbols_and_no_other(played):
    seen, alerts = played[0].seen, played[0].alerts
    assert [set(one.alerts) for one in seen] == [
        {alerts[symbol] for symbol in followed(n)} for n in range(OPERATORS)
    ]
    assert sum(len(one.alerts) for one in seen) == OPERATORS * EACH


def test_a_decision_is_told_once_to_each_whom_its_alert_concerns(played):
    seen, alerts = played[0].seen, played[0].alerts
    assert len(played[0].decided) == 20
    for n, one in enumerate(seen):
        assert one.decisions == {alerts[name]: 1 for name in followed(n) if alerts[name] in played[0].decided}


def test_a_screen_hears_the_candles_that_it_asked_for(played):
    """Every other one asked for all, as the page does."""
    everything = {share(n) for n in range(SYMBOLS)}
    for n, one in enumerate(played[0].seen):
        assert set(one.candles) == (everything if n % 2 else set(followed(n)))


def test_the_audit_has_an_intent_and_an_outcome_of_each(played):
    audit = played[1]
    assert len(audit.reached("websocket", "intent")) == OPERATORS * EACH
    assert audit.reached("websocket", "sent") == audit.reached("websocket", "intent")
