"""stand.yaml deployed: what needs functions. One stack per run and worker."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.stack.template import read

HERE = Path(__file__).parent
STAGE = "live"


@dataclass(frozen=True)
class Stand:
    """The stack's outputs, and what its functions have seen."""

    name: str
    outputs: Mapping[str, str]
    dynamo: Any

    def seen(self, label: str) -> list[dict[str, Any]]:
        """Return the events kept under a label, in the order they were handled."""
        pages = self.dynamo.get_paginator("query").paginate(
            TableName=self.outputs["Witness"],
            KeyConditionExpression="pk = :label",
            ExpressionAttributeValues={":label": {"S": label}},
            ConsistentRead=True,
        )
        return [json.loads(item["seen"]["S"]) for page in pages for item in page["Items"]]


def template() -> dict[str, Any]:
    """Return stand.yaml with the functions' sources in it."""
    found = read(HERE / "stand.yaml")
    for resource in found["Resources"].values():
        properties = resource.get("Properties", {})
        if "InlineCode" in properties:
            properties["InlineCode"] = (HERE / properties["InlineCode"]).read_text(encoding="utf-8")
    return found


def stand_up(
    client: Callable[[str], Any], name: str, tags: list[dict[str, str]], removals: ExitStack, patience: float
) -> Stand:
    """Deploy it and have it removed when `removals` are run; fails with what CloudFormation says."""
    formation = client("cloudformation")
    removals.callback(_delete_logs, client("logs"), name)
    stack = create_stack(formation, name, template(), tags, removals, patience * 3)
    return Stand(name, {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}, client("dynamodb"))


def create_stack(
    formation: Any,
    name: str,
    body: Mapping[str, Any],
    tags: list[dict[str, str]],
    removals: ExitStack,
    within: float,
) -> dict[str, Any]:
    """Create a stack and wait for it; it is deleted when `removals` are run."""
    formation.create_stack(
        StackName=name,
        TemplateBody=json.dumps(body, separators=(",", ":")),
        Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
        Tags=tags,
    )
    removals.callback(_delete, formation, name, within)
    stack = settled(formation, name, within)
    assert stack["StackStatus"] == "CREATE_COMPLETE", _why(formation, name)
    return stack


def settled(formation: Any, name: str, within: float) -> dict[str, Any]:
    """Wait until nothing is in progress any more."""
    deadline = time.monotonic() + within
    while True:
        stack: dict[str, Any] = formation.describe_stacks(StackName=name)["Stacks"][0]
        if not stack["StackStatus"].endswith("_IN_PROGRESS"):
            return stack
        assert time.monotonic() < deadline, f"{name} is still {stack['StackStatus']}"
        time.sleep(min(2.0, within / 200))


def _delete(formation: Any, name: str, within: float) -> None:
    known = formation.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
    formation.delete_stack(StackName=name)
    stack = settled(formation, known, within)
    assert stack["StackStatus"] == "DELETE_COMPLETE", _why(formation, known)


def _delete_logs(logs: Any, name: str) -> None:
    pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=f"/aws/lambda/{name}-")
    for group in [one["logGroupName"] for page in pages for one in page["logGroups"]]:
        logs.delete_log_group(logGroupName=group)


def _why(formation: Any, name: str) -> str:
    events = formation.describe_stack_events(StackName=name)["StackEvents"]
    failed = [one for one in events if one["ResourceStatus"].endswith("_FAILED")]
    return "\n".join(f"{one['LogicalResourceId']}: {one.get('ResourceStatusReason')}" for one in failed)
