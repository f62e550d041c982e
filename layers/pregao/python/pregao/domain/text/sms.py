"""One alert as one SMS."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pregao.domain.alerts.alert import Alert
from pregao.domain.delivery.duty import DESK_ZONE
from pregao.domain.delivery.operators import Operator
from pregao.domain.market.candle import decimals_of
from pregao.domain.text.email import headline
from pregao.domain.text.gsm7 import fit
from pregao.domain.text.words import number, word


@dataclass(frozen=True, slots=True)
class Sms:
    """A message of at most 160 septets for an E.164 number."""

    to: str
    text: str


def render_sms(alert: Alert, operator: Operator, phone: str) -> Sms:
    """Write the alert to an operator in their language, the candle's close by the desk's clock."""
    language, decimals = operator.language, decimals_of(alert.tick_size)
    stop, target = (number(one, decimals, language) for one in (alert.stop_loss, alert.take_profit))
    prices = f"{word('stop', language)} {stop}, {word('target', language)} {target}"
    closed = datetime.fromtimestamp(alert.candle_closed_at, DESK_ZONE)
    return Sms(phone, fit(f"Pregão: {headline(alert, language)}. {prices}. {alert.timeframe} {closed:%H:%M}"))
