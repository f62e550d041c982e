"""The candles that were judged, by instrument and timeframe, for the charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

from pregao.aws.dynamo import Item, from_item, put, to_item
from pregao.domain.alert import Candle
from pregao.flow.ticker import Series

KEPT_S = 120 * 86_400
"""Four months of charts; what an alert was derived from stands in its audit record for good."""
COLUMNS = tuple(field.name for field in fields(Candle))


def partition(instrument: str, timeframe: str) -> str:
    """Return the partition of an instrument's candles: one row through all its contracts."""
    return f"{instrument}#{timeframe}"


class CandleBook:
    """flow.desk_ports.CandleBook over DynamoDB."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def actions(
        self, instrument: str, timeframe: str, contract: str, candles: Sequence[Candle], now: float
    ) -> list[Item]:
        """Return the actions that keep these candles; the same again changes nothing."""
        pk, ttl = partition(instrument, timeframe), int(now + KEPT_S)
        rows = (
            {"pk": pk, "sk": one.time, "contract": contract, "ttl": ttl, **asdict(one)} for one in candles
        )
        return [put(self._table, row, unless=None) for row in rows]

    def before(self, instrument: str, timeframe: str, until: int, limit: int) -> list[Candle]:
        """Return the last candles that opened before a moment; see flow.desk_ports."""
        newest_first = self._query(
            instrument, timeframe, "sk < :until", {":until": until}, limit, forward=False
        )
        return newest_first[::-1]

    def since(self, instrument: str, timeframe: str, start: int, limit: int) -> list[Candle]:
        """Return the first candles that opened from a moment on; see flow.desk_ports."""
        return self._query(instrument, timeframe, "sk >= :start", {":start": start}, limit, forward=True)

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
        found = self._client.query(
            TableName=self._table,
            KeyConditionExpression=f"pk = :pk AND {when}",
            ExpressionAttributeValues=to_item({":pk": partition(instrument, timeframe), **values}),
            ScanIndexForward=forward,
            Limit=limit,
        )
        return [read_candle(item) for item in found["Items"]]


def read_series(item: Item) -> tuple[Series, Candle]:
    """Return the candle of an item as the table's stream gives it, and whose it is."""
    instrument, timeframe = item["pk"]["S"].split("#")
    return Series(instrument, item["contract"]["S"], timeframe), read_candle(item)


def read_candle(item: Item) -> Candle:
    """Return the candle of an item of the table."""
    row = from_item(item)
    return Candle(**{name: row[name] for name in COLUMNS})
