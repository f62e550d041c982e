"""Ledger v1: a session's rows as the state table keeps them, and the account of several as JSON."""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from pregao.domain.calibration.account import Account
from pregao.domain.calibration.ledger import SessionLedger

if TYPE_CHECKING:
    from pydantic import TypeAdapter

MAX_BYTES = 4 << 20
"""Of the JSON; an alert is half a kilobyte and some for each operator."""


@cache
def _ledger() -> TypeAdapter[SessionLedger]:
    from pydantic import TypeAdapter

    return TypeAdapter(SessionLedger)


def pack_ledger(kept: SessionLedger) -> str:
    """Return a session's ledger as text that is small enough to be kept: deflated JSON in base64."""
    return base64.b64encode(zlib.compress(_ledger().dump_json(kept, exclude_none=True), 9)).decode()


def unpack_ledger(text: str) -> SessionLedger:
    """Read what `pack_ledger` wrote; raises ValueError."""
    try:
        plain = zlib.decompressobj().decompress(base64.b64decode(text, validate=True), MAX_BYTES)
    except (binascii.Error, zlib.error, TypeError) as error:
        raise ValueError(f"not a packed ledger: {error}") from error
    return _ledger().validate_json(plain)


@cache
def _account() -> TypeAdapter[Account]:
    from pydantic import TypeAdapter

    return TypeAdapter(Account)


def account_plain(found: Account, named: Mapping[str, str]) -> dict[str, Any]:
    """Return an account as JSON values; `named` gives operators' names by audit id."""
    told = replace(
        found,
        operators=[replace(one, name=named.get(one.name, one.name)) for one in found.operators],
        rings=[replace(one, operator=named.get(one.operator, one.operator)) for one in found.rings],
    )
    plain: dict[str, Any] = _account().dump_python(told, mode="json")
    return plain
