"""E-mail and SMS on the emulator, with the rights that template.yaml gives; SES's own reports are published
by the test, since the emulator sends none."""

from __future__ import annotations

import json
import shutil
import time
from collections import Counter

import pytest

from local.load.run import settle
from local.ops.dead_letters import DeadLetters
from local.stack.up import stack_up
from pregao.aws.tables.delivery.suppressions import Suppressions
from pregao.domain.audit.chain import broken_at
from pregao.domain.delivery.suppression import address_key
from tests.e2e.desk import ANA, ROOT, audit_of, batch_of, chains, dump, post, sent_mail, sent_sms

pytestmark = pytest.mark.emulator

PHONE = "+5511987654321"
ADDRESS = "ana@mesa.example"
FEEDBACK = json.loads((ROOT / "functions" / "feedback" / "event.json").read_text(encoding="utf-8"))
SAMPLE = json.loads(FEEDBACK["Records"][0]["body"])


@pytest.fixture(scope="module")
def stack(tmp_path_factory):
    """A stack of its own: SMS is on, and Ana has a phone."""
    config = tmp_path_factory.mktemp("config")
    shutil.copytree(ROOT / "config", config, dirs_exist_ok=True)
    spoil(
        config / "alertas.yaml", "    enabled: false\n    min_severity", "    enabled: true\n    min_severity"
    )
    spoil(
        config / "operators.yaml", f"    email: {ADDRESS}\n", f'    email: {ADDRESS}\n    phone: "{PHONE}"\n'
    )
    with stack_up(ROOT, tmp_path_factory.mktemp("mail"), {"AllowReplay": "true"}, config) as up:
        yield up


def spoil(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")


def ring(stack, candles, contract):
    """Ring an alert while nobody has a screen open; returns the ids of those admitted."""
    status, answer = post(stack, dump(batch_of(candles, contract=contract)))
    assert status == 202
    assert settle(stack)
    return {one["id"] for one in answer["alerts"] if one["verdict"] == "admitted"}


def report(stack, sent, **changes):
    """Publish what SES would of an e-mail, as it would."""
    tags = {"operator": ["ana"], "alert": [sent["alert_id"]]}
    event = SAMPLE | {"mail": SAMPLE["mail"] | {"messageId": sent["provider_id"], "tags": tags}} | changes
    topic = stack.outputs["MailEventsTopicArn"]
    stack.client("sns").publish(TopicArn=topic, Message=json.dumps(event))


def told_of(stack, sent, statuses, within=20.0):
    """Wait for the audit to hold these reports of an e-mail."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        of_it = [one for one in audit_of(stack).deliveries if one.get("provider_id") == sent["provider_id"]]
        if statuses <= {one["status"] for one in of_it}:
            return Counter(one["status"] for one in of_it)
        time.sleep(0.2)
    return pytest.fail(f"of {sent['provider_id']} only {of_it}")


def deliveries(stack, **wanted):
    return [
        one
        for one in audit_of(stack).deliveries
        if all(one.get(key) == value for key, value in wanted.items())
    ]


def test_from_a_bounce_to_the_next_email(stack, ringing):
    """Suppressed and a dead letter; the next alert is withheld; lifted, both are sent again."""
    first = ring(stack, ringing, "WINJ26")
    sent = next(one for one in deliveries(stack, operator=ANA, channel="email", status="sent"))
    assert sent["alert_id"] in first
    for _ in range(2):
        report(stack, sent)
    delivery = {"timestamp": SAMPLE["bounce"]["timestamp"]}
    report(stack, sent, eventType="Delivery", delivery=delivery, bounce=None)
    told = told_of(stack, sent, {"bounced", "delivered"})
    assert (told["bounced"], told["delivered"]) == (1, 1)

    second = ring(stack, ringing, "WINM26")
    withheld = {one["alert_id"] for one in deliveries(stack, operator=ANA, cause="suppressed")}
    assert withheld == second
    with DeadLetters(stack) as letters:
        found = letters.read()
        assert {one.alert.id for one in found} == {sent["alert_id"], *second}
        table = stack.outputs["AdmissionTable"]
        assert Suppressions(stack.client("dynamodb"), table).lift(address_key(ADDRESS))
        before = len([mail for mail in sent_mail(stack) if mail["To"] == [ADDRESS]])
        for letter in found:
            letters.replay(letter)
    assert settle(stack)
    after = [mail for mail in sent_mail(stack) if mail["To"] == [ADDRESS]]
    assert len(after) == before + len(found)
    assert any("Um e-mail anterior não chegou" in mail["BodyText"] for mail in after)


def test_one_sms_beside_the_email(stack, ringing):
    """To Ana, who has a phone, once per alert whatever became of the e-mail; none to Bruno."""
    admitted = ring(stack, ringing, "WINQ26")
    assert admitted
    texts = sent_sms(stack)
    assert {one["PhoneNumber"] for one in texts} == {PHONE}
    assert len([one for one in texts if "WINQ26" in one["Message"]]) == len(admitted)
    assert all(count == 1 for count in Counter(one["Message"] for one in texts).values())
    assert {one["operator"] for one in deliveries(stack, channel="sms", status="sent")} == {ANA}


def test_the_audit_holds_no_address_and_no_phone(stack):
    audit = audit_of(stack)
    told = repr(audit.deliveries)
    assert ADDRESS not in told
    assert PHONE not in told
    for name, chain in chains(audit.deliveries).items():
        assert broken_at(chain) is None, name
