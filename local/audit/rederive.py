"""An alert derived again from its own audit record: recorded candles and rules, today's code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from pregao.config.loaded import Config
from pregao.domain.alerts.alert import VERSION, Alert, AlertOrigin, attention_of, level_alert, raise_alert
from pregao.domain.alerts.opportunity import look_back, opportunities
from pregao.domain.alerts.price_level import ArmedLevel, Hours, PriceLevel, reached
from pregao.domain.audit.archive_days import ArchiveError
from pregao.domain.audit.chain import Record, canonical
from pregao.domain.audit.records import as_plain
from pregao.domain.calibration.live import Known, scan_live
from pregao.domain.market.candle import Candle
from pregao.domain.market.candles import Candles
from pregao.domain.market.window import unpack
from pregao.flow.steps.provenance import code_version
from pregao.wire.alert_v1 import load_recorded_alert
from pregao.wire.calibration_v1 import Grid, load_calibration
from pregao.wire.evidence_v1 import Rules, load_rules
from pregao.wire.price_level_v1 import load_level

NOT_DERIVED = ("seq", "confidence", "detected_at", "context")
"""What admission, calibration, the clock and the exchange's bulletin gave to the alert, not the candles.

The bulletin's part is taken as it was recorded: the bulletins themselves are kept for thirty days only.
"""


@dataclass(frozen=True, slots=True)
class Rederived:
    """What came of it: the fields that differ (recorded, derived), and whose code it was then and is now."""

    alert: Alert
    differences: Mapping[str, tuple[Any, Any]]
    recorded_code: str
    code: str

    @property
    def same(self) -> bool:
        """Tell whether the alert is the one on record."""
        return not self.differences


def rederive(record: Record, config: Config) -> Rederived:
    """Run the detectors on what the record of a judgement holds; raises ArchiveError if that is too little.

    `config` gives the instrument's session; its tick, zone and the detectors' settings are the recorded ones.
    """
    try:
        plain = json.loads(canonical(record))
        recorded = load_recorded_alert(plain["alert"])
        window, rules = unpack(plain["evidence"]["window"]), load_rules(plain["evidence"]["rules"])
        code = str(plain["evidence"]["code"])
        known = _known(recorded, plain["evidence"].get("calibration"), rules)
        level = plain["evidence"].get("level")
        own = load_level(level) if level else None
    except (KeyError, ValueError) as error:
        raise ArchiveError(
            f"o registro não pode ser derivado de novo · the record cannot be derived again: {error}"
        ) from error
    derived = _derive(recorded, window, rules, known, config, own)
    then, now = as_plain(recorded), as_plain(derived) if derived else {}
    names = [name for name in sorted({*then, *now}) if name not in NOT_DERIVED]
    differences = {name: (then.get(name), now.get(name)) for name in names if then.get(name) != now.get(name)}
    return Rederived(recorded, differences, code, code_version())


def _known(alert: Alert, calibration: str | None, rules: Rules) -> Known:
    """Return what was known of sizes before the alert's session; raises ValueError."""
    if calibration is None:
        return lambda _day: None
    grid = Grid(alert.instrument, alert.timeframe, alert.tick_size, rules.timezone)
    taken = load_calibration(calibration, grid)
    return lambda _day: taken


def _derive(
    alert: Alert,
    window: Mapping[str, list[float]],
    rules: Rules,
    known: Known,
    config: Config,
    level: PriceLevel | None,
) -> Alert | None:
    """Return the alert that the newest candle of the window raises for the pattern and side, if it does.

    `level` is the operator's that the alert is of.
    """
    candles = _candles(window)
    instrument = replace(
        config.instrument_for(alert.instrument), tick_size=alert.tick_size, timezone=rules.timezone
    )
    feed = AlertOrigin(
        instrument=alert.instrument,
        contract=alert.contract,
        symbol=alert.symbol,
        timeframe=alert.timeframe,
        timeframe_s=alert.candle_closed_at - alert.candle.time,
        tick_size=alert.tick_size,
        config_digest=alert.config_digest,
        life_s=rules.life_s,
        worth=alert.worth,
    )
    if level is not None:
        return _of_level(alert, level, window, instrument, feed)
    settings, newest = rules.detectors, len(candles) - 1
    instrument = instrument.of_feed(alert.symbol)
    first, times = look_back(newest, settings.warmup), candles.time.tolist()
    signals = scan_live(candles, instrument, settings, first, feed.timeframe_s, known)
    together = opportunities(signals, times, instrument.local_date, alert.contract, alert.timeframe)
    for signal in signals:
        if (signal.time, signal.pattern, signal.direction) == (times[-1], alert.pattern, alert.direction):
            opened, high, low, close = (window[name][-1] for name in ("open", "high", "low", "close"))
            seen = replace(alert.candle, open=opened, high=high, low=low, close=close)
            severity = settings.severity(signal.pattern)
            levels = settings.levels(signal.pattern) if signal.pattern.sided else None
            derived = raise_alert(signal, seen, feed, severity, levels, alert.detected_at, together=together)
            return _as_then(derived, alert)
    return None


def _of_level(
    alert: Alert, level: PriceLevel, window: Mapping[str, list[float]], hours: Hours, feed: AlertOrigin
) -> Alert | None:
    """Return the alert that the newest candle of the window raises for an operator's level, if it does."""
    names = ("time", "open", "high", "low", "close")
    rows = zip(*(window[name] for name in names), strict=True)
    candles = [Candle(int(row[0]), row[1], row[2], row[3], row[4], 0, 0) for row in rows]
    seen = candles[-1]
    candles[-1] = replace(alert.candle, open=seen.open, high=seen.high, low=seen.low, close=seen.close)
    newest = len(candles) - 1
    found = reached(ArmedLevel(level), candles, newest, feed.timeframe_s, feed.contract, hours)
    return next((level_alert(one, feed, alert.detected_at) for one in found), None)


def _as_then(derived: Alert, recorded: Alert) -> Alert:
    """Return the alert without what was not told when it was recorded: sizes, opportunity and score."""
    if recorded.version < VERSION:
        derived = replace(derived, version=1, outlook=None, unmeasured={})
    if derived.outlook and recorded.outlook and recorded.outlook.expected is None:
        outlook = replace(derived.outlook, expected=None)
        derived = replace(derived, outlook=outlook, attention=attention_of(outlook, derived.chance))
    if recorded.opportunity is None:
        derived = replace(derived, opportunity=None)
    return derived if recorded.attention else replace(derived, attention=None)


def _candles(window: Mapping[str, list[float]]) -> Candles:
    nothing = np.zeros(len(window["time"]), dtype=np.int64)
    prices = {name: np.array(window[name], dtype=np.float64) for name in ("open", "high", "low", "close")}
    time = np.array(window["time"], dtype=np.int64)
    return Candles(time=time, **prices, tick_volume=nothing, real_volume=nothing, spread=nothing)
