"""Many items in one call. What DynamoDB leaves of a batch undone, it names, and is asked for again."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING, Any

from pregao.aws.tables.dynamo import from_item, to_item
from pregao.flow.ports.refusals import Contended

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pregao.aws.tables.dynamo import Item

READ, WRITTEN = 100, 25
"""Keys of one BatchGetItem, items of one BatchWriteItem."""
TRIES = 4
LONGEST_PAUSE_S = 0.1
"""DynamoDB leaves something undone where a partition is too busy, which at once it still is."""


def read_many(client: Any, table: str, keys: Sequence[Item], **more: Any) -> Iterator[dict[str, Any]]:
    """Yield the items of those keys that are there, in no order; `more` goes into each request.

    All or none is told: raises Contended where the table is too busy.
    """
    for start in range(0, len(keys), READ):
        wanted: Item = {"Keys": [to_item(one) for one in keys[start : start + READ]], **more}
        found: list[dict[str, Any]] = []
        for attempt in range(TRIES):
            _wait(attempt)
            answer = client.batch_get_item(RequestItems={table: wanted})
            found += map(from_item, answer["Responses"].get(table, ()))
            wanted = answer.get("UnprocessedKeys", {}).get(table, {})
            if not wanted:
                break
        else:
            raise Contended(f"{table}: not every item could be read")
        yield from found


def write_many(client: Any, table: str, items: Sequence[Item]) -> None:
    """Put items; raises Contended where the table is too busy, with some of them written."""
    for start in range(0, len(items), WRITTEN):
        puts = [{"PutRequest": {"Item": to_item(one)}} for one in items[start : start + WRITTEN]]
        for attempt in range(TRIES):
            _wait(attempt)
            answer = client.batch_write_item(RequestItems={table: puts})
            puts = answer.get("UnprocessedItems", {}).get(table, [])
            if not puts:
                break
        else:
            raise Contended(f"{table}: not every item could be written")


def _wait(attempt: int) -> None:
    if attempt:
        time.sleep(random.uniform(0, LONGEST_PAUSE_S))  # noqa: S311 jitter, no cryptography
