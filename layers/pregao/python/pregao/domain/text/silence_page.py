"""The page on which an operator silences their phone: a link in a message opens it, its button does it."""

from __future__ import annotations

from pregao.domain.text.html import document, pick
from pregao.domain.text.times import hour_minute
from pregao.domain.text.words import word

CHOICES_S = (1800, 3600, 7200, 14_400)
"""How long a silence may be that is chosen here."""
AT_MOST_S = 24 * 3600
RING = "0"
"""What is posted to end one."""


def silence_page(language: str, until: float | None, now: float) -> str:
    """Return the page: until when the phone is silent, and the times to choose, on the desk's clock.

    What is posted is the moment itself (epoch seconds), so that it ends when its reader was told.
    """
    silent = until is not None and until > now
    rows = [(word("phone_silent_till", language), hour_minute(until))] if silent and until else []
    ends = {int(now + one) // 60 * 60 for one in CHOICES_S}
    choices = {str(at): f"{word('silent_till', language)} {hour_minute(at)}" for at in sorted(ends)}
    choices |= {RING: word("phone_rings", language)} if silent else {}
    after = pick("silence", choices, None, word("silence_set", language))
    title, notes = word("silence_phone", language), [word("silence_note", language)]
    return document(title, rows, notes, language, after=after)


def silenced_page(language: str, until: float | None) -> str:
    """Return the page that says what was done."""
    title = (
        f"{word('phone_silent_till', language)} {hour_minute(until)}"
        if until
        else word("phone_rings", language)
    )
    return document(title, [], [word("silence_note", language)], language)
