"""What no delivery could finish: read without taking it out, explained, sent again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from local.ops.missed import missed
from local.stack.errors import StackError
from pregao.aws.tables.delivery.delivery_book import reopen
from pregao.domain.delivery.timer import Timer
from pregao.flow.feedback import BOUNCED
from pregao.wire.alert_v1 import load_alert, load_timer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from local.stack.deployed import Deployed
    from pregao.domain.alerts.alert import Alert

QUEUES = {
    "alerts": ("AlertDeadLettersUrl", "AlertQueueUrl"),
    "timers": ("FallbackDeadLettersUrl", "FallbackQueueUrl"),
    "feedback": ("FeedbackDeadLettersUrl", "FeedbackQueueUrl"),
    "missed": ("MissedDeadLettersUrl", ""),
}
"""By kind: the outputs that hold the dead letters' queue and the one they go back to, empty for none."""
MISSED = "missed"
WORD = {"alerts": "deliver", "timers": "fallback", "feedback": "feedback"}
UNREADABLE = "nobody can read it"
WAIT_S = 1
"""Long polling asks all of SQS's servers; without it a letter may be missed."""
LOOKED_AT_S = 60
"""For so long a letter that was read is hidden from others, unless it is given back before."""


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One message; `alert` is None where it holds none or nobody can read it, `operators` are a timer's.

    `about` is what a missed round, batch or file was, empty for the other kinds; `bounced` tells that an
    operator's e-mail was sent and did not arrive.
    """

    kind: str
    id: str
    body: str
    handle: str
    alert: Alert | None
    operators: tuple[str, ...]
    bounced: bool
    sent_at: float
    reason: str
    about: str = ""

    def called(self, start: str) -> str:
        """Return its name that begins so, its alert's id before its own, empty where neither does."""
        names = (self.alert.id, self.id) if self.alert else (self.id,)
        return next((name for name in names if name.startswith(start)), "")


class DeadLetters:
    """A context manager over both queues: what was read and not sent again is given back on the way out."""

    def __init__(self, stack: Deployed) -> None:
        self._sqs, self._stack = stack.client("sqs"), stack
        self._held: dict[str, DeadLetter] = {}

    def __enter__(self) -> DeadLetters:
        return self

    def __exit__(self, *_: object) -> None:
        for letter in self._held.values():
            url = self._url(letter, 0)
            self._sqs.change_message_visibility(
                QueueUrl=url, ReceiptHandle=letter.handle, VisibilityTimeout=0
            )

    def read(self) -> list[DeadLetter]:
        """Return every letter, the oldest first."""
        for kind in QUEUES:
            for message in self._messages(kind):
                self._held[message["MessageId"]] = _letter(kind, message)
        return sorted(self._held.values(), key=lambda one: one.sent_at)

    def replay(self, letter: DeadLetter) -> None:
        """Send a letter back to its queue as it was; operators not reached are tried again.

        Sent before it is taken out: a crash in between leaves it in both places, which does nothing twice.
        """
        if letter.kind == MISSED:
            raise StackError(
                f"{letter.id} ({letter.about or MISSED}) has no queue to go back to; docs/RUNBOOK.md,"
                " MissedDeadLetters, says what is to be done. Take it away with: pregao dlq drop"
            )
        if letter.alert is not None:
            dynamo, table = self._stack.client("dynamodb"), self._stack.outputs["AdmissionTable"]
            for operator in letter.operators:
                reopen(dynamo, table, letter.alert.id, operator, bounced=letter.bounced)
        self._sqs.send_message(QueueUrl=self._url(letter, 1), MessageBody=letter.body)
        self._take_out(letter)

    def drop(self, letter: DeadLetter) -> None:
        """Take a missed round, batch or file away; raises StackError for a letter that can be sent again."""
        if letter.kind != MISSED:
            raise StackError(f"{letter.id} is not thrown away: mend its cause, then: pregao dlq replay")
        self._take_out(letter)

    def _take_out(self, letter: DeadLetter) -> None:
        self._sqs.delete_message(QueueUrl=self._url(letter, 0), ReceiptHandle=letter.handle)
        del self._held[letter.id]

    def _messages(self, kind: str) -> Iterator[dict[str, Any]]:
        url = self._stack.outputs.get(QUEUES[kind][0])
        if url is None:  # a stack deployed before there was this kind
            return
        asked = {"MaxNumberOfMessages": 10, "VisibilityTimeout": LOOKED_AT_S, "WaitTimeSeconds": WAIT_S}
        names = {"MessageAttributeNames": ["All"], "AttributeNames": ["All"]}
        while found := self._sqs.receive_message(QueueUrl=url, **asked, **names).get("Messages"):
            yield from found

    def _url(self, letter: DeadLetter, end: int) -> str:
        return self._stack.outputs[QUEUES[letter.kind][end]]


def gathered(letters: Iterable[DeadLetter]) -> list[tuple[DeadLetter, int]]:
    """Return letters with how many there are of each; what was missed for one reason is one, the oldest.

    A broken schedule leaves a letter a minute; an alert's or an operator's letter always stands by itself.
    """
    found: dict[tuple[str, ...], list[DeadLetter]] = {}
    for one in letters:
        same = (one.kind, one.about, one.reason) if one.kind == MISSED else (one.kind, one.id)
        found.setdefault(same, []).append(one)
    return [(same[0], len(same)) for same in found.values()]


def _letter(kind: str, message: dict[str, Any]) -> DeadLetter:
    told = {name: one.get("StringValue", "") for name, one in message.get("MessageAttributes", {}).items()}
    if kind == MISSED:
        read = missed(message["Body"], told)
        return _made(kind, message, None, read.why if read else UNREADABLE, read.about if read else "")
    content = _content(kind, message["Body"])
    known = content is not None or kind == "feedback"
    failed = f"its tries failed; the log of {WORD[kind]} says why"
    return _made(kind, message, content, told.get("reason") or (failed if known else UNREADABLE))


def _made(
    kind: str, message: dict[str, Any], content: Timer | None, reason: str, about: str = ""
) -> DeadLetter:
    return DeadLetter(
        kind=kind,
        id=message["MessageId"],
        body=message["Body"],
        handle=message["ReceiptHandle"],
        alert=content.alert if content else None,
        operators=content.operators if content else (),
        bounced=content is not None and content.cause == BOUNCED,
        sent_at=int(message["Attributes"]["SentTimestamp"]) / 1000,
        reason=reason,
        about=about,
    )


def _content(kind: str, body: str) -> Timer | None:
    """Read what a letter is about; an alert alone comes as a timer of nobody."""
    try:
        return Timer(load_alert(body), (), 0, "") if kind == "alerts" else load_timer(body)
    except ValidationError:
        return None
