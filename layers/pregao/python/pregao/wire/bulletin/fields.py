"""The values of B3's bulletin files: both formats call the same thing by the same name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import date
from typing import Any

from pregao.domain.market.bulletin import Bulletin

PRICES = {
    "AdjstdQt": "settlement",
    "PrvsAdjstdQt": "previous_settlement",
    "FrstPric": "first",
    "MinPric": "low",
    "MaxPric": "high",
    "TradAvrgPric": "average",
    "LastPric": "last",
}
COUNTS = {"FinInstrmQty": "volume", "OpnIntrst": "open_interest"}
TRADES = ("TradQty", "RglrTxsQty")
"""All trades; where the file does not tell, the regular ones."""
STATUS, MONEY = "AdjstdQtStin", "NtlFinVol"

DEAREST, MOST, RICHEST = 1e8, 10**10, 1e15
"""Beyond these a price, a count, a volume in BRL is no number of this market."""

_NUMBER = re.compile(r"-?\d{1,18}(?:[.,]\d{1,12})?", re.ASCII)
_COUNT = re.compile(r"-?\d{1,18}(?:[.,]0{1,12})?", re.ASCII)
_CODE = re.compile(r"[A-Za-z0-9]{0,8}")


class BulletinRefused(Exception):
    """A bulletin file that cannot be trusted; the message is `file:line: what is wrong`."""

    def __init__(self, file: str, line: int, message: str) -> None:
        super().__init__(f"{file}:{line}: {message}")


class BadValue(ValueError):
    """A field's value that is none; the message names the field. The reader knows the place."""


def read_fields(said: Mapping[str, str], contract: str, trade_date: date) -> Bulletin:
    """Return the bulletin that a contract's fields say; raises BadValue."""
    trades = next((said[name] for name in TRADES if said.get(name)), "")
    # nothing was traded or settled at nothing: a price of zero is none
    numbers: dict[str, Any] = {
        field: _amount(name, said.get(name, ""), DEAREST) or None for name, field in PRICES.items()
    }
    numbers |= {field: _count(name, said.get(name, "")) for name, field in COUNTS.items()}
    return Bulletin(
        contract=contract,
        trade_date=trade_date,
        settlement_status=_code(STATUS, said.get(STATUS, "")),
        trades=_count(TRADES[0], trades),
        financial_volume=_amount(MONEY, said.get(MONEY, ""), RICHEST),
        **numbers,
    )


class Collected:
    """The bulletins of a file's wanted contracts, each by its own day.

    Two reports of one contract and day complete each other.
    """

    def __init__(self) -> None:
        self._found: dict[tuple[str, date], Bulletin] = {}

    def add(self, contract: str, day: str, said: Mapping[str, str]) -> None:
        """Take what one report or row says of a contract; raises BadValue, the contract named."""
        try:
            bulletin = read_fields(said, contract, _day(day))
            key = contract, bulletin.trade_date
            self._found[key] = _merged(self._found.get(key, bulletin), bulletin)
        except BadValue as wrong:
            raise BadValue(f"{contract}: {wrong}") from wrong

    def bulletins(self, made_at: float | None = None) -> list[Bulletin]:
        """Return them in the file's order, with the moment at which the file was made."""
        return [replace(one, made_at=made_at) for one in self._found.values()]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise BadValue(f"{text[:20]!r} is no trade date; 2026-11-24 would be one") from wrong


def _merged(one: Bulletin, other: Bulletin) -> Bulletin:
    found = {}
    for field in fields(Bulletin):
        first, second = getattr(one, field.name), getattr(other, field.name)
        if first is not None and second is not None and first != second:
            raise BadValue(f"{field.name} is {second} here and {first} in an earlier report")
        found[field.name] = second if first is None else first
    return Bulletin(**found)


def _amount(name: str, text: str, most: float) -> float | None:
    if not text:
        return None
    if not _NUMBER.fullmatch(text):
        raise BadValue(f"{name}: {text[:20]!r} is no number; thousands are not separated")
    value = float(text.replace(",", "."))
    if not 0 <= value <= most:
        raise BadValue(f"{name}: {text} is not between 0 and {most:.0f}")
    return value


def _count(name: str, text: str) -> int | None:
    if not text:
        return None
    if not _COUNT.fullmatch(text):
        raise BadValue(f"{name}: {text[:20]!r} is no whole number; thousands are not separated")
    value = int(re.split("[.,]", text)[0])
    if not 0 <= value <= MOST:
        raise BadValue(f"{name}: {text} is not between 0 and {MOST}")
    return value


def _code(name: str, text: str) -> str | None:
    if not _CODE.fullmatch(text):
        raise BadValue(f"{name}: {text[:20]!r} is no status")
    return text or None
