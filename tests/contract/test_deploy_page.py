"""docs/DEPLOY.md and infra/samconfig.toml tell all that template.yaml asks."""

from __future__ import annotations

import re

import pytest

from local.stack.account.parameters import merged, of_environment
from local.stack.errors import StackError
from local.stack.template import FUNCTION, of_type
from tests.cloud import ROOT, template

PAGE = (ROOT / "docs" / "DEPLOY.md").read_text(encoding="utf-8")
PARAMETERS = template()["Parameters"]
OWN = {"MailFrom", "CreateMailIdentity", "ConsoleUrl", "AlarmTopicArn", "SocketAccessLog"}
"""The desk's own; all others an environment decides."""


def rows():
    """The page's table of parameters: name → what dev and prod have."""
    found = re.findall(r"^\| `([A-Z]\w+)` \|.*\| ([^|]+) \| ([^|]+) \|$", PAGE, flags=re.MULTILINE)
    return {name: {"dev": dev, "prod": prod} for name, dev, prod in found}


def test_every_parameter_is_told_and_nothing_else():
    assert set(rows()) == set(PARAMETERS)
    assert all(one.get("Description") for one in PARAMETERS.values())


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_an_environment_decides_what_is_not_the_desks_own(environment):
    given = of_environment(ROOT, environment)
    told = {name: row[environment] for name, row in rows().items()}
    assert {name: value for name, value in told.items() if value not in {"yours", "none"}} == given
    assert {name for name, value in told.items() if value == "yours"} == OWN
    assert all(PARAMETERS[name]["Default"] == "" for name, value in told.items() if value == "none")


def test_prod_keeps_its_audit_rings_no_history_and_watches_a_new_version():
    prod = of_environment(ROOT, "prod")
    assert (prod["RetentionMode"], int(prod["RetentionYears"])) == ("COMPLIANCE", 7)
    assert (prod["AllowReplay"], prod["Rollout"]) == ("false", "canary")


def test_a_desks_own_value_stands_over_the_environments():
    given = {"MailFrom": "a@b.example", "Rollout": "canary"}
    assert merged(PARAMETERS, given, ["Rollout=linear"])["Rollout"] == "linear"


@pytest.mark.parametrize("own", [["Rolout=linear"], ["linear"], ["MailFrom="]])
def test_what_is_no_parameter_is_refused(own):
    with pytest.raises(StackError):
        merged(PARAMETERS, {}, own)


@pytest.mark.parametrize("name", of_type(template(), FUNCTION))
def test_each_functions_event_is_named(name):
    folder = name.removesuffix("Function").lower()
    assert f"| `{name}` | [functions/{folder}/event.json](../functions/{folder}/event.json) |" in PAGE


def test_every_stack_of_infra_is_deployed_by_the_page():
    for path in ROOT.glob("infra/*.yaml"):
        if "AWSTemplateFormatVersion" in path.read_text(encoding="utf-8"):
            assert f"infra/{path.name}" in PAGE
