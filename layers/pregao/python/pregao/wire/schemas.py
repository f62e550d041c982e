"""JSON Schema (2020-12) of what crosses a border, made of the models; published in infra/schemas."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from pregao.domain.alerts.alert import Alert
from pregao.domain.alerts.outcome import HORIZON, Outcome
from pregao.domain.delivery.alert_state import GRACE_S, WATCH_S
from pregao.domain.market.timeframe import TIMEFRAMES
from pregao.domain.text.audit_words import CODED, CODES, COLUMNS, FIELDS, REASONS, ROW_STATES
from pregao.domain.text.words import NOUNS, WORDS
from pregao.wire.candle_batch_v1 import CandleBatchV1
from pregao.wire.candle_post_v1 import CandlePostV1
from pregao.wire.heartbeat_v1 import HeartbeatV1
from pregao.wire.quote_v1 import QuotesV1
from pregao.wire.server_frames_v1 import ServerFrame
from pregao.wire.socket_v1 import ClientFrame

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_FROM_US: Literal["serialization"] = "serialization"
_TO_US: Literal["validation"] = "validation"
_MODELS: Mapping[str, tuple[Any, Literal["serialization", "validation"]]] = {
    "alert-v2": (Alert, _FROM_US),
    "candle-batch-v1": (CandleBatchV1, _TO_US),
    "candle-post-v1": (CandlePostV1, _TO_US),
    "heartbeat-v1": (HeartbeatV1, _TO_US),
    "quote-v1": (QuotesV1, _TO_US),
    "socket-client-v1": (Annotated[ClientFrame, Field(discriminator="action")], _TO_US),
    "socket-server-v1": (Annotated[ServerFrame, Field(discriminator="action")], _FROM_US),
}
NAMES = tuple(_MODELS)
"""The contracts that have a schema."""


def schema(name: str) -> dict[str, Any]:
    """Return the schema of one of NAMES.

    What a schema cannot say stays with the reader: columns of one length, times on the grid, high above low.
    """
    model, mode = _MODELS[name]
    made = TypeAdapter(model).json_schema(mode=mode)
    return {"$schema": DIALECT, "$id": f"urn:pregao:{name}", **made}


def written(name: str) -> str:
    """Return a schema as it stands in its file."""
    return _text(schema(name))


def shared_with_the_page() -> str:
    """Return what the console's page takes from this code (words, lists), as it stands in its file."""
    lists = {"timeframes": dict(TIMEFRAMES), "outcomes": list(Outcome)}
    return _text({**lists, "horizon": HORIZON, "grace_s": GRACE_S, "watch_s": WATCH_S, "words": dict(WORDS)})


def shared_with_the_compliance_page() -> str:
    """Return the compliance page's words of codes and columns, as they stand in its file."""
    reasons = {pattern: re.sub(r"\\(\d)", r"$\1", said) for pattern, said in REASONS.items()}
    nouns = {name: [list(pair) for pair in NOUNS[name]] for name in ("row", "record", "day")}
    states = {name: list(some) for name, some in ROW_STATES.items() if name != "alert"}  # a story is whole
    words = {"columns": COLUMNS, "codes": CODES, "coded": CODED, "fields": FIELDS, "states": states}
    return _text({**words, "reasons": reasons, "nouns": nouns})


def _text(of: Mapping[str, Any]) -> str:
    return json.dumps(of, indent=2, ensure_ascii=False) + "\n"
