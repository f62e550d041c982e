"""The key that signs operators' tokens."""

from __future__ import annotations

from typing import Any


def read_secret(client: Any, arn: str) -> str:
    """Return the secret's text from Secrets Manager."""
    return str(client.get_secret_value(SecretId=arn)["SecretString"])
