"""What is asked of an operator's price levels (POST, PATCH /api/levels), and why it is refused."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from pregao.domain.alerts.price_level import ASKED, Crossing, Often
from pregao.wire.foreign_json import NotJson, read_json

NOTE_MAX = 140
BODY_MAX = 2048


One = TypeVar("One", bound=StrEnum)


class Why(StrEnum):
    """Why a request is refused."""

    BODY = "body"
    FIELD = "field"
    MISSING = "missing"
    PRICE = "price"
    FAR = "far"
    INSTRUMENT = "instrument"
    TIMEFRAME = "timeframe"
    CROSSING = "crossing"
    OFTEN = "often"
    EXPIRY = "expires_at"
    NOTE = "note"
    PAUSED = "paused"
    ALERT = "alert_id"
    TOO_MANY = "too_many"
    SAME = "same"
    UNKNOWN = "unknown"


WORDS: Mapping[Why, str] = {
    Why.BODY: "escreva um objeto JSON de até 2048 bytes · write a JSON object of at most 2048 bytes",
    Why.FIELD: "{}: campo desconhecido · unknown field",
    Why.MISSING: "{}: falta · is missing",
    Why.PRICE: "price: escreva um número acima de zero · write a number above zero",
    Why.FAR: "price: {} (pedido / último): longe demais do último preço; confira pontos e vírgulas"
    " · (asked / last): too far from the last price; check points and commas",
    Why.INSTRUMENT: "instrument: a mesa opera · the desk trades {}",
    Why.TIMEFRAME: "timeframe: um de · one of {}",
    Why.CROSSING: "crossing: um de · one of cross_up, cross_down, touch",
    Why.OFTEN: "often: once (uma vez · once) ou · or session (uma vez por pregão · once in each session)",
    Why.EXPIRY: "expires_at: segundos Unix, de agora a {0} dias · epoch seconds, from now to {0} days ahead",
    Why.NOTE: "note: texto de uma linha, até 140 letras · text of one line, 140 letters at most",
    Why.PAUSED: "paused: true ou · or false",
    Why.ALERT: "alert_id: 64 dígitos hexadecimais · 64 hexadecimal digits",
    Why.TOO_MANY: "no máximo {0} alertas de preço; remova um · at most {0} price alerts; remove one",
    Why.SAME: "este alerta de preço já existe · this price alert exists already",
    Why.UNKNOWN: "este alerta de preço não existe · there is no such price alert",
}
STATUS: Mapping[Why, int] = {Why.TOO_MANY: 409, Why.SAME: 409, Why.UNKNOWN: 404}
"""Others are 400."""


class LevelRefused(ValueError):
    """A request that cannot be done; the message says why in both languages."""

    def __init__(self, why: Why, told: str = "") -> None:
        super().__init__(WORDS[why].format(told[:200]))
        self.why = why
        self.status = STATUS.get(why, 400)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request's fields, None where one is left out."""

    instrument: str = ""
    timeframe: str = ""
    price: float | None = None
    crossing: Crossing | None = None
    often: Often | None = None
    expires_at: float | None = None
    note: str | None = None
    paused: bool | None = None
    alert_id: str | None = None


FEED = ("instrument", "timeframe")
NEEDED = (*FEED, "price", "crossing")
CHANGES = ("price", "crossing", "often", "expires_at", "note", "paused")


def read_new(body: str) -> Asked:
    """Read a request for a new level; raises LevelRefused."""
    fields = _fields(body, {*NEEDED, "often", "expires_at", "note", "alert_id"})
    missing = [name for name in NEEDED if fields.get(name) is None]
    if missing:
        raise LevelRefused(Why.MISSING, ", ".join(missing))
    return Asked(**_read(fields))


def read_change(body: str) -> Asked:
    """Read a request to change a level; raises LevelRefused."""
    fields = _fields(body, set(CHANGES))
    if not fields:
        raise LevelRefused(Why.MISSING, ", ".join(CHANGES))
    return Asked(**_read(fields))


def _fields(body: str, known: set[str]) -> dict[str, Any]:
    try:
        fields = read_json(body) if len(body.encode()) <= BODY_MAX else None
    except NotJson:
        fields = None
    if not isinstance(fields, dict):
        raise LevelRefused(Why.BODY)
    unknown = sorted(set(fields) - known)
    if unknown:
        raise LevelRefused(Why.FIELD, ", ".join(unknown))
    return fields


def _read(fields: Mapping[str, Any]) -> dict[str, Any]:
    readers = {
        "instrument": _name,
        "timeframe": _name,
        "price": lambda value: _number(value, Why.PRICE),
        "crossing": lambda value: _one_of(value, ASKED, Why.CROSSING),
        "often": lambda value: _one_of(value, tuple(Often), Why.OFTEN),
        "expires_at": lambda value: _number(value, Why.EXPIRY),
        "note": _note,
        "paused": _truth,
        "alert_id": _alert,
    }
    return {name: readers[name](value) for name, value in fields.items() if value is not None}


def _name(value: Any) -> str:
    return value if isinstance(value, str) else ""  # nothing has this name: refused with those that there are


def _number(value: Any, why: Why) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise LevelRefused(why, "90")
    try:
        number = float(value)
    except OverflowError as error:
        raise LevelRefused(why, "90") from error
    if not math.isfinite(number) or not 0 < number < 1e12:
        raise LevelRefused(why, "90")
    return number


def _note(value: Any) -> str:
    if not isinstance(value, str) or len(value) > NOTE_MAX or not value.isprintable():
        raise LevelRefused(Why.NOTE)
    return value.strip()


def _one_of(value: Any, known: tuple[One, ...], why: Why) -> One:
    found = next((one for one in known if one.value == value), None)
    if found is None:
        raise LevelRefused(why)
    return found


def _alert(value: Any) -> str:
    if not isinstance(value, str) or len(value) != 64 or set(value) - set("0123456789abcdef"):
        raise LevelRefused(Why.ALERT)
    return value


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise LevelRefused(Why.PAUSED)
    return value
