"""Records what came of a feed, in parallel with the judgement of a post: no alert waits for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pregao.domain.feeds.feed import Mark
from pregao.domain.market.candle import Candle
from pregao.wire.signed_request import ForeignBridge

if TYPE_CHECKING:
    from pregao.domain.alerts.price_level import Marked, Reached
    from pregao.flow.ports.feeds import FeedBook
    from pregao.wire.candle_batch_v1 import CandleBatchV1

LIVE_S = 86_400
"""A post whose newest candle closed longer ago is a replay or deep history, no sign of a living feed."""


@dataclass(frozen=True, slots=True)
class FeedActivityRecorder:
    """Records accepted posts in a thread of its own; `failed` hears of what could not be written."""

    book: FeedBook
    pool: Executor
    failed: Callable[[BaseException], None]

    @contextmanager
    def beside(self, mark: Mark, confirm: Callable[[], None]) -> Iterator[Callable[[], Marked]]:
        """Record a post while the block runs and wait for it at the end: Lambda freezes an answered call.

        The block is given what waits for the record and returns the feed's price levels, or raises what kept
        them from being known. Nothing is recorded where `confirm` raises.
        """
        recorded = self.pool.submit(self._record, mark, confirm)
        try:
            yield recorded.result
        finally:
            error = recorded.exception()
            if error is not None and not isinstance(error, ForeignBridge):
                self.failed(error)

    def rang(self, one: Reached) -> None:
        """Note that a level rang; where that fails its token keeps it from ringing again."""
        try:
            self.book.rang(one)
        except Exception as error:  # noqa: BLE001 the alert is on its way
            self.failed(error)

    def _record(self, mark: Mark, confirm: Callable[[], None]) -> Marked:
        confirm()
        return self.book.mark(mark)


def mark_of(batch: CandleBatchV1, instrument: str, contract: str, now: float) -> Mark:
    """Return what a post says of its feed at `now` (epoch seconds)."""
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
        past=batch.keep_only or now - (times[-1] + batch.timeframe_s) > LIVE_S,
        candles=[candle_of(batch, row) for row in range(first, len(times))],
        judged=not batch.keep_only,
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
