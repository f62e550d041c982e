"""Ports (Protocols) of delivery: implemented in aws/ and faked in tests/fakes.py."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from pregao.domain.alerts.admission import AdmissionRules, Judgement, Verdict
from pregao.domain.delivery.alert_state import Acts, HandedOver, Taken
from pregao.domain.delivery.ring_decision import RingDecision, Told

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Alert
    from pregao.domain.audit.chain import Record, Tail
    from pregao.domain.delivery.operators import Channel, OpenEnd, Reached, Tried
    from pregao.domain.delivery.timer import Timer
    from pregao.flow.ports.reminders import Due


@dataclass(frozen=True, slots=True)
class Head:
    """Where a contract's ledger stands: the number of the last admitted alert and the last audit link."""

    contract: str
    seq: int
    tail: Tail


@dataclass(frozen=True, slots=True)
class Entry:
    """One judged alert about to be committed behind `head`; `record` is its linked audit record."""

    alert: Alert
    judgement: Judgement
    record: Record
    head: Head


class AdmissionBook(Protocol):
    """Claims, rate tokens, queue places and the alerts' audit records, each commit one transaction."""

    def head(self, contract: str, now: float) -> Head:
        """Read where the contract stands; the tail is that of the UTC day of `now`."""
        ...

    def commit(self, entry: Entry, rules: AdmissionRules, now: float) -> None:
        """Write all of an entry or nothing; raises Refused or Contended."""
        ...


class AlertQueue(Protocol):
    """The queue between detect and deliver."""

    def send(self, alerts: Sequence[Alert]) -> None:
        """Hand over every alert, in order; raises when one was not taken."""
        ...


class DeadLetters(Protocol):
    """Where alerts end that no delivery could finish."""

    def dead_letter(self, alert: Alert, reason: str) -> None:
        """Put an alert where dead letters are seen."""
        ...


@dataclass(frozen=True, slots=True)
class HeldBack:
    """An alert that is told in a digest; `notified` names the operators who have heard of it.

    `reason` is the verdict by which the queue's bound refused it, or LISTED; then `listed` names those whom
    it did not ring: it is told to them alone.
    """

    key: str
    alert: Alert
    notified: frozenset[str] = frozenset()
    reason: str = Verdict.QUEUE_FULL.value
    listed: frozenset[str] = frozenset()

    @property
    def since(self) -> float:
        """When it was due to be told (epoch seconds): its key begins with it."""
        return float(self.key.partition("#")[0])


class OpenBook(Protocol):
    """What admission committed and nobody has finished yet."""

    def undelivered(self, now: float, limit: int) -> list[Alert]:
        """Return admitted alerts that are overdue on a screen, the longest overdue first."""
        ...

    def postpone(self, alert_id: str, end: OpenEnd, until: float) -> int | None:
        """Let an alert be overdue again at `until`; returns how often it was, None when it is not open."""
        ...

    def abandon(self, alert_id: str) -> None:
        """Never call an alert overdue again."""
        ...

    def unsettled(self, now: float, limit: int) -> list[Kept]:
        """Return delivered alerts that nobody closed in time, the longest overdue first."""
        ...

    def undecided(self, now: float, limit: int) -> Due:
        """Return what expired while a decision was awaited, and reminders, the longest due first."""
        ...

    def held_back(self, now: float, limit: int) -> list[HeldBack]:
        """Return what the queue's bound refused and what was listed until now, not told of, in order."""
        ...

    def waiting(self) -> int:
        """Return how many alerts hold a place in the queue."""
        ...

    def forget_held_back(self, held: Sequence[HeldBack]) -> None:
        """Forget what all operators have been notified of."""
        ...

    def note_notified(self, held: Sequence[HeldBack], operators: Collection[str]) -> None:
        """Remember which operators have been notified of what others have not."""
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """What is known of an alert: how far each operator is, and what was decided."""

    reached: Mapping[str, Reached]
    acts: Acts = field(default_factory=Acts)


class FallbackQueue(Protocol):
    """The timers between deliver and fallback."""

    def start(self, timer: Timer, delay_s: int) -> None:
        """Wake fallback with this timer after the delay (0 to 900 s)."""
        ...

    def dead_letter(self, timer: Timer, reason: str) -> None:
        """Give a timer up: put it where dead letters are seen."""
        ...


@dataclass(frozen=True, slots=True)
class Rings:
    """What a delivery tells of its opportunity and of who is not rung; written with its intents.

    `seen` is what was known of the opportunity (its id), `first` and `rung` the operators for whom this alert
    is the first, and those rung of whom it was not known. `listed` says why the others are not rung;
    `session_end` is when they are told in a digest (epoch seconds). `due`: a decision is awaited, because
    somebody is rung, or it concerns nobody.
    """

    opportunity: str | None = None
    seen: Told = field(default_factory=Told)
    first: tuple[str, ...] = ()
    rung: tuple[str, ...] = ()
    listed: Mapping[str, RingDecision] = field(default_factory=dict)
    due: bool = True
    session_end: float = 0.0


NO_RINGS = Rings()
"""Of an alert without an opportunity, that nobody was kept from."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An admitted alert, and why it did not ring the operators it was listed for."""

    alert: Alert
    listed: Mapping[str, RingDecision] = field(default_factory=dict)


