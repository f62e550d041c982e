"""The waiting list in the state table: a place for each alert that is admitted and not delivered yet.

QUEUE, QUEUE#1, ... / WAITING   waiting: the places that are taken
                                layout: for how many parts and places in all it was laid out, as "16/100"
                                places: how many of them this part has; laid: how often it was laid out
                                spread (on the first): so many parts may have places that are taken

An alert's part is `shards.shard_of` its id. With `shards: 1` in config/alertas.yaml there is one part, and
`layout` is absent: its places are the limit. With more, or where the number was another before, the parts are
laid out together in one transaction, each with its places: their sum is the limit, and a place that was taken
in another part before counts there until it is freed or has expired.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pregao.aws.tables.dynamo import Cancelled, Item, from_item, to_item, transact, update
from pregao.aws.tables.shards import at_once, partition, shard_of
from pregao.domain.alerts.admission import places, share
from pregao.flow.ports.refusals import Contended

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Alert

WAITING_S = 300  # a place is given back after this, whoever crashed holding it
MOST = 16
"""The parts that there may be."""

_FREE = (
    "attribute_not_exists(waiting) AND places > :none OR attribute_exists(waiting) AND size(waiting) < places"
)
_AS_EVER = "attribute_not_exists(layout) AND (attribute_not_exists(waiting) OR size(waiting) < :limit)"


class WaitingList:
    """Takes, frees and counts places; `shards` is the number of its parts."""

    def __init__(self, client: Any, table: str, shards: int = 1) -> None:
        self._client = client
        self._table = table
        self._shards = shards
        self._moved: dict[str, int | None] = {}
        """In which part an alert's place was found, of alerts that have none in their own."""

    def take(self, alert: Alert, limit: int) -> Item:
        """Return the action that takes a place; it fails where none of its part is free."""
        laid_out = f"layout = :layout AND ({_FREE})"
        return update(
            self._table,
            _key(self._part(alert)),
            "ADD waiting :me",
            only_if=laid_out if self._shards > 1 else f"{_AS_EVER} OR {laid_out}",
            me={_place(alert)},
            layout=self._layout(limit),
            none=0,
            **({"limit": limit} if self._shards == 1 else {}),
        )

    def refused(self, alert: Alert, part: Mapping[str, Any], limit: int, now: float) -> str:
        """Return why there is no place, of the part as it was found when one could not be taken.

        Raises Contended where one may be had now: places of alerts that have expired (after a crash) are
        given back, and parts that are laid out for another number are laid out anew.
        """
        mine = self._part(alert)
        self._sweep({mine: part}, now)
        if self._shards == 1 and "layout" not in part:
            return f"{limit} alerts are waiting"
        laid_out = part.get("layout") == self._layout(limit)
        if not laid_out or part["places"] < share(limit, self._shards, mine):
            found = self._lay_out(limit, now)
            if not laid_out or part["places"] < found[mine]:
                raise Contended  # somebody else has just laid it out
        return f"{part['places']} alerts are waiting in one of {self._shards} parts of the list"

    def release(self, alert: Alert) -> list[Item]:
        """Return the action that frees an alert's place, none where it has no place any more.

        It fails where the place is not in the part where it is looked for: see `look_for`.
        """
        part = self._moved.pop(alert.id, self._part(alert))
        if part is None:
            return []
        me = _place(alert)
        held = "contains(waiting, :me)"
        return [update(self._table, _key(part), "DELETE waiting :gone", only_if=held, gone={me}, me=me)]

    def make_sure(self, alert: Alert) -> None:
        """Look for an alert's place where it is not in its own part, before anything depends on that."""
        (own,) = self._items([self._part(alert)])
        if _place(alert) not in own.get("waiting", ()):
            self.look_for(alert)

    def look_for(self, alert: Alert) -> None:
        """Look for an alert's place in all parts, for the next `release`.

        It was taken when there were more or fewer parts, or it was freed before.
        """
        me = _place(alert)
        parts = [at for at, item in enumerate(self._items(range(MOST))) if me in item.get("waiting", ())]
        self._moved[alert.id] = parts[0] if parts else None

    def count(self) -> int:
        """Count the places that are taken; one freed or taken a moment ago may not be counted yet."""
        items = self._items(range(self._shards), consistent=False)
        spread = items[0].get("spread", 1)
        if spread > self._shards:
            items += self._items(range(self._shards, spread), consistent=False)
        return sum(len(one.get("waiting", ())) for one in items)

    def _sweep(self, parts: Mapping[int, Mapping[str, Any]], now: float) -> None:
        """Give back the places of alerts that have expired; raises Contended where there were some."""
        expired = {at: _expired(one, now) for at, one in parts.items()}
        if any(expired.values()):
            gone = [(at, off) for at, off in expired.items() if off]
            transact(self._client, [self._free(at, off) for at, off in gone])
            raise Contended

    def _lay_out(self, limit: int, now: float) -> list[int]:
        """Lay the parts out by what is taken in each, and return their places.

        Raises Contended where that changed anything.
        """
        items = self._items(range(MOST))
        self._sweep(dict(enumerate(items)), now)
        held = [len(one.get("waiting", ())) for one in items]
        found = places(held, limit, self._shards)
        if all(
            one.get("layout") == self._layout(limit) and one["places"] == n
            for one, n in zip(items[: self._shards], found, strict=False)
        ):
            return found
        spread = max([self._shards, *(at + 1 for at, n in enumerate(held) if n)])
        actions = [
            self._laid_out(at, items[at], self._laying(at, found[at], spread, limit))
            for at in range(MOST)
            if at < self._shards or items[at]
        ]
        try:
            transact(self._client, actions)
        except Cancelled as raced:
            raise Contended from raced
        raise Contended

    def _laying(self, at: int, count: int, spread: int, limit: int) -> dict[str, Any]:
        """Return a part's attributes; of the only one none, as it ever was."""
        if at == 0 and spread == 1:
            return {}
        laid = {"layout": self._layout(limit), "places": count}
        return laid | ({"spread": spread} if at == 0 else {})

    def _laid_out(self, at: int, part: Mapping[str, Any], laying: Mapping[str, Any]) -> Item:
        """Return the write of a part, if nobody has laid it out or taken a place of it meanwhile."""
        laid, taken = part.get("laid", 0), len(part.get("waiting", ()))
        unlaid = "attribute_not_exists(laid)" if "laid" not in part else "laid = :laid"
        values = {"next": laid + 1, "taken": taken, **laying, **({"laid": laid} if laid else {})}
        line = "SET laid = :next" + "".join(f", {name} = :{name}" for name in laying)
        off = [name for name in ("layout", "places", "spread") if name not in laying]
        line += f" REMOVE {', '.join(off)}" if off else ""
        unless = f"{unlaid} AND (attribute_not_exists(waiting) OR size(waiting) <= :taken)"
        return update(self._table, _key(at), line, only_if=unless, **values)

    def _free(self, part: int, members: set[str]) -> Item:
        return update(self._table, _key(part), "DELETE waiting :gone", gone=members)

    def _items(self, parts: Sequence[int], *, consistent: bool = True) -> list[dict[str, Any]]:
        def get(part: int) -> dict[str, Any]:
            more = {"ConsistentRead": True} if consistent else {}
            found = self._client.get_item(TableName=self._table, Key=to_item(_key(part)), **more)
            return from_item(found.get("Item", {}))

        return at_once(get, parts)

    def _part(self, alert: Alert) -> int:
        return shard_of(alert.id, self._shards)

    def _layout(self, limit: int) -> str:
        return f"{self._shards}/{limit}"


def _key(part: int) -> dict[str, str]:
    return {"pk": partition("QUEUE", part), "sk": "WAITING"}


def _place(alert: Alert) -> str:
    """Return an alert's entry: it expires by its first part."""
    return f"{int(alert.detected_at + WAITING_S):010d}#{alert.id[:16]}"


def _expired(part: Mapping[str, Any], now: float) -> set[str]:
    return {member for member in part.get("waiting", ()) if int(member[:10]) < now}
