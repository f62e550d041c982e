"""The way into the account as docs/DEPLOY.md walks it, up to the change set, on the emulator."""

from __future__ import annotations

import os
import subprocess
from functools import partial
from pathlib import Path

import pytest

from local.stack.account.parameters import of_environment
from local.stack.ministack import emulator
from local.stack.ministack.emulator import REGION
from local.stack.running import client
from local.stack.sam.sam_local import declaring, environments
from local.stack.template import FUNCTION, of_type, read

pytestmark = pytest.mark.emulator

ROOT = Path(__file__).resolve().parents[2]
BUCKET = "artefacts"
ELSEWHERE = "us-east-1"
FLAGS = f"--no-execute-changeset --no-confirm-changeset --no-resolve-s3 --s3-bucket {BUCKET} --no-progressbar"


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    """An account with nothing in it but a bucket for artefacts."""
    if not (ROOT / ".tools" / "sam" / ".ready").exists() or not (ROOT / ".aws-sam" / "build").is_dir():
        pytest.skip("sam build has not been run; run: make build")
    up = emulator.start(ROOT, tmp_path_factory.mktemp("account"), None)
    clients = partial(client, up.endpoint, REGION, up.keys)
    clients("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    yield clients
    up.stop()


def deploy(account, *words):
    """Say `make deploy` in another region than the checks', with what was built before."""
    built = [f"--assume-old={one}" for one in ("build", ".venv/.ready")]
    endpoint, _, keys = account.args
    variables = {"AWS_ENDPOINT_URL": endpoint, "AWS_DEFAULT_REGION": ELSEWHERE, **keys.variables()}
    return subprocess.run(
        ["make", *built, "deploy", *words, f"SAM_FLAGS={FLAGS}"],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )


def test_make_deploy_asks_for_what_the_environment_says_and_the_desk_adds(account):
    """One override on SAM's own command line would have dropped all of samconfig.toml's.

    In the region of the AWS CLI: samconfig.toml's had no effect, and the Makefile's own won over the desk's.
    """
    told = deploy(account, "ENV=dev", "MAIL_FROM=alertas@mesa.example", "SET=CreateMailIdentity=false")
    assert told.returncode == 0, told.stdout + told.stderr
    endpoint, _, keys = account.args
    formation = client(endpoint, ELSEWHERE, keys, "cloudformation")
    (change,) = formation.list_change_sets(StackName="pregao-dev")["Summaries"]
    asked = formation.describe_change_set(StackName="pregao-dev", ChangeSetName=change["ChangeSetName"])
    assert asked["Status"] == "CREATE_COMPLETE"
    assert f":{ELSEWHERE}:" in asked["StackId"]
    values = {one["ParameterKey"]: one["ParameterValue"] for one in asked["Parameters"]}
    own = {"MailFrom": "alertas@mesa.example", "CreateMailIdentity": "false"}
    assert values.items() >= (of_environment(ROOT, "dev") | own).items()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["ENV=dev"], "who sends the e-mails"),
        (["ENV=test", "MAIL_FROM=a@b.example"], "no environment 'test'"),
        (["ENV=dev", "MAIL_FROM=a@b.example", "SET=Retention=7"], "no parameter Retention"),
    ],
)
def test_make_deploy_says_what_is_missing_before_anything_is_sent(account, words, why):
    told = deploy(account, *words)
    assert told.returncode != 0
    assert why in told.stderr


def test_sam_local_s_template_declares_each_functions_own_environment(stack):
    """SAM hands on what a template declares and nothing else, so the endpoint has to stand in it."""
    template = read(ROOT / "template.yaml")
    told = declaring(template, environments(stack, template))
    shared = template["Globals"]["Function"]["Environment"]["Variables"]
    for name, function in of_type(template, FUNCTION).items():
        variables = told["Resources"][name]["Properties"]["Environment"]["Variables"]
        wanted = {*shared, *function.get("Environment", {}).get("Variables", {}), "AWS_ENDPOINT_URL"}
        assert wanted <= set(variables)
        assert "127.0.0.1" not in str(variables)
    assert "AWS_ENDPOINT_URL" not in template["Globals"]["Function"]["Environment"]["Variables"]
