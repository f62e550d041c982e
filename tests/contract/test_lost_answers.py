"""DynamoDB committed, its answer was lost: whoever tries again, the alert reaches the queue, once."""

from __future__ import annotations

import json
from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from pregao.domain.alerts.admission import AdmissionRules, Mute, Verdict
from pregao.domain.audit.chain import broken_at
from pregao.flow.detect import Admission, admit
from tests.cloud import moto_dynamo, moto_world
from tests.fakes import CANDLE, EVIDENCE, NOW, PLENTY, FakeAlertQueue, an_alert

IN_PROGRESS = {"Error": {"Code": "TransactionInProgressException", "Message": "the first is not done yet"}}


class Desk:
    """The story of flow/detect over the real book; `answer` is botocore's hook, `tokens` what it sent."""

    def __init__(self, dynamo):
        self.world, self.queue, self.tokens, self.pauses = moto_world(dynamo), FakeAlertQueue(), [], []
        self.events = dynamo.meta.events
        self.rules = AdmissionRules()

    def in_session(self, _epoch_s):
        return True

    def admit(self, *alerts):
        deps = Admission(self.world.admission, self.queue, self.rules, self.pauses.append)
        return admit(alerts, self, deps, NOW, PLENTY, replay=True, provenance=lambda _alert: EVIDENCE)

    @contextmanager
    def lost(self, answer, event="after-call"):
        """Have a hook run ahead of botocore's own on the answers to transactions."""
        hooks = {event: answer, "before-send": self._sent}
        for name, hook in hooks.items():
            self.events.register_first(f"{name}.dynamodb.TransactWriteItems", hook, unique_id=name)
        try:
            yield
        finally:
            for name in hooks:
                self.events.unregister(f"{name}.dynamodb.TransactWriteItems", unique_id=name)

    def _sent(self, request, **_):
        self.tokens.append(json.loads(request.body)["ClientRequestToken"])


@pytest.fixture
def desk():
    with moto_dynamo() as dynamo:
        yield Desk(dynamo)


def nth(number, then):
    """A hook that acts on one answer alone."""
    count = iter(range(1000))
    return lambda **_: then() if next(count) == number else None


def fail(error):
    def then():
        raise error

    return then


def all_is_well(desk, *alerts):
    """Each alert is claimed and numbered once, stands in the feed, was queued, and the chain holds."""
    assert {alert.id for alert in desk.queue.sent} == {alert.id for alert in alerts}
    feed = [one.alert for one in desk.world.alert_log.since("WINZ26", 0, 10)]
    assert [(alert.id, alert.seq) for alert in feed] == [(one.id, n) for n, one in enumerate(alerts, 1)]
    assert {alert.seq for alert in desk.queue.sent} == set(range(1, len(alerts) + 1))
    records = desk.world.records("alertas")
    assert broken_at(records) is None
    ringing = [record["alert_id"] for record in records if record["verdict"] == "admitted"]
    assert ringing == [alert.id for alert in alerts]


def test_botocore_s_own_retry_finds_our_claim_and_hands_the_alert_over(desk):
    """It repeats the request with its token, for a store that knows tokens to answer as it did; this one does
    not and refuses our own claim: no refusal for us, the alert is unfinished and goes to the queue."""
    alert = an_alert()
    with desk.lost(nth(0, lambda: 0), "needs-retry"):  # again, after 0 s
        (judged,) = desk.admit(alert)
    assert desk.tokens[0] == desk.tokens[1]
    assert (judged.verdict, judged.unfinished, judged.alert.seq) == (Verdict.DUPLICATE, True, 1)
    all_is_well(desk, alert)


def test_an_answer_that_never_came_is_found_by_the_bridge_s_retry(desk):
    alert = an_alert()
    with (
        desk.lost(nth(0, fail(ReadTimeoutError(endpoint_url="https://dynamodb")))),
        pytest.raises(ExceptionGroup),
    ):
        desk.admit(alert)
    assert desk.queue.sent == []
    (judged,) = desk.admit(an_alert(now=NOW + 5))
    assert (judged.verdict, judged.unfinished) == (Verdict.DUPLICATE, True)
    all_is_well(desk, alert)


def test_our_own_retry_after_a_conflict_finds_it_too(desk):
    """The store says busy though it has committed; the second try carries a token of its own."""
    alert = an_alert()
    with desk.lost(nth(0, fail(ClientError(IN_PROGRESS, "TransactWriteItems")))):
        (judged,) = desk.admit(alert)
    assert desk.tokens[0] != desk.tokens[1]
    assert desk.pauses[:1] == [1]
    assert (judged.verdict, judged.unfinished) == (Verdict.DUPLICATE, True)
    all_is_well(desk, alert)


@pytest.mark.parametrize("number", range(3))
@pytest.mark.parametrize("way", ["needs-retry", "after-call"])
def test_anywhere_in_a_batch(desk, way, number):
    alerts = [an_alert(CANDLE + 300 * n) for n in range(3)]
    busy = fail(ClientError(IN_PROGRESS, "TransactWriteItems"))
    with desk.lost(nth(number, (lambda: 0) if way == "needs-retry" else busy), way):
        desk.admit(*alerts)
    all_is_well(desk, *alerts)


def test_a_refusal_whose_answer_was_lost_stays_one(desk):
    """Muted, noted, unheard: judged once, and never handed over."""
    desk.rules = AdmissionRules(mutes=(Mute("WIN"),))
    with desk.lost(nth(0, lambda: 0), "needs-retry"):
        (judged,) = desk.admit(an_alert())
    assert (judged.verdict, judged.unfinished) == (Verdict.DUPLICATE, False)
    assert desk.queue.sent == []
    assert [record["verdict"] for record in desk.world.records("alertas")] == ["muted", "duplicate"]
    assert desk.world.claims() == 1
