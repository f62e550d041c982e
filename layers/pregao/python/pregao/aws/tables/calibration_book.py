"""Calibrations in the state table: CALIBRATION#WIN#M5, one item a session, for 400 days."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pregao.aws.tables.dynamo import from_item, to_item
from pregao.wire.calibration_v1 import Grid, pack_calibration, unpack_calibration

if TYPE_CHECKING:
    from pregao.domain.calibration.live import Calibration

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
        try:
            self._client.put_item(
                TableName=self._table, Item=to_item(item), ConditionExpression="attribute_not_exists(pk)"
            )
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                return False
            raise
        return True


def _pk(grid: Grid) -> str:
    return f"CALIBRATION#{grid.instrument}#{grid.timeframe}"
