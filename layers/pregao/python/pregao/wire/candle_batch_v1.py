"""CandleBatch v1, a body of POST /candles: a window of closed candles, the new ones marked.

Batches of several feeds go in one post: see candle_post_v1.py.
"""

from __future__ import annotations

import json
import math
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pregao.domain.market.timeframe import TIMEFRAMES, Timeframe
from pregao.wire.describe import describe, one_line
from pregao.wire.foreign_json import NotJson, read_json

MAX_BODY_BYTES = 256 * 1024
SMALL = 9_000
"""A batch of so many values is below MAX_BODY_BYTES, written as a bridge writes it (25 bytes a value)."""
MOST_REASONS = 20
AHEAD_S = 86_400
"""A candle further ahead (seconds) is at fault itself; a wrong clock differs by hours at most."""

Price = Annotated[float, Field(allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, lt=2**63)]
Name = Annotated[str, Field(min_length=1, max_length=32)]


class Fault(StrEnum):
    """What kind of fault a batch is refused for, the first where it has several."""

    TOO_LARGE = "too_large"
    ENCODING = "encoding"
    NOT_JSON = "not_json"
    SCHEMA = "schema"
    COLUMNS = "columns"
    WINDOW = "window"
    TIMES = "times"
    PRICES = "prices"
    VALUES = "values"
    TIMEFRAME = "timeframe"
    SYMBOL = "symbol"
    CONTRACT = "contract"


@dataclass(frozen=True, slots=True)
class FaultyCandle:
    """A candle that cannot be: its row in the posted window, its open as posted (None: no whole number)."""

    index: int
    time: int | None
    reason: str


