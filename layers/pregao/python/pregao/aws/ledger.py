"""Where each contract's chains stand, and appending to them; the three audit tables share the way.

The head of a chain lives in the state table under HEAD / "<table>#<contract>[#<lane>]" and moves in the same
transaction as the records, on the condition that nobody moved it before. The audit tables themselves are
only ever put to, never updated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pregao.aws.dynamo import Item, from_item, named, put, to_item, update
from pregao.domain.audit import Record, Tail, chain_name
from pregao.flow.ports import Head


class Ledger:
    """The chains of one audit table that one kind of writer appends to.

    Writers that would otherwise race for a contract's chain name a `lane` and get a chain of their own:
    who must be fast (deliver) does not wait for who need not be (fallback).
    """

    def __init__(self, client: Any, state_table: str, audit_table: str, name: str, lane: str = "") -> None:
        self._client = client
        self._state = state_table
        self._audit = audit_table
        self._name = name
        self._lane = f"#{lane}" if lane else ""

    def head(self, contract: str, now: float) -> Head:
        """Read where a contract stands; on a new UTC day the chain starts behind the last day's hash.

        Somebody whose clock is still on the day before writes on in the new chain: none is taken up again.
        """
        found = self._client.get_item(
            TableName=self._state, Key=to_item(self._key(contract)), ConsistentRead=True
        )
        head = from_item(found.get("Item", {}))
        chain = max(chain_name(contract, now) + self._lane, head.get("chain", ""))
        tail = Tail(chain, head["chain_seq"], head["hash"]) if head.get("chain") == chain else Tail(chain)
        if head and not tail.seq:
            tail = Tail(chain, 0, head["hash"])
        return Head(contract, head.get("alert_seq", 0), tail)

    def append(
        self, contract: str, records: Sequence[Record], tail: Tail, alert_seq: int | None = None
    ) -> list[Item]:
        """Return the actions that put linked records behind `tail` and move the head.

        They come last in no particular order of importance: a failed condition on any of them means that
        somebody else appended first.
        """
        if not records:
            return []
        puts = [put(self._audit, record, unless="attribute_not_exists(seq)") for record in records]
        return [*puts, self._move(contract, records[-1], tail, alert_seq)]

    def _move(self, contract: str, last: Record, tail: Tail, alert_seq: int | None) -> Item:
        values: Mapping[str, Any] = {
            "chain": last["chain"],
            "seq": last["seq"],
            "new": last["hash"],
            "old": tail.hash,
        }
        moved = "SET #chain = :chain, chain_seq = :seq, #hash = :new"
        if alert_seq is not None:
            values = {**values, "alert_seq": alert_seq}
            moved += ", alert_seq = :alert_seq"
        action = update(
            self._state,
            self._key(contract),
            moved,
            only_if="attribute_not_exists(pk) OR #hash = :old",
            **values,
        )
        return named(action, {"#chain": "chain", "#hash": "hash"})

    def _key(self, contract: str) -> dict[str, str]:
        return {"pk": "HEAD", "sk": f"{self._name}#{contract}{self._lane}"}
