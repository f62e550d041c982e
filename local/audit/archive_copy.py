"""Archived objects brought from a stack's bucket into a folder of the same layout, only those not yet there.

An object's name holds the hash of what is in it. It is compared once, before the copy gets its name: what
lies in the folder under an object's name is that object. Of a closed day its own objects are brought. All
digests come along, so that the copy can be verified, and a note of the days that were copied (`copy_note`):
those alone are verified.
"""

from __future__ import annotations

import calendar
import gzip
import hashlib
import shutil
import tempfile
import zlib
from collections.abc import Callable, Collection, Generator, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from local.audit import copy_note
from local.audit.verify import UNFINISHED
from local.stack.deployed import Deployed
from pregao.aws.archive.files import chosen
from pregao.domain.audit.archive_days import WHOLE, ArchiveError, Days, Files
from pregao.domain.audit.archive_objects import read_key
from pregao.domain.audit.archive_schema import TABLES
from pregao.domain.audit.chain import day_after
from pregao.domain.audit.closed_days import PREFIX as CLOSED
from pregao.domain.audit.closed_days import read_closed, whole_days
from pregao.domain.audit.hourly_digest import HOUR, PREFIX, digest_key, is_digest_key

OUTPUT = "AuditBucket"
AT_ONCE = 16
"""Objects fetched at the same time: they are small, and each waits for the network."""

Tell = Callable[[int, int], None]
"""Hears how many objects of how many are here."""


@dataclass(frozen=True, slots=True)
class Copied:
    """The objects of the bucket as files, how many were fetched now, and keys that no object should have.

    `folder` is the copy's root.
    """

    files: Files
    fetched: int
    strange: tuple[str, ...]
    folder: Path


def copy_days(
    stack: Deployed, days: Days, cache: Path, now: datetime, tell: Tell = lambda _done, _of: None
) -> Copied:
    """Bring the objects of those days into `cache`/<bucket>, noted as copied at `now`; raises ArchiveError.

    The answer lists what the bucket has now. A folder that another bucket of that name left is emptied first.
    """
    bucket = _bucket(stack.outputs)
    s3, folder = stack.client("s3"), cache / bucket
    try:
        _forget_another(s3, bucket, folder)
        keys = {table: list(_keys(s3, bucket, table, days)) for table in TABLES}
        proper = {table: chosen(keys[table]) for table in TABLES}
        wanted = [*_digests(s3, bucket, folder), *(key for table in TABLES for key in proper[table])]
        missing = [key for key in wanted if not (folder / key).is_file()]
        _fetch_all(
            s3, bucket, missing, folder, lambda done: tell(len(wanted) - len(missing) + done, len(wanted))
        )
    except (ClientError, BotoCoreError) as error:
        raise ArchiveError(
            f"o bucket do arquivo não pode ser lido · the archive's bucket cannot be read: {bucket}: {error}"
        ) from error
    copy_note.add(folder, days, now)
    strange = {key for table in TABLES for key in keys[table] if not read_key(key) and not read_closed(key)}
    files = {table: [folder / key for key in proper[table]] for table in TABLES}
    return Copied(files, len(missing), tuple(sorted(strange)), folder)


def prefixes(table: str, days: Days, under: str = "") -> Iterator[str]:
    """Yield the fewest listings that cover those days: the table, whole months, single days."""
    if days == WHOLE:
        yield f"{under}table={table}/"
        return
    day = days.first
    while day <= days.last:
        month_ends = day.replace(day=calendar.monthrange(day.year, day.month)[1])
        month = f"{under}table={table}/year={day:%Y}/month={day:%m}/"
        if day.day == 1 and month_ends <= days.last:
            yield month
            day = month_ends
        else:
            yield f"{month}day={day:%d}/"
        day += timedelta(1)


