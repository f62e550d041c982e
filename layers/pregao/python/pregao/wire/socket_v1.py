"""WebSocket protocol v1: the frames of a client; `action` names frames both ways. Ours: `frames_v1`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from pregao.domain.alerts.signal import Pattern, Severity
from pregao.domain.delivery.alert_state import DecisionWord
from pregao.domain.delivery.mute import Muted
from pregao.domain.delivery.operators import Interest
from pregao.domain.delivery.reminder import LONGEST_MIN
from pregao.wire.describe import describe

FOLLOW_S = 150.0
"""How long (seconds) a `follow` holds; a page says it again before that."""
MAX_FRAME_BYTES = 32 * 1024  # API Gateway's own limit for one frame

Name = Annotated[str, Field(min_length=1, max_length=32, pattern=r"^[\w$@*.-]+$")]
AlertId = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class _Frame(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, defer_build=True)


class Subscribe(_Frame):
    """Show me these; omitted means everything the operator is entitled to."""

    action: Literal["subscribe"]
    symbols: list[Name] = Field(default=["*"], max_length=100)
    patterns: list[Pattern | Literal["*"]] = Field(default=["*"], max_length=10)
    min_severity: Severity = Severity.MEDIUM
    candles: bool = Field(default=False, description="Candles too, as they close: for charts.")
    together: bool = Field(default=False, description="I take several candles in one frame, `candles`.")

    def interest(self) -> Interest:
        """Return the same as the domain knows it."""
        patterns = tuple(str(one) for one in self.patterns)
        return Interest(tuple(self.symbols), patterns, self.min_severity, self.candles, self.together)


class Resume(_Frame):
    """I have seen up to these numbers, by contract."""

    action: Literal["resume"]
    cursor: dict[Name, Annotated[int, Field(ge=0, lt=10**12)]] = Field(max_length=100)


class Receipt(_Frame):
    """The alert is on a screen."""

    action: Literal["receipt"]
    alert_id: AlertId


class Act(_Frame):
    """My decision on this alert."""

    action: Literal["act"]
    alert_id: AlertId
    decision: DecisionWord
    note: str | None = Field(default=None, max_length=500)
    order_id: str | None = Field(default=None, max_length=40)


class Pending(_Frame):
    """I have decided so and may still take it back; with null I have taken it back."""

    action: Literal["pending"]
    alert_id: AlertId
    decision: DecisionWord | None


class Remind(_Frame):
    """Bring this alert, which I watch, back in so many minutes; with null no more."""

    action: Literal["remind"]
    alert_id: AlertId
    minutes: Annotated[int, Field(ge=1, le=LONGEST_MIN)] | None


class Handover(_Frame):
    """I hand all my open alerts that concern this colleague over to them."""

    action: Literal["handover"]
    to: Annotated[str, Field(min_length=1, max_length=64)]


class MuteFrame(_Frame):
    """Do not ring me for alerts of this one's pattern, or market, for MUTE_S."""

    action: Literal["mute"]
    alert_id: AlertId
    of: Muted


class Unmute(_Frame):
    """Ring me again for this pattern or market."""

    action: Literal["unmute"]
    of: Muted
    name: Name


class Follow(_Frame):
    """I look at these instruments: send me their quotes for the next FOLLOW_S seconds; none: no more."""

    action: Literal["follow"]
    instruments: list[Name] = Field(max_length=50)


class Ping(_Frame):
    """Keeps the socket from idling out."""

    action: Literal["ping"]


class Unreadable(BaseModel):
    """Why a frame was not understood."""

    action: Literal["error"] = "error"
    code: Literal["bad_frame", "too_large"]
    message: str


ClientFrame = (
    Subscribe | Resume | Receipt | Act | Pending | MuteFrame | Unmute | Remind | Handover | Follow | Ping
)

_CLIENT: TypeAdapter[ClientFrame] = TypeAdapter(
    Annotated[ClientFrame, Field(discriminator="action")], config=ConfigDict(defer_build=True)
)


def read_frame(body: str | None) -> ClientFrame | Unreadable:
    """Read a client's frame; what is wrong with it comes back as a value, for the client to be told."""
    raw = (body or "").encode(errors="replace")
    if len(raw) > MAX_FRAME_BYTES:
        return Unreadable(code="too_large", message=f"a frame holds at most {MAX_FRAME_BYTES} bytes")
    try:
        return _CLIENT.validate_json(raw)
    except ValidationError as error:
        return Unreadable(code="bad_frame", message="; ".join(describe(error)))
