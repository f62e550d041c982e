"""CandleBatch v1, the body of POST /candles: a window of closed candles, the new ones marked."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pregao.domain.market.timeframe import TIMEFRAMES, Timeframe
from pregao.wire.describe import describe

MAX_BODY_BYTES = 256 * 1024

Price = Annotated[float, Field(allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, lt=2**63)]
Name = Annotated[str, Field(min_length=1, max_length=32)]


class Fault(StrEnum):
    """What kind of fault a batch is refused for, the first where it has several."""

    TOO_LARGE = "too_large"
    NOT_JSON = "not_json"
    SCHEMA = "schema"
    COLUMNS = "columns"
    WINDOW = "window"
    TIMES = "times"
    PRICES = "prices"
    TIMEFRAME = "timeframe"
    SYMBOL = "symbol"
    CONTRACT = "contract"


class BatchRefused(Exception):
    """The batch is not judged, nothing of it; `fault` is for counting, `reasons` says precisely why."""

    def __init__(self, fault: Fault, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.fault = fault
        self.reasons = reasons


class Columns(BaseModel):
    """Candles as columns of equal length, oldest first; `time` is the open, epoch seconds UTC."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    time: list[Annotated[int, Field(ge=0, lt=2**40)]]
    open: list[Price]
    high: list[Price]
    low: list[Price]
    close: list[Price]
    tick_volume: list[Count]
    real_volume: list[Count]
    spread: list[Count]


class CandleBatchV1(BaseModel):
    """One post of a bridge; `new_from` is the index of the first candle not posted before."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    version: Literal[1]
    bridge_id: Name
    symbol: Name
    contract: Name | None = None
    timeframe: Timeframe
    utc_offset_s: Annotated[int, Field(ge=-86_400, le=86_400)]
    new_from: Annotated[int, Field(ge=0)]
    historical: bool
    candles: Columns

    @property
    def timeframe_s(self) -> int:
        """Seconds of one candle."""
        return TIMEFRAMES[self.timeframe]


def read_batch(body: str | bytes, *, now: float, warmup: int) -> CandleBatchV1:
    """Read and check a body; raises BatchRefused with every reason.

    `now` is epoch seconds; `warmup` the candles a detector looks back over, its own included.
    """
    raw = body.encode() if isinstance(body, str) else body
    if len(raw) > MAX_BODY_BYTES:
        raise BatchRefused(Fault.TOO_LARGE, [f"body: {len(raw)} bytes; at most {MAX_BODY_BYTES}"])
    try:
        batch = CandleBatchV1.model_validate(json.loads(raw, parse_constant=_no_constant))
    except ValidationError as error:
        raise BatchRefused(Fault.SCHEMA, describe(error)) from error
    except (ValueError, RecursionError) as error:
        raise BatchRefused(Fault.NOT_JSON, [f"body: not JSON: {error}"]) from error
    found = {Fault.COLUMNS: [*_lengths(batch)]}
    if not found[Fault.COLUMNS]:  # the others go by rows
        found[Fault.WINDOW] = [*_window(batch, warmup)]
        found[Fault.TIMES] = [*_times(batch, now)]
        found[Fault.PRICES] = [*_prices(batch)]
    for fault, reasons in found.items():
        if reasons:
            raise BatchRefused(fault, [one for some in found.values() for one in some][:20])
    return batch


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")


def _lengths(batch: CandleBatchV1) -> Iterator[str]:
    columns = batch.candles.model_dump()
    expected = len(batch.candles.time)
    for name, values in columns.items():
        if len(values) != expected:
            yield f"candles.{name}: {len(values)} values, candles.time has {expected}"


def _window(batch: CandleBatchV1, warmup: int) -> Iterator[str]:
    count = len(batch.candles.time)
    if batch.new_from >= count:
        yield f"new_from: {batch.new_from}, but the window holds {count} candles: none is new"
    elif batch.new_from < warmup - 1:
        yield f"new_from: only {batch.new_from} candles before the first new one, {warmup - 1} are needed"


def _times(batch: CandleBatchV1, now: float) -> Iterator[str]:
    times, step = batch.candles.time, batch.timeframe_s
    for index, (earlier, later) in enumerate(pairwise(times), start=1):
        if later <= earlier:
            what = "repeats" if later == earlier else "is earlier than"
            yield f"candles.time[{index}]: {later} {what} the one before; oldest first, each once"
    for index, time in enumerate(times):
        if time % step:
            yield f"candles.time[{index}]: {time} is not on the {batch.timeframe} grid"
    if times and times[-1] + step > now:
        closes = f"closes at {times[-1] + step}, now is {math.floor(now)}"
        yield f"candles.time[{len(times) - 1}]: {closes}: not closed"


def _prices(batch: CandleBatchV1) -> Iterator[str]:
    columns = batch.candles
    rows = zip(columns.open, columns.high, columns.low, columns.close, strict=True)
    for index, (opened, high, low, close) in enumerate(rows):
        if high < low:
            yield f"candles[{index}]: high {high} is below low {low}"
        elif not (low <= opened <= high and low <= close <= high):
            yield f"candles[{index}]: open {opened} or close {close} outside [{low}, {high}]"
