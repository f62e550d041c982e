"""One alert as one SMS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pregao.domain.delivery.alert_state import AlertState, Phase
from pregao.domain.delivery.duty import DESK_ZONE
from pregao.domain.market.candle import decimals_of
from pregao.domain.text.email import headline, named
from pregao.domain.text.gsm7 import fit
from pregao.domain.text.times import hour_minute
from pregao.domain.text.words import number, word

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Alert
    from pregao.domain.delivery.operators import Operator


@dataclass(frozen=True, slots=True)
class Sms:
    """A message of at most 160 septets for an E.164 number."""

    to: str
    text: str


def render_sms(
    alert: Alert, operator: Operator, phone: str, state: AlertState, zone: ZoneInfo = DESK_ZONE
) -> Sms:
    """Write the alert and how it stands to an operator in their language, times on the clock of `zone`."""
    say = _open if state.is_open else _over
    return Sms(phone, fit(f"Pregão: {say(alert, state, operator.language, zone)}"))


def _open(alert: Alert, state: AlertState, language: str, zone: ZoneInfo) -> str:
    candle = f"{alert.timeframe} {_clock(alert.candle_closed_at, zone)}"
    until = f"{candle}, {word('until', language)} {_clock(state.at, zone)}"
    return ". ".join([headline(alert, language), *_prices(alert, language), until])


def _prices(alert: Alert, language: str) -> list[str]:
    plan, decimals = alert.plan, decimals_of(alert.tick_size)
    if plan is None:
        return []
    stop, target = (number(one, decimals, language) for one in (plan.stop_loss, plan.take_profit))
    return [f"{word('stop', language)} {stop}, {word('target', language)} {target}"]


def _over(alert: Alert, state: AlertState, language: str, zone: ZoneInfo) -> str:
    """Say how it ended first: what is cut where it is too long is what the alert was about."""
    said = word(f"state_{state.phase}", language)
    if state.phase is Phase.DECIDED:
        said += f" ({word(state.decision, language)}, {state.by})"
    return f"{said} {_clock(state.at, zone)}: {named(alert, language)}"


def _clock(at: float | None, zone: ZoneInfo) -> str:
    return "" if at is None else hour_minute(at, zone)
