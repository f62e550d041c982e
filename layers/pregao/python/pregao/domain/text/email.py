"""One alert as an e-mail: subject, plain text and HTML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from pregao.domain.alerts.digest import LISTED, Digest
from pregao.domain.delivery.alert_state import AlertState, Phase, decisions_for
from pregao.domain.delivery.duty import DESK_ZONE
from pregao.domain.delivery.ring_decision import UNREACHABLE, Why
from pregao.domain.market.candle import decimals_of, to_tick
from pregao.domain.text.alert_chart import alert_chart
from pregao.domain.text.alert_context import context_rows
from pregao.domain.text.html import Rows, buttons, document, form
from pregao.domain.text.times import day_and_second, hour_minute, zone_mark
from pregao.domain.text.words import distance, has_pips, number, way, word

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Alert
    from pregao.domain.alerts.price_level import OwnLevel
    from pregao.domain.alerts.signal import Outlook
    from pregao.domain.delivery.operators import Operator
    from pregao.domain.delivery.unreached import Unreached

NOTE_MAX = 500
"""Characters of a decision's note."""
ARROWS = {"long": "▲", "short": "▼", "none": "↕"}  # never colour alone
PURE_NUMBERS = frozenset({"z", "sigma", "rsi", "rsi_prior", "heat"})
"""Numbers of a reason that are no prices."""
WAYS = frozenset({"margin", "atr", "std", "body", "trend", "usual_ahead"})
"""Numbers of a reason that are ways between prices."""
CURRENCIES = {"BRL": "R$", "USD": "US$"}
HOURS_FROM_MIN = 120
"""Longer times are told in hours."""


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


class Listed(Protocol):
    """Why an alert did not ring, as a frame tells it and deliver decides it."""

    @property
    def why(self) -> Why:
        """What decided it."""
        ...

    @property
    def score(self) -> float | None:
        """The alert's score, where it was known."""
        ...

    @property
    def threshold(self) -> float | None:
        """The score that would have rung, where it was known."""
        ...


def headline(alert: Alert, language: str) -> str:
    """Return one line: what the alert is about, and of one without a side the range that is expected."""
    ahead = alert.outlook if alert.plan is None else None
    if alert.level is not None:
        return f"{named(alert, language)} · {own_level(alert.level, alert, language)}"
    return named(alert, language) + (f" · {expected(ahead, alert, language)}" if ahead else "")


def named(alert: Alert, language: str) -> str:
    """Return side where there is one, contract, price, pattern."""
    side = f"{word(alert.direction, language)} " if alert.plan else ""
    return (
        f"{side}{alert.contract} @ {_price(alert, alert.price, language)} · {word(alert.pattern, language)}"
    )


def own_level(level: OwnLevel, alert: Alert, language: str) -> str:
    """Return what happened at an operator's level, with their note: ``131.200 cruzou para cima · topo``."""
    said = f"{_price(alert, level.price, language)} {word(level.crossing, language)}"
    return f"{said} · {level.note}" if level.note else said


def expected(outlook: Outlook, alert: Alert, language: str) -> str:
    """Return the range to expect: ``espere 400-700 pontos nos próximos 60 min``."""
    tick = alert.tick_size
    ends = (way(to_tick(end, tick), tick, language) for end in (outlook.low, outlook.high))
    minutes = outlook.horizon * (alert.candle_closed_at - alert.candle.time) // 60
    long = f"{minutes} min" if minutes <= HOURS_FROM_MIN else f"{number(minutes / 60, 0, language)} h"
    points = f" {word('points', language)}" if decimals_of(tick) <= 1 else ""
    unit = " pips" if has_pips(tick) else points
    range_ = f"{word('expect', language)} {'-'.join(ends)}{unit}"
    return f"{range_} {word('in_the_next', language)} {long}"


def _price(alert: Alert, price: float, language: str) -> str:
    return number(price, decimals_of(alert.tick_size), language)


