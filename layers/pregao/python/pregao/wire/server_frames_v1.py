"""WebSocket protocol v1, the server's side: the shape of every frame a screen may hear, for its schema.

The frames themselves are written where they are sent; tests hold what is sent against these shapes.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from pregao.domain.alerts.alert import Alert
from pregao.domain.alerts.digest import HeldBackCount
from pregao.domain.delivery.alert_state import DecisionWord
from pregao.domain.delivery.mute import Muted
from pregao.domain.delivery.ring_decision import Why
from pregao.domain.feeds.told import Cause, Filled, Kind, Notice
from pregao.domain.market.candle import Candle
from pregao.wire.socket_v1 import AlertId

Cursor = Annotated[dict[str, Annotated[int, Field(ge=0)]], Field(description="Last number seen by contract.")]
Epoch = Annotated[float, Field(description="Epoch seconds, UTC.")]


class _Frame(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Hello(_Frame):
    """The answer to `subscribe`: who you are, and where each contract stands."""

    action: Literal["hello"]
    operator: str
    role: Literal["trader", "viewer", "compliance"]
    server_time: Epoch
    cursor: Cursor


class Listed(_Frame):
    """Why an alert did not ring its operator: score and threshold where they were known."""

    why: Why
    score: float | None = None
    threshold: float | None = None


class AlertFrame(_Frame):
    """An alert to show and to confirm; one may come twice, its id tells.

    `listed`: it is shown on the list, in silence, and not confirmed.
    """

    action: Literal["alert"]
    alert: Alert
    listed: Listed | None = None


class Resumed(_Frame):
    """The end of an answer to `resume`: how far it went."""

    action: Literal["resumed"]
    cursor: Cursor


class ActionFrame(_Frame):
    """Somebody decided, or nobody in time (operator "system", decision "TIMEOUT").

    With `own` that is so for this operator alone, else for the desk. Who is `watching` may decide yet.
    """

    action: Literal["action"]
    alert_id: AlertId
    operator: str
    decision: Literal[DecisionWord, "TIMEOUT"]
    note: str | None
    order_id: str | None = None
    at: Epoch
    own: bool = False


class PendingFrame(_Frame):
    """Somebody is about to decide, until when they may take it back; with null they have taken it back.

    Nothing of it is recorded. Of two who are about to, the earlier `at` goes on, then the lesser operator id.
    """

    action: Literal["pending"]
    alert_id: AlertId
    operator: str
    decision: DecisionWord | None
    at: Epoch
    until: Epoch


class ReminderFrame(_Frame):
    """An alert that the operator watches comes back: its time has come."""

    action: Literal["reminder"]
    alert_id: AlertId
    at: Epoch


class ComesBack(BaseModel):
    """An alert that comes back then."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    alert_id: AlertId
    at: Epoch


class RemindersFrame(_Frame):
    """All alerts that come back to the operator at a time; what is not named does not."""

    action: Literal["reminders"]
    reminders: list[ComesBack]


class HandoverFrame(_Frame):
    """An operator handed these open alerts over to a colleague; told to both.

    Who asks again hears it again.
    """

    action: Literal["handover"]
    operator: str
    to: str
    alert_ids: list[AlertId]
    at: Epoch


class MutedUntil(BaseModel):
    """A pattern or an instrument that does not ring until then."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    of: Muted
    name: str
    until: Epoch


class MutedFrame(_Frame):
    """All that the operator has muted; what is not named any more rings again."""

    action: Literal["muted"]
    mutes: list[MutedUntil]


class DigestFrame(_Frame):
    """Alerts that were held back, counted."""

    action: Literal["digest"]
    total: Annotated[int, Field(ge=1)]
    reason: str
    since: Epoch
    until: Epoch
    counts: list[HeldBackCount]


class CandleFrame(_Frame):
    """A candle has closed. After a hole the screen asks for those between (GET /api/candles)."""

    action: Literal["candle"]
    instrument: str
    contract: str
    timeframe: str
    candle: Candle


class ClosedCandle(BaseModel):
    """One of several candles of a frame, as a `candle` frame tells it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    instrument: str
    contract: str
    timeframe: str
    candle: Candle


class CandlesFrame(_Frame):
    """Several candles have closed; told to a screen that said `together`, others get a frame for each."""

    action: Literal["candles"]
    candles: list[ClosedCandle]


class QuoteFrame(_Frame):
    """Where the price of an instrument that this screen follows stands; nothing was judged on it.

    `time` is the price's last change. `synthetic`: a replay made it of a candle; it was never the price.
    """

    action: Literal["quote"]
    instrument: str
    contract: str
    time: Epoch
    bid: float
    ask: float
    last: float | None
    synthetic: bool


class FeedFrame(_Frame):
    """A feed fell silent, recovered, flaps, rolled, or set candles aside; one may come twice, its id tells.

    `since` is when the first candle that is missing opened, `at` when it was noticed, `cause` why it fell
    silent, `detail` the bridge's own words; `filled` tells of a recovery what became of the missing candles,
    `previous` of a roll the contract before. Of candles set aside (they cannot be, so they are not judged)
    `count` is how many they are and `since` the open of the newest. Of a feed that flaps `count` is how many
    silences began from `since` to `at`, and `missing` of the `expected` candles were not there in time.
    """

    action: Literal["feed"]
    kind: Kind
    id: AlertId
    instrument: str
    contract: str
    timeframe: str
    symbol: str
    since: Epoch
    at: Epoch
    cause: Cause | None
    detail: str | None
    filled: Filled | None
    previous: str | None
    count: int | None = None
    missing: int | None = None
    expected: int | None = None

    def notice(self) -> Notice:
        """Return it as the domain knows it."""
        names = [name for name in type(self).model_fields if name not in {"action", "id"}]
        return Notice(**{name: getattr(self, name) for name in names})


class Pong(_Frame):
    """The answer to `ping`; `cursor` as in `hello`, so that a screen sees what it was not told of."""

    action: Literal["pong"]
    server_time: Epoch
    cursor: Cursor | None = None


class ErrorFrame(_Frame):
    """A frame that was not understood or must not be obeyed; nothing was changed."""

    action: Literal["error"]
    code: str
    message: str


ServerFrame = (
    Hello
    | AlertFrame
    | Resumed
    | ActionFrame
    | PendingFrame
    | MutedFrame
    | ReminderFrame
    | RemindersFrame
    | HandoverFrame
    | DigestFrame
    | FeedFrame
    | CandleFrame
    | CandlesFrame
    | QuoteFrame
    | Pong
    | ErrorFrame
)
