"""Taking a stack out of the account, all but the audit."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from local.stack.errors import StackError
from local.stack.template import Template, parse

BUCKET, TABLE, KEY = "AWS::S3::Bucket", "AWS::DynamoDB::Table", "AWS::KMS::Key"
POLICY = "AWS::S3::BucketPolicy"


class Part(NamedTuple):
    """A resource of a stack: logical id, type, and its name or address in the account."""

    logical: str
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a teardown would do: `stays` is kept by the template's own word, `goes` is deleted."""

    stack: str
    stays: tuple[Part, ...]
    goes: tuple[Part, ...]

    @property
    def emptied(self) -> list[str]:
        """The buckets that go; a bucket must be empty for that."""
        return [one.name for one in self.goes if one.kind == BUCKET]


def plan(formation: Any, stack: str) -> Plan:
    """Look at a stack; raises StackError when there is none, it is protected, or its audit would go too."""
    try:
        (found,) = formation.describe_stacks(StackName=stack)["Stacks"]
        told = formation.get_template(StackName=stack)["TemplateBody"]
        pages = formation.get_paginator("list_stack_resources").paginate(StackName=stack)
        parts = [
            Part(one["LogicalResourceId"], one["ResourceType"], one.get("PhysicalResourceId", ""))
            for page in pages
            for one in page["StackResourceSummaries"]
        ]
    except (ClientError, BotoCoreError) as error:
        raise StackError(f"no stack '{stack}' can be read: {error}") from error
    if found.get("EnableTerminationProtection"):
        raise StackError(
            f"{stack} is protected. Whoever really means it takes the protection away first:\n"
            f"  aws cloudformation update-termination-protection --stack-name {stack}"
            " --no-enable-termination-protection"
        )
    template = told if isinstance(told, dict) else parse(told)
    return _sorted(stack, template, parts)


def _sorted(stack: str, template: Template, parts: Iterable[Part]) -> Plan:
    resources = template["Resources"]
    kept = {name for name, one in resources.items() if one.get("DeletionPolicy") == "Retain"}
    audit = {name for name, one in resources.items() if _audits(name, one)}
    guards = {name for name, one in resources.items() if _guards(one, kept | audit)}
    lost = [name for name in resources if name in audit | guards and name not in kept]
    if lost:
        names = ", ".join(lost)
        raise StackError(
            f"{stack} would take the audit, or what guards it, with it: {names} lack DeletionPolicy: Retain"
        )
    stays = tuple(one for one in parts if one.logical in kept)
    return Plan(stack, stays, tuple(one for one in parts if one.logical not in kept))


def _guards(resource: dict[str, Any], kept: Collection[str]) -> bool:
    """Tell whether a resource is the policy of a bucket that is kept."""
    bucket = resource.get("Properties", {}).get("Bucket", {})
    return resource["Type"] == POLICY and isinstance(bucket, dict) and bucket.get("Ref") in kept


def _audits(name: str, resource: dict[str, Any]) -> bool:
    """Tell whether a resource is part of the audit, by what it is rather than by what it says of its end."""
    properties = resource.get("Properties", {})
    match resource["Type"]:
        case "AWS::S3::Bucket":
            return bool(properties.get("ObjectLockEnabled"))
        case "AWS::DynamoDB::Table":
            return "_audit" in json.dumps(properties.get("TableName", "")) or name.endswith("AuditTable")
        case "AWS::KMS::Key":
            return bool(properties.get("KeyUsage") == "SIGN_VERIFY")
    return False


def execute(clients: Callable[[str], Any], planned: Plan) -> None:
    """Empty the buckets that go, and delete the stack; raises StackError when it does not go."""
    try:
        for name in planned.emptied:
            _empty(clients("s3"), name)
        formation = clients("cloudformation")
        formation.delete_stack(StackName=planned.stack)
        formation.get_waiter("stack_delete_complete").wait(
            StackName=planned.stack, WaiterConfig={"Delay": 2, "MaxAttempts": 900}
        )
    except (ClientError, BotoCoreError) as error:
        raise StackError(f"{planned.stack} did not go: {error}") from error


def _empty(s3: Any, bucket: str) -> None:
    """Delete every version of every object."""
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        objects = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
        if objects:
            left = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True}).get("Errors")
            if left:
                raise StackError(f"{bucket} is not empty: {len(left)} not deleted, {left[0].get('Code')}")