def state_line(state: AlertState, language: str, zone: ZoneInfo = DESK_ZONE) -> str:
    """Return how the alert stands: ``Decidido: Executado por Ana Souza, 23/11/2026 11:05:03``."""
    at = "" if state.at is None else day_and_second(state.at, zone)
    said = word(f"state_{state.phase}", language)
    if state.is_open:
        return f"{said} {at}"
    if state.phase is Phase.DECIDED:
        said = f"{said}: {word(state.decision, language)} {word('by', language)} {state.by}"
    return f"{said}, {at}" if at else said


def title_of(alert: Alert, state: AlertState, language: str) -> str:
    """Return the headline with its arrow; how it ended comes first where it is not open any more."""
    title = f"{ARROWS[alert.direction]} {headline(alert, language)}"
    return title if state.is_open else f"{word(f'title_{state.phase}', language)}: {title}"


def _state_rows(alert: Alert, state: AlertState, language: str, zone: ZoneInfo) -> tuple[Rows, str]:
    """Return what is said of an alert and the side whose colour it has: none when it is over."""
    rows = [(word("state", language), state_line(state, language, zone))]
    return [*rows, *facts(alert, language, zone)], alert.direction if state.is_open else ""


def facts(alert: Alert, language: str, zone: ZoneInfo = DESK_ZONE) -> list[tuple[str, str]]:
    """Return label and value pairs in the order a trader reads them; times on the clock of `zone`."""
    measured = [] if alert.confidence is None else [f"{number(100 * alert.confidence, 0, language)} %"]
    return [
        (word("price", language), _price(alert, alert.price, language)),
        *_planned(alert, language),
        *_chance(alert, language),
        *_ahead(alert, language),
        *_together(alert, language),
        (word("severity", language), word(alert.severity, language)),
        *((word("confidence", language), share) for share in measured),
        (word("candle", language), _candle(alert, language, zone)),
        *context_rows(alert, language),
        (word("why", language), why(alert, language, zone)),
    ]


def _planned(alert: Alert, language: str) -> Rows:
    """Return entry, stop and target, each with what it is worth per contract from the alert's price."""
    plan = alert.plan
    if plan is None:
        return []
    entry = " - ".join(_price(alert, one, language) for one in (plan.entry_min, plan.entry_max))
    levels = (("stop", plan.stop_loss), ("target", plan.take_profit))
    return [
        (word("entry", language), entry),
        *((word(key, language), _level(alert, level, language)) for key, level in levels),
        (word("risk_reward", language), number(plan.risk_reward, 2, language)),
    ]


def _level(alert: Alert, level: float, language: str) -> str:
    text, worth = _price(alert, level, language), alert.worth
    if worth is None:
        return text
    money = round(alert.direction.sign * (level - alert.price) * worth.point_value, 2)
    amount = f"{'-' if money < 0 else '+'}{CURRENCIES.get(worth.currency, worth.currency)}"
    return f"{text} ({amount} {number(abs(money), 2, language)} {word('per_contract', language)})"


def _chance(alert: Alert, language: str) -> Rows:
    """Return how often the alert's target comes first, or why that is not told."""
    chance, label = alert.chance, word("chance", language)
    if chance is None:
        missing = alert.unmeasured.get("chance")
        return [(label, word(missing, language))] if missing else []
    apart = [f"{100 * chance.low:.{digits}f}" != f"{100 * chance.high:.{digits}f}" for digits in (0, 1)]
    digits = 1 if apart == [False, True] else 0  # an interval has two ends
    p, low, high, any_candle = (
        number(100 * share, digits, language)
        for share in (chance.p, chance.low, chance.high, chance.baseline)
    )
    beside = f"{word('any_candle', language)}: {any_candle} %"
    between = f"{low}-{high} %; " if any(apart) else ""
    return [(label, f"{p} % ({between}{chance.n} {word('cases', language)}; {beside})")]


