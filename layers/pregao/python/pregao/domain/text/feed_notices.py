"""What becomes of a feed, in words that a screen, a terminal and an e-mail share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from pregao.domain.delivery.duty import DESK_ZONE
from pregao.domain.feeds.told import Kind, Notice
from pregao.domain.text.words import word

if TYPE_CHECKING:
    from pregao.domain.text.html import Rows

COUNTED = frozenset({Kind.FLAPPING, Kind.FLAPPING_DIGEST, Kind.STEADY})
"""Notices that tell how often a feed was silent."""


def feed_headline(notices: Sequence[Notice], language: str) -> str:
    """Return one line for notices of one kind; the cause stands in it where all have the same."""
    first = notices[0]
    if len(notices) == 1:
        return feed_line(first, language)
    several = {Kind.SILENT: "no_data_several", Kind.RECOVERED: "several_back"}
    line = word(several.get(first.kind, f"{first.kind}_several"), language).format(len(notices))
    reasons = {_because(one, language) for one in notices}
    return f"{line}: {reasons.pop()}" if len(reasons) == 1 else line


def feed_line(notice: Notice, language: str) -> str:
    """Return one notice: ``Sem dados de WIN M5 há 7 min: o terminal não está conectado à corretora``."""
    name = f"{notice.instrument} {notice.timeframe}"
    lasted = duration(notice.at - notice.since, language)
    if notice.kind is Kind.ROLLED:
        change = f"{word('rolled_from', language)} {notice.previous} {word('rolled_to', language)}"
        return f"{name} {change} {notice.contract}"
    if notice.kind is Kind.SET_ASIDE:
        return _set_aside(notice, name, language)
    if notice.kind is Kind.RECOVERED:
        after = f"{word('back_after', language)} {lasted} {word('without_data', language)}"
        return f"{name} {after}: {_because(notice, language)}"
    if notice.kind is Kind.STEADY:
        return word("steady", language).format(name, lasted)
    if notice.kind in COUNTED:
        told = _silences(notice, language), lasted, _late(notice, language)
        return word(notice.kind, language).format(name, *told).removesuffix("; ")
    silence = f"{word('no_data_from', language)} {name} {word('for_so_long', language)} {lasted}"
    return f"{silence}: {_because(notice, language)}"


def feed_rows(notices: Sequence[Notice], language: str) -> Rows:
    """Return label and value pairs: all about one notice, a line each of several."""
    if len(notices) > 1:
        told = len({_because(one, language) for one in notices}) == 1  # by the headline
        return [
            (_name(one), _span(one) if told else f"{_span(one)} · {_because(one, language)}")
            for one in notices
        ]
    (one,) = notices
    cause = f"cause_{one.cause}" if one.cause else ""
    counted = one.kind in COUNTED
    rows = [
        (word("candle", language), _name(one)),
        (word("since", language), _span(one)),
        (word("silences", language), _because(one, language) if counted else ""),
        (word("cause", language), word(cause, language)),
        (word("bridge_says", language), one.detail or ""),
    ]
    return [(label, value) for label, value in rows if value]


def feed_note(kind: Kind, language: str) -> str:
    """Return what the reader has to know of such a notice."""
    return word(f"note_{Kind.SILENT if kind is Kind.STILL_SILENT else kind}", language)


def duration(seconds: float, language: str) -> str:
    """Write how long something took: ``7 min``, ``2 h 05 min``, ``1 dia 3 h``."""
    minutes = max(1, round(seconds / 60))
    hours, days = minutes // 60, minutes // 1440
    if days:
        unit = ("day" if days == 1 else "days") if language == "en" else ("dia" if days == 1 else "dias")
        return f"{days} {unit} {hours % 24} h"
    return f"{hours} h {minutes % 60:02} min" if hours else f"{minutes} min"


def _set_aside(notice: Notice, name: str, language: str) -> str:
    opened, count = f"{datetime.fromtimestamp(notice.since, DESK_ZONE):%d/%m %H:%M}", notice.count or 1
    if count == 1:
        return word("set_aside_one", language).format(name, opened)
    return word("set_aside_several", language).format(name, count, opened)


def _because(notice: Notice, language: str) -> str:
    if notice.kind is Kind.RECOVERED:
        return word(f"filled_{notice.filled}", language)
    if notice.kind in COUNTED:
        told = _silences(notice, language), _late(notice, language)
        return "; ".join(one for one in told if one)
    return word(f"cause_{notice.cause}", language)


def _silences(notice: Notice, language: str) -> str:
    count = notice.count or 0
    return word("silence_one" if count == 1 else "silence_many", language).format(count)


def _late(notice: Notice, language: str) -> str:
    """Return the share of candles that were not there in time, empty where none was expected."""
    missing, expected = notice.missing or 0, notice.expected or 0
    if not expected:
        return ""
    return word("late_candles", language).format(missing, expected, round(100 * missing / expected))


def _name(notice: Notice) -> str:
    return f"{notice.instrument} {notice.timeframe} · {notice.contract}"


def _span(notice: Notice) -> str:
    since = datetime.fromtimestamp(notice.since, DESK_ZONE)
    if notice.kind is not Kind.RECOVERED and notice.kind not in COUNTED:
        return f"{since:%d/%m/%Y %H:%M:%S}"
    return f"{since:%d/%m/%Y %H:%M:%S} - {datetime.fromtimestamp(notice.at, DESK_ZONE):%H:%M:%S}"
