"""One SMS beside the e-mail, where the desk has switched it on and the operator has a phone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pregao.domain.alerts.signal import Severity
from pregao.domain.delivery.operators import Channel, Operator, Status
from pregao.flow.ports.refusals import SmsFailed

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Alert
    from pregao.domain.delivery.alert_state import AlertState
    from pregao.domain.text.sms import Sms
    from pregao.flow.ports.mail import SmsGateway
    from pregao.flow.steps.audit.journal import Journal


@dataclass(frozen=True, slots=True)
class SmsSettings:
    """Who sends, and from which severity upward."""

    gateway: SmsGateway
    min_severity: Severity = Severity.MEDIUM


def send_sms(
    alert: Alert,
    operator: Operator,
    state: AlertState,
    texting: SmsSettings | None,
    journal: Journal,
    zone: ZoneInfo,
) -> None:
    """Send an operator one SMS about an alert and how it stands; nothing where none is due.

    Its times are on the clock of `zone`, the instrument's.
    The intent is written down before, the outcome after.
    A once-only mark is written before sending; after a crash the SMS is not sent again. The e-mail does not
    depend on it.
    """
    if texting is None or operator.phone is None or alert.severity.rank < texting.min_severity.rank:
        return
    from pregao.domain.text.sms import render_sms  # here: few desks send any

    sms = render_sms(alert, operator, operator.phone, state, zone)
    if journal.book.trying(alert.id, operator.id, Channel.SMS, journal.clock()):
        journal.note(alert, operator, Channel.SMS, Status.INTENT, {})
        status, detail = _send(sms, texting.gateway)
        journal.note(alert, operator, Channel.SMS, status, detail)


def _send(sms: Sms, gateway: SmsGateway) -> tuple[Status, dict[str, str]]:
    try:
        return Status.SENT, {"provider_id": gateway.send(sms)}
    except SmsFailed as failed:
        return Status.FAILED, {"error": str(failed)}
