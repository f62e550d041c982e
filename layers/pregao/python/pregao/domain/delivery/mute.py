"""A pattern or a market that is not to ring an operator for a while: their own choice, kept at delivery."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Alert

MUTE_S = 15 * 60
"""How long a mute lasts, in seconds."""

Muted = Literal["pattern", "instrument"]
"""What a mute names."""


@dataclass(frozen=True, slots=True)
class Mute:
    """Until `until` (epoch seconds) no alert of this pattern or instrument rings the operator."""

    operator: str
    of: Muted
    name: str
    until: float

    def covers(self, alert: Alert, operator: str, now: float) -> bool:
        """Tell whether it keeps an alert from ringing somebody."""
        return self.operator == operator and now < self.until and self.name == muted_name(alert, self.of)


def muted_name(alert: Alert, of: Muted) -> str:
    """Return what a mute of an alert's pattern or instrument names."""
    return alert.pattern.value if of == "pattern" else alert.instrument


def is_muted(alert: Alert, operator: str, mutes: Iterable[Mute], now: float) -> bool:
    """Tell whether an operator has muted an alert's pattern or market; never so of their own price level."""
    return alert.level is None and any(one.covers(alert, operator, now) for one in mutes)


def of_operator(operator: str, mutes: Iterable[Mute], now: float) -> list[Mute]:
    """Return an operator's mutes that are not over."""
    return [one for one in mutes if one.operator == operator and now < one.until]
