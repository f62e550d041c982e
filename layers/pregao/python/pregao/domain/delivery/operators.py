"""Who should see an alert, and on which of their screens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

from pregao.domain.alerts.signal import Pattern, Severity
from pregao.domain.delivery.duty import ALWAYS_ON_DUTY, Duty

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Alert

EVERYTHING = ("*",)
BUDGET = 6
"""Rings per operator and session where their entry says no other."""
OnConflict = Literal["list", "ring"]
"""Whether an opportunity with both sides on its first candle is listed, or rings all the same."""
UNKNOWN = "op-unknown"
"""What audit records call somebody who is not on the desk (any more)."""
SYSTEM = "system"
"""Who decided where no operator did."""


class Channel(StrEnum):
    """The ways to an operator."""

    WEBSOCKET = "websocket"
    EMAIL = "email"
    SMS = "sms"
    PUSH = "push"
    TELEGRAM = "telegram"
    DISCORD = "discord"
    SLACK = "slack"
    TEAMS = "teams"
    NTFY = "ntfy"
    PUSHOVER = "pushover"
    WHATSAPP = "whatsapp"


STEPS: tuple[Channel, ...] = tuple(
    one for one in Channel if one not in {Channel.WEBSOCKET, Channel.EMAIL, Channel.SMS}
)
"""What may be tried between screen and e-mail; an SMS goes beside the e-mail."""
EDITED = frozenset({Channel.TELEGRAM})
"""Whose messages can be changed and taken back after they were sent."""
PICTURED = frozenset({Channel.TELEGRAM})
"""Who takes a picture with the text in one request, so that one answer tells of both."""


class Status(StrEnum):
    """How an attempt stands: `intent` before it, an outcome after it, then what is heard of it.

    `rung`: the operator is to be alerted and has no open screen (e-mail at once). `listed`: the alert did not
    ring the operator; see attention.py.
    `withheld` was not tried. `unknown`: nobody can tell whether the service took it. From `delivered` on:
    what the mail provider tells later of an e-mail it took.
    """

    NO_SCREEN = "rung"
    LISTED = "listed"
    INTENT = "intent"
    SENT = "sent"
    RECEIVED = "received"
    GONE = "gone"
    FAILED = "failed"
    UNKNOWN = "unknown"
    WITHHELD = "withheld"
    DELIVERED = "delivered"
    DELAYED = "delayed"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    REJECTED = "rejected"


class OpenEnd(StrEnum):
    """Why an alert is open: not on the screens, some operator not settled, nobody decided, wanted back."""

    DELIVERY = "delivery"
    SETTLEMENT = "settlement"
    DECISION = "decision"


@dataclass(frozen=True, slots=True)
class Interest:
    """Instruments and patterns somebody wants, ("*",) for all, from a severity upward; and candles.

    `together`: a screen takes several candles in one frame.
    """

    symbols: Sequence[str] = EVERYTHING
    patterns: Sequence[str] = EVERYTHING
    min_severity: Severity = Severity.MEDIUM
    candles: bool = False
    together: bool = False

    def covers(self, alert: Alert) -> bool:
        """Tell whether the alert is wanted; symbols match the instrument, the contract or the feed's name.

        An operator's own level is no matter of interest: see `Operator.concerned_by`.
        """
        if alert.level is not None:
            return False
        names = alert.instrument, alert.contract, alert.symbol
        return self.wants(names, alert.pattern, alert.severity)

    def wants(self, names: Iterable[str], pattern: Pattern, severity: Severity) -> bool:
        """Tell whether alerts of a pattern and severity are wanted from a feed that has these names."""
        return (
            self.names(*names)
            and not {pattern.value, "*"}.isdisjoint(self.patterns)
            and severity.rank >= self.min_severity.rank
        )

    def names(self, *names: str) -> bool:
        """Tell whether one of these names of an instrument is wanted, whatever the pattern."""
        return not {*names, "*"}.isdisjoint(self.symbols)


@dataclass(frozen=True, slots=True)
class Step:
    """A channel that is tried where the steps before it brought no receipt.

    It begins `after_s` seconds after the step before it, None for the desk's grace.
    """

    channel: Channel
    after_s: int | None = None


EMAIL_ALONE = (Step(Channel.EMAIL),)
"""The steps behind the screen of somebody who names none."""


@dataclass(frozen=True, slots=True)
class Operator:
    """A person of the desk; `language` is "pt-BR" or "en", `role` trader, viewer or compliance.

    Audit records know them by `audit_id` alone. `phone` is an E.164 number, None for no SMS. `budget` is how
    often they want to be rung in a session, 0 for every alert. `steps` are the channels behind the screen,
    the last one is e-mail.
    """

    id: str
    name: str
    email: str
    role: str
    language: str
    interest: Interest
    duty: Duty = ALWAYS_ON_DUTY
    audit_id: str = UNKNOWN
    phone: str | None = None
    budget: int = BUDGET
    steps: tuple[Step, ...] = EMAIL_ALONE

    def concerned_by(self, alert: Alert) -> bool:
        """Tell whether an alert is for them: of their own level, or one that they want."""
        if alert.level is not None:
            return alert.level.owner == self.audit_id
        return self.interest.covers(alert)


@dataclass(frozen=True, slots=True)
class Screen:
    """One open WebSocket of an operator and what it subscribed to.

    It `follows` the prices of these instruments until `follows_until` (epoch seconds).
    """

    connection_id: str
    operator: str
    interest: Interest
    follows: Sequence[str] = ()
    follows_until: float = 0.0

    def following(self, now: float) -> frozenset[str]:
        """Return the instruments whose quotes it is told at `now` (epoch seconds)."""
        return frozenset(self.follows) if now < self.follows_until else frozenset()


@dataclass(frozen=True, slots=True)
class Recipient:
    """An operator concerned by an alert and the screens it goes to; no screen means e-mail at once."""

    operator: Operator
    screens: Sequence[Screen]


@dataclass(frozen=True, slots=True)
class Tried:
    """That somebody took the right to send on a channel, and what came of it; times in epoch seconds.

    `end` is None while nobody has written it down. `provider_id` is the service's, "" where it gives none.
    """

    at: float
    end: Status | None = None
    ended_at: float | None = None
    provider_id: str = ""


@dataclass(frozen=True, slots=True)
class Reached:
    """What is known of an operator and an alert; times in epoch seconds, None when it did not happen.

    `detected_at` and `expires_at` are the alert's; only `received` tells them. `tried` are the steps between
    screen and e-mail. `handed_at` is when a colleague handed them the alert.
    """

    received_at: float | None = None
    mailed_at: float | None = None
    given_up_at: float | None = None
    detected_at: float | None = field(default=None, compare=False)
    expires_at: float | None = field(default=None, compare=False)
    tried: Mapping[Channel, Tried] = field(default_factory=dict, compare=False)
    handed_at: float | None = field(default=None, compare=False)

    @property
    def settled(self) -> bool:
        """Tell whether fallback is through with the operator: e-mailed, or given up."""
        return self.mailed_at is not None or self.given_up_at is not None

    @property
    def done(self) -> bool:
        """Tell whether nothing remains to be done for the operator."""
        return self.settled or self.received_at is not None

    @property
    def shown_ms(self) -> float | None:
        """Milliseconds from detection to the receipt; None after the alert's life, and where unknown.

        Of an alert that was handed over it says nothing of the way to the screen: None too.
        """
        if self.handed_at is not None or self.received_at is None:
            return None
        if self.detected_at is None or self.expires_at is None:
            return None
        alive = self.received_at <= self.expires_at
        return round((self.received_at - self.detected_at) * 1000, 1) if alive else None


def pseudonym(operator: str, desk: Iterable[Operator]) -> str:
    """Return what audit records call an operator of the desk."""
    return next((one.audit_id for one in desk if one.id == operator), UNKNOWN)


def all_concerned(alerts: Iterable[Alert], operators: Iterable[Operator]) -> frozenset[str]:
    """Return the operators (ids) whom any of the alerts concerns: whoever may have one on a screen.

    A screen lists by GET /api/alerts what concerns its operator, whatever it subscribed to; so what is
    told of an alert after it rang (a decision, say) goes to all of their screens.
    """
    known = list(alerts)
    return frozenset(one.id for one in operators if any(one.concerned_by(alert) for alert in known))


def recipients(alert: Alert, operators: Iterable[Operator], screens: Iterable[Screen]) -> list[Recipient]:
    """Return the operators the alert concerns, each with the screens that subscribed to it."""
    open_by_operator: dict[str, list[Screen]] = {}
    for screen in screens:
        if alert.level is not None or screen.interest.covers(alert):
            open_by_operator.setdefault(screen.operator, []).append(screen)
    return [
        Recipient(operator, open_by_operator.get(operator.id, []))
        for operator in operators
        if operator.concerned_by(alert)
    ]
