"""One alert as a note to a phone: what a notification and a messenger show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pregao.domain.delivery.alert_state import AlertState, decisions_for
from pregao.domain.delivery.duty import DESK_ZONE
from pregao.domain.market.candle import decimals_of
from pregao.domain.text.email import ARROWS, headline, state_line, title_of
from pregao.domain.text.times import hour_minute
from pregao.domain.text.words import number, word

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Alert
    from pregao.domain.delivery.operators import Operator

SILENCE = "silence"
"""What a link asks for that leads to the silence of a phone, in the place of a decision."""

JOINED = 10
"""Lines of later alerts that a note shows, the newest: with more a photo's caption would lose its end."""


@dataclass(frozen=True, slots=True)
class Note:
    """What a channel sends: a title, lines, and the page on which the alert is seen and decided.

    `topic` is what a later note about the same opportunity has too; `until` is when it is worth nothing any
    more (epoch seconds). Nothing in it decides: the page behind `url` asks, those of `links` (label and
    address) with a decision ticked, or how long the phone is to be silent. `picture` is its chart as a PNG,
    empty without one.
    """

    alert_id: str
    title: str
    lines: tuple[str, ...]
    url: str
    action: str
    topic: str
    until: float
    language: str
    links: tuple[tuple[str, str], ...] = ()
    picture: bytes = b""

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(self.lines)


def render_note(
    alert: Alert,
    operator: Operator,
    url: str,
    state: AlertState,
    zone: ZoneInfo = DESK_ZONE,
    joined: Sequence[str] = (),
) -> Note:
    """Write an alert and how it stands to an operator in their language, times on the clock of `zone`.

    `joined` are the lines of what came later of its opportunity; see `joined_line`.
    """
    language = operator.language
    candle = f"{alert.timeframe} {hour_minute(alert.candle_closed_at, zone)}"
    lines = (*_prices(alert, language), f"{word(alert.severity, language)} · {candle}")
    return Note(
        alert_id=alert.id,
        title=title_of(alert, state, language),
        lines=(*lines, *joined[-JOINED:], state_line(state, language, zone)),
        url=url,
        action=word("open_alert", language),
        topic=topic_of(alert),
        until=alert.decide_by,
        language=language,
        links=_links(alert, operator, url, language) if state.is_open else (),
    )


def _links(alert: Alert, operator: Operator, url: str, language: str) -> tuple[tuple[str, str], ...]:
    decisions = decisions_for(alert) if operator.role == "trader" else ()
    asked = {word(one, language): f"{url}?d={one}" for one in decisions}
    return *asked.items(), (word("silence_phone", language), f"{url}?d={SILENCE}")


def topic_of(alert: Alert) -> str:
    """Return what the notes of one opportunity have in common; an alert without one stands for itself."""
    return alert.opportunity.id if alert.opportunity else alert.id


def joined_line(alert: Alert, language: str, zone: ZoneInfo = DESK_ZONE) -> str:
    """Return a later alert of an opportunity: ``+ ▲ COMPRA WINZ26 @ 131.300 · Engolfo (11:05)``."""
    closed = hour_minute(alert.candle_closed_at, zone)
    return f"+ {ARROWS[alert.direction]} {headline(alert, language)} ({closed})"


def _prices(alert: Alert, language: str) -> list[str]:
    plan, decimals = alert.plan, decimals_of(alert.tick_size)
    if plan is None:
        return []
    named = (
        ("entry", (plan.entry_min, plan.entry_max)),
        ("stop", (plan.stop_loss,)),
        ("target", (plan.take_profit,)),
    )
    return [
        f"{word(name, language)} {'-'.join(number(one, decimals, language) for one in prices)}"
        for name, prices in named
    ]
