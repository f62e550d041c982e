"""infra/bridge.yaml beside the real stack: its user may post, from where it is told, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import boto3
import pytest
from botocore.exceptions import ClientError

from pregao.aws.tables.market.bridge_book import BridgeBook
from tests.e2e.desk import batch_of, dump, post

pytestmark = pytest.mark.emulator

TEMPLATE = (Path(__file__).resolve().parents[2] / "infra" / "bridge.yaml").read_text(encoding="utf-8")


@pytest.fixture
def bridge(stack):
    """Deploys the stack of a bridge and makes its key by hand, as docs/DEPLOY.md has it."""

    def deployed(name, **parameters):
        values = {"BridgePolicyArn": stack.outputs["BridgePolicyArn"], **parameters}
        formation, iam = stack.client("cloudformation"), stack.client("iam")
        formation.create_stack(
            StackName=name,
            TemplateBody=TEMPLATE,
            Capabilities=["CAPABILITY_IAM"],
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in values.items()],
        )
        formation.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 0.2})
        (output,) = formation.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
        key = iam.create_access_key(UserName=output["OutputValue"])["AccessKey"]
        return replace(
            stack, bridge_access_key=key["AccessKeyId"], bridge_secret_key=key["SecretAccessKey"]
        ), output["OutputValue"]

    return deployed


def test_it_posts_and_may_nothing_else(bridge, ringing):
    mine, _ = bridge("bridge-mesa1")
    assert post(mine, dump(batch_of(ringing) | {"bridge_id": "mesa-1"}))[0] == 202
    keys = {"aws_access_key_id": mine.bridge_access_key, "aws_secret_access_key": mine.bridge_secret_key}
    tables = boto3.client("dynamodb", endpoint_url=mine.endpoint, region_name=mine.region, **keys)
    with pytest.raises(ClientError) as refused:
        tables.list_tables()
    assert refused.value.response["Error"]["Code"].startswith("AccessDenied")


def test_whatever_is_attached_to_it_later_its_boundary_is_the_same_policy(stack, bridge):
    _, user = bridge("bridge-mesa2")
    told = stack.client("iam").get_user(UserName=user)["User"]
    assert told["PermissionsBoundary"]["PermissionsBoundaryArn"] == stack.outputs["BridgePolicyArn"]


def test_two_keys_stand_side_by_side_until_the_old_one_is_shut_out(stack, bridge, ringing):
    """The rotation of docs/DEPLOY.md."""
    old, user = bridge("bridge-mesa3")
    iam = stack.client("iam")
    key = iam.create_access_key(UserName=user)["AccessKey"]
    new = replace(old, bridge_access_key=key["AccessKeyId"], bridge_secret_key=key["SecretAccessKey"])
    body = dump(batch_of(ringing) | {"bridge_id": "mesa-3"})
    assert [post(one, body)[0] for one in (old, new)] == [202, 202]
    iam.update_access_key(UserName=user, AccessKeyId=old.bridge_access_key, Status="Inactive")
    assert [post(one, body)[0] for one in (old, new)] == [403, 202]


@pytest.mark.parametrize(
    ("cidrs", "status"), [("127.0.0.0/8", 202), ("203.0.113.7/32,127.0.0.1/32", 202), ("203.0.113.7/32", 403)]
)
def test_it_posts_from_where_it_is_told_alone(bridge, ringing, cidrs, status):
    name = f"at-{abs(hash(cidrs))}"
    mine, _ = bridge(f"bridge-{name}", SourceCidrs=cidrs)
    assert post(mine, dump(batch_of(ringing) | {"bridge_id": name}))[0] == status


def test_nobody_posts_in_the_name_of_another_bridge(bridge, ringing):
    """Until its owner gives the name away: the way of a credential that was made anew."""
    mine, theirs = (bridge(f"bridge-{name}")[0] for name in ("mesa4", "mesa5"))
    body = dump(batch_of(ringing) | {"bridge_id": "mesa-4"})
    assert [post(one, body)[0] for one in (mine, theirs, mine)] == [202, 403, 202]
    assert BridgeBook(mine.client("dynamodb"), mine.outputs["AdmissionTable"]).forget("mesa-4")
    assert [post(one, body)[0] for one in (theirs, theirs)] == [202, 202]


def test_no_template_makes_an_access_key():
    """It would stand in the stack for whoever may read it."""
    for path in [*Path(__file__).resolve().parents[2].glob("infra/*.yaml")]:
        assert "AWS::IAM::AccessKey" not in path.read_text(encoding="utf-8")
