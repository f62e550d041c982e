"""The columns of the archived audit tables: one list, written as Glue's types and as DuckDB's.

A record also holds keys that no column names (the bookkeeping records' lists); both engines skip them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

Kind = str | Mapping[str, "Kind"]
"""A type: one of the plain words below, or a structure's fields by name."""
Columns = Mapping[str, Kind]

GLUE = {
    "text": "string",
    "real": "double",
    "whole": "bigint",
    "truth": "boolean",
    "free": "map<string,string>",
    "texts": "array<string>",
}
DUCK = {
    "text": "VARCHAR",
    "real": "DOUBLE",
    "whole": "BIGINT",
    "truth": "BOOLEAN",
    "free": "MAP(VARCHAR, VARCHAR)",
    "texts": "VARCHAR[]",
}
"""`free` is an object whose keys nobody knows beforehand; its values are read as text."""

_LINK: Columns = {
    "kind": "text",
    "chain": "text",
    "seq": "whole",
    "prev_hash": "text",
    "hash": "text",
    "day": "text",
    "recorded_at": "text",
    "instrument": "text",
    "contract": "text",
}
_CLOSE: Columns = {"count": "whole", "root": "text"}
_CANDLE: Columns = {
    "time": "whole",
    "open": "real",
    "high": "real",
    "low": "real",
    "close": "real",
    "tick_volume": "whole",
    "real_volume": "whole",
}
_CONTEXT: Columns = {
    "trade_date": "text",
    "settlement": "real",
    "settlement_distance": "real",
    "settlement_distance_pct": "real",
    "open_interest": "whole",
    "open_interest_change": "whole",
    "volume": "whole",
}
_ALERT: Columns = {
    "id": "text",
    "version": "whole",
    "instrument": "text",
    "contract": "text",
    "symbol": "text",
    "timeframe": "text",
    "pattern": "text",
    "direction": "text",
    "severity": "text",
    "candle": _CANDLE,
    "price": "real",
    "tick_size": "real",
    "entry_min": "real",
    "entry_max": "real",
    "stop_loss": "real",
    "take_profit": "real",
    "risk_reward": "real",
    "confidence": "real",
    "detected_at": "real",
    "candle_closed_at": "whole",
    "expires_at": "whole",
    "reason": "free",
    "config_digest": "text",
    "seq": "whole",
    "context": _CONTEXT,
    "outlook": {
        "horizon": "whole",
        "low": "real",
        "high": "real",
        "usual": "real",
        "level": "real",
        "expected": "real",
    },
    "chance": {
        "p": "real",
        "low": "real",
        "high": "real",
        "n": "whole",
        "baseline": "real",
        "as_of": "text",
    },
    "opportunity": {"id": "text", "agrees": "texts", "conflicts": "texts"},
    "attention": {"score": "real", "why": "text"},
    "worth": {"point_value": "real", "currency": "text"},
    "unmeasured": "free",
    "level": {
        "id": "text",
        "owner": "text",
        "price": "real",
        "crossing": "text",
        "since": "real",
        "note": "text",
    },
}
_OUTCOME: Columns = {
    "result": "text",
    "target_first": "truth",
    "r": "real",
    "mfe": "real",
    "mae": "real",
    "covered": "real",
    "ended_at": "whole",
    "verdict": "text",
    "pattern": "text",
    "direction": "text",
    "timeframe": "text",
    "candle_time": "whole",
    "opportunity": "text",
    "corrects": "text",
}
_FEED: Columns = {
    "event": "text",
    "id": "text",
    "timeframe": "text",
    "symbol": "text",
    "since": "text",
    "noticed_at": "text",
    "cause": "text",
    "filled": "text",
    "previous": "text",
    "candles": "whole",
    "silences": "whole",
    "missing": "whole",
    "expected": "whole",
}

TABLES: Mapping[str, Columns] = {
    "alertas_audit": {
        **_LINK,
        "alert_id": "text",
        "pattern": "text",
        "verdict": "text",
        "verdict_reason": "text",
        "alert": _ALERT,
        "cursor": "whole",
        "evidence": {
            "window": "text",
            "rules": "text",
            "code": "text",
            "signer": "text",
            "calibration": "text",
            "level": "text",
        },
        "feed": _FEED,
        "outcome": _OUTCOME,
        **_CLOSE,
    },
    "entrega_audit": {
        **_LINK,
        "alert_id": "text",
        "operator": "text",
        "channel": "text",
        "status": "text",
        "latency_ms": "real",
        "since_close_ms": "real",
        "received_at": "text",
        "late": "truth",
        "screens": "whole",
        "attention": "text",
        "attention_why": "text",
        "score": "real",
        "threshold": "real",
        "sent": "whole",
        "gone": "whole",
        "failed": "whole",
        "attempt": "whole",
        "cause": "text",
        "provider_id": "text",
        "happened_at": "text",
        "bounce_type": "text",
        "bounce_subtype": "text",
        "smtp_status": "text",
        "delay_type": "text",
        "reason": "text",
        "complaint_type": "text",
        "complaint_subtype": "text",
        "error": "text",
        **_CLOSE,
    },
    "acao_operador_audit": {
        **_LINK,
        "alert_id": "text",
        "operator": "text",
        "decision": "text",
        "note": "text",
        "order_id": "text",
        "own": "truth",
        "remind_at": "text",
        "handed_to": "text",
        "audit_id": "text",
        "question": "text",
        "asked": "free",
        "level": {
            "event": "text",
            "id": "text",
            "timeframe": "text",
            "price": "real",
            "crossing": "text",
            "often": "text",
            "armed_at": "text",
            "expires_at": "text",
            "note": "text",
            "paused": "truth",
            "alert_id": "text",
        },
        **_CLOSE,
    },
}
"""Each table's columns in the order in which they are shown."""
KINDS: Mapping[str, Sequence[str]] = {
    "alertas_audit": ("alert", "feed", "outcome"),
    "entrega_audit": ("delivery",),
    "acao_operador_audit": ("action", "access", "level", "reminder", "handover"),
}
"""The kinds of each table's records; the others (`close`, `day`) are bookkeeping of the chains."""


def glue_type(kind: Kind) -> str:
    """Write a type as Glue does: ``struct<price:double,reason:map<string,string>>``."""
    if isinstance(kind, str):
        return GLUE[kind]
    return "struct<" + ",".join(f"{name}:{glue_type(one)}" for name, one in kind.items()) + ">"


def duck_type(kind: Kind) -> str:
    """Write a type as DuckDB does: ``STRUCT("price" DOUBLE, "reason" MAP(VARCHAR, VARCHAR))``."""
    if isinstance(kind, str):
        return DUCK[kind]
    return "STRUCT(" + ", ".join(f'"{name}" {duck_type(one)}' for name, one in kind.items()) + ")"


def leaves(columns: Columns, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield every column that is no structure as its path and its plain type, structures opened."""
    for name, kind in columns.items():
        if isinstance(kind, str):
            yield (*path, name), kind
        else:
            yield from leaves(kind, (*path, name))