def _bucket(outputs: Mapping[str, str]) -> str:
    if OUTPUT not in outputs:
        raise ArchiveError(
            f"a pilha não tem arquivo; implante esta versão do template · the stack has no archive (no output"
            f" {OUTPUT}); deploy this version of the template"
        )
    return outputs[OUTPUT]


def _forget_another(s3: Any, bucket: str, folder: Path) -> None:
    """Empty the folder where its first digest is not the bucket's: it was copied from another one."""
    here = min((one.relative_to(folder).as_posix() for one in (folder / PREFIX).rglob("*.json")), default="")
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=PREFIX).get("Contents", [])
    there = next((str(one["Key"]) for one in listed if is_digest_key(one["Key"])), "")
    if here == there and (not here or _same(s3, bucket, folder, here)):
        return
    shutil.rmtree(folder, ignore_errors=True)


def _same(s3: Any, bucket: str, folder: Path, key: str) -> bool:
    there: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return there == (folder / key).read_bytes()


def _digests(s3: Any, bucket: str, folder: Path) -> list[str]:
    """Return the keys of the digests behind those that are here."""
    newest = _newest({one.relative_to(folder).as_posix() for one in (folder / PREFIX).rglob("*.json")})
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket=bucket, Prefix=PREFIX, **({"StartAfter": newest} if newest else {})
    )
    found = [str(one["Key"]) for page in pages for one in page.get("Contents", [])]
    return [key for key in found if is_digest_key(key)]


def _newest(here: Collection[str]) -> str:
    """Return the last of the hours that follow the first without a gap: a copy may have been broken off."""
    newest = min(here, default="")
    while newest and (after := _hour_after(newest)) in here:
        newest = after
    return newest


def _hour_after(key: str) -> str:
    return digest_key(datetime.strptime(f"{key[-19:-6]}+0000", "%Y-%m-%dT%H%z") + HOUR)


def _keys(s3: Any, bucket: str, table: str, days: Days) -> Iterator[str]:
    """Yield the keys of closed days' objects, and of the small ones of the other days."""
    closed = [key for prefix in prefixes(table, days, CLOSED) for key in _listed(s3, bucket, prefix)]
    yield from closed
    there = {day for _, day in whole_days(closed)}
    for prefix in prefixes(table, days):
        after: str | None = ""
        while after is not None:
            after = yield from _until_closed(_listed(s3, bucket, prefix, after), there)


def _until_closed(keys: Iterable[str], closed: Collection[str]) -> Generator[str, None, str | None]:
    """Yield keys until one is of a closed day; returns what the next listing starts after, None at the end.

    Seven years of small objects that nobody reads are not listed.
    """
    for key in keys:
        parts = read_key(key)
        if parts and parts.day in closed:
            day = parts.day
            while (later := day_after(day)) in closed:
                day = later
            year, month, day_of_month = day.split("-")
            return f"table={parts.table}/year={year}/month={month}/day={day_of_month}0"  # behind its slash
        yield key
    return None


def _listed(s3: Any, bucket: str, prefix: str, after: str = "") -> Iterator[str]:
    pages = s3.get_paginator("list_objects_v2")
    for page in pages.paginate(Bucket=bucket, Prefix=prefix, **({"StartAfter": after} if after else {})):
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
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=UNFINISHED, delete=False) as scratch:
        scratch.write(packed)
    Path(scratch.name).replace(target)


def _check(key: str, packed: bytes) -> None:
    if is_digest_key(key):
        return  # its signature says what it is worth
    found = read_key(key) or read_closed(key)
    try:
        told = hashlib.sha256(gzip.decompress(packed)).hexdigest()
    except (OSError, EOFError, zlib.error):
        told = "no gzip"
    if found is None or told != found.sha256:
        raise ArchiveError(
            f"{key} não é o que o seu nome diz; não use este arquivo antes de ver o que mudou"
            f" · is not what its name says (its content: {told}); do not use this archive before"
            " you have seen"
            " what changed: pregao audit verify"
        )
