"""The port Mailbox: an id when taken; refused for good or busy for now when not."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber
from moto import mock_aws
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ses.models import ses_backends

from pregao.aws.mailbox import Mailbox
from pregao.domain.rendering import render_mail
from pregao.flow.refusals import MailBusy, MailRefused
from tests.cloud import REGION
from tests.fakes import FakeMailbox, an_alert, an_operator

SENDER = "pregao@mesa.example"
MAIL = render_mail(an_alert(), an_operator(), SENDER, "no_receipt", "https://mesa.example/act/x")


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
        yield Mailbox(ses)


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
        return Mailbox(ses)

    return answering


def test_taken(mailbox):
    assert mailbox.send(MAIL)


@pytest.mark.parametrize(
    "code",
    ["MessageRejected", "MailFromDomainNotVerifiedException", "BadRequestException", "NotFoundException"],
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
        Mailbox(Slow()).send(MAIL)


def test_an_unverified_sender_is_refused():
    with mock_aws(), pytest.raises(MailRefused):
        Mailbox(client()).send(MAIL)


def test_what_arrives_says_the_same_twice():
    with mock_aws():
        ses = client()
        ses.create_email_identity(EmailIdentity=SENDER)
        Mailbox(ses).send(MAIL)
        (sent,) = ses_backends[DEFAULT_ACCOUNT_ID][REGION].sent_messages
        assert sent.destinations["ToAddresses"] == ["ana@mesa.example"]
        assert "COMPRA WINZ26 @ 131.250" in MAIL.subject
        for text in ("131.220 - 131.280", "131.070", "131.430"):
            assert text in MAIL.text
            assert text in MAIL.html
