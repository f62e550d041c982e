"""What the console asks besides the socket: the desk, candles, past alerts and what became of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from pregao.domain.alerts.outcome import HORIZON, Outcome, outcome_of
from pregao.domain.calibration.account import account
from pregao.domain.delivery.alert_state import TIMEOUT, WATCHING, standing, watch_ends
from pregao.domain.delivery.operators import EMAIL_ALONE, SYSTEM, Operator, Reached, Status
from pregao.domain.market.candle import Candle, decimals_of
from pregao.flow.ports.desk import CandleBook, DecisionTaken, HistoryBook, ReachBook, UnknownPage
from pregao.wire.desk_v1 import candle_columns, colleague_plain, plain
from pregao.wire.ledger_v1 import account_plain

if TYPE_CHECKING:
    from pregao.config.loaded import Config
    from pregao.domain.alerts.alert import Alert
    from pregao.domain.delivery.ring_decision import RingDecision
    from pregao.domain.market.instrument import Instrument
    from pregao.flow.authorize import Authorize
    from pregao.flow.ports.calibration import LedgerReader
    from pregao.flow.ports.delivery import AlertLog

CANDLES_AT_MOST = 1500
LEDGER_DAYS, LEDGER_AT_MOST = 30, 130
"""Days that the ledger tells of where nobody asks for others, and at most."""
JUDGED_AT_ONCE = 200
"""Judged alerts looked through for one page of those that rang."""
AROUND = 100
"""Candles before an alert that its own chart shows."""


REPLAY_S = 6 * 3600
"""An alert that rang so long after its candle closed is a replay's: the clock does not end its session."""

AlertPage = tuple[list[dict[str, Any]], str | None]
"""Alerts with what became of them, and the next page."""
Query = Mapping[str, str]
MOMENT = 2**40


class BadQuestion(ValueError):
    """A parameter that cannot be read; the message says which."""


