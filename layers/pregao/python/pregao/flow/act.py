"""A link from an e-mail: shows the alert, and takes a decision when the form is sent.

Opening the link decides nothing: mail scanners open every link.
"""

from __future__ import annotations

from dataclasses import dataclass

from pregao.domain.alert import Alert
from pregao.domain.delivery import Operator
from pregao.domain.rendering import act_page, note_page
from pregao.flow.decide import Deciding, Decision, decide
from pregao.flow.refusals import Decided


@dataclass(frozen=True, slots=True)
class Page:
    """An answer to a browser."""

    status: int
    html: str


def show(operator_id: str, alert_id: str, chosen: str | None, deps: Deciding) -> Page:
    """Answer the opened link: the alert and, for a trader, the form, `chosen` ticked."""
    found = _found(operator_id, alert_id, deps)
    if isinstance(found, Page):
        return found
    operator, alert = found
    return Page(200, act_page(alert, operator, chosen))


def take(operator_id: str, alert_id: str, decision: str, note: str | None, deps: Deciding) -> Page:
    """Answer the sent form: recorded, or who was first."""
    found = _found(operator_id, alert_id, deps)
    if isinstance(found, Page):
        return found
    operator, alert = found
    if operator.role != "trader":
        return Page(403, note_page("only_traders", operator.language))
    try:
        decide(alert, Decision(operator.id, decision, note), deps)
    except Decided as first:
        return Page(409, note_page("already_decided", operator.language, first.operator, first.decision))
    return Page(200, note_page("recorded", operator.language, decision))


def _found(operator_id: str, alert_id: str, deps: Deciding) -> tuple[Operator, Alert] | Page:
    operator = next((one for one in deps.operators if one.id == operator_id), None)
    if operator is None:
        return Page(403, note_page("not_on_the_desk", "pt-BR"))
    alert = deps.feed.find(alert_id)
    if alert is None:
        return Page(404, note_page("unknown_alert", operator.language))
    return operator, alert
