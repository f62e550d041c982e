"""The bulletins of thirty days in the state table: BULLETIN#WINZ26, one item a trade date."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pregao.aws.tables.dynamo import from_item, to_item
from pregao.flow.ports.refusals import Contended
from pregao.wire.bulletin.contract_v1 import dump_bulletin, load_bulletin

if TYPE_CHECKING:
    from pregao.domain.market.bulletin import Bulletin

KEPT_S = 30 * 86_400


class BulletinBook:
    """flow.bulletin.BulletinBook over DynamoDB."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def between(self, contract: str, first: date, last: date) -> list[Bulletin]:
        """Return a contract's bulletins, see flow.bulletin; what was stored a moment ago may be missing."""
        found = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues=to_item(
                {":pk": _pk(contract), ":first": first.isoformat(), ":last": last.isoformat()}
            ),
        )
        return [load_bulletin(from_item(item)) for item in found["Items"]]

    def keep(self, bulletin: Bulletin, instead_of: Bulletin | None) -> None:
        """Store a bulletin, see flow.bulletin."""
        item = {
            "pk": _pk(bulletin.contract),
            "sk": bulletin.trade_date.isoformat(),
            **dump_bulletin(bulletin),
            "ttl": int(bulletin.received_at + KEPT_S),
        }
        try:
            self._client.put_item(TableName=self._table, Item=to_item(item), **_still(instead_of))
        except ClientError as error:
            if error.response["Error"]["Code"] == "ConditionalCheckFailedException":
                raise Contended from error
            raise


def _pk(contract: str) -> str:
    return f"BULLETIN#{contract}"


def _still(instead_of: Bulletin | None) -> Mapping[str, Any]:
    if instead_of is None:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    then = to_item({":then": instead_of.received_at})
    return {"ConditionExpression": "received_at = :then", "ExpressionAttributeValues": then}
