"""The two queues: alerts to deliver, timers to fall back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pregao.flow.steps.in_time import Failures
from pregao.wire.alert_v1 import dump_alert, dump_timer

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Alert
    from pregao.domain.delivery.timer import Timer

BATCH = 10  # messages in one SQS call


class NotQueued(Exception):
    """SQS did not take a message; the caller's retry finds the alert committed and sends it again."""


class AlertQueue:
    """flow.ports.delivery.AlertQueue over SQS."""

    def __init__(self, client: Any, url: str) -> None:
        self._client = client
        self._url = url

    def send(self, alerts: Sequence[Alert]) -> None:
        """Hand over alerts; see flow.ports."""
        failures = Failures()
        for start in range(0, len(alerts), BATCH):
            with failures.kept():
                self._send(alerts[start : start + BATCH])
        failures.tell("not every alert was queued")

    def _send(self, alerts: Sequence[Alert]) -> None:
        entries = [
            {"Id": str(index), "MessageBody": dump_alert(alert).decode()}
            for index, alert in enumerate(alerts)
        ]
        answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
        if answer.get("Failed"):
            raise NotQueued(f"{len(answer['Failed'])} of {len(entries)}: {answer['Failed'][0].get('Code')}")


class DeadLetters:
    """flow.ports.delivery.DeadLetters over SQS: the alert queue's dead-letter queue."""

    def __init__(self, client: Any, url: str) -> None:
        self._client = client
        self._url = url

    def dead_letter(self, alert: Alert, reason: str) -> None:
        """Put an alert there; see flow.ports. The body is a message the alert queue takes as it is."""
        why = {"reason": {"DataType": "String", "StringValue": reason}}
        self._client.send_message(
            QueueUrl=self._url, MessageBody=dump_alert(alert).decode(), MessageAttributes=why
        )


class FallbackQueue:
    """flow.ports.delivery.FallbackQueue over SQS; `dead_letters_url` is the URL of its dead-letter queue."""

    def __init__(self, client: Any, url: str, dead_letters_url: str = "") -> None:
        self._client = client
        self._url = url
        self._dead_letters_url = dead_letters_url

    def start(self, timer: Timer, delay_s: int) -> None:
        """Start a timer; see flow.ports."""
        self._client.send_message(QueueUrl=self._url, MessageBody=dump_timer(timer), DelaySeconds=delay_s)

    def dead_letter(self, timer: Timer, reason: str) -> None:
        """Give a timer up; see flow.ports."""
        why = {"reason": {"DataType": "String", "StringValue": reason}}
        self._client.send_message(
            QueueUrl=self._dead_letters_url, MessageBody=dump_timer(timer), MessageAttributes=why
        )
