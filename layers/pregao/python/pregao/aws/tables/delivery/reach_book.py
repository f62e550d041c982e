"""How far operators are with an alert: what deliver, the sockets and fallback have written of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pregao.aws.tables.batches import read_many
from pregao.aws.tables.delivery.delivery_book import reached_of, to_key
from pregao.aws.tables.delivery.devices import silence_key
from pregao.aws.tables.state import TO

if TYPE_CHECKING:
    from pregao.domain.delivery.operators import Reached


class ReachBook:
    """flow.ports.desk.ReachBook over DynamoDB."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def reached(self, alert_id: str, operators: Sequence[str]) -> Mapping[str, Reached]:
        """Return what is known of each; see flow.ports.desk."""
        rows = read_many(self._client, self._table, [to_key(alert_id, one) for one in operators])
        return {row["sk"].removeprefix(TO): reached_of(row) for row in rows}

    def silent(self, operators: Sequence[str]) -> Mapping[str, float]:
        """Return until when phones are silent; see flow.ports.desk."""
        keys = {silence_key(one)["pk"]: one for one in operators}
        rows = read_many(self._client, self._table, [silence_key(one) for one in operators])
        return {keys[row["pk"]]: float(row["until"]) for row in rows}
