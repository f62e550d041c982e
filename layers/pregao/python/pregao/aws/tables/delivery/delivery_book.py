"""Deliveries' state beside the claims, and their audit chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pregao.aws.tables.alerts.action_book import acts_of
from pregao.aws.tables.alerts.attention import attended, opportunity_key
from pregao.aws.tables.alerts.waiting_list import WaitingList
from pregao.aws.tables.dynamo import Cancelled, from_item, named, to_item, transact, update
from pregao.aws.tables.state import DECISION, NOT_DUE, TO, claim_key
from pregao.domain.audit.chain import Tail
from pregao.domain.delivery.escalation import SETTLED_S
from pregao.domain.delivery.operators import STEPS, Channel, OpenEnd, Reached, Status, Tried
from pregao.domain.delivery.ring_decision import Told
from pregao.flow.ports.delivery import NO_RINGS, Progress
from pregao.flow.ports.refusals import Contended, Leased

if TYPE_CHECKING:
    from pregao.aws.tables.audit.ledger import Ledger
    from pregao.aws.tables.dynamo import Item
    from pregao.domain.alerts.alert import Alert
    from pregao.domain.audit.chain import Record
    from pregao.flow.ports.delivery import Rings

RECORDS_AT_ONCE = 90  # a transaction holds 100 actions, some of them not records
REACHED_KEPT_S = 30 * 86_400
LIVES_KEPT = 1_000
"""Of so many admitted alerts one process remembers how long they live."""
STATE = {"#state": "state"}
RELEASED = 1
"""Where the release of a place stands in the transaction that ends a delivery."""


class UnknownAlert(Exception):
    """A message speaks of an alert that was never admitted; it belongs to the dead letters."""


class DeliveryBook:
    """flow.ports.delivery.DeliveryBook over DynamoDB.

    An alert that not all have confirmed is looked at again `settled_s` after it was detected.
    """

    def __init__(
        self, client: Any, table: str, ledger: Ledger, shards: int = 1, settled_s: int = SETTLED_S
    ) -> None:
        self._client = client
        self._table = table
        self._ledger = ledger
        self._settled_s = settled_s
        self._waiting = WaitingList(client, table, shards)
        self._lives: dict[str, tuple[float, float | None]] = {}

    def tail(self, contract: str, now: float) -> Tail:
        """Read where the chain stands; see flow.ports."""
        return self._ledger.tail(contract, now)

    def told(self, opportunity: str) -> Told:
        """Read what operators have had of an opportunity; see flow.ports."""
        found = self._client.get_item(
            TableName=self._table, Key=to_item(opportunity_key(opportunity)), ConsistentRead=True
        )
        item = from_item(found.get("Item", {}))
        return Told(item.get("version", 0), *(_by_operator(item, name) for name in ("first", "rung")))

    def begin(
        self,
        alert: Alert,
        intents: Sequence[Record],
        tail: Tail,
        now: float,
        lease_s: int,
        rings: Rings = NO_RINGS,
    ) -> bool:
        """Take the lease, write intents and rings; see flow.ports. Raises UnknownAlert."""
        lease = update(
            self._table,
            claim_key(alert.id),
            "SET #state = :delivering, lease_until = :until",
            only_if="#state = :committed OR (#state = :delivering AND lease_until < :now)",
            delivering="delivering",
            committed="committed",
            until=now + lease_s,
            now=now,
        )
        try:
            self._write(intents, tail, [named(lease, STATE), *attended(self._table, alert, rings, now)])
        except Cancelled as cancelled:
            return self._held(alert, cancelled)
        return True

    def finish(self, alert: Alert, outcomes: Sequence[Record], tail: Tail, due: bool = True) -> None:
        """Write the outcomes and let the alert go; see flow.ports."""
        if due:
            done = update(
                self._table,
                claim_key(alert.id),
                "SET #state = :finished, due_kind = :settlement, due_at = :at REMOVE overdue",
                finished="finished",
                settlement=OpenEnd.SETTLEMENT.value,
                at=alert.detected_at + self._settled_s,
            )
        else:
            key, ended = claim_key(alert.id), f"SET #state = :finished {NOT_DUE}, overdue"
            done = update(self._table, key, ended, finished="finished")
        if len(outcomes) > RECORDS_AT_ONCE:
            self._waiting.make_sure(alert)  # some are written ahead: a release that fails would double them
        try:
            self._write(outcomes, tail, [named(done, STATE), *self._waiting.release(alert)])
        except Cancelled as cancelled:
            if RELEASED in cancelled.held:
                self._waiting.look_for(alert)
            raise Contended from cancelled

    def close(self, alert_id: str) -> None:
        """Take it off the open ends; see flow.ports."""
        self._client.update_item(
            TableName=self._table, Key=to_item(claim_key(alert_id)), UpdateExpression=NOT_DUE
        )

    def append(self, records: Sequence[Record], tail: Tail, closes: str | None = None) -> None:
        """Write further records; see flow.ports."""
        if not records:
            return
        closed = [update(self._table, claim_key(closes), NOT_DUE)] if closes else []
        try:
            self._write(records, tail, closed)
        except Cancelled as cancelled:
            raise Contended from cancelled

    def received(self, alert_id: str, operator: str, now: float) -> Reached | None:
        """Record a receipt; see flow.ports."""
        life = self._lives.get(alert_id) or self._life(alert_id)
        if life is None:
            return None
        reached = self._mark(alert_id, operator, "received_at", now)
        return replace(reached, detected_at=life[0], expires_at=life[1])

    def mailing(self, alert_id: str, operator: str, now: float, lease_s: int) -> bool:
        """Take the right to e-mail; see flow.ports."""
        lease = {":until": now + lease_s, ":now": now, ":ttl": int(now + REACHED_KEPT_S)}
        free = "attribute_not_exists(mailing_until) OR mailing_until <= :now"
        try:
            self._client.update_item(
                TableName=self._table,
                Key=to_item(to_key(alert_id, operator)),
                UpdateExpression="SET mailing_until = :until, #ttl = :ttl",
                ConditionExpression=f"attribute_not_exists(mailed_at) AND attribute_not_exists(given_up_at)"
                f" AND ({free})",
                ExpressionAttributeNames={"#ttl": "ttl"},
                ExpressionAttributeValues=to_item(lease),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._client.exceptions.ConditionalCheckFailedException as held:
            if reached_of(from_item(held.response.get("Item", {}))).settled:
                return False
            raise Leased(f"{operator} is being e-mailed alert {alert_id}") from held
        return True

    def not_mailed(self, alert_id: str, operator: str) -> None:
        """Give the right to e-mail back; see flow.ports."""
        self._client.update_item(
            TableName=self._table,
            Key=to_item(to_key(alert_id, operator)),
            UpdateExpression="REMOVE mailing_until",
        )

    def mailed(self, alert_id: str, operator: str, now: float) -> Reached:
        """Record an accepted e-mail; see flow.ports."""
        return self._mark(alert_id, operator, "mailed_at", now)

    def gave_up(self, alert_id: str, operator: str, now: float) -> Reached:
        """Record that no e-mail will be tried any more; see flow.ports."""
        return self._mark(alert_id, operator, "given_up_at", now)

    def reached(self, alert_id: str) -> dict[str, Reached]:
        """Return what is known per operator; see flow.ports."""
        return dict(self.progress(alert_id).reached)

    def progress(self, alert_id: str) -> Progress:
        """Return how far everybody is and what was decided; see flow.ports."""
        ends = {":pk": claim_key(alert_id)["pk"], ":first": DECISION, ":last": f"{TO}\uffff"}
        found = self._client.query(
            TableName=self._table,
            KeyConditionExpression="pk = :pk AND sk BETWEEN :first AND :last",
            ExpressionAttributeValues=to_item(ends),
            ConsistentRead=True,
        )
        rows = [from_item(item) for item in found["Items"]]
        reached = {row["sk"].removeprefix(TO): reached_of(row) for row in rows if row["sk"].startswith(TO)}
        return Progress(reached, acts_of(rows))

    def trying(self, alert_id: str, operator: str, channel: Channel, now: float) -> bool:
        """Take the only right to send on a channel; see flow.ports."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=to_item(to_key(alert_id, operator)),
                UpdateExpression="SET #at = :now, #ttl = :ttl",
                ConditionExpression="attribute_not_exists(#at)",
                ExpressionAttributeNames={"#at": _tried_at(channel), "#ttl": "ttl"},
                ExpressionAttributeValues=to_item({":now": now, ":ttl": int(now + REACHED_KEPT_S)}),
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def not_sent(self, alert_id: str, operator: str, channel: Channel) -> None:
        """Give the right to send back; see flow.ports."""
        self._client.update_item(
            TableName=self._table,
            Key=to_item(to_key(alert_id, operator)),
            UpdateExpression="REMOVE #at",
            ExpressionAttributeNames={"#at": _tried_at(channel)},
        )

    def ended(self, alert_id: str, operator: str, channel: Channel, tried: Tried) -> None:
        """Record what came of it; see flow.ports."""
        told = {"end": tried.end, "ended_at": tried.ended_at, "id": tried.provider_id}
        self._client.update_item(
            TableName=self._table,
            Key=to_item(to_key(alert_id, operator)),
            UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in told),
            ExpressionAttributeNames={f"#{name}": f"{channel}_{name}" for name in told},
            ExpressionAttributeValues=to_item({f":{name}": value for name, value in told.items()}),
        )

    def _life(self, alert_id: str) -> tuple[float, float | None] | None:
        """Read when an admitted alert was judged and until when it lives; None where there is none.

        Neither changes any more: of the receipts that one process takes, an alert's first alone asks.
        """
        claim = self._client.get_item(
            TableName=self._table, Key=to_item(claim_key(alert_id)), ConsistentRead=True
        )
        known = from_item(claim.get("Item", {}))
        if known.get("verdict") != "admitted":
            return None
        if len(self._lives) >= LIVES_KEPT:
            self._lives.clear()
        life = self._lives[alert_id] = known["judged_at"], known.get("expires_at")
        return life

    def _mark(self, alert_id: str, operator: str, what: str, now: float) -> Reached:
        answer = self._client.update_item(
            TableName=self._table,
            Key=to_item(to_key(alert_id, operator)),
            UpdateExpression="SET #what = if_not_exists(#what, :now), #ttl = :ttl",
            ExpressionAttributeNames={"#what": what, "#ttl": "ttl"},
            ExpressionAttributeValues=to_item({":now": now, ":ttl": int(now + REACHED_KEPT_S)}),
            ReturnValues="ALL_NEW",
        )
        return reached_of(from_item(answer["Attributes"]))

    def _write(self, records: Sequence[Record], tail: Tail, also: Sequence[Item]) -> None:
        """Append records; `also` commits with the last of them, so it stands only when all of them do."""
        while len(records) > RECORDS_AT_ONCE:
            first, records = records[:RECORDS_AT_ONCE], records[RECORDS_AT_ONCE:]
            self._write_ahead(first, tail)
            tail = Tail.of(first[-1])
        transact(self._client, [*also, *self._ledger.append(records, tail)])

    def _write_ahead(self, records: Sequence[Record], tail: Tail) -> None:
        try:
            transact(self._client, self._ledger.append(records, tail))
        except Cancelled as cancelled:
            raise Contended from cancelled

    def _held(self, alert: Alert, cancelled: Cancelled) -> bool:
        """Read why `begin` failed: delivered before (False), else held by another (Leased) or outrun."""
        if 0 not in cancelled.held:
            raise Contended from cancelled
        state = cancelled.held[0].get("state")
        if state == "finished":
            return False
        if state == "delivering":
            raise Leased(f"alert {alert.id} is being delivered") from cancelled
        raise UnknownAlert(f"alert {alert.id} was never admitted") from cancelled


