"""The candles a detector saw, small enough to stand in every alert's audit record and exact to the bit."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping, Sequence

COLUMNS = ("time", "open", "high", "low", "close")
Numbers = Sequence[float]


def pack(columns: Mapping[str, Numbers]) -> str:
    """Return the columns as text: JSON, deflated, base64. Times in epoch seconds, prices as they came."""
    plain = json.dumps([list(columns[name]) for name in COLUMNS], separators=(",", ":"), allow_nan=False)
    return base64.b64encode(zlib.compress(plain.encode())).decode()


def unpack(text: str) -> dict[str, list[float]]:
    """Return the columns that were packed; raises ValueError where the text is none of ours."""
    try:
        columns = json.loads(zlib.decompress(base64.b64decode(text, validate=True)))
        return dict(zip(COLUMNS, columns, strict=True))
    except (binascii.Error, zlib.error, TypeError) as error:
        raise ValueError(f"not a packed window: {error}") from error
