"""Everything GET and POST /act/{token} work with."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from urllib.parse import parse_qs

from pregao import clock
from pregao.aws.clients import client
from pregao.aws.secret import SigningKeys
from pregao.aws.tables.action_book import ActionBook
from pregao.aws.tables.alert_log import Feed
from pregao.bootstrap.common import config, ledger, operators, pause, posting_pool, screens
from pregao.bootstrap.metrics import counter
from pregao.domain.audit.chain import ACAO
from pregao.domain.text.email import NOTE_MAX
from pregao.flow.act import Form, Page, refused_page, show, take
from pregao.flow.decide import Deciding
from pregao.flow.in_time import TimeLeft
from pregao.settings import Settings
from pregao.wire.link_v1 import Link, read_link
from pregao.wire.token_v1 import Cause, TokenRefused

count_refused = counter("act")

MAX_FORM_BYTES = 1024 + 12 * NOTE_MAX
"""A character of the note takes up to twelve bytes in a form: "%F0%9F%93%88"."""


@dataclass(frozen=True, slots=True)
class Act:
    """Reads the link, then shows the alert or takes the decision."""

    keys: Iterable[str]
    deps: Deciding

    def show(self, token: str, chosen: str | None, about: Callable[[str], None]) -> Page:
        """Answer the opened link; `about` hears the alert's id first."""
        link = self._read(token, about)
        if isinstance(link, Page):
            return link
        return show(link.operator, link.alert_id, chosen, self.deps)

    def take(self, token: str, body: str, about: Callable[[str], None], time: TimeLeft) -> Page:
        """Answer the sent form (URL-encoded); `about` hears the alert's id first."""
        link = self._read(token, about)
        if isinstance(link, Page):
            return link
        return take(link.operator, link.alert_id, _form(body), self.deps, time)

    def _read(self, token: str, about: Callable[[str], None]) -> Link | Page:
        try:
            link = read_link(token, self.keys)
        except TokenRefused as refused:
            expired = refused.cause is Cause.EXPIRED
            return refused_page(410 if expired else 403, "expired" if expired else "bad_link", "pt-BR")
        about(link.alert_id)
        return link


def _form(body: str) -> Form | None:
    """Read a form; None for one that holds more than the page lets anybody write."""
    if len(body) > MAX_FORM_BYTES:
        return None
    fields = parse_qs(body)
    return Form(fields.get("decision", [""])[0], fields.get("note", [""])[0].strip())


@cache
def acting() -> Act:
    """Build the function once per process; raises SettingsError or ConfigError."""
    settings = Settings.require("admission_table", "connections_table", "acao_table", "token_secret_arn")
    dynamo, state = client("dynamodb"), settings.admission_table
    deps = Deciding(
        operators=operators(config(settings)),
        feed=Feed(dynamo, state),
        actions=ActionBook(dynamo, state, ledger(settings, settings.acao_table, ACAO)),
        screens=screens(settings),
        pool=posting_pool(),
        pause=pause,
        clock=clock.now,
    )
    return Act(SigningKeys(client("secretsmanager"), settings.token_secret_arn, clock.now), deps)
