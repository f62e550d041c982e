"""What came of a feed, noted beside the judgement of a post: no alert waits for it."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass

from aws_lambda_powertools import Logger

from pregao.domain.feeds.feed import Mark
from pregao.domain.market.candle import Candle
from pregao.flow.ports.feeds import FeedBook
from pregao.wire.candle_batch_v1 import CandleBatchV1

LIVE_S = 86_400
"""A post whose newest candle closed longer ago is a replay or deep history, no sign of a living feed."""

logger = Logger(service="detect", child=True)


@dataclass(frozen=True, slots=True)
class Marking:
    """Notes accepted posts in a thread of its own."""

    book: FeedBook
    pool: Executor

    @contextmanager
    def beside(self, batch: CandleBatchV1, instrument: str, contract: str, now: float) -> Iterator[None]:
        """Note a post while the block runs, and wait for that at its end: Lambda sleeps once it has answered.

        A note that fails is logged and no fault of the post; the next candle is noted again.
        """
        mark = _mark(batch, instrument, contract, now)
        noted = self.pool.submit(self.book.mark, mark)
        try:
            yield
        finally:
            _wait(noted)


def _wait(noted: Future[None]) -> None:
    try:
        noted.result()
    except Exception:
        logger.exception("the feed was not marked")


def _is_past(batch: CandleBatchV1, now: float) -> bool:
    return now - (batch.candles.time[-1] + batch.timeframe_s) > LIVE_S


def _mark(batch: CandleBatchV1, instrument: str, contract: str, now: float) -> Mark:
    times, first = batch.candles.time, batch.new_from
    return Mark(
        instrument=instrument,
        timeframe=batch.timeframe,
        symbol=batch.symbol,
        contract=contract,
        bridge_id=batch.bridge_id,
        newest=times[-1],
        before=times[first - 1] if first else None,
        received_at=now,
        historical=batch.historical,
        past=_is_past(batch, now),
        candles=[candle_of(batch, row) for row in range(first, len(times))],
    )


def candle_of(batch: CandleBatchV1, row: int) -> Candle:
    """Return one candle of a batch."""
    columns = batch.candles
    return Candle(
        columns.time[row],
        columns.open[row],
        columns.high[row],
        columns.low[row],
        columns.close[row],
        columns.tick_volume[row],
        columns.real_volume[row],
    )
