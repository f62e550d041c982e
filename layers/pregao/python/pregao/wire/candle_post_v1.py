"""CandlePost v1, the other body of POST /candles: the batches of several feeds, and an answer for each.

Both bodies may be gzipped. A feed is read by itself (`batch_of` of candle_batch_v1): a bad one refuses itself
alone.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pregao.wire.candle_batch_v1 import BatchRefused, CandleBatchV1, Fault, check_size, said_by
from pregao.wire.describe import describe
from pregao.wire.signed_request import body_of, headers_of

MAX_POST_BYTES = 5 * 1024 * 1024
"""Of a post, unpacked. A function takes 6 MB with what is around it: of a gzipped body 4.5, in base64."""
MOST_FEEDS = 100
"""In one post."""
MOST_MEMBERS = 100
"""Of a large post: each that the model does not know costs more than a kilobyte of memory to be told."""
MAX_ANSWER_BYTES = 4 * 1024 * 1024
"""Of the answers to a post; a function's own may have 6 MB, and the text is quoted in it."""
TAKES = {"pregao-takes": "candle-post-v1, gzip"}
"""A header of every answer, by which a bridge knows that it may send these; an older cloud has none."""


class CandlePostV1(BaseModel):
    """Batches of several feeds, judged side by side; the answer has one for each feed, in this order."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    version: Literal[1]
    feeds: Annotated[list[CandleBatchV1], Field(min_length=1, max_length=MOST_FEEDS)]


class _Envelope(BaseModel):
    """A post whose feeds are not read yet."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)

    version: Literal[1]
    feeds: Annotated[list[Any], Field(min_length=1, max_length=MOST_FEEDS)]


@dataclass(frozen=True, slots=True)
class Sent:
    """The JSON of one batch, or of each feed's batch where they came in a post of `several`."""

    feeds: Sequence[Any]
    several: bool


def sent_by(event: Mapping[str, Any]) -> Sent:
    """Read a request of POST /candles as far as its feeds; raises BatchRefused for all of it."""
    encoding = headers_of(event).get("content-encoding", "identity").strip().lower()
    return read_sent(_unpacked(body_of(event), encoding))


def read_sent(raw: bytes) -> Sent:
    """Tell the feeds of an unpacked body apart; raises BatchRefused for all of it."""
    _check_post_size(len(raw))
    if raw.lstrip()[:1] != b"{":
        check_size(len(raw))
    said = said_by(raw)
    if not isinstance(said, dict) or "feeds" not in said or len(said) > MOST_MEMBERS:
        check_size(len(raw))
    if not isinstance(said, dict) or "feeds" not in said:
        return Sent([said], several=False)
    try:
        return Sent(_Envelope.model_validate(said).feeds, several=True)
    except ValidationError as error:
        raise BatchRefused(Fault.SCHEMA, describe(error)) from error


def symbol_of(feed: Any) -> str | None:
    """Return what a feed that is not read calls its symbol, for a log."""
    said = feed.get("symbol") if isinstance(feed, dict) else None
    return said[:32] if isinstance(said, str) else None


def answer_of(answers: Sequence[tuple[int, Mapping[str, Any]]]) -> tuple[int, dict[str, Any]]:
    """Return status and body for the answers to a post's feeds, which stand in it in the post's order.

    The status is the worst of them, so that what counts 5xx and 4xx sees a feed's trouble as it would alone.
    What does not fit is asked for again: that can only be refusals which name thousands of candles.
    """
    told, left = list[dict[str, Any]](), MAX_ANSWER_BYTES
    for status, said in answers:
        left -= len(json.dumps(said))
        told.append({"status": status, **said} if left > 0 else {"status": 503, "error": "answer too long"})
    return max(int(one["status"]) for one in told), {"feeds": told}


def _check_post_size(size: int) -> None:
    if size > MAX_POST_BYTES:
        raise BatchRefused(Fault.TOO_LARGE, [f"body: {size} bytes or more; at most {MAX_POST_BYTES}"])


def _unpacked(raw: bytes, encoding: str) -> bytes:
    """Unpack a body, never more of it than a post may have; a gateway may have done so before us."""
    if encoding == "identity" or (encoding == "gzip" and raw.lstrip()[:1] == b"{"):
        return raw
    if encoding != "gzip":
        raise BatchRefused(Fault.ENCODING, [f"Content-Encoding: {encoding!r}; gzip is taken, or none"])
    unpacking = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        body = unpacking.decompress(raw, MAX_POST_BYTES + 1)
    except zlib.error as error:
        raise BatchRefused(Fault.ENCODING, [f"body: not gzip: {error}"]) from error
    _check_post_size(len(body))
    if not unpacking.eof or unpacking.unused_data:
        raise BatchRefused(Fault.ENCODING, ["body: the gzip data is cut off, or more follows it"])
    return body