class BatchRefused(Exception):
    """The batch is not judged, nothing of it; `fault` is for counting, `reasons` says precisely why.

    `candles` are the candles at fault, all of them, where the window's rows could be told apart. Without them
    the rest of the batch may be posted again; what lies elsewhere has no `candles`.
    """

    status = 400
    event = "batch refused"
    """What the log calls it."""

    def __init__(self, fault: Fault, reasons: list[str], candles: Sequence[FaultyCandle] = ()) -> None:
        super().__init__("; ".join(reasons))
        self.fault = fault
        self.reasons = reasons
        self.candles = candles

    @property
    def logged(self) -> dict[str, Any]:
        """Return what our log says of it."""
        return {"reasons": self.reasons}

    def answer(self) -> dict[str, Any]:
        """Return what the bridge hears; `candles` only where single ones are at fault."""
        said = {"error": "batch refused", "fault": self.fault.value, "reasons": self.reasons}
        return said | ({"candles": [asdict(one) for one in self.candles]} if self.candles else {})


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
    """One post of a bridge; `new_from` is the index of the first candle not posted before.

    A `keep_only` one is history from before the bridge's first start: kept and not judged, so it needs no
    warm-up before its new candles.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    version: Literal[1]
    bridge_id: Name
    symbol: Name
    contract: Name | None = None
    timeframe: Timeframe
    utc_offset_s: Annotated[int, Field(ge=-86_400, le=86_400)]
    new_from: Annotated[int, Field(ge=0)]
    historical: bool
    keep_only: bool = False
    candles: Columns

    @property
    def timeframe_s(self) -> int:
        """Seconds of one candle."""
        return TIMEFRAMES[self.timeframe]

    @property
    def closes_at(self) -> int:
        """When the newest candle closes, epoch seconds UTC."""
        return self.candles.time[-1] + self.timeframe_s


def read_batch(body: str | bytes, *, now: float, warmup: int) -> CandleBatchV1:
    """Read and check a body; raises BatchRefused with every reason.

    `now` is epoch seconds; `warmup` the candles a detector looks back over, its own included.
    """
    raw = body.encode() if isinstance(body, str) else body
    check_size(len(raw))
    return batch_of(said_by(raw), now=now, warmup=warmup)


def batch_of(sent: Any, *, now: float, warmup: int) -> CandleBatchV1:
    """Check a batch whose JSON was read; see `read_batch`.

    Its size comes first: each value that is wrong costs more than a kilobyte of memory to be told.
    """
    if _values(sent) > SMALL:
        check_size(len(json.dumps(sent, separators=(",", ":"))))
    try:
        batch = CandleBatchV1.model_validate(sent)
    except ValidationError as error:
        raise _unlike_the_model(error, sent) from error
    _check(batch, now, warmup)
    return batch


def _values(sent: Any) -> int:
    """Count what the model looks at one by one."""
    if not isinstance(sent, dict):
        return 1
    columns = sent.get("candles")
    named = columns if isinstance(columns, dict) else {}
    return len(sent) + len(named) + sum(len(one) for one in named.values() if isinstance(one, list))


def check_size(size: int) -> None:
    """Raise BatchRefused for a batch of more bytes than one may have."""
    if size > MAX_BODY_BYTES:
        raise BatchRefused(Fault.TOO_LARGE, [f"body: {size} bytes; at most {MAX_BODY_BYTES}"])


def said_by(raw: bytes) -> Any:
    """Return what a body says; raises BatchRefused."""
    try:
        return read_json(raw)
    except NotJson as error:
        raise BatchRefused(Fault.NOT_JSON, [f"body: not JSON: {error}"]) from error


def _check(batch: CandleBatchV1, now: float, warmup: int) -> None:
    lengths = [*_lengths(batch)]
    if lengths:  # the other checks go by rows
        raise BatchRefused(Fault.COLUMNS, lengths)
    window = [*_window(batch, warmup)]
    times, prices = [*_times(batch, now)], [*_prices(batch)]
    unclosed = [*_not_closed(batch, now)]
    found = {
        Fault.WINDOW: window,
        Fault.TIMES: [one.reason for one in times] + unclosed,
        Fault.PRICES: [one.reason for one in prices],
    }
    for fault, reasons in found.items():
        if reasons:
            every = [one for some in found.values() for one in some]
            raise BatchRefused(fault, every[:MOST_REASONS], _by_row([*times, *prices]))


def _unlike_the_model(error: ValidationError, sent: Any) -> BatchRefused:
    """Return the refusal of a body that is not what the model says.

    Where nothing but single values of the columns is wrong, their candles are named: the others are good.
    """
    problems = error.errors(include_url=False, include_context=False, include_input=False)
    rows = [one["loc"] for one in problems if len(one["loc"]) == 3 and one["loc"][0] == "candles"]
    if len(rows) < len(problems) or not _even(sent["candles"]):
        return BatchRefused(Fault.SCHEMA, describe(error))
    times = sent["candles"]["time"]
    faulty = []
    for one in problems:
        row = int(one["loc"][2])
        faulty.append(FaultyCandle(row, times[row] if type(times[row]) is int else None, one_line(one)))
    return BatchRefused(Fault.VALUES, describe(error, MOST_REASONS), _by_row(faulty))


def _even(columns: Mapping[str, list[Any]]) -> bool:
    """Tell whether rows can be told apart: every column has as many values as `time`."""
    return len({len(values) for values in columns.values()}) == 1


def _by_row(faulty: Sequence[FaultyCandle]) -> list[FaultyCandle]:
    """Return one entry for each candle, with its first reason, in the order of the window."""
    first = {one.index: one for one in reversed(faulty)}
    return [first[row] for row in sorted(first)]


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
    elif batch.new_from < warmup - 1 and not batch.keep_only:
        yield f"new_from: only {batch.new_from} candles before the first new one, {warmup - 1} are needed"


def _not_closed(batch: CandleBatchV1, now: float) -> Iterator[str]:
    """Tell of a newest candle that is still open: a matter of two clocks, no fault of the candle."""
    times, step = batch.candles.time, batch.timeframe_s
    if times and now < times[-1] + step <= now + AHEAD_S + step:
        closes = f"closes at {times[-1] + step}, now is {math.floor(now)}"
        yield f"candles.time[{len(times) - 1}]: {closes}: not closed"


def _times(batch: CandleBatchV1, now: float) -> Iterator[FaultyCandle]:
    times, step = batch.candles.time, batch.timeframe_s
    faulty: list[tuple[int, str]] = []
    for row in _out_of_order(times):
        twice = times[row] in times[row + 1 :]
        said = "comes twice: the later candle stands" if twice else "is out of order: oldest first"
        faulty.append((row, said))
    for row, time in enumerate(times):
        if time % step:
            faulty.append((row, f"is not on the {batch.timeframe} grid"))
        if time > now + AHEAD_S:
            faulty.append((row, "is more than a day ahead"))
    for row, said in faulty:
        yield FaultyCandle(row, times[row], f"candles.time[{row}]: {times[row]} {said}")


def _out_of_order(times: Sequence[int]) -> list[int]:
    """Return the fewest rows without which the times increase; of two equal times the earlier row.

    What is left is a longest increasing subsequence, found by patience sorting.
    """
    if all(earlier < later for earlier, later in pairwise(times)):
        return []
    ends: list[int] = []  # the row on which the best run of each length ends
    before: dict[int, int | None] = {}
    for row, time in enumerate(times):
        length = bisect_left(ends, time, key=times.__getitem__)
        before[row] = ends[length - 1] if length else None
        ends[length : length + 1] = [row]
    last: int | None = ends[-1]
    kept = set()
    while last is not None:
        kept.add(last)
        last = before[last]
    return [row for row in range(len(times)) if row not in kept]


def _prices(batch: CandleBatchV1) -> Iterator[FaultyCandle]:
    columns = batch.candles
    rows = zip(columns.open, columns.high, columns.low, columns.close, strict=True)
    for index, (opened, high, low, close) in enumerate(rows):
        if high < low:
            said = f"high {high} is below low {low}"
        elif not (low <= opened <= high and low <= close <= high):
            said = f"open {opened} or close {close} outside [{low}, {high}]"
        elif low <= 0:
            said = f"low {low} is not above zero"
        else:
            continue
        yield FaultyCandle(index, columns.time[index], f"candles[{index}]: {said}")
