"""An operator's open alerts become a colleague's: recorded, and the colleague's first step starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

from pregao.domain.audit.records import handover_record
from pregao.domain.delivery.alert_state import HandedOver
from pregao.domain.delivery.escalation import first_step
from pregao.domain.delivery.operators import EMAIL_ALONE, Operator, Reached
from pregao.flow.steps.audit.append import Appender, append

if TYPE_CHECKING:
    from pregao.domain.audit.chain import Record, Tail
    from pregao.flow.ports.delivery import ActionBook, DeliveryBook, FallbackQueue, Kept, OpenBook

FAR = 10.0**11
"""Later (epoch seconds) than anything is due: what is open at all."""
AT_MOST = 300
"""Open ends looked at; those that are due first."""


class Handing(Appender, Protocol):
    """What handing over needs."""

    @property
    def actions(self) -> ActionBook:
        """Who decided, and who handed over."""
        ...

    @property
    def deliveries(self) -> DeliveryBook:
        """How far everybody is."""
        ...

    @property
    def open_ends(self) -> OpenBook:
        """What awaits a decision."""
        ...

    @property
    def fallback(self) -> FallbackQueue:
        """The timers."""
        ...

    @property
    def receipt_grace_s(self) -> int:
        """Seconds that a screen has to confirm."""
        ...


@dataclass(frozen=True, slots=True)
class Refused:
    """Why nothing is handed over: a code for the screen, and words."""

    code: str
    message: str


def colleague(name: str, sender: Operator, role: str, desk: Sequence[Operator]) -> Operator | Refused:
    """Return to whom it goes, or why it may not; `role` is what the sender's token says."""
    if {role, sender.role} != {"trader"}:
        return Refused("handover_forbidden", "only a trader hands alerts over; this role may look")
    if name == sender.id:
        return Refused("handover_self", "one's own alerts are one's own already")
    found = next((one for one in desk if one.id == name), None)
    if found is None:
        return Refused("handover_unknown", f"{name} is not on the desk")
    if found.role != "trader":
        return Refused("handover_forbidden", f"{name} is no trader and may not decide")
    return found


def hand_over(sender: Operator, to: Operator, deps: Handing, *, screen: bool) -> list[str]:
    """Hand over what the sender owes a decision on and the colleague may decide; returns the alerts' ids.

    What was handed to them before and is open still is among them: nothing is written again, their step is
    started again, for a function may have died before. `screen` tells whether they have one open.
    """
    now, handed = deps.clock(), list[str]()
    for kept in deps.open_ends.undecided(FAR, AT_MOST).alerts:
        alert = kept.alert
        concerned = sender.concerned_by(alert) and to.concerned_by(alert)
        if not concerned or now >= alert.decide_by or sender.id in kept.listed:
            continue
        progress = deps.deliveries.progress(alert.id)
        acts = progress.acts
        if acts.stands_for(sender.id) or acts.stands_for(to.id):
            continue
        before = acts.handed.get(sender.id)
        if before is None:
            done = _write(kept, sender, to, deps)
        else:
            done = before.to == to.id and to.id not in acts.handed
        if done:
            _start(kept, to, progress.reached.get(to.id, Reached()), deps, screen=screen)
            handed.append(alert.id)
    return handed


def _write(kept: Kept, sender: Operator, to: Operator, deps: Handing) -> bool:
    def build(now: float) -> list[Record]:
        return [handover_record(kept.alert, sender.audit_id, to.audit_id, now)]

    def commit(records: Sequence[Record], tail: Tail) -> bool:
        return deps.actions.hand_over(kept, sender.id, HandedOver(to.id, deps.clock()), records[0], tail)

    return append(partial(deps.actions.tail, kept.alert.contract), build, commit, deps)


def _start(kept: Kept, to: Operator, reached: Reached, deps: Handing, *, screen: bool) -> None:
    """Start the first step that was not tried on this alert before; each sends to somebody once."""
    from pregao.domain.delivery.timer import Timer  # here: most frames hand nothing over

    steps = tuple(one for one in to.steps if one.channel not in reached.tried) or EMAIL_ALONE
    start = first_step(steps, deps.receipt_grace_s, screen=screen)
    cause = "no_receipt" if screen else "no_screen"
    listed = tuple(one for one in kept.listed if one != to.id)
    timer = Timer(kept.alert, (to.id,), 1, cause, listed, start.channel)
    deps.fallback.start(timer, start.delay_s)
