"""Open WebSockets: one partition of the connections table, and API Gateway's way back to them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, ReadTimeoutError

from pregao.aws.tables.dynamo import Item, from_item, to_item
from pregao.domain.alerts.signal import Severity
from pregao.domain.delivery.mute import Mute
from pregao.domain.delivery.operators import Interest, Screen, Status
from pregao.flow.ports.delivery import Present

PARTITION = "SCREENS"
MUTE = "MUTE"
"""Beside the screens, so that a delivery reads both at once."""
LONGEST_LIFE_S = 2 * 3600 + 600  # API Gateway closes every socket after two hours
SILENT_AFTER_S = 2.0
"""After so long without an answer (seconds) a screen counts as hanging."""
SILENT_S = 30.0
"""A hanging screen gets no post for so long (seconds), so the next alerts of the batch do not wait for it."""


class Screens:
    """flow.ports.delivery.Screens over DynamoDB and the API Gateway management API.

    `clock` gives seconds from anywhere, for how long a screen has not answered.
    """

    def __init__(
        self, dynamo: Any, gateway: Any, table: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._dynamo = dynamo
        self._gateway = gateway
        self._table = table
        self._clock = clock
        self._unanswered: dict[str, float] = {}  # since when, by socket

    def everyone(self) -> list[Screen]:
        """Return every subscribed screen; see flow.ports."""
        return self.present().screens

    def present(self) -> Present:
        """Return screens and mutes; see flow.ports."""
        rows = self._rows("pk = :pk", {":pk": PARTITION})
        screens = [_screen(row) for row in rows if "symbols" in row]
        return Present(screens, [_mute(row) for row in rows if "of" in row])

    def mutes(self, operator: str) -> list[Mute]:
        """Return an operator's mutes; see flow.ports."""
        of = {":pk": PARTITION, ":sk": f"{MUTE}#{operator}#"}
        rows = self._rows("pk = :pk AND begins_with(sk, :sk)", of)
        return [one for one in map(_mute, rows) if one.operator == operator]

    def mute(self, mute: Mute) -> None:
        """Keep a mute; see flow.ports."""
        row = {**_mute_key(mute), "operator": mute.operator, "of": mute.of, "name": mute.name}
        more = {"until": mute.until, "ttl": int(mute.until)}
        self._dynamo.put_item(TableName=self._table, Item=to_item(row | more))

    def unmute(self, mute: Mute) -> None:
        """Forget a mute; see flow.ports."""
        self._dynamo.delete_item(TableName=self._table, Key=to_item(_mute_key(mute)))

    def _rows(self, condition: str, values: Mapping[str, Any]) -> list[Item]:
        pages = self._dynamo.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression=condition,
            ExpressionAttributeValues=to_item(values),
            ConsistentRead=True,
        )
        return [from_item(item) for page in pages for item in page["Items"]]

    def post(self, connection_id: str, frame: bytes) -> Status:
        """Send one frame; see flow.ports. A closed socket is forgotten here, one that hangs left alone."""
        if self._is_silent(connection_id):
            return Status.FAILED
        try:
            self._gateway.post_to_connection(ConnectionId=connection_id, Data=frame)
        except (ConnectTimeoutError, ReadTimeoutError):
            return Status.FAILED
        except ClientError as error:
            self._unanswered.pop(connection_id, None)
            if not _is_gone(error):
                return Status.FAILED
            self._prune(connection_id)
            return Status.GONE
        except BotoCoreError:
            self._unanswered.pop(connection_id, None)
            return Status.FAILED
        self._unanswered.pop(connection_id, None)
        return Status.SENT

    def _is_silent(self, connection_id: str) -> bool:
        """Tell whether an earlier post has found no answer yet; else this one's time begins to run."""
        now = self._clock()
        since = self._unanswered.setdefault(connection_id, now)
        if now - since >= SILENT_AFTER_S + SILENT_S:
            since = self._unanswered[connection_id] = now
        return now - since >= SILENT_AFTER_S

    def interest(self, connection_id: str) -> Interest | None:
        """Return what a socket wants; see flow.ports."""
        found = self._dynamo.get_item(
            TableName=self._table, Key=to_item(_key(connection_id)), ConsistentRead=True
        )
        row = from_item(found.get("Item", {}))
        return _interest(row) if "symbols" in row else None

    def opened(self, connection_id: str, operator: str, now: float) -> None:
        """Remember a socket; see flow.ports."""
        row = {
            **_key(connection_id),
            "operator": operator,
            "opened_at": now,
            "ttl": int(now + LONGEST_LIFE_S),
        }
        self._dynamo.put_item(TableName=self._table, Item=to_item(row))

    def subscribe(self, connection_id: str, interest: Interest) -> bool:
        """Record what a socket wants; see flow.ports."""
        values = {
            ":symbols": list(interest.symbols),
            ":patterns": list(interest.patterns),
            ":severity": interest.min_severity.value,
            ":candles": interest.candles,
        }
        change = "symbols = :symbols, patterns = :patterns, min_severity = :severity, candles = :candles"
        return self._change(connection_id, change, values) is not None

    def follow(
        self, connection_id: str, instruments: Sequence[str], now: float, until: float
    ) -> frozenset[str] | None:
        """Record whose prices a socket is told; see flow.ports."""
        values = {":follows": list(instruments), ":until": until}
        before = self._change(connection_id, "follows = :follows, follows_until = :until", values)
        if before is None:
            return None
        return frozenset(before.get("follows", ())) if now < before.get("follows_until", 0.0) else frozenset()

    def _change(self, connection_id: str, change: str, values: Mapping[str, Any]) -> Item | None:
        """Change a socket's row; returns what it was, None where there is no row."""
        try:
            changed = self._dynamo.update_item(
                TableName=self._table,
                Key=to_item(_key(connection_id)),
                UpdateExpression=f"SET {change}",
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeValues=to_item(values),
                ReturnValues="ALL_OLD",
            )
        except self._dynamo.exceptions.ConditionalCheckFailedException:
            return None  # the socket closed while its frame was on the way
        return from_item(changed.get("Attributes", {}))

    def closed(self, connection_id: str) -> None:
        """Forget a socket; see flow.ports."""
        self._dynamo.delete_item(TableName=self._table, Key=to_item(_key(connection_id)))

    def _prune(self, connection_id: str) -> None:
        try:
            self.closed(connection_id)
        except (ClientError, BotoCoreError):
            return  # the next frame finds it gone again; the other screens wait for theirs


def _is_gone(error: ClientError) -> bool:
    """By status or by name: the name comes in a header that a proxy or an emulator may leave out."""
    status: object = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return status == HTTPStatus.GONE or str(error.response["Error"]["Code"]) == "GoneException"


def _key(connection_id: str) -> dict[str, str]:
    return {"pk": PARTITION, "sk": connection_id}


def _mute_key(mute: Mute) -> dict[str, str]:
    return {"pk": PARTITION, "sk": f"{MUTE}#{mute.operator}#{mute.of}#{mute.name}"}


def _mute(row: Mapping[str, Any]) -> Mute:
    return Mute(row["operator"], row["of"], row["name"], float(row["until"]))


def _screen(row: Mapping[str, Any]) -> Screen:
    follows = tuple(row.get("follows", ()))
    return Screen(row["sk"], row["operator"], _interest(row), follows, float(row.get("follows_until", 0.0)))


def _interest(row: Mapping[str, Any]) -> Interest:
    severity = Severity(row["min_severity"])
    return Interest(tuple(row["symbols"]), tuple(row["patterns"]), severity, row.get("candles", False))
