"""How the feeds were at the minute's last round, in one item of the state table.

HEALTH / FEEDS   at: when (epoch seconds); known: how many feeds were heard of; silent: how many are;
                 told: what is said of each, JSON packed by zlib
"""

from __future__ import annotations

import json
import zlib
from typing import Any

from pregao.aws.tables.dynamo import from_item, to_item
from pregao.domain.feeds.health import FeedsTold

KEY = {"pk": "HEALTH", "sk": "FEEDS"}


class HealthItem:
    """flow.ports.feeds.HealthBook over DynamoDB."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def keep(self, told: FeedsTold) -> None:
        """Keep what is told; see flow.ports.feeds."""
        packed = zlib.compress(json.dumps(told.told, separators=(",", ":")).encode())
        item = {**KEY, "at": told.at, "known": told.known, "silent": told.silent, "told": packed}
        self._client.put_item(TableName=self._table, Item=to_item(item))

    def read(self) -> FeedsTold | None:
        """Return what was kept last; see flow.ports.feeds."""
        found = self._client.get_item(TableName=self._table, Key=to_item(KEY))
        item = from_item(found.get("Item", {}))
        if not item:
            return None
        told = json.loads(zlib.decompress(bytes(item["told"])))
        return FeedsTold(item["at"], item["silent"], told, item["known"])