class DeliveryBook(Protocol):
    """State of deliveries and their audit records."""

    def tail(self, contract: str, now: float) -> Tail:
        """Read where the contract's delivery chain of the UTC day stands."""
        ...

    def told(self, opportunity: str) -> Told:
        """Read what operators have had of an opportunity."""
        ...

    def begin(
        self,
        alert: Alert,
        intents: Sequence[Record],
        tail: Tail,
        now: float,
        lease_s: int,
        rings: Rings = NO_RINGS,
    ) -> bool:
        """Take the alert for delivery and write intents and rings; False when it was delivered already.

        Raises Leased while somebody else holds the lease, Contended when the chain or the opportunity moved.
        """
        ...

    def finish(self, alert: Alert, outcomes: Sequence[Record], tail: Tail, due: bool = True) -> None:
        """Write the outcomes, mark the alert delivered, free its place in the queue; raises Contended.

        From then on it is open until `close`, where something is `due`: some operators have neither confirmed
        it nor got an e-mail.
        """
        ...

    def close(self, alert_id: str) -> None:
        """Note that every operator concerned has confirmed the alert, got it by e-mail, or was given up."""
        ...

    def append(self, records: Sequence[Record], tail: Tail, closes: str | None = None) -> None:
        """Write further records of this chain; raises Contended.

        `closes` names the alert that is closed by them, in the same write; see `close`. No record, no write.
        """
        ...

    def received(self, alert_id: str, operator: str, now: float) -> Reached | None:
        """Record an operator's receipt, the first one counts; None when there is no such alert."""
        ...

    def mailing(self, alert_id: str, operator: str, now: float, lease_s: int) -> bool:
        """Take the right to e-mail an operator; False when settled. Raises Leased while it is held."""
        ...

    def not_mailed(self, alert_id: str, operator: str) -> None:
        """Give that right back: the e-mail was not taken."""
        ...

    def mailed(self, alert_id: str, operator: str, now: float) -> Reached:
        """Record that an operator's e-mail was accepted; tells whether a receipt came before that."""
        ...

    def gave_up(self, alert_id: str, operator: str, now: float) -> Reached:
        """Record that an operator gets no e-mail any more; tells whether a receipt came before that."""
        ...

    def reached(self, alert_id: str) -> dict[str, Reached]:
        """Return what is known per operator."""
        ...

    def progress(self, alert_id: str) -> Progress:
        """Return the same and what was decided, in one reading."""
        ...

    def trying(self, alert_id: str, operator: str, channel: Channel, now: float) -> bool:
        """Take the only right to send to an operator on a channel; False when it was taken before.

        Whatever came of it; `not_sent` alone gives it back.
        """
        ...

    def not_sent(self, alert_id: str, operator: str, channel: Channel) -> None:
        """Give that right back: the service certainly took nothing."""
        ...

    def ended(self, alert_id: str, operator: str, channel: Channel, tried: Tried) -> None:
        """Record what came of it, `tried.at` aside; `reached` and `progress` tell it, but of SMS."""
        ...


class ActionBook(Protocol):
    """Operators' decisions."""

    def tail(self, contract: str, now: float) -> Tail:
        """Read where the contract's action chain of the UTC day stands."""
        ...

    def decide(self, alert: Alert, operator: str, record: Record, tail: Tail) -> None:
        """Write an operator's decision if none stands for them, and its audit record.

        It stands for the desk, where the record says `own` for the operator alone. Raises Decided with the
        one that stands, or Contended.
        """
        ...

    def watch(self, alert: Alert, operator: str, record: Record, tail: Tail) -> None:
        """Write that an operator watches an alert, and its audit record; the alert stays open.

        Raises Decided where a decision stands for them or they watch it already, or Contended.
        """
        ...

    def end(
        self,
        alert: Alert,
        ends: Mapping[str | None, Taken],
        records: Sequence[Record],
        tail: Tail,
        until: float | None,
    ) -> None:
        """Write how an alert ended for operators whose time is over, and the audit records of it.

        `ends` is by operator, None for the desk. From `until` (epoch seconds) on the alert is undecided
        again; never where that is None. Raises Contended where somebody decided or began to watch meanwhile.
        """
        ...

    def hand_over(self, kept: Kept, by: str, handed: HandedOver, record: Record, tail: Tail) -> bool:
        """Write that an operator hands an alert over; False: not open to both. Raises Contended."""
        ...

    def acts(self, alert_id: str) -> Acts:
        """Return what was decided on an alert."""
        ...


class AlertLog(Protocol):
    """The admitted alerts by contract and number, for hello and resume."""

    def cursor(self) -> dict[str, int]:
        """Return the number of the last admitted alert per contract."""
        ...

    def since(self, contract: str, seq: int, limit: int) -> list[Kept]:
        """Return admitted alerts after `seq`, in order, at most `limit`."""
        ...

    def find(self, alert_id: str) -> Alert | None:
        """Return an admitted alert by id."""
        ...

    def listed(self, alerts: Sequence[Alert]) -> Mapping[str, Mapping[str, RingDecision]]:
        """Return why admitted alerts did not ring, by alert id and operator; empty for those that rang."""
        ...