class NotFound(Exception):
    """There is no such thing, or it does not concern who asks."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The desk's candles, alerts and ledgers; `clock` gives epoch seconds."""

    operators: Sequence[Operator]
    instruments: Mapping[str, Instrument]
    timeframes: Mapping[str, int]
    candles: CandleBook
    history: HistoryBook
    alert_log: AlertLog
    ledgers: LedgerReader
    reach: ReachBook
    clock: Callable[[], float]

    def candles_of(self, instrument: str, timeframe: str, until: int | None, limit: int) -> list[Candle]:
        """Return the last candles before a moment, now without one. Raises NotFound."""
        if instrument not in self.instruments or timeframe not in self.timeframes:
            raise NotFound(f"no candles of {instrument} {timeframe}")
        before = int(self.clock()) + 1 if until is None else until
        return self.candles.before(instrument, timeframe, before, min(limit, CANDLES_AT_MOST))

    def alerts_of(self, day: date, page: str | None, who: Operator) -> AlertPage:
        """Return the alerts of a day at the exchange (that of their candles) which concern somebody.

        The newest first. Alerts of a replay (raised days after their candle) are found only if they were
        raised today or yesterday (UTC). Raises UnknownPage.
        """
        return self._listed(day, self._written(day), page, who, lambda alert: self._key(alert)[2] == day)

    def rang_on(self, day: date, page: str | None, who: Operator) -> AlertPage:
        """Return what rang on a UTC day and concerns somebody, the newest first. Raises UnknownPage."""
        return self._listed(day, [day], page, who, lambda _: True)

    def _listed(
        self,
        day: date,
        written: Sequence[date],
        page: str | None,
        who: Operator,
        asked: Callable[[Alert], bool],
    ) -> AlertPage:
        """Look through the UTC days in which the alerts may have been written; a long day comes in pages."""
        at, inner = _opened(page, day, written)
        told: list[dict[str, Any]] = []
        for one in [at, *(one for one in written if one < at)]:
            while True:
                alerts, inner = self.history.admitted(one.isoformat(), inner, JUDGED_AT_ONCE)
                concern = [it for it in alerts if asked(it) and who.concerned_by(it)]
                told += self._told_all(concern, one, who)
                if inner is None:
                    break
                if told:
                    return told, f"{day}~{one}~{inner}"
        return told, None

    def _told_all(self, alerts: Sequence[Alert], written: date, who: Operator) -> list[dict[str, Any]]:
        if not alerts:
            return []
        decided = self.history.decisions(written.isoformat())
        if written < self._today() and not all(_ended(decided.get(one.id, ())) for one in alerts):
            for name, later in self.history.decisions((written + timedelta(1)).isoformat()).items():
                decided[name] = decided.get(name, []) + later
        series = {key: self._session(*key) for key in {self._key(alert) for alert in alerts}}
        listed = self.alert_log.listed(alerts)
        return [
            self._as_json(one, decided.get(one.id, ()), who, series[self._key(one)])
            | {"listed": _listed_for(who, listed.get(one.id, {}))}
            for one in alerts
        ]

    def _written(self, day: date) -> list[date]:
        """Return the UTC days, the newest first, in which alerts of a day at an exchange may be written."""
        zones = {ZoneInfo(one.timezone) for one in self.instruments.values()} or {ZoneInfo("UTC")}
        ends = [datetime.combine(day, clock, zone) for zone in zones for clock in (time.min, time.max)]
        today = self._today()
        own = {one.astimezone(UTC).date() for one in ends}
        return sorted(
            {one for one in own | {today, today - timedelta(1)} if min(own) <= one <= today}, reverse=True
        )

    def _today(self) -> date:
        return datetime.fromtimestamp(self.clock(), UTC).date()

    def alert(self, alert_id: str, who: Operator) -> tuple[dict[str, Any], list[Candle]]:
        """Return one alert and the candles around it. Raises NotFound."""
        alert = self.alert_log.find(alert_id)
        if alert is None or not who.concerned_by(alert):
            raise NotFound(f"no alert {alert_id}")
        after = self._after(alert)
        before = self.candles.before(alert.instrument, alert.timeframe, alert.candle.time + 1, AROUND)
        listed = {"listed": _listed_for(who, self.alert_log.listed([alert]).get(alert_id, {}))}
        return self._as_json(alert, self.history.decided(alert_id), who, after) | listed, [*before, *after]

    def reached(self, alert_id: str, who: Operator) -> list[dict[str, Any]]:
        """Return for each operator whom an alert concerns where they got it and when. Raises NotFound.

        A channel's time is that at which its service took it, the screen's that at which it showed it. Whose
        phone is silent now has until when.
        """
        alert = self.alert_log.find(alert_id)
        if alert is None or not who.concerned_by(alert):
            raise NotFound(f"no alert {alert_id}")
        concerned = [one for one in self.operators if one.concerned_by(alert)]
        known = self.reach.reached(alert_id, [one.id for one in concerned])
        silent = self.silences(concerned)
        return [
            {"operator": one.id, "steps": _steps(known.get(one.id, Reached()))} | silent.get(one.id, {})
            for one in concerned
        ]

    def silences(self, operators: Sequence[Operator]) -> dict[str, dict[str, float]]:
        """Return whose phone is silent now and until when, as answers tell it. Asks of who carries one."""
        carrying = [one.id for one in operators if one.steps != EMAIL_ALONE]
        silent, now = self.reach.silent(carrying) if carrying else {}, self.clock()
        return {one: {"silent_until": until} for one, until in silent.items() if until > now}

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

    def _as_json(
        self, alert: Alert, acts: Sequence[DecisionTaken], who: Operator, after: Sequence[Candle]
    ) -> dict[str, Any]:
        """Return an alert with the decision that stands for somebody, and the others."""
        handed = [one for one in acts if one.to is not None and who.audit_id in (one.to, one.operator)]
        acts = [one for one in acts if one.to is None]
        taken = standing(acts, who.audit_id)
        others = [one for one in acts if one is not taken and one.decision != TIMEOUT]
        return {
            "alert": alert,
            "state": self._state(alert, taken, who),
            "decision": taken and self._decision(taken),
            "others": [self._decision(one) for one in others],
            "outcome": self._outcome(alert, after).value,
            "handed": self._handed(handed[-1]) if handed else None,
        }

    def _outcome(self, alert: Alert, after: Sequence[Candle]) -> Outcome:
        instrument = self.instruments.get(alert.instrument)
        if instrument is None:
            return Outcome.OPEN
        return outcome_of(alert, after, instrument.local_date, over=self._over(alert, instrument, after))

    def _over(self, alert: Alert, instrument: Instrument, after: Sequence[Candle]) -> bool:
        """Tell whether no candle of the alert's session can come any more."""
        length = self.timeframes.get(alert.timeframe, 0)
        if alert.detected_at - alert.candle_closed_at >= REPLAY_S:
            return bool(after) and not instrument.in_session(after[-1].time + length)
        last = alert.candle.time + (HORIZON + 1) * length
        return self.clock() > last and not instrument.in_session(int(self.clock()))

    def _state(self, alert: Alert, taken: DecisionTaken | None, who: Operator) -> str:
        watched = taken is not None and taken.decision == WATCHING
        ends = alert.decide_by
        if taken and watched and taken.operator == who.audit_id:
            ends = watch_ends(alert, datetime.fromisoformat(taken.at).timestamp())
        if self.clock() < ends and (taken is None or watched):
            return "open"
        return "decided" if taken else "expired"

    def _handed(self, one: DecisionTaken) -> dict[str, Any]:
        """Return who handed an alert over to whom, and when."""
        named = {it.audit_id: it.id for it in self.operators}
        to = one.to or ""
        at = datetime.fromisoformat(one.at).astimezone(UTC).timestamp()
        return {"operator": named.get(one.operator, one.operator), "to": named.get(to, to), "at": at}

    def _decision(self, taken: DecisionTaken) -> dict[str, Any]:
        named = {one.audit_id: one.id for one in self.operators} | {SYSTEM: SYSTEM}
        return {
            "operator": named.get(taken.operator, taken.operator),
            "decision": taken.decision,
            "note": taken.note,
            "order_id": taken.order_id,
            "at": datetime.fromisoformat(taken.at).astimezone(UTC).timestamp(),
            "own": taken.own,
        }