def _ahead(alert: Alert, language: str) -> Rows:
    """Return the range that is expected; of an alert that tells of nothing else, why there is none."""
    outlook, label = alert.outlook, word("outlook", language)
    if outlook is None:
        missing = alert.unmeasured.get("outlook")
        return [(label, word(missing, language))] if missing and alert.plan is None else []
    usual = way(to_tick(outlook.usual, alert.tick_size), alert.tick_size, language)
    level = f"{number(100 * outlook.level, 0, language)} %"
    said = expected(outlook, alert, language)
    return [(label, f"{said} ({level}; {word('usual_is', language)} {usual})")]


def _together(alert: Alert, language: str) -> Rows:
    """Return how many alerts of its opportunity agree, and how many are of the other side."""
    one = alert.opportunity
    told = {"agrees": one.agrees, "disagrees": one.conflicts} if one else {}
    said = [f"{len(ids)} {word(name, language)}" for name, ids in told.items() if ids]
    return [(word("opportunity", language), ", ".join(said))] if said else []


def listed_line(listed: Listed, language: str) -> str:
    """Return why an alert did not ring: ``na lista, sem tocar: abaixo do limiar (0,81 < 1,20)``."""
    score, least = listed.score, listed.threshold
    numbers = ""
    if listed.why is Why.BELOW and score is not None and least is not None:
        shown = (number(one, 3, language) if one < UNREACHABLE else "-" for one in (score, least))
        numbers = f" ({' < '.join(shown)})"
    return f"{word('listed', language)}: {word(listed.why, language)}{numbers}"


def _candle(alert: Alert, language: str, zone: ZoneInfo) -> str:
    """Return ``M5 23/11/2026, abriu 11:00, fechou 11:05``, as the console's card does."""
    opened, closed = (datetime.fromtimestamp(at, zone) for at in (alert.candle.time, alert.candle_closed_at))
    hours = f"{word('opened', language)} {opened:%H:%M}, {word('closed', language)} {closed:%H:%M}"
    return f"{alert.timeframe} {opened:%d/%m/%Y}, {hours}{zone_mark(zone)}"


def why(alert: Alert, language: str, zone: ZoneInfo = DESK_ZONE) -> str:
    """Return the numbers that fired the alert, in words a screen and an e-mail share."""
    reasons = (f"{word(name, language)} {_value_text(alert, name, language, zone)}" for name in alert.reason)
    return ", ".join(reasons)


def _value_text(alert: Alert, name: str, language: str, zone: ZoneInfo) -> str:
    """Write one number of the reason: prices on the instrument's decimals, ways between them in its unit.

    Times are those of the clock of `zone`.
    """
    value = alert.reason[name]
    if name.endswith("_time"):
        return hour_minute(int(value), zone)
    if not isinstance(value, float):
        return word(str(value), language)
    if name in WAYS:
        return distance(value, alert.tick_size, language)
    return number(value, 2 if name in PURE_NUMBERS else decimals_of(alert.tick_size), language)


@dataclass(frozen=True, slots=True)
class Way:
    """How an operator gets to an alert: the signed link, and the console's address where there is one."""

    link: str
    console: str = ""

    def to(self, alert: Alert) -> str:
        """Return the address where the alert itself is opened, in the console with its chart."""
        return f"{self.console}/#alert={alert.id}" if self.console else self.link


def render_mail(
    alert: Alert,
    operator: Operator,
    sender: str,
    cause: str,
    way: Way,
    state: AlertState,
    missed: Unreached | None = None,
    zone: ZoneInfo = DESK_ZONE,
) -> Mail:
    """Write the alert to an operator in their language; `cause` tells why it comes by e-mail.

    The alert's times are on the clock of `zone`, its instrument's.

    A trader gets a button per decision while one is wanted; it opens the signed page with that one ticked.
    Of an alert that is decided on or expired a short e-mail says just that. `missed` is told where the
    e-mails before did not arrive.
    """
    language = operator.language
    links = {word("open_alert", language): way.to(alert)}
    if state.is_open and operator.role == "trader":
        links |= {word(one, language): f"{way.link}?d={one}" for one in decisions_for(alert)}
    rows, side = _state_rows(alert, state, language, zone)
    notes = [word(cause, language), word("disclaimer", language)]
    notes = [missed_line(missed, language), *notes] if missed else notes
    said = rows if state.is_open else _brief(alert, rows[0], language, zone)
    chart = alert_chart(alert, language) if state.is_open else ""
    mail = mail_of(operator, sender, title_of(alert, state, language), said, notes, links, side, chart)
    return replace(mail, alert_id=alert.id)


