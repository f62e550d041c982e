"""Files that people drop into a bucket."""

from __future__ import annotations

from typing import IO, Any

PIECE = 1 << 20


class TooLarge(Exception):
    """A file beyond what is taken; the message says how large."""


def fetch(client: Any, bucket: str, key: str, target: IO[bytes], most: int) -> None:
    """Copy an object into a file and wind it back; raises TooLarge, and ClientError where it is gone."""
    found = client.get_object(Bucket=bucket, Key=key)
    if found["ContentLength"] > most:
        raise TooLarge(f"{found['ContentLength']} bytes; {most} are taken")
    for piece in found["Body"].iter_chunks(PIECE):
        target.write(piece)
    target.seek(0)
