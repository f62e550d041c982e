"""Operators' devices for notifications, in the state table: PUSH#operator / the hash of the address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pregao.aws.tables.dynamo import from_item, to_item
from pregao.domain.delivery.push import AT_MOST, Device

if TYPE_CHECKING:
    from pregao.aws.tables.dynamo import Item

KEPT_S = 86_400
"""A silence that is over may be deleted after so long."""
KEY = {"pk": "PUSH", "sk": "KEY"}
"""The public key of push, which the page asks for."""


class Devices:
    """flow.ports.phone.Devices over DynamoDB."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def of(self, operator: str) -> list[Device]:
        """Return an operator's devices; see flow.ports.phone."""
        found = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_item({":pk": f"PUSH#{operator}"}),
            ConsistentRead=True,
        )
        return sorted(map(_device, map(from_item, found["Items"])), key=lambda one: one.since)

    def add(self, operator: str, device: Device) -> None:
        """Keep a device; see flow.ports.phone."""
        kept = {
            **_key(operator, device.key),
            "endpoint": device.endpoint,
            "p256dh": device.p256dh,
            "auth": device.auth,
            "label": device.label,
            "since": device.since,
        }
        self._client.put_item(TableName=self._table, Item=to_item(kept))
        for old in self.of(operator)[:-AT_MOST]:
            self.remove(operator, old.key)

    def remove(self, operator: str, key: str) -> None:
        """Forget a device; see flow.ports.phone."""
        self._client.delete_item(TableName=self._table, Key=to_item(_key(operator, key)))

    def silent_until(self, operator: str) -> float | None:
        """Return until when their phone is silent; see flow.ports.phone."""
        found = self._client.get_item(TableName=self._table, Key=to_item(silence_key(operator)))
        until = from_item(found.get("Item", {})).get("until")
        return None if until is None else float(until)

    def silence(self, operator: str, until: float | None) -> None:
        """Keep their phone silent; see flow.ports.phone."""
        over = 0.0 if until is None else until
        kept = {**silence_key(operator), "until": over, "ttl": int(over + KEPT_S)}
        self._client.put_item(TableName=self._table, Item=to_item(kept))

    def public_key(self) -> str | None:
        """Return the key that a browser subscribes with; see flow.ports.phone."""
        found = self._client.get_item(TableName=self._table, Key=to_item(KEY))
        key = from_item(found.get("Item", {})).get("public")
        return str(key) if key else None

    def publish(self, public_key: str) -> None:
        """Keep the key that browsers subscribe with, for `pregao channel keys`."""
        self._client.put_item(TableName=self._table, Item=to_item({**KEY, "public": public_key}))


def silence_key(operator: str) -> dict[str, str]:
    """Return the key of an operator's silence."""
    return {"pk": f"SILENT#{operator}", "sk": "PHONE"}


def _key(operator: str, key: str) -> dict[str, str]:
    return {"pk": f"PUSH#{operator}", "sk": key}


def _device(item: Item) -> Device:
    return Device(item["endpoint"], item["p256dh"], item["auth"], item["label"], float(item["since"]))
