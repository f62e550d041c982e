"""Who signed a request: the principal, whichever key or session it used."""

from __future__ import annotations

import pytest

from pregao.wire.signed_request import signer_of


def event(arn):
    return {"requestContext": {"authorizer": {"iam": {"userArn": arn, "accessKey": "AKIA1"}}}}


@pytest.mark.parametrize(
    ("arn", "signer"),
    [
        ("arn:aws:iam::1:user/pregao/mesa-1", "arn:aws:iam::1:user/pregao/mesa-1"),
        ("arn:aws:sts::1:assumed-role/bridge/i-0a1b", "arn:aws:sts::1:assumed-role/bridge"),
        ("arn:aws-us-gov:sts::1:assumed-role/bridge/a@b", "arn:aws-us-gov:sts::1:assumed-role/bridge"),
        ("arn:aws:sts::1:federated-user/bruno", "arn:aws:sts::1:federated-user/bruno"),
        ("arn:aws:iam::1:root", "arn:aws:iam::1:root"),
    ],
)
def test_the_principal_without_its_session(arn, signer):
    assert signer_of(event(arn)) == signer


@pytest.mark.parametrize(
    "unsigned",
    [
        {},
        {"requestContext": None},
        {"requestContext": {"authorizer": None}},
        {"requestContext": {"authorizer": {"lambda": {}}}},
        {"requestContext": {"authorizer": {"iam": None}}},
        event(None),
        event(""),
    ],
)
def test_an_event_that_tells_of_nobody(unsigned):
    assert signer_of(unsigned) is None
