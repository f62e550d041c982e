"""The audit records of the three tables: what was judged, attempted, decided, and who looked at them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from pregao.domain.audit.chain import stamp
from pregao.domain.delivery.operators import Channel, Status

if TYPE_CHECKING:
    from pregao.domain.alerts.admission import Judgement
    from pregao.domain.alerts.alert import Alert
    from pregao.domain.alerts.outcome import Result
    from pregao.domain.alerts.price_level import PriceLevel
    from pregao.domain.delivery.mail_events import MailEvent
    from pregao.domain.feeds.told import Notice

FEED = "feed"
"""The kind of the records in alertas_audit that are about a feed, not about an alert."""
OUTCOME = "outcome"
"""The kind of the records in alertas_audit that tell what became of an alert."""
ACCESS = "access"
"""The kind of the records in acao_operador_audit that tell who looked, and their chain's lane."""
LEVEL = "level"
"""The kind of the records in acao_operador_audit that tell of a price level, and their chains' lane."""
REMINDER = "reminder"
"""The kind of the records in acao_operador_audit that tell when a watched alert is wanted back."""
HANDOVER = "handover"
"""The kind of the records in acao_operador_audit that tell who handed an open alert over to whom."""
ACCESSES = "_access"
"""Stands for an instrument and a contract in the records of who looked."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a detector saw and by which rules, so that the alert can be derived again.

    `window` holds the candles (domain/market/window.py), `rules` the instrument's detector settings as JSON,
    `code` names the detectors' code. `signer` is the ARN of whoever signed the post, None in records
    of before 0.2. `calibration` holds what was taken from a calibration as JSON
    (wire/calibration_v1.py); None without one. `level` holds an operator's price level as JSON
    (wire/price_level_v1.py), in the records of its alerts alone.
    """

    window: str = ""
    rules: str = ""
    code: str = ""
    signer: str | None = None
    calibration: str | None = None
    level: str | None = None

    def plain(self) -> dict[str, str | None]:
        """Return it as JSON values; calibration and level stand there where there was one."""
        optional = {"calibration", "level"}
        return {key: value for key, value in asdict(self).items() if value or key not in optional}


def alert_record(
    alert: Alert, judgement: Judgement, now: float, cursor: int, evidence: Evidence
) -> dict[str, Any]:
    """Return the record of one judgement (alertas_audit), with every value that decided.

    `cursor` is the number of the contract's last admitted alert after this judgement.
    """
    return {
        **_common("alert", alert, now),
        "pattern": alert.pattern.value,
        "verdict": judgement.verdict.value,
        "verdict_reason": judgement.reason,
        "alert": as_plain(alert),
        "cursor": cursor,
        "evidence": evidence.plain(),
    }


def outcome_record(
    alert: Alert, verdict: str, result: Result, now: float, corrects: str | None
) -> dict[str, Any]:
    """Return the record of what became of an alert (alertas_audit).

    `verdict` is the alert's own; `corrects` the hash of the earlier record that this one differs from.
    """
    told = {
        **asdict(result),
        "result": result.result.value,
        "verdict": verdict,
        "pattern": alert.pattern.value,
        "direction": alert.direction.value,
        "timeframe": alert.timeframe,
        "candle_time": alert.candle.time,
        "opportunity": alert.opportunity.id if alert.opportunity else None,
        "corrects": corrects,
    }
    values = {name: value for name, value in told.items() if value is not None}
    return {**_common(OUTCOME, alert, now), OUTCOME: values}


