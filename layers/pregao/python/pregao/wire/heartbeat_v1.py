"""Heartbeat v1, the body of POST /heartbeats: how a bridge, its terminal and its feeds are, each minute."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pregao.domain.feeds import feed
from pregao.domain.feeds.feed import Beat, Report
from pregao.domain.market.timeframe import Timeframe
from pregao.wire.describe import describe
from pregao.wire.foreign_json import NotJson, read_json

MAX_BODY_BYTES = 128 * 1024
MAX_FEEDS = 100

Condition = Literal[
    "live",
    "not_installed",
    "not_started",
    "logged_out",
    "broker_lost",
    "clock_unsure",
    "symbol_missing",
    "loading",
    "no_trades",
    "failed",
]
FeedCondition = Literal[Condition, "refused", "posting_failed"]

Name = Annotated[str, Field(min_length=1, max_length=32)]
Detail = Annotated[str, Field(max_length=200)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Epoch = Annotated[float, Field(ge=0, lt=2**40, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=0, lt=2**63)]
CandleOpen = Annotated[int, Field(ge=0, lt=2**40)]


class HeartbeatRefused(Exception):
    """The heartbeat is not taken; `reasons` says precisely why."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class Terminal(_Part):
    """The terminal beside the bridge; what it cannot tell is null.

    `code` is its last error, `utc_offset_s` what its server's clock is ahead of UTC, `ping_ms` to the broker.
    """

    condition: Condition
    detail: Detail
    code: Annotated[int, Field(ge=-(2**63), lt=2**63)] | None
    build: Count | None
    server: Annotated[str, Field(max_length=100)] | None
    ping_ms: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None
    utc_offset_s: Annotated[int, Field(ge=-86_400, le=86_400)] | None
    last_tick_at: Epoch | None


class SetAside(_Part):
    """Impossible candles of a feed, kept by the bridge and not posted.

    `count` lie aside now, `newest` is the newest open among them, `reason` why that one does.
    """

    count: Annotated[int, Field(ge=1, lt=2**63)]
    newest: CandleOpen
    reason: Detail

    def as_domain(self) -> feed.SetAside:
        """Return it as the domain knows it."""
        return feed.SetAside(self.count, self.newest, self.reason)


class FeedReport(_Part):
    """One feed: the opens of the newest candle the terminal has and of the newest accepted; how many wait.

    `set_aside` is null where nothing lies aside; bridges of before 0.2 do not send it.
    """

    symbol: Name
    contract: Name | None
    timeframe: Timeframe
    condition: FeedCondition
    detail: Detail
    newest: CandleOpen | None
    accepted: CandleOpen | None
    waiting: Count
    set_aside: SetAside | None = None


class HeartbeatV1(_Part):
    """One heartbeat; the next is due after `interval_s`. `skew_s` is the bridge's clock minus the cloud's."""

    version: Literal[1]
    bridge_id: Name
    sent_at: Epoch
    interval_s: Annotated[int, Field(ge=1, le=3600)]
    skew_s: Finite | None
    terminal: Terminal
    feeds: Annotated[list[FeedReport], Field(max_length=MAX_FEEDS)]

    def beat(self, received_at: float) -> Beat:
        """Return it as the domain knows it."""
        reports = tuple(
            Report(
                one.symbol,
                one.contract or "",
                one.timeframe,
                one.condition,
                one.detail,
                one.waiting,
                one.set_aside.as_domain() if one.set_aside else None,
            )
            for one in self.feeds
        )
        terminal = self.terminal
        return Beat(
            self.bridge_id,
            received_at,
            self.interval_s,
            self.skew_s,
            terminal.condition,
            terminal.detail,
            reports,
        )


def read_heartbeat(body: str | bytes) -> HeartbeatV1:
    """Read and check a body; raises HeartbeatRefused with every reason."""
    raw = body.encode() if isinstance(body, str) else body
    if len(raw) > MAX_BODY_BYTES:
        raise HeartbeatRefused([f"body: {len(raw)} bytes; at most {MAX_BODY_BYTES}"])
    try:
        return HeartbeatV1.model_validate(read_json(raw))
    except ValidationError as error:
        raise HeartbeatRefused(describe(error)) from error
    except NotJson as error:
        raise HeartbeatRefused([f"body: not JSON: {error}"]) from error


def dump_heartbeat(heartbeat: HeartbeatV1) -> str:
    """Write it as it is stored."""
    return heartbeat.model_dump_json()


def load_heartbeat(text: str) -> HeartbeatV1:
    """Read what was stored."""
    return HeartbeatV1.model_validate_json(text)
