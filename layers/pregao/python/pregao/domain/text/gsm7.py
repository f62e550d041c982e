"""The alphabet of an SMS: GSM 03.38 (3GPP TS 23.038, section 6.2.1), and text made to fit it."""

from __future__ import annotations

import unicodedata

ONE_SMS = 160
"""Septets of a message that is not split."""
BASIC = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
"""By position; 0x1b is the escape to the extension."""
EXTENDED = "\f^{}\\[~]|€"
"""Each takes two septets: the escape and its own."""
_ESCAPE = "\x1b"
_PLAIN = {"·": "-", "\u2013": "-", "\u2014": "-", "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"'}
"""Dashes and quotes that a text in good typography has."""


def septets(text: str) -> int:
    """Count the septets of a text of this alphabet; raises ValueError for a character outside of it."""
    return sum(_septets(one) for one in text)


def transliterate(text: str) -> str:
    """Write a text in this alphabet: what it lacks loses its accent (ã, á, ç), or becomes a question mark."""
    return "".join(_closest(one) for one in unicodedata.normalize("NFC", text))


def fit(text: str, most: int = ONE_SMS) -> str:
    """Return the text in this alphabet, cut to at most so many septets."""
    kept, room = [], most
    for one in transliterate(text):
        room -= _septets(one)
        if room < 0:
            break
        kept.append(one)
    return "".join(kept)


def _known(one: str) -> bool:
    return one != _ESCAPE and (one in BASIC or one in EXTENDED)


def _septets(one: str) -> int:
    if not _known(one):
        raise ValueError(f"{one!r} is not in GSM 03.38")
    return 2 if one in EXTENDED else 1


def _closest(one: str) -> str:
    if _known(one):
        return one
    plain = _PLAIN.get(one) or "".join(filter(_known, unicodedata.normalize("NFKD", one)))
    return plain or "?"
