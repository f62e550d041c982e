"""E-mail through SES."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from pregao.domain.rendering import Mail
from pregao.flow.refusals import MailBusy, MailRefused

# SES says so of this e-mail or this account's rights; another try would hear the same.
FINAL = {"MessageRejected", "MailFromDomainNotVerifiedException", "BadRequestException", "NotFoundException"}


class Mailbox:
    """flow.ports.Mailbox over SES v2."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def send(self, mail: Mail) -> str:
        """Send one e-mail; see flow.ports."""
        try:
            answer = self._client.send_email(
                FromEmailAddress=mail.sender,
                Destination={"ToAddresses": [mail.to]},
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


def _utf8(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}
