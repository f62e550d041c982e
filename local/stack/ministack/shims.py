"""Sets through the emulator's APIs what its CloudFormation drops of template.yaml, and reads it back.

What it drops, DIFFERENCES says. The addresses of sockets and links are those of AWS in the template; here
they must be the emulator's.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from local.stack.errors import StackError
from local.stack.template import FUNCTION, Template, of_type

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TABLE, BUCKET = "AWS::DynamoDB::Table", "AWS::S3::Bucket"
SOCKETS, LINKS = "AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI", "PREGAO_PUBLIC_URL"


def complete_stack(
    clients: Callable[[str], Any], template: Template, stack: str, sockets_url: str, http_url: str
) -> list[str]:
    """Complete a deployed stack; returns what was set, a line each. Raises StackError if it did not take."""
    found = clients("cloudformation").describe_stack_resources(StackName=stack)["StackResources"]
    names = {one["LogicalResourceId"]: one["PhysicalResourceId"] for one in found}
    done = [
        line
        for logical, properties in of_type(template, TABLE).items()
        for line in _table(clients("dynamodb"), stack, logical, names[logical], properties)
    ]
    values = {
        one["ParameterKey"]: one["ParameterValue"] for one in _stack(clients, stack).get("Parameters", [])
    }
    for logical, properties in of_type(template, BUCKET).items():
        done += _bucket(clients("s3"), logical, names[logical], resolved(properties, values))
    done += _authorizers(clients("apigatewayv2"), names)
    return done + _functions(clients("lambda"), template, names, {SOCKETS: sockets_url, LINKS: http_url})


def _table(dynamo: Any, stack: str, logical: str, name: str, wanted: Mapping[str, Any]) -> list[str]:
    done = []
    if "TimeToLiveSpecification" in wanted:
        dynamo.update_time_to_live(TableName=name, TimeToLiveSpecification=wanted["TimeToLiveSpecification"])
        read = dynamo.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        done.append(_read_back(f"{logical}: TTL", read["TimeToLiveStatus"], "ENABLED"))
    if "PointInTimeRecoverySpecification" in wanted:
        dynamo.update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification=wanted["PointInTimeRecoverySpecification"]
        )
        backups = dynamo.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        status = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
        done.append(_read_back(f"{logical}: point-in-time recovery", status, "ENABLED"))
    change = _encryption(wanted)
    dynamo.update_table(TableName=name, **change)
    table = dynamo.describe_table(TableName=name)["Table"]
    if "SSESpecification" in change:
        encryption = table.get("SSEDescription", {}).get("Status")
        done.append(_read_back(f"{logical}: encryption", encryption, "ENABLED"))
    if wanted.get("DeletionProtectionEnabled"):
        done.append(_read_back(f"{logical}: deletion protection", table["DeletionProtectionEnabled"], True))
    return done + _policy(dynamo, stack, logical, table["TableArn"], wanted)


def _policy(dynamo: Any, stack: str, logical: str, arn: str, wanted: Mapping[str, Any]) -> list[str]:
    if "ResourcePolicy" not in wanted:
        return []
    partition, _, region, account = arn.split(":")[1:5]
    names = {"Partition": partition, "Region": region, "AccountId": account, "StackName": stack}
    pseudo = {f"AWS::{name}": value for name, value in names.items()}
    document = resolved(wanted["ResourcePolicy"]["PolicyDocument"], pseudo)
    for statement in document["Statement"]:
        statement["Resource"] = arn
    dynamo.put_resource_policy(ResourceArn=arn, Policy=json.dumps(document))
    read = json.loads(dynamo.get_resource_policy(ResourceArn=arn)["Policy"])
    return [_read_back(f"{logical}: resource policy", read, document)]


def _bucket(s3: Any, logical: str, name: str, wanted: Mapping[str, Any]) -> list[str]:
    done = []
    if "ObjectLockConfiguration" in wanted:
        lock = wanted["ObjectLockConfiguration"]
        s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=lock)
        read = s3.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"]
        done.append(_read_back(f"{logical}: object lock", read, lock))
    if "LifecycleConfiguration" in wanted:
        rules = [_lifecycle(one) for one in wanted["LifecycleConfiguration"]["Rules"]]
        s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})
        read = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
        done.append(_read_back(f"{logical}: lifecycle", read, rules))
    return done


def _lifecycle(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return a rule in the words of the S3 API, which are not CloudFormation's."""
    end = {"Expiration": {"Days": rule["ExpirationInDays"]}} if "ExpirationInDays" in rule else {}
    said = {"ID": rule["Id"], "Status": rule["Status"], "Filter": {"Prefix": rule["Prefix"]}}
    return said | end


def resolved(value: Any, parameters: Mapping[str, str]) -> Any:
    """Return a part of the template with `Ref`s to these parameters replaced, whole numbers as numbers.

    In `!Sub` their names are replaced too; a name that is not among them stays.
    """
    match value:
        case {"Fn::Sub": str(text)}:
            for name, one in parameters.items():
                text = text.replace(f"${{{name}}}", one)
            return text
        case {"Ref": str(name)} if name in parameters:
            text = parameters[name]
            return int(text) if text.isdecimal() else text
        case dict():
            return {key: resolved(one, parameters) for key, one in value.items()}
        case list():
            return [resolved(one, parameters) for one in value]
    return value


def _stack(clients: Callable[[str], Any], name: str) -> dict[str, Any]:
    stack: dict[str, Any] = clients("cloudformation").describe_stacks(StackName=name)["Stacks"][0]
    return stack


def _encryption(wanted: Mapping[str, Any]) -> dict[str, Any]:
    enabled = wanted.get("SSESpecification", {}).get("SSEEnabled", False)
    protected = {"DeletionProtectionEnabled": wanted.get("DeletionProtectionEnabled", False)}
    return protected | ({"SSESpecification": {"Enabled": True}} if enabled else {})


def _authorizers(gateway: Any, names: Mapping[str, str]) -> list[str]:
    done = []
    for api in gateway.get_apis()["Items"]:
        if api["ProtocolType"] != "WEBSOCKET" or api["ApiId"] not in names.values():
            continue
        for one in gateway.get_authorizers(ApiId=api["ApiId"])["Items"]:
            key = {"ApiId": api["ApiId"], "AuthorizerId": one["AuthorizerId"]}
            gateway.update_authorizer(**key, IdentitySource=[])
            read = gateway.get_authorizer(**key).get("IdentitySource")
            done.append(_read_back(f"{one['Name']}: no identity source", read or [], []))
    return done


def _functions(
    lambdas: Any, template: Template, names: Mapping[str, str], addresses: Mapping[str, str]
) -> list[str]:
    done = []
    for logical in of_type(template, FUNCTION):
        name = names[logical]
        variables = lambdas.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        here = {variable: url for variable, url in addresses.items() if variable in variables}
        if here:
            environment = {"Variables": {**variables, **here}}
            lambdas.update_function_configuration(FunctionName=name, Environment=environment)
            done += [f"{logical}: {variable} is {url}" for variable, url in here.items()]
    return done


def _read_back(what: str, read: object, wanted: object) -> str:
    if read != wanted:
        raise StackError(f"the emulator did not take {what}: {read!r}")
    return what
