"""Operators' decisions, for the desk or for themselves, and their audit chain."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from pregao.aws.tables.dynamo import (
    Cancelled,
    check,
    delete,
    from_item,
    named,
    put,
    to_item,
    transact,
    update,
)
from pregao.aws.tables.state import (
    DECISION,
    HANDED,
    NOT_DUE,
    OWN_DECISION,
    TO,
    WATCHED,
    alert_key,
    claim_key,
    due,
)
from pregao.domain.audit.chain import stamp
from pregao.domain.delivery.alert_state import TIMEOUT, Acts, HandedOver, Taken
from pregao.domain.delivery.escalation import SETTLED_S
from pregao.domain.delivery.operators import OpenEnd
from pregao.flow.ports.refusals import Contended, Decided

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pregao.aws.tables.audit.ledger import Ledger
    from pregao.aws.tables.dynamo import (
        Item,
    )
    from pregao.domain.alerts.alert import Alert
    from pregao.domain.audit.chain import Record, Tail
    from pregao.flow.ports.delivery import Kept

STATE = {"#state": "state"}


class ActionBook:
    """flow.ports.delivery.ActionBook over DynamoDB.

    What is handed over is looked at again `settled_s` later, as after a delivery.
    """

    def __init__(self, client: Any, table: str, ledger: Ledger, settled_s: int = SETTLED_S) -> None:
        self._client = client
        self._table = table
        self._ledger = ledger
        self._settled_s = settled_s

    def tail(self, contract: str, now: float) -> Tail:
        """Read where the chain stands; see flow.ports."""
        return self._ledger.tail(contract, now)

    def decide(self, alert: Alert, operator: str, record: Record, tail: Tail) -> None:
        """Write a decision; see flow.ports."""
        place = alert_key(alert.contract, alert.seq)
        if record.get("own"):
            key = _key(alert.id, OWN_DECISION, operator)
            noted = update(self._table, place, "ADD decided :who", who={operator})
            written = [put(self._table, key | _row(operator, record)), self._none(_key(alert.id)), noted]
        else:
            not_before = "NOT contains(decided, :who)"  # for themself, while the desk decided so
            closed = update(self._table, place, NOT_DUE, only_if=not_before, who=operator)
            written = [put(self._table, _key(alert.id) | _row(operator, record)), closed]
        self._first(written, alert, operator, record, tail)

    def watch(self, alert: Alert, operator: str, record: Record, tail: Tail) -> None:
        """Write that an operator watches; see flow.ports."""
        watched = put(self._table, _key(alert.id, WATCHED, operator) | _row(operator, record))
        free = [self._none(_key(alert.id)), self._none(_key(alert.id, OWN_DECISION, operator))]
        noted = update(self._table, alert_key(alert.contract, alert.seq), "SET watched = :yes", yes=True)
        self._first([watched, *free, noted], alert, operator, record, tail)

    def end(
        self,
        alert: Alert,
        ends: Mapping[str | None, Taken],
        records: Sequence[Record],
        tail: Tail,
        until: float | None,
    ) -> None:
        """Write how an alert ended; see flow.ports."""
        written: list[Item] = []
        for operator, taken in ends.items():
            key = _key(alert.id) if operator is None else _key(alert.id, OWN_DECISION, operator)
            written.append(put(self._table, key | _item(taken)))
            if operator is not None and taken.decision == TIMEOUT:
                written.append(self._none(_key(alert.id, WATCHED, operator)))
        desk = ends.get(None)
        unwatched = "attribute_not_exists(watched)" if desk and desk.decision == TIMEOUT else None
        later = {} if until is None else {"at": until}
        expression = NOT_DUE if until is None else "SET due_at = :at"
        place = alert_key(alert.contract, alert.seq)
        written.append(update(self._table, place, expression, only_if=unwatched, **later))
        try:
            transact(self._client, [*written, *self._ledger.append(records, tail)])
        except Cancelled as cancelled:
            raise Contended from cancelled

    def hand_over(self, kept: Kept, by: str, handed: HandedOver, record: Record, tail: Tail) -> bool:
        """Write that an operator hands a delivered alert over; see flow.ports.

        To the other it is as if just delivered: rung, not reached, and no more handed over by them.
        """
        alert = kept.alert
        row = {"operator": by, "to": handed.to, "recorded_at": record["recorded_at"]}
        settle = due(OpenEnd.SETTLEMENT, handed.at + self._settled_s)
        unsettled = "SET due_kind = :due_kind, due_at = :due_at REMOVE overdue"
        # Only once it is delivered: before that its claim is among what is not on the screens.
        delivered = {"only_if": "#state = :finished", "finished": "finished"}
        again = "SET handed_at = :at REMOVE received_at, mailed_at, given_up_at, mailing_until"
        written = [
            put(self._table, _key(alert.id, HANDED, by) | row),
            self._none(_key(alert.id)),
            self._none(_key(alert.id, OWN_DECISION, by)),
            self._none(_key(alert.id, OWN_DECISION, handed.to)),
            named(update(self._table, claim_key(alert.id), unsettled, **delivered, **settle), STATE),
            delete(self._table, _key(alert.id, HANDED, handed.to)),
            update(self._table, _key(alert.id, TO, handed.to), again, at=handed.at),
        ]
        if handed.to in kept.listed:
            place = update(self._table, alert_key(alert.contract, alert.seq), "REMOVE listed.#to")
            written.append(named(place, {"#to": handed.to}))
        try:
            transact(self._client, [*written, *self._ledger.append([record], tail)])
        except Cancelled as cancelled:
            if min(cancelled.held) >= len(written):
                raise Contended from cancelled
            return False
        return True

    def acts(self, alert_id: str) -> Acts:
        """Return what was decided; see flow.ports."""
        ends = {":pk": claim_key(alert_id)["pk"], ":first": DECISION, ":last": f"{WATCHED}\uffff"}
        found = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues=to_item(ends),
            ConsistentRead=True,
        )
        return acts_of(map(from_item, found["Items"]))

    def _none(self, key: Item) -> Item:
        return check(self._table, key, "attribute_not_exists(pk)")

    def _first(
        self, written: Sequence[Item], alert: Alert, operator: str, record: Record, tail: Tail
    ) -> None:
        """Write if nothing was decided or watched before; raises Decided with what was, or Contended."""
        try:
            transact(self._client, [*written, *self._ledger.append([record], tail)])
        except Cancelled as cancelled:
            if min(cancelled.held) >= len(written):
                raise Contended from cancelled
            acts = self.acts(alert.id)
            stands = acts.stands_for(operator) or acts.watched.get(operator)
            if stands is None:
                raise Contended from cancelled
            raise Decided(stands) from cancelled


def acts_of(rows: Iterable[Item]) -> Acts:
    """Read what stands beside an alert's claim; items of other kinds are passed over."""
    desk, own, watched = None, dict[str, Taken](), dict[str, Taken]()
    handed = dict[str, HandedOver]()
    for row in rows:
        if row["sk"] == DECISION:
            desk = taken_of(row)
        elif row["sk"].startswith(OWN_DECISION):
            own[row["sk"].removeprefix(OWN_DECISION)] = taken_of(row)
        elif row["sk"].startswith(WATCHED):
            watched[row["operator"]] = taken_of(row)
        elif row["sk"].startswith(HANDED):
            at = datetime.fromisoformat(row["recorded_at"]).timestamp()
            handed[row["operator"]] = HandedOver(row["to"], at)
    return Acts(desk, own, watched, handed)


def taken_of(row: Item) -> Taken:
    """Read a decision's item; those of older versions hold no time."""
    at = row.get("recorded_at")
    when = None if at is None else datetime.fromisoformat(at).timestamp()
    return Taken(row["operator"], row["decision"], when)


def _row(operator: str, record: Record) -> dict[str, str]:
    return {"operator": operator, "decision": record["decision"], "recorded_at": record["recorded_at"]}


def _item(taken: Taken) -> dict[str, str | None]:
    at = None if taken.at is None else stamp(taken.at)
    return {"operator": taken.operator, "decision": taken.decision, "recorded_at": at}


def _key(alert_id: str, begins: str = DECISION, operator: str = "") -> dict[str, str]:
    return {**claim_key(alert_id), "sk": f"{begins}{operator}"}
