"""What the console asks besides the socket: the desk, candles, past alerts and what became of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from pregao.domain.alerts.alert import Alert
from pregao.domain.alerts.outcome import HORIZON, Outcome, outcome_of
from pregao.domain.delivery.alert_state import SYSTEM
from pregao.domain.delivery.operators import Operator
from pregao.domain.market.candle import Candle
from pregao.domain.market.instrument import Instrument
from pregao.flow.ports.delivery import Feed
from pregao.flow.ports.desk import CandleBook, DecisionTaken, HistoryBook

CANDLES_AT_MOST = 1500
JUDGED_AT_ONCE = 200
"""Judged alerts looked through for one page of those that rang."""
AROUND = 100
"""Candles before an alert that its own chart shows."""


class NotFound(Exception):
    """There is no such thing, or it does not concern who asks."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What the story works with; `clock` gives epoch seconds."""

    operators: Sequence[Operator]
    instruments: Mapping[str, Instrument]
    timeframes: Mapping[str, int]
    candles: CandleBook
    history: HistoryBook
    feed: Feed
    clock: Callable[[], float]

    def candles_of(self, instrument: str, timeframe: str, until: int | None, limit: int) -> list[Candle]:
        """Return the last candles before a moment, now without one. Raises NotFound."""
        if instrument not in self.instruments or timeframe not in self.timeframes:
            raise NotFound(f"no candles of {instrument} {timeframe}")
        before = int(self.clock()) + 1 if until is None else until
        return self.candles.before(instrument, timeframe, before, min(limit, CANDLES_AT_MOST))

    def alerts_of(self, day: str, page: str | None, who: Operator) -> tuple[list[dict[str, Any]], str | None]:
        """Return what rang on a UTC day and concerns somebody, the newest first. Raises UnknownPage."""
        alerts, following = self.history.admitted(day, page, JUDGED_AT_ONCE)
        decided = self.history.decisions(day)
        wanted = [alert for alert in alerts if who.interest.covers(alert)]
        series = {key: self._session(*key) for key in {self._key(alert) for alert in wanted}}
        told = [self._told(one, decided.get(one.id), series[self._key(one)]) for one in wanted]
        return told, following

    def alert(self, alert_id: str, who: Operator) -> tuple[dict[str, Any], list[Candle]]:
        """Return one alert and the candles around it. Raises NotFound."""
        alert = self.feed.find(alert_id)
        if alert is None or not who.interest.covers(alert):
            raise NotFound(f"no alert {alert_id}")
        after = self._after(alert)
        before = self.candles.before(alert.instrument, alert.timeframe, alert.candle.time + 1, AROUND)
        return self._told(alert, self.history.decision(alert_id), after), [*before, *after]

    def _key(self, alert: Alert) -> tuple[str, str, date]:
        instrument = self.instruments.get(alert.instrument)
        opened = alert.candle.time
        day = instrument.local_date(opened) if instrument else datetime.fromtimestamp(opened, UTC).date()
        return alert.instrument, alert.timeframe, day

    def _session(self, instrument: str, timeframe: str, day: date) -> list[Candle]:
        """Return the candles of a day at the exchange: one question for all the alerts of it."""
        zone = ZoneInfo(self.instruments[instrument].timezone) if instrument in self.instruments else UTC
        midnight = datetime.combine(day, time(0), zone)
        return self.candles.since(instrument, timeframe, int(midnight.timestamp()), CANDLES_AT_MOST)

    def _after(self, alert: Alert) -> list[Candle]:
        return self.candles.since(alert.instrument, alert.timeframe, alert.candle.time + 1, HORIZON + 1)

    def _told(self, alert: Alert, taken: DecisionTaken | None, after: Sequence[Candle]) -> dict[str, Any]:
        return {
            "alert": alert,
            "state": "decided" if taken else "open" if self.clock() < alert.decide_by else "expired",
            "decision": taken and self._decision(taken),
            "outcome": self._outcome(alert, after).value,
        }

    def _outcome(self, alert: Alert, after: Sequence[Candle]) -> Outcome:
        instrument = self.instruments.get(alert.instrument)
        if instrument is None:
            return Outcome.OPEN
        last = alert.candle.time + (HORIZON + 1) * self.timeframes.get(alert.timeframe, 0)
        over = self.clock() > last and not instrument.in_session(int(self.clock()))
        return outcome_of(alert, after, instrument.local_date, over=over)

    def _decision(self, taken: DecisionTaken) -> dict[str, Any]:
        named = {one.audit_id: one.id for one in self.operators} | {SYSTEM: SYSTEM}
        return {
            "operator": named.get(taken.operator, taken.operator),
            "decision": taken.decision,
            "note": taken.note,
            "at": datetime.fromisoformat(taken.at).astimezone(UTC).timestamp(),
        }