def delivery_record(
    alert: Alert, operator: str, channel: Channel, status: Status, now: float, detail: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the record of one step of one attempt (entrega_audit).

    `detail` holds screens, counts, attempt, provider id or error; latency_ms runs from detection to `now`.
    """
    return {
        **_common("delivery", alert, now),
        "operator": operator,
        "channel": channel.value,
        "status": status.value,
        "latency_ms": _latency_ms(alert, now),
        **detail,
    }


def receipt_record(
    alert: Alert, operator: str, received_at: float, now: float, *, late: bool = False
) -> dict[str, Any]:
    """Return the record of a screen's receipt (entrega_audit), written at `now`.

    `received_at` and `latency_ms` tell when it came, `since_close_ms` how long after the candle closed;
    `late` is one that came after the e-mail was settled.
    """
    came = {
        "received_at": stamp(received_at),
        "latency_ms": _latency_ms(alert, received_at),
        "since_close_ms": round((received_at - alert.candle_closed_at) * 1000, 1),
        "late": late,
    }
    return delivery_record(alert, operator, Channel.WEBSOCKET, Status.RECEIVED, now, came)


def feedback_record(alert: Alert, audit_id: str, event: MailEvent, now: float) -> dict[str, Any]:
    """Return the record of what the provider told of an e-mail to somebody (entrega_audit).

    `happened_at` and `latency_ms` tell when it came to pass. The address stands nowhere in it.
    """
    came = {"happened_at": stamp(event.happened_at), "latency_ms": _latency_ms(alert, event.happened_at)}
    detail = {"provider_id": event.message_id, **came, **event.detail}
    return delivery_record(alert, audit_id, Channel.EMAIL, event.status, now, detail)


def action_record(
    alert: Alert,
    operator: str,
    decision: str,
    now: float,
    note: str | None,
    order_id: str | None,
    *,
    own: bool = False,
) -> dict[str, Any]:
    """Return the record of one decision (acao_operador_audit); `own` stands for its operator alone."""
    return {
        **_common("action", alert, now),
        "operator": operator,
        "decision": decision,
        "note": note,
        "order_id": order_id,
        **({"own": True} if own else {}),
    }


def reminder_record(alert: Alert, operator: str, at: float | None, now: float) -> dict[str, Any]:
    """Return the record of when an operator wants an alert back, None for no more (acao_operador_audit)."""
    return {
        **_common(REMINDER, alert, now),
        "operator": operator,
        "remind_at": None if at is None else stamp(at),
    }


def handover_record(alert: Alert, operator: str, to: str, now: float) -> dict[str, Any]:
    """Return the record of who handed an open alert over to whom, both audit ids (acao_operador_audit)."""
    return {**_common(HANDOVER, alert, now), "operator": operator, "handed_to": to}


def level_record(event: str, level: PriceLevel, now: float) -> dict[str, Any]:
    """Return the record of what an operator did to a price level of theirs (acao_operador_audit).

    It is of no alert and has no day of its own: neither index has it; its chain's name tells the day.
    """
    told = asdict(level) | {"crossing": level.crossing.value, "often": level.often.value, "event": event}
    for name in ("owner", "instrument", "contract", "created_at", *(() if level.alert_id else ("alert_id",))):
        told.pop(name)
    return {
        "kind": LEVEL,
        "instrument": level.instrument,
        "contract": level.contract,
        "day": None,
        "recorded_at": stamp(now),
        "operator": level.owner,
        LEVEL: told | {"armed_at": stamp(level.armed_at), "expires_at": stamp(level.expires_at)},
    }


def access_record(audit_id: str, question: str, asked: Mapping[str, str], now: float) -> dict[str, Any]:
    """Return the record of one look at the audit (acao_operador_audit), written before it is answered.

    `audit_id` is the officer's, `asked` what they asked about: days, a pseudonym, an instrument. It names no
    operator and no alert as its own, and no day: none of the table's indices has it.
    """
    return {
        "kind": ACCESS,
        "instrument": ACCESSES,
        "contract": ACCESSES,
        "day": None,
        "recorded_at": stamp(now),
        "audit_id": audit_id,
        "question": question,
        "asked": dict(asked),
    }


def feed_record(notice: Notice, now: float) -> dict[str, Any]:
    """Return the record of what became of a feed (alertas_audit): why no alert rang meanwhile.

    What the bridge says in its own words stays out of it: nobody can tell what stands in them.
    """
    set_aside = notice.kind == "set_aside"
    told = {
        "event": notice.kind.value,
        "id": notice.id,
        "timeframe": notice.timeframe,
        "symbol": notice.symbol,
        "since": stamp(notice.since),
        "noticed_at": stamp(notice.at),
        "cause": notice.cause.value if notice.cause else None,
        "filled": notice.filled.value if notice.filled else None,
        "previous": notice.previous,
        "candles": notice.count if set_aside else None,
        "silences": None if set_aside else notice.count,
        "missing": notice.missing,
        "expected": notice.expected,
    }
    return {
        "kind": FEED,
        "instrument": notice.instrument,
        "contract": notice.contract,
        "recorded_at": stamp(now),
        "feed": {name: value for name, value in told.items() if value is not None},
    }


def as_plain(alert: Alert) -> dict[str, Any]:
    """Return the alert as plain JSON values, None left out."""
    plain = asdict(alert)
    if alert.context is not None:
        plain["context"] = {key: value for key, value in plain["context"].items() if value is not None}
    if alert.opportunity is not None:
        plain["opportunity"] |= {name: list(plain["opportunity"][name]) for name in ("agrees", "conflicts")}
    for name in ("pattern", "direction", "severity"):
        plain[name] = str(plain[name])
    if alert.level is not None:
        plain["level"]["crossing"] = alert.level.crossing.value
    plain["reason"], plain["unmeasured"] = dict(alert.reason), dict(alert.unmeasured) or None
    return {key: value for key, value in plain.items() if value is not None}


def _latency_ms(alert: Alert, then: float) -> float:
    return round((then - alert.detected_at) * 1000, 1)


def _common(kind: str, alert: Alert, now: float) -> dict[str, Any]:
    return {
        "kind": kind,
        "alert_id": alert.id,
        "instrument": alert.instrument,
        "contract": alert.contract,
        "recorded_at": stamp(now),
    }
