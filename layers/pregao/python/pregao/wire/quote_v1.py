"""Quote v1, the body of POST /quotes: the last prices of the symbols that somebody looks at."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pregao.wire.describe import describe
from pregao.wire.foreign_json import NotJson, read_json

MAX_BODY_BYTES = 16 * 1024
MAX_QUOTES = 50
AHEAD_S = 30.0
"""A quote may be so far ahead (seconds): the bridge knows its clock, and the terminal's, only so well."""
STALE_S = 60.0
"""An older one (seconds) is no price to decide by. A bridge drops what it could not post in time."""

Price = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=32)]


class QuotesRefused(Exception):
    """No screen is told any of it; `fault` is for counting, `reasons` says precisely why."""

    def __init__(self, fault: str, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.fault = fault
        self.reasons = reasons

    def answer(self) -> dict[str, Any]:
        """Return what the bridge hears."""
        return {"error": "quotes refused", "fault": self.fault, "reasons": self.reasons}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class QuoteV1(_Part):
    """One symbol's prices at `time`, epoch seconds UTC; `last` is null where the market has none."""

    symbol: Name
    contract: Name | None = None
    time: Annotated[float, Field(ge=0, lt=2**40, allow_inf_nan=False)]
    bid: Price
    ask: Price
    last: Price | None


class QuotesV1(_Part):
    """One post of a bridge. `synthetic`: a replay made them of candles, so their time may be long ago."""

    version: Literal[1]
    bridge_id: Name
    synthetic: bool = False
    quotes: Annotated[list[QuoteV1], Field(min_length=1, max_length=MAX_QUOTES)]


def read_quotes(body: str | bytes, *, now: float, allow_replay: bool) -> QuotesV1:
    """Read and check a body at `now` (epoch seconds); raises QuotesRefused with every reason."""
    raw = body.encode() if isinstance(body, str) else body
    if len(raw) > MAX_BODY_BYTES:
        raise QuotesRefused("too_large", [f"body: {len(raw)} bytes; at most {MAX_BODY_BYTES}"])
    try:
        post = QuotesV1.model_validate(read_json(raw))
    except ValidationError as error:
        raise QuotesRefused("schema", describe(error)) from error
    except NotJson as error:
        raise QuotesRefused("not_json", [f"body: not JSON: {error}"]) from error
    if post.synthetic and not allow_replay:
        raise QuotesRefused("synthetic", ["synthetic: this stack takes no replay (AllowReplay)"])
    _check(post, now)
    return post


def _check(post: QuotesV1, now: float) -> None:
    prices, times = [*_prices(post)], [*_times(post, now)]
    symbols = [one.symbol for one in post.quotes]
    twice = [f"quotes.{row}.symbol: comes twice" for row, name in enumerate(symbols) if name in symbols[:row]]
    for fault, reasons in (("symbol", twice), ("prices", prices), ("times", times)):
        if reasons:
            raise QuotesRefused(fault, twice + prices + times)


def _prices(post: QuotesV1) -> Iterator[str]:
    for row, one in enumerate(post.quotes):
        if one.bid > one.ask:
            yield f"quotes.{row}: bid {one.bid} is above ask {one.ask}"


def _times(post: QuotesV1, now: float) -> Iterator[str]:
    for row, one in enumerate(post.quotes):
        if one.time > now + AHEAD_S:
            yield f"quotes.{row}.time: {one.time} is ahead, now is {math.floor(now)}"
        elif one.time < now - STALE_S and not post.synthetic:
            yield f"quotes.{row}.time: {one.time} is older than {STALE_S:.0f} s, now is {math.floor(now)}"
