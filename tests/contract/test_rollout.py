"""A new version takes over step by step, an alarm puts the old one back: template.yaml as SAM expands it."""

from __future__ import annotations

import copy
import re

import pytest

from local.stack.deploy import for_the_emulator
from local.stack.template import FUNCTION, LAYER, of_type
from tests.cloud import template
from tests.expanded import expanded

FUNCTIONS = of_type(template(), FUNCTION)
MAIL = "alertas@mesa.example"


def cloud(change=None, **parameters):
    """The expanded template; `change` may alter it before."""
    told = copy.deepcopy(template())
    if change:
        change(told)
    return expanded(told, **{"MailFrom": MAIL, **parameters})


def versions(told):
    return set(of_type(told, "AWS::Lambda::Version"))


def named(value, names):
    """Every logical id of `names` that a part of a template refers to."""
    return {name for name in names if re.search(rf"['\"{{]{name}['\"}}.]", str(value))}


@pytest.fixture(scope="module")
def canary():
    return cloud(Rollout="canary")


@pytest.mark.parametrize(
    ("kind", "field"),
    [
        ("AWS::ApiGatewayV2::Integration", "IntegrationUri"),
        ("AWS::ApiGatewayV2::Authorizer", "AuthorizerUri"),
        ("AWS::Lambda::EventSourceMapping", "FunctionName"),
        ("AWS::Lambda::Permission", "FunctionName"),
        ("AWS::Events::Rule", "Targets"),
        ("AWS::S3::Bucket", "NotificationConfiguration"),
    ],
)
def test_whatever_calls_a_function_calls_its_alias(canary, kind, field):
    """By its bare name it would get the newest code at once, whatever a rollout said."""
    callers = [one[field] for one in of_type(canary, kind).values() if field in one]
    assert callers
    for caller in callers:
        assert named(caller, [f"{name}Aliaslive" for name in FUNCTIONS]), caller
        assert not named(caller, FUNCTIONS), caller


def test_every_function_is_called_by_its_alias(canary):
    calls = [one["FunctionName"] for one in of_type(canary, "AWS::Lambda::Permission").values()]
    calls += [one["FunctionName"] for one in of_type(canary, "AWS::Lambda::EventSourceMapping").values()]
    aliases = {f"{name}Aliaslive" for name in FUNCTIONS}
    assert named(calls, aliases) == aliases


@pytest.mark.parametrize(
    ("rollout", "style"), [("canary", "Canary10Percent5Minutes"), ("linear", "Linear10PercentEvery1Minute")]
)
def test_a_rollout_is_stopped_and_undone_by_alarms(rollout, style):
    told = cloud(Rollout=rollout)
    groups = of_type(told, "AWS::CodeDeploy::DeploymentGroup")
    assert set(groups) == {f"{name}DeploymentGroup" for name in FUNCTIONS}
    alarms = set(of_type(told, "AWS::CloudWatch::Alarm"))
    for group in groups.values():
        assert group["DeploymentConfigName"]["Fn::Sub"][1] == {"ConfigName": style}
        watched = {one["Name"]["Ref"] for one in group["AlarmConfiguration"]["Alarms"]}
        assert 0 < len(watched) <= 10  # CodeDeploy takes no more
        assert watched <= alarms
        assert group["AlarmConfiguration"]["Enabled"] is True
        assert group["AutoRollbackConfiguration"]["Enabled"] is True
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]


def test_a_version_that_no_alias_names_is_deleted(canary):
    """SAM keeps every version, and an account has 75 GB for all code."""
    policies = {
        one["DeletionPolicy"] for one in canary["Resources"].values() if one["Type"] == "AWS::Lambda::Version"
    }
    assert policies == {"Delete"}


def test_at_once_nothing_of_codedeploy_is_made():
    told = cloud(Rollout="at-once")
    kinds = {one["Type"] for one in told["Resources"].values()}
    assert not [kind for kind in kinds if "CodeDeploy" in kind]
    assert len(versions(told)) == len(of_type(told, "AWS::Lambda::Alias")) == len(FUNCTIONS)


@pytest.mark.parametrize("layer", of_type(template(), LAYER))
def test_new_code_in_a_layer_is_a_new_version_of_who_carries_it(layer):
    def change(told):
        told["Resources"][layer]["Properties"]["ContentUri"] = "other/"

    some = {"NumericLayer": {"DetectFunction", "CalibrateFunction"}, "SqlLayer": {"ComplianceFunction"}}
    some["PhoneLayer"] = {"FallbackFunction"}
    carriers = some.get(layer, set(FUNCTIONS))
    new = versions(cloud(change)) - versions(cloud())
    assert {one.partition("Version")[0] for one in new} == carriers


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_parameter_s_new_value_is_a_new_version(name):
    """SAM does not look at values; CloudFormation replaces a version whose description changes."""
    shared = template()["Globals"]["Function"]
    held = named(
        [shared["Environment"], shared["Tracing"], FUNCTIONS[name].get("Environment")],
        template()["Parameters"],
    )
    assert held <= named([FUNCTIONS[name]["VersionDescription"]], template()["Parameters"])


def test_on_a_laptop_there_are_no_versions():
    """There a saved file is running code, and the emulator knows no CodeDeploy."""
    told = expanded(for_the_emulator(template()), MailFrom=MAIL, Rollout="canary")
    kinds = {one["Type"] for one in told["Resources"].values()}
    assert not kinds & {"AWS::Lambda::Version", "AWS::Lambda::Alias"}
    assert not [kind for kind in kinds if "CodeDeploy" in kind]
    assert ".Alias" not in str(told)
    assert ".Alias" in str(template())