@dataclass(frozen=True, slots=True)
class Answering:
    """Knows the desk, and answers by route."""

    config: Config
    desk: Desk
    authorize: Authorize

    def __call__(self, route: str, token: str | None, path: Query, query: Query) -> dict[str, Any]:
        """Answer one question; raises TokenRefused, NotFound, BadQuestion."""
        routes: Mapping[str, Callable[[Operator, Query, Query], dict[str, Any]]] = {
            "GET /api/desk": self._desk,
            "GET /api/candles": self._candles,
            "GET /api/alerts": self._alerts,
            "GET /api/alerts/{id}": self._alert,
            "GET /api/ledger": self._ledger,
        }
        named = self.authorize(token).operator
        answer = routes.get(route)
        if answer is None:
            raise NotFound(route)
        who = next(one for one in self.desk.operators if one.id == named)
        return answer(who, path, query)

    def _desk(self, who: Operator, _path: Query, _query: Query) -> dict[str, Any]:
        silent = self.desk.silences(self.desk.operators)
        return {
            "operator": {
                "id": who.id,
                "name": who.name,
                "role": who.role,
                "language": who.language,
                "budget": who.budget,
            },
            "operators": [colleague_plain(one) | silent.get(one.id, {}) for one in self.desk.operators],
            "instruments": [self._instrument(name) for name in self.desk.instruments],
            "timeframes": list(self.config.delivery.timeframes),
            "decision": self.config.desk.decision,
            "notes": list(self.config.desk.notes),
        }

    def _instrument(self, name: str) -> dict[str, Any]:
        entry = self.config.entry_of(name)
        return {
            "name": name,
            "tick_size": entry.tick_size,
            "decimals": decimals_of(entry.tick_size),
            "timezone": entry.timezone,
            "open": f"{entry.session_open:%H:%M}",
            "close": f"{entry.session_close:%H:%M}",
        }

    def _candles(self, _who: Operator, _path: Query, query: Query) -> dict[str, Any]:
        instrument, timeframe = query.get("instrument", ""), query.get("timeframe", "M5")
        until = _number(query, "before", MOMENT) if "before" in query else None
        limit = _number(query, "limit", CANDLES_AT_MOST) if "limit" in query else 500
        found = self.desk.candles_of(instrument, timeframe, until, limit)
        about = self._instrument(instrument)
        newest = found[-1].time if found else int(self.desk.clock())
        day = self.desk.instruments[instrument].local_date(newest)
        return {
            "instrument": instrument,
            "contract": self.desk.instruments[instrument].contract_on(day),
            "timeframe": timeframe,
            "tick_size": about["tick_size"],
            "timezone": about["timezone"],
            "session": {"open": about["open"], "close": about["close"]},
            "candles": candle_columns(found),
        }

    def _alerts(self, who: Operator, _path: Query, query: Query) -> dict[str, Any]:
        """Answer `day`, the candles' day at the exchange, or `rang`, the UTC day in which they rang."""
        name, listing = ("rang", self.desk.rang_on) if "rang" in query else ("day", self.desk.alerts_of)
        try:
            day = date.fromisoformat(query.get(name, ""))
        except ValueError as error:
            raise BadQuestion(f"{name}: write 2026-11-25") from error
        try:
            told, following = listing(day, query.get("next"), who)
        except UnknownPage as error:
            raise BadQuestion("next: as the page before gave it, for the same day") from error
        return {"alerts": [one | {"alert": plain(one["alert"])} for one in told], "next": following}

    def _alert(self, who: Operator, path: Query, query: Query) -> dict[str, Any]:
        if query.get("only") == "reached":
            return {"reached": self.desk.reached(path.get("id", ""), who)}
        told, candles = self.desk.alert(path.get("id", ""), who)
        return told | {"alert": plain(told["alert"]), "candles": candle_columns(candles)}

    def _ledger(self, _who: Operator, _path: Query, query: Query) -> dict[str, Any]:
        """Answer the account of the sessions from `from` to `to`, without them the last LEDGER_DAYS days."""
        last = _day(query, "to") or datetime.fromtimestamp(self.desk.clock(), UTC).date()
        first = _day(query, "from") or last - timedelta(LEDGER_DAYS)
        if not timedelta(0) <= last - first <= timedelta(LEDGER_AT_MOST):
            raise BadQuestion(f"from, to: at most {LEDGER_AT_MOST} days, the first day first")
        named = {one.audit_id: one.id for one in self.desk.operators}
        found = [
            one for one in self.desk.ledgers.between(first, last) if one.instrument in self.desk.instruments
        ]
        return {"from": first.isoformat(), "to": last.isoformat()} | account_plain(account(found), named)


