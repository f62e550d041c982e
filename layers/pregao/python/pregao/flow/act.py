"""A link from an e-mail: shows the alert, and takes a decision when the form is sent.

Opening the link decides nothing: mail scanners open every link.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pregao.domain.alerts.alert import Alert
from pregao.domain.delivery.operators import Operator
from pregao.domain.text.email import act_page, note_page
from pregao.flow.decide import Deciding, Decision, decide
from pregao.flow.in_time import TimeLeft
from pregao.flow.refusals import Decided


@dataclass(frozen=True, slots=True)
class Page:
    """An answer to a browser; `refused` is a word for why it did not get what it came for.

    `untold` is what failed after a decision was written, while the screens were told of it.
    """

    status: int
    html: str
    refused: str | None = None
    untold: Sequence[Exception] = ()


def refused_page(status: int, reason: str, language: str, *details: str) -> Page:
    """Return the page that says why not."""
    return Page(status, note_page(reason, language, *details), reason)


def show(operator_id: str, alert_id: str, chosen: str | None, deps: Deciding) -> Page:
    """Answer the opened link: the alert and, for a trader, the form, `chosen` ticked."""
    found = _found(operator_id, alert_id, deps)
    if isinstance(found, Page):
        return found
    operator, alert = found
    return Page(200, act_page(alert, operator, chosen))


def take(
    operator_id: str, alert_id: str, decision: str, note: str | None, deps: Deciding, time: TimeLeft
) -> Page:
    """Answer the sent form: recorded, or who was first."""
    found = _found(operator_id, alert_id, deps)
    if isinstance(found, Page):
        return found
    operator, alert = found
    if operator.role != "trader":
        return refused_page(403, "only_traders", operator.language)
    try:
        failures = decide(alert, Decision(operator.id, decision, note), deps, time)
    except Decided as first:
        return refused_page(409, "already_decided", operator.language, first.operator, first.decision)
    return Page(200, note_page("recorded", operator.language, decision), untold=failures.found)


def _found(operator_id: str, alert_id: str, deps: Deciding) -> tuple[Operator, Alert] | Page:
    operator = next((one for one in deps.operators if one.id == operator_id), None)
    if operator is None:
        return refused_page(403, "not_on_desk", "pt-BR")
    alert = deps.feed.find(alert_id)
    if alert is None:
        return refused_page(404, "unknown_alert", operator.language)
    return operator, alert
