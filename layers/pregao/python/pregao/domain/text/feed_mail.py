"""What became of feeds, as an e-mail."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pregao.domain.text.email import Mail, mail_of
from pregao.domain.text.feed_notices import feed_headline, feed_note, feed_rows
from pregao.domain.text.words import word

if TYPE_CHECKING:
    from pregao.domain.delivery.operators import Operator
    from pregao.domain.feeds.told import Notice


def render_feed_mail(notices: Sequence[Notice], operator: Operator, sender: str) -> Mail:
    """Write to an operator, in their language, what became of feeds (at least one, all of one kind)."""
    language = operator.language
    title, rows = feed_headline(notices, language), feed_rows(notices, language)
    notes = [feed_note(notices[0].kind, language), word("disclaimer", language)]
    return mail_of(operator, sender, title, rows, notes)
