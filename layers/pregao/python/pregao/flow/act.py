"""A link from an e-mail: shows the alert, and takes a decision when the form is sent.

Opening the link decides nothing: mail scanners open every link. The console sends its operator's decision
here, too, when the page is closed before the socket could carry it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from pregao.domain.delivery.alert_state import DECISIONS, Taken, decisions_for, state_of
from pregao.domain.text.email import NOTE_MAX, act_page, note_page
from pregao.domain.text.note import SILENCE
from pregao.domain.text.silence_page import AT_MOST_S, RING, silence_page, silenced_page
from pregao.flow.ports.refusals import Decided, NothingToExecute
from pregao.flow.steps.decide import Deciding, Decision, decide
from pregao.wire.link_v1 import Link, read_link
from pregao.wire.token_v1 import Cause, TokenRefused

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Alert
    from pregao.domain.delivery.operators import Operator
    from pregao.domain.text.times import ZoneOf
    from pregao.flow.authorize import Authorize
    from pregao.flow.ports.phone import Devices
    from pregao.flow.steps.in_time import TimeLeft

MAX_FORM_BYTES = 1024 + 12 * NOTE_MAX
"""A character of the note takes up to twelve bytes in a form: "%F0%9F%93%88"."""

ORDER_MAX = 40
"""Characters of an order's number, as in the socket's frame."""


@dataclass(frozen=True, slots=True)
class Page:
    """An answer to a browser; `refused` is a word for why it did not get what it came for.

    `untold` is what failed after a decision was written, while the screens were told of it.
    """

    status: int
    html: str
    refused: str | None = None
    untold: Sequence[Exception] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """What a browser sent."""

    decision: str
    note: str
    order_id: str = ""


def refused_page(status: int, reason: str, language: str, *details: str) -> Page:
    """Return the page that says why not."""
    return Page(status, note_page(reason, language, *details), reason)


def show(operator_id: str, alert_id: str, chosen: str | None, deps: Deciding, zone_of: ZoneOf) -> Page:
    """Answer the opened link: the alert, how it stands and, while it is open, a trader's form."""
    found = _found(operator_id, alert_id, deps)
    if isinstance(found, Page):
        return found
    operator, alert = found
    taken = deps.actions.acts(alert.id).stands_for(operator.id)
    state = state_of(alert, taken, deps.operators, deps.clock())
    ticked = chosen if chosen in decisions_for(alert) else None
    return Page(200, act_page(alert, operator, state, ticked, zone_of(alert.instrument)))


def take(
    operator_id: str, alert_id: str, form: Form | None, deps: Deciding, time: TimeLeft, zone_of: ZoneOf
) -> Page:
    """Answer the sent form, None for one that is too large: recorded, or what stands already."""
    found = _found(operator_id, alert_id, deps)
    return found if isinstance(found, Page) else _taken(*found, form, deps, time, zone_of)


def show_silence(operator_id: str, deps: Deciding, devices: Devices) -> Page:
    """Answer the opened link of a silence: until when, and the times to choose. Opening it does nothing."""
    operator = _operator(operator_id, deps)
    if isinstance(operator, Page):
        return operator
    return Page(200, silence_page(operator.language, devices.silent_until(operator.id), deps.clock()))


def take_silence(operator_id: str, said: str, deps: Deciding, devices: Devices) -> Page:
    """Answer the sent form of a silence: its end in epoch seconds, "0" to let the phone ring again."""
    operator, now = _operator(operator_id, deps), deps.clock()
    if isinstance(operator, Page):
        return operator
    until = int(said) if said.isascii() and said.isdecimal() and len(said) < 12 else -1
    if said != RING and not now < until <= now + AT_MOST_S:
        return refused_page(400, "bad_form", operator.language)
    devices.silence(operator.id, until or None)
    return Page(200, silenced_page(operator.language, until or None))


