"""Archived objects brought from a stack's bucket into a folder of the same layout, only those not yet there.

An object's name holds the hash of what is in it. It is compared once, before the copy gets its name: what
lies in the folder under an object's name is that object.
"""

from __future__ import annotations

import calendar
import gzip
import hashlib
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.audit.archive_files import Days, Files
from local.audit.archive_schema import TABLES
from local.errors import ArchiveError
from local.stack.deployed import Deployed
from pregao.domain.audit.archive_objects import read_key

OUTPUT = "AuditBucket"
AT_ONCE = 8
"""Objects fetched at the same time: they are small, and each waits for the network."""
WHOLE = Days()

Tell = Callable[[int, int], None]
"""Hears how many objects of how many are here."""


@dataclass(frozen=True, slots=True)
class Copied:
    """The objects of the bucket as files, how many were fetched now, and keys that no object should have."""

    files: Files
    fetched: int
    strange: tuple[str, ...]


def copy_days(stack: Deployed, days: Days, cache: Path, tell: Tell = lambda _done, _of: None) -> Copied:
    """Bring the objects of those days into `cache`/<bucket>; raises ArchiveError.

    The answer lists what the bucket has now, not what the folder still has of another bucket of that name.
    """
    bucket = _bucket(stack.outputs)
    s3, folder = stack.client("s3"), cache / bucket
    try:
        keys = {table: list(_keys(s3, bucket, table, days)) for table in TABLES}
        proper = {table: [key for key in keys[table] if read_key(key)] for table in TABLES}
        wanted = [key for table in TABLES for key in proper[table]]
        missing = [key for key in wanted if not (folder / key).is_file()]
        _fetch_all(
            s3, bucket, missing, folder, lambda done: tell(len(wanted) - len(missing) + done, len(wanted))
        )
    except (ClientError, BotoCoreError) as error:
        raise ArchiveError(f"the archive's bucket '{bucket}' cannot be read: {error}") from error
    strange = {key for table in TABLES for key in keys[table]} - set(wanted)
    files = {table: [folder / key for key in proper[table]] for table in TABLES}
    return Copied(files, len(missing), tuple(sorted(strange)))


def prefixes(table: str, days: Days) -> Iterator[str]:
    """Yield the fewest listings that cover those days: the table, whole months, single days."""
    if days == WHOLE:
        yield f"table={table}/"
        return
    day = days.first
    while day <= days.last:
        month_ends = day.replace(day=calendar.monthrange(day.year, day.month)[1])
        month = f"table={table}/year={day:%Y}/month={day:%m}/"
        if day.day == 1 and month_ends <= days.last:
            yield month
            day = month_ends
        else:
            yield f"{month}day={day:%d}/"
        day += timedelta(1)


def _bucket(outputs: Mapping[str, str]) -> str:
    if OUTPUT not in outputs:
        raise ArchiveError(
            f"the stack has no archive (no output {OUTPUT}); deploy this version of the template"
        )
    return outputs[OUTPUT]


def _keys(s3: Any, bucket: str, table: str, days: Days) -> Iterator[str]:
    pages = s3.get_paginator("list_objects_v2")
    for prefix in prefixes(table, days):
        for page in pages.paginate(Bucket=bucket, Prefix=prefix):
            yield from (str(one["Key"]) for one in page.get("Contents", []))


def _fetch_all(s3: Any, bucket: str, keys: Iterable[str], folder: Path, tell: Callable[[int], None]) -> None:
    with ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            done = pool.map(lambda key: _fetch(s3, bucket, key, folder / key), keys)
            for count, _ in enumerate(done, 1):
                tell(count)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _fetch(s3: Any, bucket: str, key: str, target: Path) -> None:
    packed = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    _check(key, packed)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".copy-", delete=False) as scratch:
        scratch.write(packed)
    Path(scratch.name).replace(target)


def _check(key: str, packed: bytes) -> None:
    found = read_key(key)
    try:
        told = hashlib.sha256(gzip.decompress(packed)).hexdigest()
    except (OSError, EOFError, zlib.error):
        told = "no gzip"
    if found is None or told != found.sha256:
        raise ArchiveError(
            f"{key} is not what its name says (its content: {told}); "
            "do not use this archive before you have seen what changed: pregao audit verify"
        )
