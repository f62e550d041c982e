"""`make deploy-console`: the operators' page into its bucket, in an order that never shows half of it.

A page that is open, or that an edge still holds, asks for the scripts it was built with. So new files come
before the index that names them, and old ones go after no edge holds the old index any more.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError, WaiterError

from local.stack.deployed import deployed
from local.stack.dev_server import TYPES
from local.stack.errors import StackError

ROOT = Path(__file__).resolve().parents[3]
HASHED = re.compile(r"-[A-Z0-9]{8}\.\w+$")
"""How the page's build names a file after its content."""
FOR_EVER = "public, max-age=31536000, immutable"
ASK_EACH_TIME = "no-cache"
INDEX, CONFIG = "index.html", "config.json"
AUDIT, AUDIT_PATH = "compliance.html", "compliance"
"""The compliance page, and where it is found: beside the operators', without an ending."""


def config(outputs: Mapping[str, str]) -> bytes:
    """Return the page's configuration for a stack of template.yaml."""
    said = {"websocket_url": outputs["WebSocketUrl"], "api_url": "/api", "dev_login": False}
    return json.dumps(said).encode()


def files(folder: Path, outputs: Mapping[str, str]) -> dict[str, bytes]:
    """Return what the page consists of by key, in the order of its upload; raises StackError unless built."""
    if not (folder / INDEX).is_file():
        raise StackError("the page is not built; run: make console")
    found = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }
    index, audit = found.pop(INDEX), found.pop(AUDIT, None)
    pages = {INDEX: index} if audit is None else {AUDIT_PATH: audit, INDEX: index}
    return found | {CONFIG: config(outputs)} | pages


def publish(
    clients: Callable[[str], Any], page: Mapping[str, str], contents: Mapping[str, bytes]
) -> list[str]:
    """Put a page's files in place of the last version's; returns the keys that were deleted.

    `page` are the outputs of infra/console.yaml. Dying at any line leaves a whole page, the old or the new.
    """
    s3 = clients("s3")
    before = _keys(s3, page["Bucket"])
    for key, body in contents.items():
        s3.put_object(Bucket=page["Bucket"], Key=key, Body=body, **_headers(key))
    _forget(
        clients("cloudfront"), page["DistributionId"], [one for one in contents if not HASHED.search(one)]
    )
    gone = [key for key in before if key not in contents]
    for key in gone:
        s3.delete_object(Bucket=page["Bucket"], Key=key)
    return gone


def _headers(key: str) -> dict[str, str]:
    kind = TYPES.get(Path(key).suffix or ".html", "application/octet-stream")
    return {"ContentType": kind, "CacheControl": FOR_EVER if HASHED.search(key) else ASK_EACH_TIME}


def _keys(s3: Any, bucket: str) -> list[str]:
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return [one["Key"] for page in pages for one in page.get("Contents", [])]


def _forget(cloudfront: Any, distribution: str, keys: list[str]) -> None:
    """Have every edge drop these, and wait until they have."""
    paths = ["/", *(f"/{key}" for key in keys)]
    batch = {"Paths": {"Quantity": len(paths), "Items": paths}, "CallerReference": str(time.time_ns())}
    asked = cloudfront.create_invalidation(DistributionId=distribution, InvalidationBatch=batch)
    cloudfront.get_waiter("invalidation_completed").wait(
        DistributionId=distribution, Id=asked["Invalidation"]["Id"]
    )


def main() -> int:
    """Publish local/console/dist: the page's stack, then that of template.yaml, by name."""
    try:
        page, stack = (deployed(name, ROOT / ".pregao").outputs for name in sys.argv[1:3])
        gone = publish(boto3.client, page, files(ROOT / "local" / "console" / "dist", stack))
    except (StackError, ClientError, BotoCoreError, WaiterError) as error:
        sys.stderr.write(f"make deploy-console: {error}\n")
        return 2
    sys.stdout.write(f"{page['Url']} is published; {len(gone)} files of before are gone\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
