"""The chain of who looked at the audit, and what the last verification said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pregao.aws.tables.dynamo import Cancelled, from_item, to_item, transact
from pregao.domain.audit.records import ACCESSES
from pregao.flow.ports.archive import Verification
from pregao.flow.ports.refusals import Contended

if TYPE_CHECKING:
    from pregao.aws.tables.audit.ledger import Ledger
    from pregao.domain.audit.chain import Record, Tail

_VERIFIED = {"pk": "VERIFIED", "sk": "LAST"}


class LookBook:
    """flow.ports.archive.LookBook over DynamoDB."""

    def __init__(self, client: Any, ledger: Ledger) -> None:
        self._client = client
        self._ledger = ledger

    def tail(self, now: float) -> Tail:
        """Read where the chain stands; see flow.ports.archive."""
        return self._ledger.tail(ACCESSES, now)

    def keep(self, records: Sequence[Record], tail: Tail) -> None:
        """Write looks; see flow.ports.archive."""
        try:
            transact(self._client, self._ledger.append(records, tail))
        except Cancelled as cancelled:
            raise Contended from cancelled


class VerificationBook:
    """flow.ports.archive.VerificationBook over DynamoDB; `keep` is what `pregao audit verify` does."""

    def __init__(self, client: Any, state_table: str) -> None:
        self._client = client
        self._table = state_table

    def last(self) -> Verification | None:
        """Return the last sentence; see flow.ports.archive."""
        found = self._client.get_item(TableName=self._table, Key=to_item(_VERIFIED)).get("Item")
        row = from_item(found) if found else None
        return Verification(row["pt"], row["en"], row["at"], row["by"]) if row else None

    def keep(self, said: Verification) -> None:
        """Note a sentence in place of the one before."""
        row = {**_VERIFIED, "pt": said.pt, "en": said.en, "at": said.at, "by": said.by}
        self._client.put_item(TableName=self._table, Item=to_item(row))
