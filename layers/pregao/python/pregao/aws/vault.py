"""The audit bucket: objects are written once, under a name that is free, and never again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from botocore.exceptions import ClientError

TAKEN = {"PreconditionFailed", "412"}
BUSY = {"ConditionalRequestConflict", "409"}
"""Two writers of one name at the same moment; S3 says: try again."""
MISSING = {"NoSuchKey", "AccessDenied"}
"""Who may not list the bucket is denied what is not there."""
TRIES = 5
AT_ONCE = 8
"""Objects read at the same time: they are small, and each waits for the network."""


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
        except ClientError as error:
            if error.response["Error"]["Code"] in MISSING:
                raise KeyError(key) from error
            raise
        return found

    def get_all(self, keys: Sequence[str]) -> Iterator[bytes]:
        """Read objects, some at the same time; see flow.ports.audit."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            yield from pool.map(self.get, keys)


def _type(key: str) -> dict[str, str]:
    return {"ContentType": "application/gzip" if key.endswith(".gz") else "application/json"}
