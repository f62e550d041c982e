"""Calibrations in the state table: CALIBRATION#WIN#M5, one item a session, for 400 days.

Their scores stand beside them too, those of all feeds together, for who reads no calibration.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from pregao.aws.tables.dynamo import Cancelled, from_item, put, to_item, transact
from pregao.aws.tables.market.scores_book import scores_key
from pregao.wire.calibration_v1 import pack_calibration, unpack_calibration
from pregao.wire.scores_v1 import pack_scores

if TYPE_CHECKING:
    from pregao.domain.calibration.live import Calibration
    from pregao.wire.calibration_v1 import Grid

KEPT_S = 400 * 86_400


class CalibrationBook:
    """flow.ports.calibration.CalibrationBook over DynamoDB."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def newest(self, grid: Grid, first: date, last: date) -> Calibration | None:
        """Return the newest of some sessions; see flow.ports.calibration. Raises ValueError."""
        found = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues=to_item(
                {":pk": _pk(grid), ":first": first.isoformat(), ":last": last.isoformat()}
            ),
            ScanIndexForward=False,
            Limit=1,
        )
        if not found["Items"]:
            return None
        item = from_item(found["Items"][0])
        known = unpack_calibration(item.get("calibration", ""), grid)
        if known.session.isoformat() != item["sk"]:
            raise ValueError(f"kept as of {item['sk']} is the calibration of {known.session}")
        return known

    def keep(self, grid: Grid, known: Calibration, now: float) -> bool:
        """Keep the calibration of a session; see flow.ports.calibration."""
        item = {
            "pk": _pk(grid),
            "sk": known.session.isoformat(),
            "calibration": pack_calibration(known, grid),
            "made_at": now,
            "ttl": int(now + KEPT_S),
        }
        scores = {
            **scores_key(grid.instrument, grid.timeframe, known.session),
            "scores": pack_scores(known.scores),
            "ttl": item["ttl"],
        }
        try:
            transact(self._client, [put(self._table, item), put(self._table, scores, unless=None)])
        except Cancelled:
            return False
        return True


def _pk(grid: Grid) -> str:
    return f"CALIBRATION#{grid.instrument}#{grid.timeframe}"
