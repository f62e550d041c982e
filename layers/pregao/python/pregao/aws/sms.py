"""SMS through SNS."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from pregao.flow.ports.refusals import SmsFailed

if TYPE_CHECKING:
    from pregao.domain.text.sms import Sms

TRANSACTIONAL = {"AWS.SNS.SMS.SMSType": {"DataType": "String", "StringValue": "Transactional"}}


class SmsGateway:
    """flow.ports.mail.SmsGateway over SNS; the client must not repeat a call whose answer it missed."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def send(self, sms: Sms) -> str:
        """Send one SMS; see flow.ports.mail."""
        try:
            answer = self._client.publish(
                PhoneNumber=sms.to, Message=sms.text, MessageAttributes=TRANSACTIONAL
            )
        except ClientError as error:
            raise SmsFailed(error.response["Error"]["Code"]) from error
        except BotoCoreError as error:
            raise SmsFailed(type(error).__name__) from error
        return str(answer["MessageId"])
