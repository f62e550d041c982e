"""How long each stage of an alert's way may take, and which took longer.

From the post of its candle to the screens the budgets make half a second; before that the bridge has as much.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Alert


class Stage(StrEnum):
    """A part of the way, from one moment to the next."""

    CLOSED_TO_POSTED = "closed_to_posted"
    POSTED_TO_JUDGED = "posted_to_judged"
    JUDGED_TO_QUEUED = "judged_to_queued"
    QUEUED_TO_TAKEN = "queued_to_taken"
    TAKEN_TO_COMMITTED = "taken_to_committed"
    COMMITTED_TO_SCREENS = "committed_to_screens"


BUDGET_MS: Mapping[Stage, float] = {
    Stage.CLOSED_TO_POSTED: 500.0,
    Stage.POSTED_TO_JUDGED: 100.0,
    Stage.JUDGED_TO_QUEUED: 100.0,
    Stage.QUEUED_TO_TAKEN: 100.0,
    Stage.TAKEN_TO_COMMITTED: 100.0,
    Stage.COMMITTED_TO_SCREENS: 100.0,
}
Way = Mapping[Stage, float]
"""Milliseconds by stage; a stage whose moments are not known is not in it."""


class Missed(TypedDict):
    """How long a stage took, in place of how long."""

    took_ms: float
    budget_ms: float


def judged_way(alert: Alert, posted_at: float | None, *, live: bool) -> Way:
    """Return the stages up to an alert's judgement.

    `posted_at` is when the cloud took the post (epoch seconds). A candle that did not come `live` closed at
    any time before.
    """
    closed_at = alert.candle_closed_at if live else None
    moments = (closed_at, posted_at, alert.detected_at)
    return _between((Stage.CLOSED_TO_POSTED, Stage.POSTED_TO_JUDGED), moments)


def delivered_way(
    alert: Alert, queued_at: float | None, taken_at: float, committed_at: float, posted_at: float | None
) -> Way:
    """Return the stages from an alert's judgement to the last answer of a screen (all in epoch seconds).

    `posted_at` is None where there was no screen.
    """
    stages = [*Stage][2:]
    return _between(stages, (alert.detected_at, queued_at, taken_at, committed_at, posted_at))


def missed(way: Way) -> dict[str, Missed]:
    """Return the stages that took longer than they may."""
    return {
        stage.value: Missed(took_ms=took, budget_ms=BUDGET_MS[stage])
        for stage, took in way.items()
        if took > BUDGET_MS[stage]
    }


def _between(stages: Sequence[Stage], moments: Sequence[float | None]) -> Way:
    return {
        stage: round((end - begin) * 1000, 1)
        for stage, (begin, end) in zip(stages, pairwise(moments), strict=True)
        if begin is not None and end is not None
    }
