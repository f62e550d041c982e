"""Whether `make deploy` is a stack's first, which must not be rolled back, and what stands in its way.

The audit's tables have names of their own, are kept when a stack goes, and are protected. A first deployment
that is rolled back leaves them behind, and the next one finds the names taken.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable, Iterator
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoRegionError

from local.stack.account.parameters import ROOT
from local.stack.errors import StackError
from local.stack.template import Template, of_type, read

FIRST, LATER = "--disable-rollback", "--no-disable-rollback"
BEGUN = {"REVIEW_IN_PROGRESS", "CREATE_FAILED"}
"""A first deployment that was never done, or stopped where it failed and goes on from there."""
GIVEN_UP = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"}
WAY_BACK = "docs/DEPLOY.md, 'A first deployment that failed', tells the way back"


def flag(clients: Callable[[str], Any], stack: str, template: Template, prefix: str) -> str:
    """Return SAM's flag on rollback for the next deployment of a stack.

    Raises StackError with the remedy where it could not succeed: the last one was rolled back, or what a
    stack before it has left has the names.
    """
    status = _status(clients("cloudformation"), stack)
    if status in GIVEN_UP:
        raise StackError(f"{stack} is {status}, and no deployment begins from there; {WAY_BACK}")
    if status is None and (left := list(_left(clients("dynamodb"), template, prefix))):
        raise StackError(
            f"{', '.join(left)} stand already, left by a stack that is gone. A new stack needs another name"
            f" for its tables (SET='TablePrefix=b-'), or {WAY_BACK}"
        )
    return FIRST if status is None or status in BEGUN else LATER


def _status(formation: Any, stack: str) -> str | None:
    try:
        (found,) = formation.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":  # how CloudFormation says that there is none
            return None
        raise
    return None if found["StackStatus"] == "DELETE_COMPLETE" else str(found["StackStatus"])


def _left(dynamo: Any, template: Template, prefix: str) -> Iterator[str]:
    for properties in of_type(template, "AWS::DynamoDB::Table").values():
        if "TableName" not in properties:
            continue
        name = properties["TableName"]["Fn::Sub"].replace("${TablePrefix}", prefix)
        try:
            dynamo.describe_table(TableName=name)
        except dynamo.exceptions.ResourceNotFoundException:
            continue
        yield name


def main() -> int:
    """Print the flag for an environment of samconfig.toml; NAME=VALUE of the deployment after its name."""
    environment, values = sys.argv[1], dict(one.partition("=")[::2] for one in sys.argv[2:])
    config = tomllib.loads((ROOT / "infra" / "samconfig.toml").read_text(encoding="utf-8"))
    stack = config[environment]["deploy"]["parameters"]["stack_name"]
    try:
        told = flag(boto3.client, stack, read(ROOT / "template.yaml"), values.get("TablePrefix", ""))
    except NoRegionError:
        why = "which region? aws configure set region sa-east-1, or AWS_DEFAULT_REGION=sa-east-1"
    except (StackError, ClientError, BotoCoreError) as error:
        why = str(error)
    else:
        sys.stdout.write(f"{told}\n")
        return 0
    sys.stderr.write(f"make deploy: {why}\n")
    return 2


if __name__ == "__main__":
    sys.exit(main())