def _ended(acts: Sequence[DecisionTaken]) -> bool:
    """Tell whether nothing more is decided on an alert: one decision stands for the desk."""
    return any(not one.own and one.to is None and one.decision != WATCHING for one in acts)


def _listed_for(who: Operator, listed: Mapping[str, RingDecision]) -> dict[str, Any] | None:
    """Return why an alert did not ring somebody, as its frame tells it; None where it did."""
    one = listed.get(who.id)
    return None if one is None else {"why": one.why.value, "score": one.score, "threshold": one.threshold}


def _steps(reached: Reached) -> list[dict[str, Any]]:
    """Return what reached somebody, the earliest first."""
    ends = [("screen", reached.received_at), ("email", reached.mailed_at)]
    ends += [(one.value, tried.ended_at) for one, tried in reached.tried.items() if tried.end is Status.SENT]
    return [
        {"channel": channel, "at": at}
        for channel, at in sorted(ends, key=lambda one: one[1] or 0.0)
        if at is not None
    ]


def _day(query: Query, name: str) -> date | None:
    try:
        return date.fromisoformat(query[name]) if name in query else None
    except ValueError as error:
        raise BadQuestion(f"{name}: write 2026-11-25") from error


def _number(query: Query, name: str, at_most: int) -> int:
    text = query[name]
    if not text.isdecimal() or not 1 <= int(text[:20]) <= at_most:
        raise BadQuestion(f"{name}: a whole number from 1 to {at_most}")
    return int(text)


def _opened(page: str | None, day: date, written: Sequence[date]) -> tuple[date, str | None]:
    """Return the UTC day to look through and the place in it. Raises UnknownPage."""
    if not page:
        return written[0], None
    asked, _, rest = page.partition("~")
    at, _, inner = rest.partition("~")
    found = next((one for one in written if one.isoformat() == at), None)
    if asked != day.isoformat() or found is None:
        raise UnknownPage(page)
    return found, inner or None