def _brief(alert: Alert, state: tuple[str, str], language: str, zone: ZoneInfo) -> Rows:
    """Return what is left to say of an alert that nobody can act on any more: no price to enter at."""
    price, candle = _price(alert, alert.price, language), _candle(alert, language, zone)
    return [state, (word("price", language), price), (word("candle", language), candle)]


def missed_line(missed: Unreached, language: str) -> str:
    """Return since when no e-mail arrived, and how many did not."""
    return word("mail_missed", language).format(day_and_second(missed.since), missed.times)


def act_page(
    alert: Alert,
    operator: Operator,
    state: AlertState,
    chosen: str | None = None,
    zone: ZoneInfo = DESK_ZONE,
) -> str:
    """Return the page a link opens: the alert, how it stands and, while one is wanted, the form to decide.

    Times are on the clock of `zone`, the instrument's.
    """
    language = operator.language
    choices = {one: word(one, language) for one in decisions_for(alert)}
    may = state.is_open and operator.role == "trader"
    after = form(choices, chosen, NOTE_MAX, word("note", language), word("send", language)) if may else ""
    rows, side = _state_rows(alert, state, language, zone)
    notes, chart = [word("disclaimer", language)], alert_chart(alert, language)
    title = title_of(alert, state, language)
    return document(title, rows, notes, language, side=side, before=chart, after=after)


def note_page(key: str, language: str, *details: str) -> str:
    """Return a page that says one thing, and details of it."""
    told = " ".join(word(one, language) for one in (key, *details))
    return document(told, [], [word("disclaimer", language)], language)


def digest_title(digest: Digest, language: str) -> str:
    """Return one line: how many alerts, and why they are told together."""
    one = "_one" if digest.total == 1 else ""
    if digest.reason == LISTED:
        return f"{digest.total} {word(f'digest_listed{one}', language)}"
    return f"{digest.total} {word(f'held_back{one}', language)}: {word(digest.reason, language)}"


def render_digest_mail(digest: Digest, operator: Operator, sender: str) -> Mail:
    """Write to an operator, in their language, what was held back or listed in silence."""
    language = operator.language
    title = digest_title(digest, language)
    rows = [
        (f"{one.count} x {one.contract}", f"{word(one.pattern, language)} · {word(one.direction, language)}")
        for one in digest.counts
    ]
    first, last = (datetime.fromtimestamp(at, DESK_ZONE) for at in (digest.since, digest.until))
    notes = [f"{first:%d/%m/%Y %H:%M:%S} - {last:%H:%M:%S}", word("disclaimer", language)]
    return mail_of(operator, sender, title, rows, notes)


def mail_of(
    operator: Operator,
    sender: str,
    title: str,
    rows: Rows,
    notes: Sequence[str],
    links: Mapping[str, str] = MappingProxyType({}),
    side: str = "",
    chart: str = "",
) -> Mail:
    """Return an e-mail, as text and as a page: a title, rows, notes, and links under their labels."""
    lines = [title, "", *(f"{label}: {value}" for label, value in rows), ""]
    lines += [*(f"{label}: {address}" for label, address in links.items()), ""] if links else []
    return Mail(
        sender=sender,
        to=operator.email,
        subject=f"[Pregão] {title}",
        text="\n".join([*lines, *notes]),
        html=document(title, rows, notes, operator.language, side=side, before=chart, after=buttons(links)),
        operator=operator.id,
    )
