"""What SES publishes of an e-mail it took: the event record of a configuration set, as far as it is read.

Source: Amazon SES developer guide, "Contents of event data that Amazon SES publishes to Amazon SNS".
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from pregao.domain.delivery.mail_events import ALERT_TAG, OPERATOR_TAG, MailEvent
from pregao.domain.delivery.operators import Status
from pregao.wire.describe import describe

LISTED = "OnAccountSuppressionList"
"""The subtype of an e-mail that SES took and did not send: its own list has the address."""
_WORD = re.compile(r"[\w .-]{1,60}")


class ForeignEvent(Exception):
    """No event of an e-mail of ours; the message says why. It will not become one by coming again."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, alias_generator=to_camel, defer_build=True)


class _Mail(_Part):
    message_id: str = Field(min_length=1)
    timestamp: datetime
    destination: list[str] = Field(min_length=1, max_length=1)  # every e-mail of ours has one recipient
    tags: dict[str, list[str]] = {}

    def tag(self, name: str) -> str:
        return next(iter(self.tags.get(name, ())), "")


class _Recipient(_Part):
    status: str = ""


class _Bounce(_Part):
    timestamp: datetime
    bounce_type: str
    bounce_sub_type: str
    bounced_recipients: list[_Recipient] = []


class _Complaint(_Part):
    timestamp: datetime
    complaint_sub_type: str | None = None
    complaint_feedback_type: str | None = None


class _Delivery(_Part):
    timestamp: datetime


class _Delay(_Part):
    timestamp: datetime
    delay_type: str


class _Reject(_Part):
    reason: str


class _Event(_Part):
    event_type: Literal["Bounce", "Complaint", "Delivery", "DeliveryDelay", "Reject"]
    mail: _Mail
    bounce: _Bounce | None = None
    complaint: _Complaint | None = None
    delivery: _Delivery | None = None
    delivery_delay: _Delay | None = None
    reject: _Reject | None = None


def read_event(body: str) -> MailEvent:
    """Read one event; raises ForeignEvent for what is none, lacks our tags or is of a kind not asked for."""
    try:
        event = _Event.model_validate_json(body)
    except ValidationError as error:
        raise ForeignEvent("; ".join(describe(error))) from error
    if not event.mail.tag(OPERATOR_TAG):
        raise ForeignEvent(f"an e-mail without the tag '{OPERATOR_TAG}'")
    match event:
        case _Event(bounce=_Bounce() as bounce):
            return _bounced(event.mail, bounce)
        case _Event(complaint=_Complaint() as complaint):
            return _complained(event.mail, complaint)
        case _Event(reject=_Reject() as reject):
            return _event(event.mail, Status.REJECTED, None, lost=True, reason=reject.reason)
        case _Event(delivery_delay=_Delay() as delay):
            return _event(event.mail, Status.DELAYED, delay.timestamp, delay_type=delay.delay_type)
        case _Event(delivery=_Delivery() as delivery):
            return _event(event.mail, Status.DELIVERED, delivery.timestamp)
    raise ForeignEvent(f"{event.event_type} without its part")


def _bounced(mail: _Mail, bounce: _Bounce) -> MailEvent:
    """Read a bounce; a transient, general one may be an out-of-office note, and the e-mail has arrived."""
    codes = [one.status for one in bounce.bounced_recipients]
    permanent = bounce.bounce_type == "Permanent"
    noted = (bounce.bounce_type, bounce.bounce_sub_type) == ("Transient", "General")
    return _event(
        mail,
        Status.BOUNCED,
        bounce.timestamp,
        lost=not noted,
        suppresses=permanent,
        bounce_type=bounce.bounce_type,
        bounce_subtype=bounce.bounce_sub_type,
        smtp_status=codes[0] if codes else None,
    )


def _complained(mail: _Mail, complaint: _Complaint) -> MailEvent:
    """Read a complaint; "not-spam" is a reader's correction of one."""
    return _event(
        mail,
        Status.COMPLAINED,
        complaint.timestamp,
        lost=complaint.complaint_sub_type == LISTED,
        suppresses=complaint.complaint_feedback_type != "not-spam",
        complaint_type=complaint.complaint_feedback_type,
        complaint_subtype=complaint.complaint_sub_type,
    )


def _event(
    mail: _Mail,
    status: Status,
    at: datetime | None,
    *,
    lost: bool = False,
    suppresses: bool = False,
    **said: str | None,
) -> MailEvent:
    """Put it in our words. The address is the one written to: a bounce may name another one behind it."""
    return MailEvent(
        message_id=mail.message_id,
        status=status,
        address=mail.destination[0],
        operator=mail.tag(OPERATOR_TAG),
        alert_id=mail.tag(ALERT_TAG),
        happened_at=(at or mail.timestamp).timestamp(),
        detail={name: word for name, word in said.items() if word and _WORD.fullmatch(word)},
        lost=lost,
        suppresses=suppresses,
    )
