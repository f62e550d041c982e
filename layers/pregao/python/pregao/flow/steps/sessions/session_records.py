"""What the audit has of a feed's session: its alerts as judged, whom they were told, what was decided."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pregao.domain.alerts.signal import Pattern
from pregao.domain.audit.chain import ACAO, ALERTAS, ENTREGA, ChainName, Record, day_after, day_of
from pregao.domain.calibration.ledger import LISTED, RUNG, Told
from pregao.domain.delivery.alert_state import TIMEOUT
from pregao.domain.delivery.operators import Status
from pregao.wire.alert_v1 import load_recorded_alert

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Alert
    from pregao.domain.market.instrument import Instrument
    from pregao.flow.ports.audit import DayBook


@dataclass(frozen=True, slots=True)
class JudgedAlert:
    """An alert's first record: the alert, its verdict, and the record's evidence."""

    alert: Alert
    verdict: str
    evidence: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SessionRecords:
    """A session's alerts in the order of their candles, each once, and by alert whom it was told."""

    alerts: Sequence[JudgedAlert]
    told: Mapping[str, Mapping[str, Told]]


def session_records(
    instrument: Instrument, timeframe: str, session: date, days: DayBook, now: float
) -> SessionRecords:
    """Read a session's records from the chains of its UTC days, and from those of today and yesterday.

    Those of operators' own levels are left out. A replay's alerts, which are judged long after their
    session, are found while they are that young.
    """
    written = _written(instrument, session, now)

    def of(table: str) -> Iterator[Record]:
        return _records(table, written, instrument.owns_contract, days)

    alerts = dict[str, JudgedAlert]()
    for record in of(ALERTAS):
        if record["kind"] == "alert" and record["alert"]["timeframe"] == timeframe and not _own(record):
            alert = load_recorded_alert(record["alert"])
            if instrument.local_date(alert.candle.time) == session and _first(alerts, alert, record):
                alerts[alert.id] = JudgedAlert(alert, record["verdict"], record.get("evidence", {}))
    told = _told(of(ENTREGA), of(ACAO), alerts)
    return SessionRecords(sorted(alerts.values(), key=lambda one: one.alert.candle.time), told)


def _own(record: Record) -> bool:
    """Tell whether an alert is of an operator's own level: that says nothing of the detectors."""
    return bool(record["pattern"] == Pattern.PRICE_LEVEL)


def _first(alerts: Mapping[str, JudgedAlert], alert: Alert, record: Record) -> bool:
    """Tell whether this record is the one that counts: the admission, else the first."""
    return alert.id not in alerts or record["verdict"] == "admitted"


def _written(instrument: Instrument, session: date, now: float) -> list[str]:
    zone = ZoneInfo(instrument.timezone)
    ends = [
        datetime.combine(session + timedelta(off), time(0), zone).timestamp() + late
        for off, late in ((0, 0), (1, 3600))
    ]
    today = day_of(now)
    own, newest = [day_of(ends[0])], day_of(min(ends[1], now))
    while own[-1] < newest:
        own.append(day_after(own[-1]))
    return sorted({*own, today, day_after(today, -1)})


def _records(
    table: str, written: Sequence[str], owned: Callable[[str], bool], days: DayBook
) -> Iterator[Record]:
    for day in written:
        for chain in days.chains(table, day):
            if owned(ChainName.parse(chain).contract):
                yield from days.records(table, chain)


def _told(
    deliveries: Iterator[Record], actions: Iterator[Record], alerts: Mapping[str, JudgedAlert]
) -> dict[str, dict[str, Told]]:
    how, seen = dict[tuple[str, str], str](), set[tuple[str, str]]()
    decided = dict[tuple[str, str], str]()
    for record in deliveries:
        key = record.get("alert_id", ""), record.get("operator", "")
        if key[0] in alerts:
            said = LISTED if record["status"] == "listed" else record.get("attention", RUNG)
            how.setdefault(key, said)
            if record["status"] == Status.RECEIVED.value:
                seen.add(key)
    for record in actions:
        if record["kind"] == "action" and record["decision"] != TIMEOUT and record["alert_id"] in alerts:
            decided[record["alert_id"], record["operator"]] = record["decision"]
    found = dict[str, dict[str, Told]]()
    for key in {*how, *decided}:
        found.setdefault(key[0], {})[key[1]] = Told(how.get(key, RUNG), key in seen, decided.get(key))
    return found
