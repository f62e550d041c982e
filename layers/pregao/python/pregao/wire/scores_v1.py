"""Scores v1: what the alerts of a feed's last sessions scored, small enough to be read with each session.

`deliver` reads it at its start: what only our own tables hold is read without a model, which takes a fifth of
its cold start to import.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import zlib
from collections.abc import Sequence
from datetime import date
from typing import Any

from pregao.domain.alerts.signal import Pattern
from pregao.domain.delivery.attention import Scored, SessionScores

MAX_BYTES = 1 << 20
"""Of the JSON; twenty sessions of 14 alerts make 9 KB."""


def pack_scores(scores: Sequence[SessionScores]) -> str:
    """Return sessions' scores as text: deflated JSON in base64.

    Each has its day and its alerts in order: the opportunity's number in its session, pattern, score, whether
    its first candle has both sides.
    """
    told = [{"session": f"{one.session}", "alerts": [_row(alert) for alert in one.alerts]} for one in scores]
    plain = json.dumps(told, separators=(",", ":"), allow_nan=False)
    return base64.b64encode(zlib.compress(plain.encode(), 9)).decode()


def unpack_scores(text: str) -> list[SessionScores]:
    """Read what `pack_scores` wrote; raises ValueError."""
    try:
        plain = zlib.decompressobj().decompress(base64.b64decode(text, validate=True), MAX_BYTES)
        return [_session(one) for one in json.loads(plain)]
    except (binascii.Error, zlib.error, KeyError, TypeError) as error:
        raise ValueError(f"not packed scores: {error!r}") from error


def _row(alert: Scored) -> tuple[int, str, float | None, bool]:
    return alert.opportunity, alert.pattern.value, alert.score, alert.conflict


def _session(found: Any) -> SessionScores:
    return SessionScores(date.fromisoformat(found["session"]), tuple(map(_scored, found["alerts"])))


def _scored(row: Any) -> Scored:
    number, pattern, score, conflict = row
    if type(number) is not int or number < 0 or type(conflict) is not bool:
        raise ValueError(f"no opportunity's alert: {row!r}")
    if score is not None and not (type(score) in (int, float) and math.isfinite(score) and score >= 0):
        raise ValueError(f"no score: {row!r}")
    return Scored(number, Pattern(pattern), None if score is None else float(score), conflict)
