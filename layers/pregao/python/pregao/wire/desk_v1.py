"""What GET /api/... answers with, as JSON values."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pregao.domain.alerts.alert import Alert
from pregao.domain.delivery.operators import Operator
from pregao.domain.market.candle import Candle
from pregao.wire.alert_v1 import dump_alert

COLUMNS = ("time", "open", "high", "low", "close", "real_volume")


def candle_columns(candles: Sequence[Candle]) -> dict[str, list[Any]]:
    """Return candles as columns of equal length, oldest first; `time` is the open, epoch seconds UTC."""
    return {name: [getattr(one, name) for one in candles] for name in COLUMNS}


def plain(alert: Alert) -> dict[str, Any]:
    """Return an alert as in the server's `alert` frame."""
    fields: dict[str, Any] = json.loads(dump_alert(alert))
    return fields


def colleague_plain(one: Operator) -> dict[str, Any]:
    """Return an operator, of a trader also what concerns them: alerts may be handed over to them."""
    wants = one.interest
    interest = {
        "symbols": list(wants.symbols),
        "patterns": list(wants.patterns),
        "min_severity": wants.min_severity.value,
    }
    return {"id": one.id, "name": one.name, "interest": interest if one.role == "trader" else None}
