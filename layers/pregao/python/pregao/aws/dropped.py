"""Files that people drop into a bucket."""

from __future__ import annotations

from typing import IO, Any

from pregao.flow.ports.bulletin import TooLarge

PIECE = 1 << 20


class Dropped:
    """flow.ports.bulletin.Dropped over S3."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def fetch(self, bucket: str, key: str, target: IO[bytes], most: int) -> None:
        """Copy an object into a file; see flow.ports.bulletin. Raises ClientError where it is gone."""
        found = self._client.get_object(Bucket=bucket, Key=key)
        if found["ContentLength"] > most:
            raise TooLarge(f"{found['ContentLength']} bytes; {most} are taken")
        for piece in found["Body"].iter_chunks(PIECE):
            target.write(piece)
        target.seek(0)
