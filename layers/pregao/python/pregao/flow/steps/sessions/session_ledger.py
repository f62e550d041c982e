"""A session that is over: what became of its alerts, whether a scan gives what rang, and its ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from pregao.domain.alerts.opportunity import LOOK_BACK
from pregao.domain.alerts.signal import SIDED, Pattern
from pregao.domain.calibration.ledger import Difference, Row, SessionLedger, Told
from pregao.domain.calibration.live import scan_live
from pregao.domain.calibration.parity import Kept, Rang, Scanned, differences
from pregao.domain.calibration.results import results
from pregao.domain.detectors.prices import Series, local_days
from pregao.domain.market.timeframe import TIMEFRAMES
from pregao.domain.market.window import COLUMNS, unpack
from pregao.flow.steps.provenance import code_version
from pregao.flow.steps.sessions.outcomes import Outcomes, record_outcomes
from pregao.flow.steps.sessions.session_records import JudgedAlert, session_records
from pregao.wire.calibration_v1 import session_of
from pregao.wire.evidence_v1 import Rules, dump_rules

if TYPE_CHECKING:
    from pregao.config.loaded import Config
    from pregao.domain.alerts.outcome import Result
    from pregao.domain.market.candles import Candles
    from pregao.domain.market.instrument import Instrument
    from pregao.flow.ports.audit import DayBook
    from pregao.flow.ports.calibration import LedgerBook
    from pregao.flow.ports.desk import CandleBook, KeptCandle
    from pregao.flow.steps.sessions.calibrations import Calibrations

JUDGED = {*SIDED, Pattern.UNUSUAL_RANGE}
"""Patterns that `scan_live` can reproduce."""


@dataclass(frozen=True, slots=True)
class SessionClosing:
    """Dependencies of `close_session`; `clock` gives epoch seconds."""

    config: Config
    candles: CandleBook
    calibrations: Calibrations
    days: DayBook
    outcomes: Outcomes
    ledgers: LedgerBook
    clock: Callable[[], float]


def close_session(
    instrument: Instrument, timeframe: str, session: date, candles: Candles, deps: SessionClosing
) -> SessionLedger:
    """Record the outcomes of a session's alerts, compare what rang with a scan, and keep the ledger.

    `candles` are those kept until the session's end or later, and its warm-up before it. Done again it
    records what turned out otherwise, and keeps the new ledger.
    """
    now = deps.clock()
    read = session_records(instrument, timeframe, session, deps.days, now)
    series = Series(candles, instrument.tick_size, instrument.timezone, instrument.contract_on)
    found = results(series, [one.alert for one in read.alerts])
    became = [(one, result) for one, result in zip(read.alerts, found, strict=True) if result]
    record_outcomes((instrument.name, timeframe), session, became, deps.outcomes)
    kept = SessionLedger(
        instrument.name,
        timeframe,
        session,
        [
            _row(one, result, read.told.get(one.alert.id, {}), instrument)
            for one, result in zip(read.alerts, found, strict=True)
        ],
        _parity(instrument, timeframe, session, candles, read.alerts, deps),
    )
    deps.ledgers.keep(kept, now)
    return kept


def _row(
    judged: JudgedAlert, result: Result | None, people: Mapping[str, Told], instrument: Instrument
) -> Row:
    alert = judged.alert
    became = {} if result is None else asdict(result)
    became.pop("ended_at", None)
    return Row(
        alert_id=alert.id,
        time=alert.candle.time,
        hour=datetime.fromtimestamp(alert.candle.time, ZoneInfo(instrument.timezone)).hour,
        pattern=alert.pattern.value,
        direction=alert.direction.value,
        severity=alert.severity.value,
        verdict=judged.verdict,
        opportunity=alert.opportunity.id if alert.opportunity else None,
        p=alert.chance.p if alert.chance else None,
        baseline=alert.chance.baseline if alert.chance else None,
        low=alert.outlook.low if alert.outlook else None,
        high=alert.outlook.high if alert.outlook else None,
        people=people,
        **became,
    )


def _parity(
    instrument: Instrument,
    timeframe: str,
    session: date,
    candles: Candles,
    alerts: Sequence[JudgedAlert],
    deps: SessionClosing,
) -> list[Difference]:
    """Return where what rang differs from a scan of the session's candles that were judged."""
    days = local_days(candles.time, instrument.timezone)
    rows = np.flatnonzero(days == (session - date(1970, 1, 1)).days)
    if not len(rows):
        return []
    settings, step = deps.config.detectors_for(instrument.name), TIMEFRAMES[timeframe]
    first, last = int(rows[0]), int(rows[-1])
    begins = max(0, first - settings.warmup - LOOK_BACK)
    how = {
        one.candle.time: one
        for one in deps.candles.kept(instrument.name, timeframe, int(candles.time[begins]), last + 1 - begins)
    }
    symbol = alerts[0].alert.symbol if alerts else instrument.name
    known = deps.calibrations.of(instrument, timeframe)
    signals = scan_live(candles[: last + 1], instrument.of_feed(symbol), settings, first, step, known)
    taken = known(session)
    rules = Rules(settings, instrument.timezone, deps.config.admission.alert_life_s)
    scanned = Scanned(
        frozenset(
            (one.time, one.pattern, one.direction)
            for one in signals
            if one.time in how and how[one.time].judged
        ),
        {time: Kept(_prices(one), one.came_at) for time, one in how.items()},
        dump_rules(rules),
        code_version(),
        taken.session.isoformat() if taken else None,
        settings.warmup,
        step,
    )
    return differences((_rang(one) for one in alerts if one.alert.pattern in JUDGED), scanned)


def _rang(judged: JudgedAlert) -> Rang:
    """Return what an alert was judged on; evidence that cannot be read shows an empty window."""
    alert, evidence = judged.alert, judged.evidence
    try:
        seen, taken = unpack(evidence["window"]), session_of(evidence.get("calibration"))
    except (KeyError, ValueError):
        seen, taken = {}, None
    times, *prices = (seen.get(name, []) for name in COLUMNS)
    return Rang(
        (alert.candle.time, alert.pattern, alert.direction),
        dict(zip(map(int, times), zip(*prices, strict=True), strict=True)),
        evidence.get("rules", ""),
        evidence.get("code", ""),
        taken,
    )


def _prices(kept: KeptCandle) -> tuple[float, float, float, float]:
    candle = kept.candle
    return candle.open, candle.high, candle.low, candle.close