def _taken(
    operator: Operator, alert: Alert, form: Form | None, deps: Deciding, time: TimeLeft, zone_of: ZoneOf
) -> Page:
    if operator.role != "trader":
        return refused_page(403, "only_traders", operator.language)
    if form is None or len(form.note) > NOTE_MAX or len(form.order_id) > ORDER_MAX:
        return refused_page(413, "too_large", operator.language)
    if form.decision not in DECISIONS:
        return refused_page(400, "bad_form", operator.language)
    try:
        decision = Decision(operator.id, form.decision, form.note or None, form.order_id or None)
        failures = decide(alert, decision, deps, time)
    except Decided as first:
        return _stands(alert, operator, form, first.taken, deps, zone_of)
    except NothingToExecute:
        return refused_page(400, "nothing_to_execute", operator.language)
    return Page(200, note_page("recorded", operator.language, form.decision), untold=failures.found)


def _stands(
    alert: Alert, operator: Operator, form: Form, taken: Taken, deps: Deciding, zone_of: ZoneOf
) -> Page:
    """Return the page with the decision that stands. The same form sent twice counts as recorded."""
    if (taken.operator, taken.decision) == (operator.id, form.decision):
        return Page(200, note_page("recorded", operator.language, form.decision))
    state = state_of(alert, taken, deps.operators, deps.clock())
    page = act_page(alert, operator, state, zone=zone_of(alert.instrument))
    return Page(409, page, "already_decided")


def _operator(operator_id: str, deps: Deciding) -> Operator | Page:
    found = next((one for one in deps.operators if one.id == operator_id), None)
    return found or refused_page(403, "not_on_desk", "pt-BR")


def _found(operator_id: str, alert_id: str, deps: Deciding) -> tuple[Operator, Alert] | Page:
    operator = _operator(operator_id, deps)
    if isinstance(operator, Page):
        return operator
    alert = deps.alert_log.find(alert_id)
    if alert is None:
        return refused_page(404, "unknown_alert", operator.language)
    return operator, alert


@dataclass(frozen=True, slots=True)
class LinkPages:
    """Reads the link, then shows the alert or takes the decision; `keys` sign links, the newest first.

    A link of a message leads to the page, too, on which its operator silences their phone (`devices`).
    `authorize` reads the token of a console's session. Times are told on the clock that `zone_of` gives.
    """

    keys: Iterable[str]
    deps: Deciding
    authorize: Authorize
    zone_of: ZoneOf
    devices: Devices

    def show(self, token: str, chosen: str | None, about: Callable[[str], None]) -> Page:
        """Answer the opened link; `about` hears the alert's id first."""
        link = self._read(token, about)
        if isinstance(link, Page):
            return link
        if chosen == SILENCE:
            return show_silence(link.operator, self.deps, self.devices)
        return show(link.operator, link.alert_id, chosen, self.deps, self.zone_of)

    def take(self, token: str, body: str, about: Callable[[str], None], time: TimeLeft) -> Page:
        """Answer the sent form (URL-encoded); `about` hears the alert's id first."""
        link = self._read(token, about)
        if isinstance(link, Page):
            return link
        if len(body) <= MAX_FORM_BYTES and (said := parse_qs(body).get("silence")):
            return take_silence(link.operator, said[0], self.deps, self.devices)
        return take(link.operator, link.alert_id, _form(body), self.deps, time, self.zone_of)

    def take_from_console(
        self,
        token: str | None,
        origin: str | None,
        alert_id: str,
        body: str,
        about: Callable[[str], None],
        time: TimeLeft,
    ) -> Page:
        """Answer the decision (URL-encoded) that a console's page sends while it is closed.

        `token` is that of the session, `origin` the page's. Somebody may decide here on what they may decide
        on over the socket; `about` hears the alert's id first.
        """
        try:
            named = self.authorize(token, origin).operator
        except TokenRefused as refused:
            return Page(401, note_page("bad_link", "pt-BR"), refused.cause)
        about(alert_id)
        found = _found(named, alert_id, self.deps)
        if isinstance(found, Page):
            return found
        operator, alert = found
        if not operator.concerned_by(alert):
            return refused_page(404, "unknown_alert", operator.language)
        return _taken(operator, alert, _form(body), self.deps, time, self.zone_of)

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
    decision, note, order = (fields.get(name, [""])[0] for name in ("decision", "note", "order_id"))
    return Form(decision, note.strip(), order.strip())
