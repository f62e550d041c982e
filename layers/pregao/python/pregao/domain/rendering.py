"""One alert as an e-mail: subject, plain text and HTML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from html import escape
from zoneinfo import ZoneInfo

from pregao.domain.alert import Alert, decimals_of
from pregao.domain.delivery import Operator
from pregao.domain.digest import Digest
from pregao.domain.words import number, word

DESK_ZONE = ZoneInfo("America/Sao_Paulo")
PURE_NUMBERS = frozenset({"z", "sigma", "rsi", "rsi_prior"})
"""Numbers of a reason that are no prices."""


@dataclass(frozen=True, slots=True)
class Mail:
    """An e-mail ready to go; `html` and `text` say the same."""

    sender: str
    to: str
    subject: str
    text: str
    html: str


def headline(alert: Alert, language: str) -> str:
    """Return one line: side, contract, price, pattern."""
    price = number(alert.price, decimals_of(alert.tick_size), language)
    return f"{word(alert.direction, language)} {alert.contract} @ {price} · {word(alert.pattern, language)}"


def facts(alert: Alert, language: str) -> list[tuple[str, str]]:
    """Return label and value pairs in the order a trader reads them; times in America/Sao_Paulo."""
    price = partial(number, decimals=decimals_of(alert.tick_size), language=language)
    closed = datetime.fromtimestamp(alert.candle_closed_at, DESK_ZONE)
    return [
        (word("price", language), price(alert.price)),
        (word("entry", language), f"{price(alert.entry_min)} - {price(alert.entry_max)}"),
        (word("stop", language), price(alert.stop_loss)),
        (word("target", language), price(alert.take_profit)),
        (word("risk_reward", language), number(alert.risk_reward, 2, language)),
        (word("severity", language), word(alert.severity, language)),
        (word("candle", language), f"{alert.timeframe} {closed:%d/%m/%Y %H:%M}"),
        (word("why", language), why(alert, language)),
    ]


def why(alert: Alert, language: str) -> str:
    """Return the numbers that fired the alert, in words a screen and an e-mail share."""
    told = (f"{word(name, language)} {_told(alert, name, language)}" for name in alert.reason)
    return ", ".join(told)


def _told(alert: Alert, name: str, language: str) -> str:
    """Write one number of the reason: prices on the instrument's decimals, times as the desk's clock."""
    value = alert.reason[name]
    if name.endswith("_time"):
        return f"{datetime.fromtimestamp(int(value), DESK_ZONE):%H:%M}"
    if not isinstance(value, float):
        return str(value)
    return number(value, 2 if name in PURE_NUMBERS else decimals_of(alert.tick_size), language)


def render_mail(alert: Alert, operator: Operator, sender: str, cause: str) -> Mail:
    """Write the alert to an operator in their language; `cause` tells why it comes by e-mail."""
    language = operator.language
    notes = [word(cause, language), word("disclaimer", language)]
    return _mail(operator, sender, headline(alert, language), facts(alert, language), notes)


def render_digest_mail(digest: Digest, operator: Operator, sender: str) -> Mail:
    """Write to an operator, in their language, what the queue's bound held back."""
    language = operator.language
    title = f"{digest.total} {word('held_back', language)}: {word(digest.reason, language)}"
    rows = [
        (f"{one.count} x {one.contract}", f"{word(one.pattern, language)} · {word(one.direction, language)}")
        for one in digest.counts
    ]
    first, last = (datetime.fromtimestamp(at, DESK_ZONE) for at in (digest.since, digest.until))
    notes = [f"{first:%d/%m/%Y %H:%M:%S} - {last:%H:%M:%S}", word("disclaimer", language)]
    return _mail(operator, sender, title, rows, notes)


def _mail(
    operator: Operator, sender: str, title: str, rows: Sequence[tuple[str, str]], notes: Sequence[str]
) -> Mail:
    return Mail(
        sender=sender,
        to=operator.email,
        subject=f"[Pregão] {title}",
        text="\n".join([title, "", *(f"{label}: {value}" for label, value in rows), "", *notes]),
        html=_html(title, rows, notes, operator.language),
    )


def _html(title: str, rows: Sequence[tuple[str, str]], notes: Sequence[str], language: str) -> str:
    # Tables and inline styles: what mail clients agree on.
    cell = "padding:4px 12px 4px 0;vertical-align:top"
    body = "".join(
        f'<tr><td style="{cell};color:#667">{escape(label)}</td><td style="{cell}">{escape(value)}</td></tr>'
        for label, value in rows
    )
    small = "".join(f'<p style="color:#667;font-size:12px;margin:4px 0">{escape(note)}</p>' for note in notes)
    return (
        f'<!doctype html><html lang="{escape(language)}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark">'
        f"<title>{escape(title)}</title></head>"
        '<body style="margin:0;padding:16px;font:15px/1.4 Arial,sans-serif">'
        f'<h1 style="font-size:18px;margin:0 0 12px">{escape(title)}</h1>'
        f'<table role="presentation" style="border-collapse:collapse">{body}</table>{small}</body></html>'
    )
