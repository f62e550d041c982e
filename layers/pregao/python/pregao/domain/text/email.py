"""One alert as an e-mail: subject, plain text and HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from types import MappingProxyType

from pregao.domain.alerts.alert import Alert
from pregao.domain.alerts.digest import Digest
from pregao.domain.delivery.duty import DESK_ZONE
from pregao.domain.delivery.operators import Operator
from pregao.domain.feeds.feed import Notice
from pregao.domain.market.candle import decimals_of
from pregao.domain.text.alert_context import context_rows
from pregao.domain.text.feed_notices import feed_headline, feed_rows
from pregao.domain.text.html import Rows, buttons, document, form
from pregao.domain.text.words import number, word

DECISIONS = ("executed", "rejected", "watching", "false_alarm")
ARROWS = {"long": "▲", "short": "▼"}  # never colour alone
PURE_NUMBERS = frozenset({"z", "sigma", "rsi", "rsi_prior"})
"""Numbers of a reason that are no prices."""


@dataclass(frozen=True, slots=True)
class Mail:
    """An e-mail ready to go; `html` and `text` say the same.

    `operator` and `alert_id` (empty for a digest) travel with it, so that what becomes of it can be told.
    """

    sender: str
    to: str
    subject: str
    text: str
    html: str
    operator: str
    alert_id: str = ""


def headline(alert: Alert, language: str) -> str:
    """Return one line: side, contract, price, pattern."""
    price = number(alert.price, decimals_of(alert.tick_size), language)
    return f"{word(alert.direction, language)} {alert.contract} @ {price} · {word(alert.pattern, language)}"


def facts(alert: Alert, language: str) -> list[tuple[str, str]]:
    """Return label and value pairs in the order a trader reads them; times in America/Sao_Paulo."""
    price = partial(number, decimals=decimals_of(alert.tick_size), language=language)
    closed = datetime.fromtimestamp(alert.candle_closed_at, DESK_ZONE)
    measured = [] if alert.confidence is None else [f"{number(100 * alert.confidence, 0, language)} %"]
    return [
        (word("price", language), price(alert.price)),
        (word("entry", language), f"{price(alert.entry_min)} - {price(alert.entry_max)}"),
        (word("stop", language), price(alert.stop_loss)),
        (word("target", language), price(alert.take_profit)),
        (word("risk_reward", language), number(alert.risk_reward, 2, language)),
        (word("severity", language), word(alert.severity, language)),
        *((word("confidence", language), share) for share in measured),
        (word("candle", language), f"{alert.timeframe} {closed:%d/%m/%Y %H:%M}"),
        *context_rows(alert, language),
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


def render_mail(
    alert: Alert, operator: Operator, sender: str, cause: str, link: str, console: str = ""
) -> Mail:
    """Write the alert to an operator in their language; `cause` tells why it comes by e-mail.

    `link` opens the alert's signed page; a trader gets a button per decision, which opens it with that one
    ticked. With the address of a `console` the alert itself is opened there, with its chart.
    """
    language = operator.language
    links = {word("open_alert", language): f"{console}/#alert={alert.id}" if console else link}
    if operator.role == "trader":
        links |= {word(one, language): f"{link}?d={one}" for one in DECISIONS}
    notes = [word(cause, language), word("disclaimer", language)]
    title = f"{ARROWS[alert.direction]} {headline(alert, language)}"
    mail = _mail(operator, sender, title, facts(alert, language), notes, links, alert.direction)
    return replace(mail, alert_id=alert.id)


def act_page(alert: Alert, operator: Operator, chosen: str | None) -> str:
    """Return the page a link opens: the alert and, for a trader, the form to decide with."""
    language = operator.language
    choices = {one: word(one, language) for one in DECISIONS}
    asked = form(choices, chosen, word("note", language), word("send", language))
    title = f"{ARROWS[alert.direction]} {headline(alert, language)}"
    notes = [word("disclaimer", language)]
    after = asked if operator.role == "trader" else ""
    return document(title, facts(alert, language), notes, language, side=alert.direction, after=after)


def note_page(key: str, language: str, *details: str) -> str:
    """Return a page that says one thing, and details of it."""
    told = " ".join(word(one, language) for one in (key, *details))
    return document(told, [], [word("disclaimer", language)], language)


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


def render_feed_mail(notices: Sequence[Notice], operator: Operator, sender: str) -> Mail:
    """Write to an operator, in their language, what became of feeds (at least one, all of one kind)."""
    language = operator.language
    title, rows = feed_headline(notices, language), feed_rows(notices, language)
    notes = [word(f"note_{notices[0].kind}", language), word("disclaimer", language)]
    return _mail(operator, sender, title, rows, notes)


def _mail(
    operator: Operator,
    sender: str,
    title: str,
    rows: Rows,
    notes: Sequence[str],
    links: Mapping[str, str] = MappingProxyType({}),
    side: str = "",
) -> Mail:
    lines = [title, "", *(f"{label}: {value}" for label, value in rows), ""]
    lines += [*(f"{label}: {address}" for label, address in links.items()), ""] if links else []
    return Mail(
        sender=sender,
        to=operator.email,
        subject=f"[Pregão] {title}",
        text="\n".join([*lines, *notes]),
        html=document(title, rows, notes, operator.language, side=side, after=buttons(links)),
        operator=operator.id,
    )
