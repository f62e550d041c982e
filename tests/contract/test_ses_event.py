"""SES's event records, as its developer guide shows them, in our words."""

from __future__ import annotations

import json

import pytest

from pregao.domain.delivery.operators import Status
from pregao.wire.ses_event_v1 import ForeignEvent, read_event
from tests.cloud import ROOT

FEEDBACK = json.loads((ROOT / "functions" / "feedback" / "event.json").read_text(encoding="utf-8"))
SAMPLE = json.loads(FEEDBACK["Records"][0]["body"])
AT = "2025-11-14T14:00:13.669Z"
DELIVERY = {
    "timestamp": AT,
    "processingTimeMillis": 2657,
    "recipients": ["ana@mesa.example"],
    "smtpResponse": "250 2.6.0 Message received",
    "reportingMTA": "mta.example.com",
}
COMPLAINT = {
    "complainedRecipients": [{"emailAddress": "ana@mesa.example"}],
    "timestamp": AT,
    "feedbackId": "0103-000000",
    "userAgent": "Some mail reader",
    "complaintFeedbackType": "abuse",
    "arrivalDate": AT,
}
DELAY = {
    "timestamp": AT,
    "delayType": "MailboxFull",
    "expirationTime": "2025-11-15T04:00:11.012Z",
    "delayedRecipients": [{"emailAddress": "ana@mesa.example", "status": "4.2.2", "diagnosticCode": "full"}],
}


def read(kind, **parts):
    return read_event(json.dumps({"eventType": kind, "mail": SAMPLE["mail"], **parts}))


def bounced(kind, subtype):
    return read("Bounce", bounce=SAMPLE["bounce"] | {"bounceType": kind, "bounceSubType": subtype})


def test_the_sample():
    event = read_event(json.dumps(SAMPLE))
    assert (event.status, event.operator) == (Status.BOUNCED, "ana")
    assert [event.alert_id] == SAMPLE["mail"]["tags"]["alert"]
    assert (event.message_id, event.address) == (SAMPLE["mail"]["messageId"], "ana@mesa.example")
    assert event.happened_at == 1763128813.669
    assert (event.lost, event.suppresses) == (True, True)
    said = {"bounce_type": "Permanent", "bounce_subtype": "General", "smtp_status": "5.1.1"}
    assert event.detail == said
    assert event.description == "e-mail bounced, Permanent, General, 5.1.1"


@pytest.mark.parametrize(
    ("kind", "subtype", "lost", "suppresses"),
    [
        ("Permanent", "General", True, True),
        ("Permanent", "NoEmail", True, True),
        ("Permanent", "Suppressed", True, True),
        ("Permanent", "OnAccountSuppressionList", True, True),
        ("Transient", "General", False, False),  # an out-of-office note is one
        ("Transient", "MailboxFull", True, False),
        ("Transient", "ContentRejected", True, False),
        ("Undetermined", "Undetermined", True, False),
    ],
)
def test_bounces(kind, subtype, lost, suppresses):
    event = bounced(kind, subtype)
    assert (event.lost, event.suppresses) == (lost, suppresses)


@pytest.mark.parametrize(
    ("changes", "lost", "suppresses"),
    [
        ({}, False, True),
        ({"complaintFeedbackType": None}, False, True),
        ({"complaintFeedbackType": "not-spam"}, False, False),
        ({"complaintSubType": "OnAccountSuppressionList"}, True, True),
    ],
)
def test_complaints(changes, lost, suppresses):
    event = read("Complaint", complaint=COMPLAINT | changes)
    assert (event.status, event.lost, event.suppresses) == (Status.COMPLAINED, lost, suppresses)


def test_the_others():
    delivery = read("Delivery", delivery=DELIVERY)
    assert (delivery.status, delivery.lost, delivery.suppresses) == (Status.DELIVERED, False, False)
    delay = read("DeliveryDelay", deliveryDelay=DELAY)
    assert (delay.status, delay.lost, delay.detail) == (Status.DELAYED, False, {"delay_type": "MailboxFull"})
    reject = read("Reject", reject={"reason": "Bad content"})
    assert (reject.status, reject.lost, reject.suppresses) == (Status.REJECTED, True, False)
    assert reject.happened_at == 1763128811.012  # it has no time of its own


def test_the_address_is_the_one_written_to():
    """A bounce may name another one, to which the first forwards."""
    behind = [{"emailAddress": "ana@elsewhere.example", "action": "failed", "status": "5.1.1"}]
    event = read("Bounce", bounce=SAMPLE["bounce"] | {"bouncedRecipients": behind})
    assert event.address == "ana@mesa.example"


def test_an_address_among_the_provider_s_words_is_dropped():
    event = bounced("Permanent", "no ana@mesa.example here")
    assert event.detail == {"bounce_type": "Permanent", "smtp_status": "5.1.1"}


@pytest.mark.parametrize(
    "body",
    [
        "",
        "null",
        "{}",
        json.dumps({"eventType": "Send", "mail": SAMPLE["mail"], "send": {}}),
        json.dumps({"eventType": "Bounce", "mail": SAMPLE["mail"]}),
        json.dumps(SAMPLE | {"mail": SAMPLE["mail"] | {"tags": {}}}),
        json.dumps(SAMPLE | {"mail": SAMPLE["mail"] | {"destination": []}}),
        json.dumps({"notificationType": "Bounce", "mail": SAMPLE["mail"], "bounce": SAMPLE["bounce"]}),
        "[" * 20_000,
    ],
)
def test_what_is_foreign_is_told_without_addresses(body):
    with pytest.raises(ForeignEvent) as refused:
        read_event(body)
    assert "mesa.example" not in str(refused.value)
