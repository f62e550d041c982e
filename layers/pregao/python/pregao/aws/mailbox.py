"""E-mail through SES."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from pregao.domain.delivery.mail_events import ALERT_TAG, OPERATOR_TAG
from pregao.flow.ports.refusals import MailBusy, MailRefused

if TYPE_CHECKING:
    from pregao.domain.text.email import Mail

FINAL = {
    "MessageRejected",
    "MailFromDomainNotVerifiedException",
    "BadRequestException",
    "NotFoundException",
    "AccessDeniedException",
}
"""SES's errors about this e-mail, its addresses or this function's rights: a retry would fail alike."""


class Mailbox:
    """flow.ports.mail.Mailbox over SES v2; `events` is the configuration set that tells of it."""

    def __init__(self, client: Any, events: str) -> None:
        self._client = client
        self._events = events

    def send(self, mail: Mail) -> str:
        """Send one e-mail; see flow.ports.mail."""
        try:
            answer = self._client.send_email(
                FromEmailAddress=mail.sender,
                Destination={"ToAddresses": [mail.to]},
                ConfigurationSetName=self._events,
                EmailTags=_tags(mail),
                Content={
                    "Simple": {
                        "Subject": _utf8(mail.subject),
                        "Body": {"Text": _utf8(mail.text), "Html": _utf8(mail.html)},
                    }
                },
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise (MailRefused if code in FINAL else MailBusy)(code) from error
        except BotoCoreError as error:
            raise MailBusy(type(error).__name__) from error
        return str(answer["MessageId"])


def _tags(mail: Mail) -> list[dict[str, str]]:
    """Name its reader and its alert; their ids are of letters, digits, "_" and "-", as SES wants tags."""
    tags = {OPERATOR_TAG: mail.operator, ALERT_TAG: mail.alert_id}
    return [{"Name": name, "Value": value} for name, value in tags.items() if value]


def _utf8(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}
