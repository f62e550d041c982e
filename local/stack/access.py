"""A bridge's own keys: an IAM user that may do what the template's BridgePolicy allows, nothing else."""

from __future__ import annotations

from typing import Any

USER = "bridge"


def bridge_keys(iam: Any, policy_arn: str) -> tuple[str, str]:
    """Make the user; returns access key and secret key."""
    iam.create_user(UserName=USER)
    iam.attach_user_policy(UserName=USER, PolicyArn=policy_arn)
    key = iam.create_access_key(UserName=USER)["AccessKey"]
    return str(key["AccessKeyId"]), str(key["SecretAccessKey"])
