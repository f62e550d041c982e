"""SES: who may send, configuration sets."""

from __future__ import annotations

import os

import pytest

from tests.conformance.naming import a_name, the_tags
from tests.conformance.refusals import code

SENDER = "PREGAO_CONFORMANCE_SENDER"
SUNK = "success@simulator.amazonses.com"


@pytest.fixture(scope="module")
def ses(target):
    return target.client("sesv2")


@pytest.fixture(scope="module")
def events(ses, make):
    name = a_name()
    ses.create_configuration_set(ConfigurationSetName=name, Tags=the_tags())
    make.removals.callback(ses.delete_configuration_set, ConfigurationSetName=name)
    return name


def mail(sender, **more):
    text = {"Data": "x", "Charset": "UTF-8"}
    content = {"Simple": {"Subject": text, "Body": {"Text": text}}}
    return {"FromEmailAddress": sender, "Destination": {"ToAddresses": [SUNK]}, "Content": content, **more}


def test_a_sender_nobody_verified_is_refused(ses):
    """An e-mail from an address that is not verified is rejected: MessageRejected.

    Source: Amazon SES Developer Guide, Amazon SES email sending errors (troubleshoot-error-messages).
    """
    assert code(ses.send_email, **mail(f"{a_name()}@mesa.example")) == "MessageRejected"


def test_a_domain_is_verified_by_its_records(ses, make):
    """A domain made an identity may not send before SES has found its records in the domain's DNS.

    Source: Amazon SES API v2 Reference, CreateEmailIdentity.
    """
    domain = f"{a_name()}.example"
    made = ses.create_email_identity(EmailIdentity=domain, Tags=the_tags())
    make.removals.callback(ses.delete_email_identity, EmailIdentity=domain)
    assert made["VerifiedForSendingStatus"] is False


def test_a_verified_sender_is_taken_at_its_word(ses, make, target, events):
    """An e-mail of a verified sender, with a configuration set and tags, is taken and gets an id.

    Source: Amazon SES API v2 Reference, SendEmail.
    """
    sender = os.environ.get(SENDER)
    if target.ends_by_itself:
        sender = f"{a_name()}@mesa.example"
        ses.create_email_identity(EmailIdentity=sender)
    if not sender:
        pytest.skip(f"name a verified sender: {SENDER}")
    tags = [{"Name": "operator", "Value": "ana"}]
    assert ses.send_email(**mail(sender, ConfigurationSetName=events, EmailTags=tags))["MessageId"]


def test_a_configuration_set_tells_a_topic(ses, make, target, events):
    """A configuration set keeps where it tells of bounces, complaints and deliveries.

    Source: Amazon SES API v2 Reference, CreateConfigurationSetEventDestination.
    """
    sns = target.client("sns")
    topic = sns.create_topic(Name=a_name(), Tags=the_tags())["TopicArn"]
    make.removals.callback(sns.delete_topic, TopicArn=topic)
    destination = {
        "Enabled": True,
        "MatchingEventTypes": ["BOUNCE", "COMPLAINT", "DELIVERY"],
        "SnsDestination": {"TopicArn": topic},
    }
    ses.create_configuration_set_event_destination(
        ConfigurationSetName=events, EventDestinationName="feedback", EventDestination=destination
    )
    (found,) = ses.get_configuration_set_event_destinations(ConfigurationSetName=events)["EventDestinations"]
    assert found["SnsDestination"] == {"TopicArn": topic}
    assert set(found["MatchingEventTypes"]) == set(destination["MatchingEventTypes"])


def test_a_configuration_set_that_is_not_there_is_not_found(ses):
    """Asking for a configuration set that does not exist gets NotFoundException.

    Source: Amazon SES API v2 Reference, GetConfigurationSet.
    """
    assert code(ses.get_configuration_set, ConfigurationSetName=a_name()) == "NotFoundException"
