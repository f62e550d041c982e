"""WebSocket protocol v1: the frames that functions write. Without pydantic: most functions read none."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pregao.wire.alert_v1 import dump_alert

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pregao.domain.alerts.alert import Alert
    from pregao.domain.alerts.digest import Digest
    from pregao.domain.delivery.mute import Mute
    from pregao.domain.delivery.reminder import Reminder
    from pregao.domain.delivery.ring_decision import RingDecision
    from pregao.domain.feeds.told import Notice
    from pregao.domain.market.quote import Quote


def action_frame(
    alert_id: str,
    operator: str,
    decision: str,
    note: str | None,
    at: float,
    order_id: str | None = None,
    *,
    own: bool = False,
) -> bytes:
    """Return the server's `action` frame: somebody decided, `own` for themself alone."""
    made = {"operator": operator, "decision": decision, "note": note, "order_id": order_id}
    return _json(action="action", alert_id=alert_id, **made, at=at, **({"own": True} if own else {}))


def pending_frame(alert_id: str, operator: str, decision: str | None, at: float, until: float) -> bytes:
    """Return the server's `pending` frame: somebody is about to decide, or (null) no more."""
    told = {"operator": operator, "decision": decision, "at": at, "until": until}
    return _json(action="pending", alert_id=alert_id, **told)


def reminder_frame(alert_id: str, at: float) -> bytes:
    """Return the server's `reminder` frame: an alert that its operator watches comes back."""
    return _json(action="reminder", alert_id=alert_id, at=at)


def reminders_frame(reminders: Sequence[Reminder]) -> bytes:
    """Return the server's `reminders` frame: all alerts that come back to an operator, and when."""
    told = [{"alert_id": one.alert_id, "at": one.at} for one in reminders]
    return _json(action="reminders", reminders=told)


def handover_frame(operator: str, to: str, alert_ids: Sequence[str], at: float) -> bytes:
    """Return the server's `handover` frame: an operator's open alerts are a colleague's now."""
    return _json(action="handover", operator=operator, to=to, alert_ids=list(alert_ids), at=at)


def muted_frame(mutes: Sequence[Mute]) -> bytes:
    """Return the server's `muted` frame: all that an operator has muted."""
    told = [{"of": one.of, "name": one.name, "until": one.until} for one in mutes]
    return _json(action="muted", mutes=told)


def digest_frame(digest: Digest) -> bytes:
    """Return the server's `digest` frame: what was held back, by contract, pattern and side."""
    return _json(action="digest", total=digest.total, **asdict(digest))


def quote_frame(quote: Quote) -> bytes:
    """Return the server's `quote` frame: where the price stands now."""
    return _json(action="quote", **asdict(quote))


def feed_frame(notice: Notice) -> bytes:
    """Return the server's `feed` frame, which tells what became of a feed; its id tells repeats."""
    return _json(action="feed", id=notice.id, **asdict(notice))


def _json(**fields: Any) -> bytes:
    return json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode()


def alert_frame(alert: Alert, listed: RingDecision | None = None) -> bytes:
    """Return the server's `alert` frame; `listed` tells why it did not ring, where it did not."""
    if listed is None:
        return b'{"action":"alert","alert":' + dump_alert(alert) + b"}"
    why = {"why": listed.why.value, "score": listed.score, "threshold": listed.threshold}
    told = json.dumps(why, separators=(",", ":")).encode()
    return b'{"action":"alert","listed":' + told + b',"alert":' + dump_alert(alert) + b"}"
