"""Open WebSockets in the connections table, and API Gateway's way back to them.

A socket is a row of one list, read whole by what is told to many (candles, prices, notices). What concerns
some operators is told by their items, of which each holds its operator's subscribed screens and mutes: whom
an alert concerns is known before anything is read. The list is written first and is what knows a socket; an
item that still names a closed one costs a frame, and that frame takes it out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import cached_property, partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, ReadTimeoutError

from pregao.aws.tables.batches import READ, read_many
from pregao.aws.tables.delivery.screen_items import (
    BEFORE,
    LIST,
    LONGEST_LIFE_S,
    interest_of,
    listed_screen,
    mute_name,
    mute_of_before,
    mutes_of,
    operator_key,
    outlived,
    screen_name,
    screens_of,
    socket_key,
    wish,
)
from pregao.aws.tables.dynamo import Item, from_item, to_item
from pregao.domain.delivery.operators import Interest, Screen, Status
from pregao.flow.ports.screens import Present

if TYPE_CHECKING:
    from concurrent.futures import Executor

    from pregao.domain.delivery.mute import Mute

SILENT_AFTER_S = 2.0
"""After so long without an answer (seconds) a screen counts as hanging."""
SILENT_S = 30.0
"""A hanging screen gets no post for so long (seconds), so the next alerts of the batch do not wait for it."""
BEFORE_AGAIN_S = 60.0
"""Where no socket of before was found, they are looked for again after so long (seconds)."""
_KNOWN = 10_000
"""Sockets of which one process remembers the operator."""


class Screens:
    """flow.ports.delivery.Screens over DynamoDB and the API Gateway management API.

    `clock` gives seconds from anywhere: for how long a screen has not answered, when sockets of before were
    looked for. With a `pool` its readings run side by side.
    """

    def __init__(
        self,
        dynamo: Any,
        gateway: Any,
        table: str,
        clock: Callable[[], float] = time.monotonic,
        pool: Executor | None = None,
    ) -> None:
        self._dynamo = dynamo
        self._gateway = gateway
        self._table = table
        self._clock = clock
        self._pool = pool
        self._unanswered: dict[str, float] = {}  # since when, by socket
        self._none_before: float | None = None  # when the old partition was found empty
        self._whose: dict[str, str] = {}  # operator by socket, as last read

    def everyone(self) -> list[Screen]:
        """Return every subscribed screen; see flow.ports."""
        found = self._side_by_side([self._before, self._listed])
        return [one for part in found for one in part.screens]

    def present(self, operators: Collection[str]) -> Present:
        """Return some operators' screens and mutes; see flow.ports."""
        names = sorted(operators)
        parts: list[Callable[[], Present]] = [self._before] if names else []
        parts += [partial(self._of, names[start : start + READ]) for start in range(0, len(names), READ)]
        found = self._side_by_side(parts)
        return Present(
            [one for part in found for one in part.screens if one.operator in operators],
            [one for part in found for one in part.mutes if one.operator in operators],
        )

    def mute(self, mute: Mute) -> None:
        """Keep a mute; see flow.ports."""
        self._note(mute.operator, {mute_name(mute): mute.until}, mute.until + LONGEST_LIFE_S)

    def unmute(self, mute: Mute) -> None:
        """Forget a mute; see flow.ports."""
        self._forget(mute.operator, [mute_name(mute)])
        of_before = f"MUTE#{mute.operator}#{mute.of}#{mute.name}"
        self._dynamo.delete_item(TableName=self._table, Key=to_item(socket_key(of_before, BEFORE)))

    def _side_by_side(self, parts: Sequence[Callable[[], Present]]) -> list[Present]:
        if self._pool is None:
            return [part() for part in parts]
        others = [self._pool.submit(part) for part in parts[:-1]]
        return [*(part() for part in parts[-1:]), *(one.result() for one in others)]

    def _listed(self) -> Present:
        screens = map(listed_screen, self._rows(LIST))
        return Present([one for one in screens if one], [])

    def _of(self, operators: Sequence[str]) -> Present:
        """Read the items of operators; raises Contended where the table is too busy."""
        keys = {one: operator_key(one) for one in operators}
        names = {key["pk"]: one for one, key in keys.items()}
        found = Present([], [])
        for item in read_many(self._dynamo, self._table, [*keys.values()], ConsistentRead=True):
            found.screens.extend(screens_of(names[item["pk"]], item))
            found.mutes.extend(mutes_of(names[item["pk"]], item))
        self._remember(found.screens)
        return found

    def _before(self) -> Present:
        """Read sockets and mutes that were kept in the old form, unless there were none a moment ago."""
        now = self._clock()
        if self._none_before is not None and now - self._none_before < BEFORE_AGAIN_S:
            return Present([], [])
        rows = self._rows(BEFORE)
        self._none_before = None if rows else now
        screens, mutes = map(listed_screen, rows), map(mute_of_before, rows)
        return Present([one for one in screens if one], [one for one in mutes if one])

    def _remember(self, screens: Sequence[Screen]) -> None:
        if len(self._whose) > _KNOWN:
            self._whose.clear()
        self._whose |= {one.connection_id: one.operator for one in screens}

    @cached_property
    def _query(self) -> Any:
        return self._dynamo.get_paginator("query")  # makes a class each time

    def _rows(self, partition: str) -> list[Item]:
        pages = self._query.paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_item({":pk": partition}),
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
        for partition in (LIST, BEFORE):
            key = to_item(socket_key(connection_id, partition))
            found = self._dynamo.get_item(TableName=self._table, Key=key, ConsistentRead=True)
            if row := from_item(found.get("Item", {})):
                return interest_of(row)
        return None

    def opened(self, connection_id: str, operator: str, now: float) -> None:
        """Remember a socket; see flow.ports."""
        of = {"operator": operator, "opened_at": now, "ttl": int(now + LONGEST_LIFE_S)}
        self._dynamo.put_item(TableName=self._table, Item=to_item(socket_key(connection_id) | of))

    def subscribe(self, connection_id: str, interest: Interest) -> list[Mute] | None:
        """Record what a socket wants; see flow.ports.

        First in its row, whose being there says that the socket is open, then in its operator's item; what
        cannot be open any more is taken out of that.
        """
        row = self._change(connection_id, wish(interest), "ALL_NEW")
        if row is None:
            return None
        operator, opened_at = row["operator"], float(row["opened_at"])
        before = [one for one in self._before().mutes if one.operator == operator]
        if row["pk"] == BEFORE:
            return before
        screen = {screen_name(connection_id): wish(interest) | {"opened_at": opened_at}}
        # A screen that opened later than this one outlives it by no more than a life of its own.
        item = self._note(operator, screen, opened_at + 2 * LONGEST_LIFE_S)
        if old := outlived(item, opened_at):
            self._forget(operator, old)
        return [*mutes_of(operator, item), *before]

    def follow(
        self, connection_id: str, instruments: Sequence[str], now: float, until: float
    ) -> frozenset[str] | None:
        """Record whose prices a socket is told; see flow.ports."""
        follows = {"follows": list(instruments), "follows_until": until}
        before = self._change(connection_id, follows, "ALL_OLD")
        if before is None:
            return None
        return frozenset(before.get("follows", ())) if now < before.get("follows_until", 0.0) else frozenset()

    def _change(self, connection_id: str, values: Mapping[str, Any], returned: str) -> Item | None:
        """Change a socket's row; returns it as `returned` says, None where there is no row."""
        for partition in (LIST, BEFORE):
            try:
                changed = self._dynamo.update_item(
                    TableName=self._table,
                    Key=to_item(socket_key(connection_id, partition)),
                    UpdateExpression="SET " + ", ".join(f"{name} = :{name}" for name in values),
                    ConditionExpression="attribute_exists(pk)",
                    ExpressionAttributeValues=to_item({f":{name}": one for name, one in values.items()}),
                    ReturnValues=returned,
                )
            except self._dynamo.exceptions.ConditionalCheckFailedException:
                continue  # of before, or closed while its frame was on the way
            return from_item(changed.get("Attributes", {}))
        return None

    def _note(self, operator: str, values: Mapping[str, Any], until: float) -> Item:
        """Set attributes of an operator's item, kept until then at least; returns the item."""
        names = {f"#{n}": name for n, name in enumerate(values)}
        changed = self._dynamo.update_item(
            TableName=self._table,
            Key=to_item(operator_key(operator)),
            UpdateExpression="SET #ttl = :ttl, " + ", ".join(f"#{n} = :{n}" for n in range(len(values))),
            ExpressionAttributeNames={"#ttl": "ttl", **names},
            ExpressionAttributeValues=to_item(
                {":ttl": int(until)} | {f":{n}": one for n, one in enumerate(values.values())}
            ),
            ReturnValues="ALL_NEW",
        )
        return from_item(changed.get("Attributes", {}))

    def _forget(self, operator: str, names: Sequence[str]) -> None:
        """Take attributes out of an operator's item; one that is not there stays away."""
        with suppress(self._dynamo.exceptions.ConditionalCheckFailedException):
            self._dynamo.update_item(
                TableName=self._table,
                Key=to_item(operator_key(operator)),
                UpdateExpression="REMOVE " + ", ".join(f"#{n}" for n in range(len(names))),
                ConditionExpression="attribute_exists(pk)",
                ExpressionAttributeNames={f"#{n}": name for n, name in enumerate(names)},
            )

    def closed(self, connection_id: str) -> None:
        """Forget a socket; see flow.ports.

        Whose it was tells its row or, where that is gone already, the reading that led to it.
        """
        operator = self._delete(connection_id, LIST) or self._whose.get(connection_id)
        if operator:
            self._forget(operator, [screen_name(connection_id)])
        else:
            self._delete(connection_id, BEFORE)

    def _delete(self, connection_id: str, partition: str) -> str | None:
        """Delete a socket's row; returns whose it was, None where there was none."""
        deleted = self._dynamo.delete_item(
            TableName=self._table,
            Key=to_item(socket_key(connection_id, partition)),
            ReturnValues="ALL_OLD",
        )
        return from_item(deleted.get("Attributes", {})).get("operator")

    def _prune(self, connection_id: str) -> None:
        try:
            self.closed(connection_id)
        except (ClientError, BotoCoreError):
            return  # the next frame finds it gone again; the other screens wait for theirs


def _is_gone(error: ClientError) -> bool:
    """By status or by name: the name comes in a header that a proxy or an emulator may leave out."""
    status: object = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return status == HTTPStatus.GONE or str(error.response["Error"]["Code"]) == "GoneException"
