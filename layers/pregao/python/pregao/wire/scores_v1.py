"""Scores v1: what the alerts of a feed's last sessions scored, small enough to be read with each session."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Sequence
from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from pregao.domain.alerts.signal import Pattern
from pregao.domain.delivery.attention import Scored, SessionScores

MAX_BYTES = 1 << 20
"""Of the JSON; twenty sessions of 14 alerts make 9 KB."""

AlertScore = tuple[Annotated[int, Field(ge=0)], Pattern, Annotated[float, Field(ge=0)] | None, bool]
"""The opportunity's number in its session, pattern, score, whether its first candle has both sides."""


class SessionScoresV1(BaseModel):
    """The alerts of one session, in order."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False, defer_build=True)

    session: date
    alerts: tuple[AlertScore, ...]

    def known(self) -> SessionScores:
        """Return it as the domain knows it."""
        return SessionScores(self.session, tuple(Scored(*one) for one in self.alerts))


def session_scores_v1(scores: SessionScores) -> SessionScoresV1:
    """Return a session's scores as they are kept."""
    alerts = tuple((one.opportunity, one.pattern, one.score, one.conflict) for one in scores.alerts)
    return SessionScoresV1(session=scores.session, alerts=alerts)


_SCORES = TypeAdapter(list[SessionScoresV1], config=ConfigDict(defer_build=True))


def pack_scores(scores: Sequence[SessionScores]) -> str:
    """Return sessions' scores as text: deflated JSON in base64."""
    plain = _SCORES.dump_json([session_scores_v1(one) for one in scores])
    return base64.b64encode(zlib.compress(plain, 9)).decode()


def unpack_scores(text: str) -> list[SessionScores]:
    """Read what `pack_scores` wrote; raises ValueError."""
    try:
        plain = zlib.decompressobj().decompress(base64.b64decode(text, validate=True), MAX_BYTES)
    except (binascii.Error, zlib.error) as error:
        raise ValueError(f"not packed scores: {error}") from error
    return [one.known() for one in _SCORES.validate_json(plain)]
