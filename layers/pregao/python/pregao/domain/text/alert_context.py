"""An alert's context in an operator's words."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pregao.domain.market.candle import decimals_of
from pregao.domain.text.words import number, word

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Alert
    from pregao.domain.market.bulletin import Context

FINEST = 4
"""Decimals of a settlement at most; it does not stand on the tick."""


def context_rows(alert: Alert, language: str) -> list[tuple[str, str]]:
    """Return label and value of what is known, one pair or none: ``Ajuste de 24/11``, ``128.345 (…); …``."""
    context = alert.context
    if context is None:
        return []
    told = [*_settlement(context, decimals_of(alert.tick_size), language), *_interest(context, language)]
    label = word("bulletin_of" if context.settlement is None else "settlement_of", language)
    day = f"{date.fromisoformat(context.trade_date):%d/%m}"
    return [(f"{label} {day}", "; ".join(told))] if told else []


def _settlement(context: Context, decimals: int, language: str) -> list[str]:
    if context.settlement is None:
        return []
    text = number(context.settlement, max(decimals, _decimals(context.settlement)), language)
    if context.settlement_distance_pct is None:
        return [text]
    distance = context.settlement_distance_pct
    side = word("above" if distance > 0 else "below" if distance < 0 else "at_it", language)
    share = f"{number(abs(distance), 2, language)} % " if distance else ""
    return [f"{text} ({word('alert', language).lower()} {share}{side})"]


def _interest(context: Context, language: str) -> list[str]:
    if context.open_interest is None:
        return []
    text = f"{word('open_interest', language)} {number(context.open_interest, 0, language)}"
    before = context.open_interest - (context.open_interest_change or 0)
    if context.open_interest_change is None or not before:
        return [text]
    change = 100 * context.open_interest_change / before
    return [f"{text} ({'-' if change < 0 else '+'}{number(abs(change), 1, language)} %)"]


def _decimals(value: float) -> int:
    return len(f"{value:.{FINEST}f}".rstrip("0").split(".")[1])
