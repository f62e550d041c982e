"""Who was rung of an opportunity and for whom an alert was listed: what deliver writes with its intents.

OPPORTUNITY#<id> counts its changes and names, per operator, the alert that came first and the one that rang.
An alert's place in the feed carries why it was listed, for whom, so that a resume tells it too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pregao.aws.tables.dynamo import named, put, update
from pregao.aws.tables.state import FEED_KEPT_S, NOT_DUE, alert_key, held_back
from pregao.domain.alerts.digest import LISTED
from pregao.domain.delivery.ring_decision import Ring, RingDecision, Why

if TYPE_CHECKING:
    from pregao.aws.tables.dynamo import Item
    from pregao.domain.alerts.alert import Alert
    from pregao.flow.ports.delivery import Rings

TOLD_KEPT_S = 30 * 86_400


def opportunity_key(opportunity: str) -> dict[str, str]:
    """Return the key of what operators have had of an opportunity."""
    return {"pk": f"OPPORTUNITY#{opportunity}", "sk": "TOLD"}


def attended(table: str, alert: Alert, rings: Rings, now: float) -> list[Item]:
    """Return the actions that write a delivery's rings."""
    actions = []
    if rings.opportunity and (rings.first or rings.rung):
        actions.append(_told(table, alert, rings, now))
    if rings.listed:
        actions += [_listed(table, alert, rings), put(table, _note(alert, rings, now), unless=None)]
    return actions


def _told(table: str, alert: Alert, rings: Rings, now: float) -> Item:
    added = {"first": _pairs(rings.first, alert), "rung": _pairs(rings.rung, alert)}
    adds = [f"#{name} :{name}" for name, pairs in added.items() if pairs]
    values: dict[str, Any] = {name: pairs for name, pairs in added.items() if pairs}
    values |= {"next": rings.seen.version + 1, "ttl": int(now + TOLD_KEPT_S)}
    names = {f"#{name}": name for name, pairs in added.items() if pairs} | {
        "#version": "version",
        "#ttl": "ttl",
    }
    only_if = "attribute_not_exists(pk)"
    if rings.seen.version:
        only_if, values["seen"] = "#version = :seen", rings.seen.version
    expression = f"SET #version = :next, #ttl = :ttl ADD {', '.join(adds)}"
    key = opportunity_key(rings.opportunity or "")
    return named(update(table, key, expression, only_if=only_if, **values), names)


def _pairs(operators: Iterable[str], alert: Alert) -> set[str]:
    return {f"{one}#{alert.id}" for one in operators}


def _listed(table: str, alert: Alert, rings: Rings) -> Item:
    listed = {
        name: {"why": one.why.value, "score": one.score, "threshold": one.threshold}
        for name, one in rings.listed.items()
    }
    ended = "" if rings.due else f" {NOT_DUE}"
    key = alert_key(alert.contract, alert.seq)
    return update(table, key, f"SET listed = :listed{ended}", only_if="attribute_exists(pk)", listed=listed)


def _note(alert: Alert, rings: Rings, now: float) -> dict[str, Any]:
    return held_back(alert, rings.session_end) | {
        "reason": LISTED,
        "listed": set(rings.listed),
        "ttl": int(now + FEED_KEPT_S),
    }


def listed_of(item: Item) -> dict[str, RingDecision]:
    """Read from an alert's place in the feed why it did not ring the operators it was listed for."""
    return {
        name: RingDecision(Ring.LISTED, Why(one["why"]), one.get("score"), one.get("threshold"))
        for name, one in item.get("listed", {}).items()
    }
