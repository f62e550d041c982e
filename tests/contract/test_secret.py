"""The signing key is rotated: nobody is logged out, and a process that has lived through it hears of it."""

from __future__ import annotations

import time

import boto3
import pytest
from moto import mock_aws

from pregao.aws.secret import AGAIN_S, SigningKeys
from pregao.wire.token_v1 import Identity, TokenRefused, issue, read
from tests.cloud import REGION
from tests.fakes import Clock

ANA = Identity("ana", "trader")
FIRST, SECOND, THIRD = "1" * 64, "2" * 64, "3" * 64


@pytest.fixture
def secrets():
    with mock_aws():
        yield boto3.client("secretsmanager", region_name=REGION)


@pytest.fixture
def arn(secrets):
    return secrets.create_secret(Name="token", SecretString=FIRST)["ARN"]


@pytest.fixture
def asked(secrets):
    """The stages that were read."""
    stages = []
    secrets.meta.events.register(
        "before-parameter-build.secretsmanager.GetSecretValue",
        lambda params, **_: stages.append(params["VersionStage"]),
    )
    return stages


def rotate(secrets, arn, key):
    """What docs/DEPLOY.md has the operator do."""
    secrets.put_secret_value(SecretId=arn, SecretString=key)


def token(key):
    return issue(ANA, key, now=time.time(), life_s=60)


def test_who_logged_in_before_a_rotation_stays_in(secrets, arn):
    rotate(secrets, arn, SECOND)
    keys = SigningKeys(secrets, arn, Clock(0))
    assert keys.current == SECOND
    assert read(token(FIRST), keys) == read(token(SECOND), keys) == ANA


def test_after_the_second_rotation_the_first_key_is_worth_nothing(secrets, arn):
    rotate(secrets, arn, SECOND)
    rotate(secrets, arn, THIRD)
    with pytest.raises(TokenRefused):
        read(token(FIRST), SigningKeys(secrets, arn, Clock(0)))


def test_a_process_from_before_takes_what_the_new_key_signs(secrets, arn):
    clock = Clock(0)
    keys = SigningKeys(secrets, arn, clock)
    assert read(token(FIRST), keys) == ANA
    rotate(secrets, arn, SECOND)
    clock.now += AGAIN_S
    assert read(token(SECOND), keys) == ANA
    assert keys.current == SECOND
    assert read(token(FIRST), keys) == ANA


def test_a_good_token_costs_one_reading_and_rubbish_a_bounded_number(secrets, arn, asked):
    clock = Clock(0)
    keys = SigningKeys(secrets, arn, clock)
    for _ in range(3):
        read(token(FIRST), keys)
    assert asked == ["AWSCURRENT"]
    for _ in range(50):
        with pytest.raises(TokenRefused):
            read(token(THIRD), keys)
    assert asked == ["AWSCURRENT", "AWSPREVIOUS"]
    clock.now += AGAIN_S
    for _ in range(50):
        with pytest.raises(TokenRefused):
            read(token(THIRD), keys)
    assert asked == ["AWSCURRENT", "AWSPREVIOUS"] * 2


def test_without_any_key_nobody_is_let_in():
    with pytest.raises(TokenRefused):
        read(token(FIRST), [])
