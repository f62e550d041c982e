"""template.yaml into the emulator's CloudFormation, with functions and layers in its S3."""

from __future__ import annotations

import copy
import json
import textwrap
import time
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from local.stack.errors import StackError
from local.stack.template import SOURCE, Template

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

STACK = "pregao"
BUCKET = "pregao-artefacts"
MAIL_FROM = "pregao@mesa.example"
DEPLOY_S = 120.0
OF_VERSIONS = {
    "AutoPublishAlias",
    "AutoPublishAliasAllProperties",
    "VersionDeletionPolicy",
    "DeploymentPreference",
    "VersionDescription",
}

LOCKING_OUT = ("s3:if-none-match", "aws:SecureTransport", "aws:PrincipalArn")
"""Condition keys that the emulator lacks or fills otherwise than AWS."""


def deploy(
    clients: Callable[[str], Any],
    template: Template,
    archives: Mapping[str, bytes],
    parameters: Mapping[str, str],
) -> dict[str, str]:
    """Create the stack and return its outputs; raises StackError naming every resource that failed and why.

    `archives` are the zip files of functions and layers by logical id.
    """
    s3 = clients("s3")
    packaged = for_the_emulator(with_sources(template, upload(s3, archives)))
    values = {"MailFrom": MAIL_FROM, "RetentionMode": "GOVERNANCE", "RetentionYears": "1", **parameters}
    formation = clients("cloudformation")
    try:
        formation.create_stack(
            StackName=STACK,
            TemplateURL=_uploaded(s3, packaged),  # as a body it may have 51,200 bytes, as a file a million
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()],
        )
    except ClientError as refused:
        raise StackError(
            f"template.yaml does not deploy: {textwrap.shorten(refused.response['Error']['Message'], 500)}"
        ) from refused
    return _wait(formation)


def upload(s3: Any, archives: Mapping[str, bytes]) -> dict[str, str]:
    """Put the archives into the emulator's S3; returns their s3:// addresses by logical id."""
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    for name, archive in archives.items():
        s3.put_object(Bucket=BUCKET, Key=f"{name}.zip", Body=archive)
    return {name: f"s3://{BUCKET}/{name}.zip" for name in archives}


def _uploaded(s3: Any, template: Template) -> str:
    s3.put_object(Bucket=BUCKET, Key="template.json", Body=json.dumps(template, separators=(",", ":")))
    return f"{s3.meta.endpoint_url}/{BUCKET}/template.json"


def with_sources(template: Template, uris: Mapping[str, str]) -> Template:
    """Return the template as `sam package` would: sources replaced by where they were uploaded to."""
    packaged = copy.deepcopy(template)
    for name, uri in uris.items():
        resource = packaged["Resources"][name]
        resource["Properties"][SOURCE[resource["Type"]]] = uri
        resource.pop("Metadata", None)
    return packaged


def for_the_emulator(template: Template) -> Template:
    """Return the template as the emulator accepts it; DIFFERENCES (beside the emulator) says what changes."""

    def changed(statement: Any) -> Any:
        match statement:
            case {"Action": "sqs:SendMessage"}:
                return statement | {"Action": ["sqs:SendMessage", "sqs:SendMessageBatch"]}
            case {"Action": "ses:SendEmail"}:
                kept = {name: value for name, value in statement.items() if name != "Condition"}
                return {**kept, "Resource": "*"}
            case {"Type": "DynamoDB", "Properties": {"MaximumBatchingWindowInSeconds": _}}:
                return {"Type": "Schedule", "Properties": {"Schedule": "rate(1 minute)"}}
            case {"Ref": str(name)} if name.endswith(".Alias"):
                return {"Fn::GetAtt": [name.removesuffix(".Alias"), "Arn"]}
            case dict():
                left = ((name, value) for name, value in statement.items() if name not in OF_VERSIONS)
                return {name: changed(value) for name, value in left if not _unknown(value)}
            case list():
                return [changed(value) for value in statement if not _unsupported_by_emulator(value)]
        return statement

    return dict(changed(template))


def _unknown(resource: Any) -> bool:
    return isinstance(resource, dict) and resource.get("Type") == "AWS::CloudWatch::Dashboard"


def _unsupported_by_emulator(statement: Any) -> bool:
    asked = statement.get("Condition", {}) if isinstance(statement, dict) else {}
    return any(name in keys for keys in asked.values() for name in LOCKING_OUT)


def _wait(formation: Any) -> dict[str, str]:
    deadline = time.monotonic() + DEPLOY_S
    while time.monotonic() < deadline:
        stack = formation.describe_stacks(StackName=STACK)["Stacks"][0]
        if stack["StackStatus"] == "CREATE_COMPLETE":
            return {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}
        if not stack["StackStatus"].endswith("_IN_PROGRESS") or "ROLLBACK" in stack["StackStatus"]:
            raise StackError(_why(formation, stack))
        time.sleep(0.1)
    raise StackError(f"template.yaml did not deploy within {DEPLOY_S:.0f} s")


def _why(formation: Any, stack: Mapping[str, Any]) -> str:
    events = formation.describe_stack_events(StackName=STACK)["StackEvents"]
    failed = [one for one in reversed(events) if one["ResourceStatus"].endswith("_FAILED")]
    lines = [f"    {one['LogicalResourceId']}: {one.get('ResourceStatusReason', '?')}" for one in failed]
    reason = stack.get("StackStatusReason", stack["StackStatus"])
    return "\n".join([f"template.yaml does not deploy ({reason}):", *lines])
