"""How far operators are with an alert: what deliver, the sockets and fallback have written of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pregao.aws.tables.delivery_book import reached_of, to_key
from pregao.aws.tables.dynamo import from_item, to_item
from pregao.aws.tables.state import TO

if TYPE_CHECKING:
    from pregao.domain.delivery.operators import Reached

AT_ONCE = 100
"""Keys in one BatchGetItem."""


class ReachBook:
    """flow.ports.desk.ReachBook over DynamoDB."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def reached(self, alert_id: str, operators: Sequence[str]) -> Mapping[str, Reached]:
        """Return what is known of each; see flow.ports.desk."""
        found: dict[str, Reached] = {}
        for start in range(0, len(operators), AT_ONCE):
            keys = [to_item(to_key(alert_id, one)) for one in operators[start : start + AT_ONCE]]
            answer = self._client.batch_get_item(RequestItems={self._table: {"Keys": keys}})
            rows = map(from_item, answer["Responses"].get(self._table, []))
            found |= {row["sk"].removeprefix(TO): reached_of(row) for row in rows}
        return found
