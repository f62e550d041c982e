"""Keys and attributes of open sockets in the connections table; see aws/screens.py.

OPEN / <socket>       a socket: its operator, what it subscribed to, whose prices it follows
SCREENS#<operator>    an operator's subscribed screens (`s:<socket>`) and mutes (`m:<of>:<name>`)
SCREENS / ...         sockets and mutes of before, for as long as a socket lives after the upgrade
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Literal, cast

from pregao.domain.alerts.signal import Severity
from pregao.domain.delivery.mute import Mute
from pregao.domain.delivery.operators import Interest, Screen

if TYPE_CHECKING:
    from pregao.aws.tables.dynamo import Item

LIST = "OPEN"
BEFORE = "SCREENS"
LONGEST_LIFE_S = 2 * 3600 + 600  # API Gateway closes every socket after two hours
_SCREEN, _MUTE = "s:", "m:"


def socket_key(connection_id: str, partition: str = LIST) -> dict[str, str]:
    """Return the key of a socket's row."""
    return {"pk": partition, "sk": connection_id}


def operator_key(operator: str) -> dict[str, str]:
    """Return the key of an operator's item."""
    return {"pk": f"SCREENS#{operator}", "sk": "OPEN"}


def screen_name(connection_id: str) -> str:
    """Return the attribute of a screen in its operator's item."""
    return f"{_SCREEN}{connection_id}"


def mute_name(mute: Mute) -> str:
    """Return the attribute of a mute in its operator's item."""
    return f"{_MUTE}{mute.of}:{mute.name}"


def wish(interest: Interest) -> dict[str, Any]:
    """Return what a subscription says, as attributes."""
    return {
        "symbols": list(interest.symbols),
        "patterns": list(interest.patterns),
        "min_severity": interest.min_severity.value,
        "candles": interest.candles,
        "together": interest.together,
    }


def interest_of(row: Mapping[str, Any]) -> Interest | None:
    """Read a subscription; None where there is none yet."""
    if "symbols" not in row:
        return None
    severity, candles = Severity(row["min_severity"]), row.get("candles", False)
    return Interest(
        tuple(row["symbols"]), tuple(row["patterns"]), severity, candles, row.get("together", False)
    )


def listed_screen(row: Mapping[str, Any]) -> Screen | None:
    """Read a socket's row; None where it has not subscribed, or is a mute of before."""
    interest = interest_of(row)
    follows, until = tuple(row.get("follows", ())), float(row.get("follows_until", 0.0))
    return Screen(row["sk"], row["operator"], interest, follows, until) if interest else None


def screens_of(operator: str, item: Item) -> Iterator[Screen]:
    """Read the screens of an operator's item."""
    for name, row in item.items():
        if name.startswith(_SCREEN) and (interest := interest_of(row)):
            yield Screen(name.removeprefix(_SCREEN), operator, interest)


def mutes_of(operator: str, item: Item) -> Iterator[Mute]:
    """Read the mutes of an operator's item."""
    for name, until in item.items():
        if name.startswith(_MUTE):
            _, of, named = name.split(":", 2)
            yield Mute(operator, cast("Literal['pattern', 'instrument']", of), named, float(until))


def mute_of_before(row: Mapping[str, Any]) -> Mute | None:
    """Read a mute that was kept beside the sockets; None where a row is none."""
    return Mute(row["operator"], row["of"], row["name"], float(row["until"])) if "of" in row else None


def outlived(item: Item, opened_at: float) -> list[str]:
    """Return the attributes of screens that cannot be open any more when another opens."""
    return [
        name
        for name, row in item.items()
        if name.startswith(_SCREEN) and float(row["opened_at"]) < opened_at - LONGEST_LIFE_S
    ]
