"""The port SmsGateway: an id when taken, SmsFailed when not, and never asked twice."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import Stubber
from moto import mock_aws

from pregao.aws import clients
from pregao.aws.sms import SmsGateway
from pregao.domain.text.sms import render_sms
from pregao.flow.ports.refusals import SmsFailed
from tests.cloud import REGION
from tests.fakes import FakeSmsGateway, an_alert, an_operator, still_open

SMS = render_sms(an_alert(), an_operator(), "+5511987654321", still_open(an_alert()))


def client():
    return boto3.client("sns", region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x")


@pytest.fixture(params=["fake", "moto"])
def gateway(request):
    if request.param == "fake":
        yield FakeSmsGateway()
        return
    with mock_aws():
        yield SmsGateway(client())


@pytest.fixture(params=["fake", "stub"])
def refusing(request):
    """A gateway that answers the next send with an error code."""

    def answering(code):
        if request.param == "fake":
            made = FakeSmsGateway()
            made.faults.before("send", SmsFailed(code))
            return made
        sns = client()
        stubber = Stubber(sns)
        stubber.add_client_error("publish", code)
        stubber.activate()
        return SmsGateway(sns)

    return answering


class TestSmsGateway:
    def test_taken(self, gateway):
        assert gateway.send(SMS)

    @pytest.mark.parametrize("code", ["InvalidParameter", "OptedOut", "Throttled", "InternalError"])
    def test_not_taken(self, refusing, code):
        with pytest.raises(SmsFailed, match=code):
            refusing(code).send(SMS)


def test_a_provider_out_of_reach_has_failed():
    class Slow:
        def publish(self, **_):
            raise ReadTimeoutError(endpoint_url="https://sns")

    with pytest.raises(SmsFailed, match="ReadTimeoutError"):
        SmsGateway(Slow()).send(SMS)


def test_its_client_does_not_repeat_a_call(monkeypatch):
    """The answer may be lost and the SMS under way."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    new = clients.client.__wrapped__  # one that the process would keep is not made outside of moto
    assert new("sns").meta.config.retries["total_max_attempts"] == 1
    assert new("sesv2").meta.config.retries["total_max_attempts"] == 2
