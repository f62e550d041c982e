"""What alerts of the last sessions scored: SCORES in the state table, an item a session and feed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

from pregao.aws.tables.dynamo import from_item, to_item
from pregao.flow.ports.calibration import KeptScores
from pregao.wire.scores_v1 import unpack_scores

if TYPE_CHECKING:
    from pregao.domain.delivery.attention import SessionScores

SCORES = "SCORES"


def scores_key(instrument: str, timeframe: str, session: date) -> dict[str, str]:
    """Return the key of a feed's scores as of a session."""
    return {"pk": SCORES, "sk": f"{session}#{instrument}#{timeframe}"}


class ScoresBook:
    """flow.ports.calibration.ScoresReader over DynamoDB."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def between(self, first: date, last: date) -> list[KeptScores]:
        """Return the newest scores of every feed; see flow.ports.calibration. Raises ValueError."""
        newest = dict(self._items(first, last))
        return [KeptScores(*feed, unpack_scores(scores)) for feed, scores in newest.items()]

    def every(self, first: date, last: date) -> list[KeptScores]:
        """Return all sessions that were scored, by feed: an item holds those before its own too."""
        found: dict[tuple[str, str], dict[date, SessionScores]] = {}
        for feed, scores in self._items(first, last):
            found.setdefault(feed, {}).update({one.session: one for one in unpack_scores(scores)})
        return [KeptScores(*feed, [some[day] for day in sorted(some)]) for feed, some in found.items()]

    def _items(self, first: date, last: date) -> Iterator[tuple[tuple[str, str], str]]:
        pages = self._client.get_paginator("query").paginate(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues=to_item({":pk": SCORES, ":first": f"{first}", ":last": f"{last}~"}),
        )
        for item in (from_item(one) for page in pages for one in page["Items"]):
            _, instrument, timeframe = item["sk"].split("#")
            yield (instrument, timeframe), item["scores"]
