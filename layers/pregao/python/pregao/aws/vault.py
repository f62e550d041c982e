"""The audit bucket: objects are written once, under a name that is free, and never again."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

TAKEN = {"PreconditionFailed", "412"}
BUSY = {"ConditionalRequestConflict", "409"}
"""Two writers of one name at the same moment; S3 says: try again."""
TRIES = 5


class Vault:
    """flow.ports.audit.Vault over S3."""

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def put(self, key: str, body: bytes) -> bool:
        """Write an object once; see flow.ports.audit."""
        for _ in range(TRIES):
            try:
                self._client.put_object(
                    Bucket=self._bucket, Key=key, Body=body, IfNoneMatch="*", **_type(key)
                )
            except ClientError as error:
                code = error.response["Error"]["Code"]
                if code in TAKEN:
                    return False
                if code not in BUSY:
                    raise
            else:
                return True
        raise TimeoutError(f"{key}: somebody else keeps writing it")

    def get(self, key: str) -> bytes:
        """Read an object; see flow.ports.audit."""
        try:
            found: bytes = self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
        except self._client.exceptions.NoSuchKey as missing:
            raise KeyError(key) from missing
        return found


def _type(key: str) -> dict[str, str]:
    return {"ContentType": "application/gzip" if key.endswith(".gz") else "application/json"}
