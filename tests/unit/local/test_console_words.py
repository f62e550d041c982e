"""The console's words are those of the e-mails: its own list, in TypeScript, may not drift from theirs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pregao.domain.alerts.signal import Direction, Pattern, Severity
from pregao.domain.feeds.feed import Cause
from pregao.domain.text import words

SOURCE = Path(__file__).resolve().parents[3] / "local" / "console" / "src" / "core" / "words.ts"
PAGE = {
    name: (portuguese, english)
    for name, portuguese, english in re.findall(
        r'(\w+): \["((?:[^"\\]|\\.)*)", "((?:[^"\\]|\\.)*)"\]', SOURCE.read_text(encoding="utf-8")
    )
}
OTHERS = {"note", "expired", "since", "bulletin_of"}
"""Keys whose words are others: a label's on the page, a sentence's in an e-mail."""
BOTH = sorted(PAGE.keys() & words._WORDS.keys() - OTHERS)


def _bare(texts):
    return tuple(text.casefold().rstrip(".:") for text in texts)


@pytest.mark.parametrize("key", BOTH)
def test_a_word_is_the_same_in_both(key):
    assert _bare(PAGE[key]) == _bare(words._WORDS[key])


def test_what_is_excused_does_differ():
    assert [key for key in OTHERS if _bare(PAGE[key]) == _bare(words._WORDS[key])] == []


def test_what_the_server_may_say_has_words_on_the_page():
    said = [*Pattern, *Direction, *Severity, *(f"cause_{cause}" for cause in Cause)]
    assert [one for one in said if str(one) not in PAGE] == []
    assert len(BOTH) > 60
