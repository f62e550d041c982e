"""The state table's items: their keys, and the index of open ends.

`due_kind` and `due_at` make an item stand in that index: an admitted alert's claim until it is delivered
("delivery"), then until every operator is settled ("settlement"), its place in the feed until it is decided
on ("decision"), and the reminder of a watched alert until it is told ("decision" too). Whoever ends it
removes both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pregao.aws.tables.dynamo import from_item, to_item
from pregao.wire.alert_v1 import dump_alert, load_alert

if TYPE_CHECKING:
    from pregao.aws.tables.dynamo import Item
    from pregao.domain.alerts.alert import Alert
    from pregao.domain.delivery.operators import OpenEnd

FEED_KEPT_S = 30 * 86_400  # what resume can reach back
HELD_BACK = "HELD_BACK"
CURSOR = "CURSOR"
OPEN_ENDS = "open_ends"
NOT_DUE = "REMOVE due_kind, due_at"
DECISION = "DECISION"
"""Sort key, beside an alert's claim, of the decision that stands for the desk."""
OWN_DECISION = "DECISION#"
"""Begins the sort keys, beside an alert's claim, of decisions that stand for one operator."""
HANDED = "HANDED#"
"""Begins the sort keys, beside an alert's claim, of who handed it over. It stands between those two."""
WATCHED = "OBSERVED#"
"""Begins the sort keys, beside an alert's claim, of who watches it. It follows the decisions."""
TO = "TO#"
"""Begins the sort keys, beside an alert's claim, of what is known per operator. It follows WATCHED."""


def claim_key(alert_id: str) -> dict[str, str]:
    """Return the key of an alert's claim."""
    return {"pk": f"ALERT#{alert_id}", "sk": "CLAIM"}


def alert_key(contract: str, seq: int) -> dict[str, str]:
    """Return the key of an admitted alert by contract and number."""
    return {"pk": f"FEED#{contract}", "sk": f"{seq:012d}"}


def cursor_key(contract: str) -> dict[str, str]:
    """Return the key of the number of a contract's last admitted alert."""
    return {"pk": CURSOR, "sk": contract}


def due(end: OpenEnd, at: float) -> dict[str, Any]:
    """Return the attributes by which an item stands in the index of open ends."""
    return {"due_kind": end.value, "due_at": at}


def held_back(alert: Alert, now: float) -> dict[str, Any]:
    """Return the note of an alert that is told in a digest from `now` on."""
    note = {"alert": dump_alert(alert).decode(), "ttl": int(now + FEED_KEPT_S)}
    return {"pk": HELD_BACK, "sk": f"{now:017.6f}#{alert.id}", **note}


def follow(client: Any, table: str, claim: Item) -> Item | None:
    """Return the place in the feed that a claim points to; None for a refused alert or an older one."""
    if "feed_pk" not in claim:
        return None
    key = {"pk": claim["feed_pk"], "sk": claim["feed_sk"]}
    found = client.get_item(TableName=table, Key=to_item(key), ConsistentRead=True)
    return from_item(found["Item"]) if "Item" in found else None


def followed_alert(client: Any, table: str, claim: Item) -> Alert | None:
    """Return the admitted alert a claim points to; None for a refused one or one older than the feed."""
    item = follow(client, table, claim)
    return load_alert(item["alert"]) if item else None
