"""The port Mailbox: an id when taken; refused for good or busy for now when not."""

from __future__ import annotations

import re

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from pregao.aws.mailbox import Mailbox
from pregao.domain.alerts.digest import digest_of
from pregao.domain.text.email import Way, render_digest_mail, render_mail
from pregao.flow.ports.refusals import MailBusy, MailRefused
from tests.cloud import REGION
from tests.fakes import FakeMailbox, an_alert, an_operator, still_open

SENDER = "pregao@mesa.example"
EVENTS = "pregao-mail"
MAIL = render_mail(
    an_alert(), an_operator(), SENDER, "no_receipt", Way("https://mesa.example/act/x"), still_open(an_alert())
)


def client():
    return boto3.client("sesv2", region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x")


@pytest.fixture(params=["fake", "moto"])
def mailbox(request):
    if request.param == "fake":
        yield FakeMailbox()
        return
    with mock_aws():
        ses = client()
        ses.create_email_identity(EmailIdentity=SENDER)
        yield Mailbox(ses, EVENTS)


@pytest.fixture(params=["fake", "stub"])
def refusing(request):
    """A mailbox that answers the next send with an error code."""

    def answering(code, final):
        if request.param == "fake":
            box = FakeMailbox()
            box.faults.before("send", (MailRefused if final else MailBusy)(code))
            return box
        ses = client()
        stubber = Stubber(ses)
        stubber.add_client_error("send_email", code)
        stubber.activate()
        return Mailbox(ses, EVENTS)

    return answering


def test_taken(mailbox):
    assert mailbox.send(MAIL)


@pytest.mark.parametrize(
    "code",
    [
        "MessageRejected",
        "MailFromDomainNotVerifiedException",
        "BadRequestException",
        "NotFoundException",
        "AccessDeniedException",
    ],
)
def test_refused_for_good(refusing, code):
    with pytest.raises(MailRefused, match=code):
        refusing(code, final=True).send(MAIL)


@pytest.mark.parametrize(
    "code",
    ["TooManyRequestsException", "LimitExceededException", "SendingPausedException", "InternalFailure"],
)
def test_busy(refusing, code):
    with pytest.raises(MailBusy, match=code):
        refusing(code, final=False).send(MAIL)


def test_a_provider_out_of_reach_is_busy():
    class Slow:
        def send_email(self, **_):
            raise ReadTimeoutError(endpoint_url="https://email")

    with pytest.raises(MailBusy, match="ReadTimeoutError"):
        Mailbox(Slow(), EVENTS).send(MAIL)


def test_an_unverified_sender_is_refused():
    with mock_aws(), pytest.raises(MailRefused):
        Mailbox(client(), EVENTS).send(MAIL)


@pytest.mark.parametrize(
    ("mail", "tags"),
    [
        (MAIL, {"operator": "ana", "alert": an_alert().id}),
        (
            render_digest_mail(digest_of([an_alert()], "queue_full"), an_operator(), SENDER),
            {"operator": "ana"},
        ),
    ],
)
def test_it_carries_the_tags_by_which_its_events_are_known(mail, tags):
    """SES lets a tag have ASCII letters, digits, "_" and "-", at most 256 of them."""

    class Taking:
        def send_email(self, **asked):
            self.asked = asked
            return {"MessageId": "m"}

    ses = Taking()
    Mailbox(ses, EVENTS).send(mail)
    assert {one["Name"]: one["Value"] for one in ses.asked["EmailTags"]} == tags
    assert ses.asked["ConfigurationSetName"] == EVENTS
    for text in [*tags, *tags.values()]:
        assert re.fullmatch(r"[A-Za-z0-9_-]{1,256}", text)


def test_what_arrives_says_the_same_twice():
    with mock_aws():
        ses = client()
        ses.create_email_identity(EmailIdentity=SENDER)
        Mailbox(ses, EVENTS).send(MAIL)
        (sent,) = ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages
        assert sent.destinations["ToAddresses"] == ["ana@mesa.example"]
        assert "COMPRA WINZ26 @ 131.250" in MAIL.subject
        for text in ("131.220 - 131.280", "131.070", "131.430"):
            assert text in MAIL.text
            assert text in MAIL.html
