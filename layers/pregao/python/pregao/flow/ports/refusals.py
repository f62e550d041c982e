"""What a port answers when it does not do what it was asked; only Contended is repeated at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pregao.domain.alerts.admission import Judgement
    from pregao.domain.alerts.alert import Alert
    from pregao.domain.delivery.alert_state import Taken


class Contended(Exception):
    """Somebody else wrote first or the store is busy: read again and repeat; nothing was written."""


class Leased(Exception):
    """Another invocation holds the lease; let the queue redeliver the message."""


class OutOfTime(Exception):
    """The invocation ends before more could be done; what is left is done by another one."""


class Refused(Exception):
    """A claim is held by somebody else; nothing was written.

    `unfinished` is the admitted alert that holds it when its delivery has not been seen to end.
    """

    def __init__(self, judgement: Judgement, unfinished: Alert | None = None) -> None:
        super().__init__(judgement.reason)
        self.judgement = judgement
        self.unfinished = unfinished


class MailRefused(Exception):
    """The provider will never take this e-mail (bad address, sender not verified); no retry helps."""


class MailBusy(Exception):
    """The provider did not take this e-mail now; try again later."""


class SmsFailed(Exception):
    """The provider did not take this SMS; it is not tried again, since it might arrive twice."""


class NoAddress(Exception):
    """The operator has no address on this channel."""


class ChannelBusy(Exception):
    """The service certainly took nothing; `after_s` is when it wants to be asked again, 0 where unsaid."""

    def __init__(self, cause: str, after_s: float = 0.0) -> None:
        super().__init__(cause)
        self.after_s = after_s


class ChannelRefused(Exception):
    """The service will not take notes for this operator before a person mends it; the text is the cause."""


class ChannelSilent(Exception):
    """The service's answer is lost: nobody can tell whether it took the note, so it is not sent again."""


NOT_DONE = NoAddress, ChannelBusy, ChannelRefused, ChannelSilent
"""How a phone's service may fail."""


class NothingToExecute(Exception):
    """An alert without a side has no order that could be executed; other decisions are taken."""

    def __init__(self) -> None:
        super().__init__("this alert has no side: there is nothing to execute; decide otherwise")


class Decided(Exception):
    """A decision stands already; `taken` tells whose, which and when."""

    def __init__(self, taken: Taken) -> None:
        super().__init__(f"{taken.operator}: {taken.decision}")
        self.taken = taken
