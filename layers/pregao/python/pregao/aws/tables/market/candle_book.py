"""The candles that were judged, by instrument and timeframe, for the charts and the calibrations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

from pregao.aws.tables.batches import write_many
from pregao.aws.tables.dynamo import from_item, to_item
from pregao.domain.market.candle import Candle
from pregao.flow.ports.desk import KeptCandle, Series

if TYPE_CHECKING:
    from pregao.aws.tables.dynamo import Item

KEPT_S = 200 * 86_400
"""As far back as a calibration looks; what an alert was derived from stands in its audit record for good."""
COLUMNS = tuple(field.name for field in fields(Candle))


def partition(instrument: str, timeframe: str) -> str:
    """Return the partition of an instrument's candles: one row through all its contracts."""
    return f"{instrument}#{timeframe}"


class CandleBook:
    """flow.ports.desk.CandleBook over DynamoDB."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def keep(self, series: Series, candles: Sequence[Candle], now: float) -> None:
        """Keep candles; see flow.ports.desk."""
        always = {
            "pk": partition(series.instrument, series.timeframe),
            "contract": series.contract,
            "history": None if series.judged else True,
            "ttl": int(now + KEPT_S),
        }
        rows = [{**always, "sk": one.time, **asdict(one)} for one in candles]
        write_many(self._client, self._table, rows)

    def before(self, instrument: str, timeframe: str, until: int, limit: int) -> list[Candle]:
        """Return the last candles that opened before a moment; see flow.ports.desk."""
        newest_first = self._query(
            instrument, timeframe, "sk < :until", {":until": until}, limit, forward=False
        )
        return newest_first[::-1]

    def since(self, instrument: str, timeframe: str, start: int, limit: int) -> list[Candle]:
        """Return the first candles that opened from a moment on; see flow.ports.desk."""
        return self._query(instrument, timeframe, "sk >= :start", {":start": start}, limit, forward=True)

    def kept(self, instrument: str, timeframe: str, start: int, limit: int) -> list[KeptCandle]:
        """Return the first candles from a moment on, and how they came; see flow.ports.desk."""
        items = self._items(instrument, timeframe, "sk >= :start", {":start": start}, limit, forward=True)
        rows = map(from_item, items)
        return [KeptCandle(_candle(row), row["ttl"] - KEPT_S, not row.get("history")) for row in rows]

    def _query(
        self,
        instrument: str,
        timeframe: str,
        when: str,
        values: dict[str, int],
        limit: int,
        *,
        forward: bool,
    ) -> list[Candle]:
        return [
            read_candle(item)
            for item in self._items(instrument, timeframe, when, values, limit, forward=forward)
        ]

    def _items(
        self,
        instrument: str,
        timeframe: str,
        when: str,
        values: dict[str, int],
        limit: int,
        *,
        forward: bool,
    ) -> list[Item]:
        found = self._client.query(
            TableName=self._table,
            KeyConditionExpression=f"pk = :pk AND {when}",
            ExpressionAttributeValues=to_item({":pk": partition(instrument, timeframe), **values}),
            ScanIndexForward=forward,
            Limit=limit,
        )
        return list(found["Items"])


def read_candle(item: Item) -> Candle:
    """Return the candle of an item of the table."""
    return _candle(from_item(item))


def _candle(row: Mapping[str, Any]) -> Candle:
    return Candle(**{name: row[name] for name in COLUMNS})