def reopen(client: Any, table: str, alert_id: str, operator: str, *, bounced: bool = False) -> None:
    """Take back that an operator was given up, for somebody who sends a dead letter again.

    `bounced` takes back the e-mail too: it was sent, and did not arrive.
    """
    gone = "given_up_at, mailing_until" + (", mailed_at" if bounced else "")
    client.update_item(
        TableName=table, Key=to_item(to_key(alert_id, operator)), UpdateExpression=f"REMOVE {gone}"
    )


def to_key(alert_id: str, operator: str) -> dict[str, str]:
    """Return the key of what is known of an operator and an alert."""
    return {"pk": claim_key(alert_id)["pk"], "sk": f"{TO}{operator}"}


def _by_operator(item: Item, name: str) -> dict[str, str]:
    """Read a set of "operator#alert"."""
    pairs = (one.partition("#") for one in item.get(name, ()))
    return {operator: alert_id for operator, _, alert_id in pairs}


def reached_of(row: Item) -> Reached:
    """Read what is known of an operator and an alert."""
    tried: dict[Channel, Tried] = {one: _tried(row, one) for one in STEPS if _tried_at(one) in row}
    return Reached(
        row.get("received_at"),
        row.get("mailed_at"),
        row.get("given_up_at"),
        tried=tried,
        handed_at=row.get("handed_at"),
    )


def _tried_at(channel: Channel) -> str:
    """Return the attribute that tells when the right to send was taken."""
    return "texted_at" if channel is Channel.SMS else f"{channel}_at"


def _tried(row: Item, channel: Channel) -> Tried:
    end = row.get(f"{channel}_end")
    told = row.get(f"{channel}_ended_at"), row.get(f"{channel}_id", "")
    return Tried(row[_tried_at(channel)], Status(end) if end else None, *told)
