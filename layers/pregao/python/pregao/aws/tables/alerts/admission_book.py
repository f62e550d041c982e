"""Admission's memory in one table: claims, rate tokens, the waiting list, the numbered feed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pregao.aws.tables.alerts.waiting_list import WaitingList
from pregao.aws.tables.dynamo import Cancelled, check, from_item, named, put, to_item, transact, update
from pregao.aws.tables.state import (
    FEED_KEPT_S,
    alert_key,
    claim_key,
    cursor_key,
    due,
    followed_alert,
    held_back,
)
from pregao.domain.alerts.admission import Judgement, Verdict
from pregao.domain.alerts.alert import similar_prices, similarity_key
from pregao.domain.delivery.operators import OpenEnd
from pregao.flow.ports.delivery import Head
from pregao.flow.ports.refusals import Contended, Refused
from pregao.wire.alert_v1 import dump_alert

if TYPE_CHECKING:
    from pregao.aws.tables.audit.ledger import Ledger
    from pregao.aws.tables.dynamo import Item
    from pregao.domain.alerts.admission import AdmissionRules
    from pregao.domain.alerts.alert import Alert
    from pregao.flow.ports.delivery import Entry

OUTSIDE = "attribute_not_exists(pk) OR candle_time <= :earliest OR candle_time >= :latest"
"""The condition on a token: no alert took it within a window of candle time."""
DELIVERED_WITHIN_S = 60
"""An alert that is not delivered so long after its commit is overdue; `watch` sends it again."""
LEVEL_KEPT_S = 400 * 86_400
"""A level that rang keeps its token for so long: longer than any level lives."""
MIDNIGHT_S = 600
"""How far clocks may be apart when a day ends."""


class AdmissionBook:
    """flow.ports.delivery.AdmissionBook over DynamoDB."""

    def __init__(self, client: Any, table: str, ledger: Ledger, shards: int = 1) -> None:
        self._client = client
        self._table = table
        self._ledger = ledger
        self._waiting = WaitingList(client, table, shards)

    def head(self, contract: str, now: float) -> Head:
        """Read the contract's head; see flow.ports.

        The newest record knows the number, but for a day's first one, and around midnight, when clocks that
        disagree write to two days' chains.
        """
        tail, record = self._ledger.newest(contract, now)
        known = record is not None and now % 86_400 > MIDNIGHT_S and -now % 86_400 > MIDNIGHT_S
        return Head(contract, record["cursor"] if record and known else self._cursor(contract), tail)

    def _cursor(self, contract: str) -> int:
        found = self._client.get_item(
            TableName=self._table, Key=to_item(cursor_key(contract)), ConsistentRead=True
        )
        return int(from_item(found.get("Item", {})).get("alert_seq", 0))

    def commit(self, entry: Entry, rules: AdmissionRules, now: float) -> None:
        """Write the entry in one transaction; see flow.ports."""
        admitted = entry.judgement.verdict is Verdict.ADMITTED
        claims = self._claims(entry, rules, now) if admitted else self._note(entry, now)
        appended = self._ledger.append([entry.record], entry.head.tail)
        try:
            transact(self._client, [action for _, action in claims] + appended)
        except Cancelled as cancelled:
            self._explain(entry.alert, [verdict for verdict, _ in claims], cancelled, rules, now)

    def _claims(self, entry: Entry, rules: AdmissionRules, now: float) -> list[tuple[Verdict | None, Item]]:
        """Return what an admitted alert takes, in the order of the verdicts that refuse it."""
        alert, table = entry.alert, self._table
        feed = {
            **alert_key(alert.contract, alert.seq),
            "alert": dump_alert(alert).decode(),
            **due(OpenEnd.DECISION, alert.decide_by),
        }
        return [
            (Verdict.DUPLICATE, put(table, self._claim(entry, "committed", now))),
            (Verdict.DUPLICATE, self._window(_similar(alert, rules), alert, rules.dedup_window_s, now)),
            (Verdict.DUPLICATE, self._nothing_beside(alert, rules, -1)),
            (Verdict.DUPLICATE, self._nothing_beside(alert, rules, 1)),
            (Verdict.RATE_LIMITED, self._rate(alert, rules, now)),
            (Verdict.QUEUE_FULL, self._waiting.take(alert, rules.queue_limit)),
            (None, put(table, {**feed, "ttl": int(now + FEED_KEPT_S)})),
            (None, put(table, {**cursor_key(alert.contract), "alert_seq": alert.seq}, unless=None)),
        ]

    def _note(self, entry: Entry, now: float) -> list[tuple[Verdict | None, Item]]:
        """Return what a refused alert takes: its id, so that it is judged once.

        A duplicate takes it where it is free (it was only similar) and leaves it as it is where not.
        """
        claim = self._claim(entry, "refused", now)
        if entry.judgement.verdict is Verdict.DUPLICATE:
            return [(None, self._claim_if_free(claim))]
        noted: list[tuple[Verdict | None, Item]] = [(Verdict.DUPLICATE, put(self._table, claim))]
        if entry.judgement.verdict is Verdict.QUEUE_FULL:
            noted.append((None, put(self._table, held_back(entry.alert, now))))
        return noted

    def _claim_if_free(self, claim: dict[str, Any]) -> Item:
        names = {"#state": "state", "#verdict": "verdict", "#judged_at": "judged_at"}
        kept = ", ".join(f"{name} = if_not_exists({name}, :{name[1:]})" for name in names)
        values = {field: claim[field] for field in names.values()}
        key = {"pk": claim["pk"], "sk": claim["sk"]}
        return named(update(self._table, key, f"SET {kept}", **values), names)

    def _claim(self, entry: Entry, state: str, now: float) -> dict[str, Any]:
        committed = state == "committed"
        where = alert_key(entry.alert.contract, entry.alert.seq) if committed else {}
        overdue = due(OpenEnd.DELIVERY, now + DELIVERED_WITHIN_S) if committed else {}
        return {
            **claim_key(entry.alert.id),
            "state": state,
            "verdict": entry.judgement.verdict.value,
            "judged_at": now,
            "expires_at": entry.alert.expires_at if committed else None,
            "feed_pk": where.get("pk"),
            "feed_sk": where.get("sk"),
            **overdue,
        }

    def _rate(self, alert: Alert, rules: AdmissionRules, now: float) -> Item:
        """Return the token of the contract's pattern; of an operator's level, its own since it was armed."""
        pk, own = f"RATE#{alert.contract}#{alert.pattern}", alert.level
        if own is None:
            return self._window(pk, alert, rules.rate_window_s, now)
        token = {"candle_time": alert.candle.time, "alert_id": alert.id, "ttl": int(now + LEVEL_KEPT_S)}
        item = {"pk": f"{pk}#{own.id}#{own.crossing}", "sk": "TOKEN", **token}
        free = "attribute_not_exists(pk) OR candle_time < :since"
        return put(self._table, item, unless=free, since=own.since)

    def _window(self, pk: str, alert: Alert, window_s: int, now: float) -> Item:
        # The window is measured in candle time, both ways, so a replay at any speed and a late backfill
        # decide as the live run did. TTL only cleans up; the condition decides.
        at = alert.candle.time
        token = {"candle_time": at, "price": alert.price, "alert_id": alert.id, "ttl": int(now + 86_400)}
        item = {"pk": pk, "sk": "TOKEN", **token}
        return put(self._table, item, unless=OUTSIDE, earliest=at - window_s, latest=at + window_s)

    def _nothing_beside(self, alert: Alert, rules: AdmissionRules, beside: int) -> Item:
        # A band's border splits prices a tick apart; across it, less than a band's width away is similar.
        at, window_s = alert.candle.time, rules.dedup_window_s
        below, above = similar_prices(alert, rules.price_band_ticks)
        return check(
            self._table,
            {"pk": _similar(alert, rules, beside), "sk": "TOKEN"},
            f"{OUTSIDE} OR price <= :below OR price >= :above",
            earliest=at - window_s,
            latest=at + window_s,
            below=below,
            above=above,
        )

    def _explain(
        self,
        alert: Alert,
        verdicts: list[Verdict | None],
        cancelled: Cancelled,
        rules: AdmissionRules,
        now: float,
    ) -> None:
        """Turn the first failed condition, in the order of the verdicts, into a refusal or a conflict."""
        index = min(cancelled.held)
        verdict = verdicts[index] if index < len(verdicts) else None
        holder = cancelled.held[index]
        if verdict is None:
            raise Contended from cancelled
        if verdict is Verdict.QUEUE_FULL:
            full = self._waiting.refused(alert, holder, rules.queue_limit, now)
            raise Refused(Judgement(verdict, full)) from cancelled
        if verdict is Verdict.RATE_LIMITED:
            reason = f"alert {holder.get('alert_id')} took this pattern's token " + (
                f"within {rules.rate_window_s} s" if alert.level is None else "of this level"
            )
            raise Refused(Judgement(verdict, reason)) from cancelled
        if index == 0:
            reason = f"seen before, then {holder.get('verdict')}"
            raise Refused(Judgement(verdict, reason), self._unfinished(holder)) from cancelled
        raise Refused(Judgement(verdict, f"similar to alert {holder.get('alert_id')}")) from cancelled

    def _unfinished(self, claim: dict[str, Any]) -> Alert | None:
        """Return the admitted alert whose delivery has not been seen to end."""
        if claim.get("state") not in {"committed", "delivering"}:
            return None
        return followed_alert(self._client, self._table, claim)


def _similar(alert: Alert, rules: AdmissionRules, beside: int = 0) -> str:
    return f"SIMILAR#{similarity_key(alert, rules.price_band_ticks, beside)}"
