"""What the bridge says to the person at the desk: Portuguese first, English second."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pregao_bridge.market import MarketFault
from pregao_bridge.remedies import remedy_for
from pregao_bridge.texts import TEXTS

if TYPE_CHECKING:
    from pregao_bridge.market import Condition
    from pregao_bridge.skew import Skew

REFUSED = "refused"
POSTING_FAILED = "posting_failed"


def say(key: str, language: str, **values: object) -> str:
    """Return a message in "pt-BR" or "en"."""
    return TEXTS[key][language == "en"].format(**values)


def of_skew(key: str, language: str, seconds: float, **values: object) -> str:
    """Return a message about the clock; `seconds` positive when this machine's is ahead."""
    side = say("ahead" if seconds > 0 else "behind", language)
    return say(key, language, skew=f"{abs(seconds):.0f}", side=side, **values)


def of_condition(condition: Condition, detail: str, code: int | None, language: str) -> str:
    """Return what is wrong with a terminal or a symbol, and what to do."""
    return f"{named(condition, detail, language)}; {remedy(condition, code, language)}"


def remedy(condition: Condition, code: int | None, language: str) -> str:
    """Return what to do; `code` is the terminal's last_error."""
    cure = remedy_for(MarketFault(condition, "", code))
    return cure.en if language == "en" else cure.pt


def named(condition: Condition, detail: str, language: str) -> str:
    """Return a condition in words, with its detail where there is one."""
    return ": ".join([say(f"c_{condition}", language), *([detail] if detail else [])])


def signature_words(language: str, status: int, skew: Skew) -> str:
    """Return why a signature was refused, as far as it is known, and what to do."""
    if skew.breaks_signatures:
        return of_skew("signature_skew", language, skew.noticeable, status=status)
    return say("signature", language, status=status)
