"""Alerts as JSON and as records: v1 as it was written for years, v2 with a side and without."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from pregao.domain.alerts.alert import PLANNED, Attention, Chance, Opportunity, Worth
from pregao.domain.alerts.signal import Direction, Outlook, Pattern
from pregao.domain.audit.chain import canonical
from pregao.domain.audit.records import as_plain
from pregao.wire.alert_v1 import dump_alert, dump_timer, load_alert, load_recorded_alert, load_timer
from tests.fakes import a_timer, an_alert

V1 = """{"id": "e0566eaca6dc36547a530359d802d5a1a14c2469a92ee46741b38b00ef6a50fa", "version": 1,
"instrument": "WIN", "contract": "WINZ26", "symbol": "WIN$N", "timeframe": "M5", "pattern":
"level_break", "direction": "short", "severity": "high", "candle": {"time": 1795010400, "open":
131190.0, "high": 131260.0, "low": 131170.0, "close": 131250.0, "tick_volume": 1234, "real_volume":
5678}, "price": 131250.0, "tick_size": 5.0, "entry_min": 131220.0, "entry_max": 131280.0,
"stop_loss": 131430.0, "take_profit": 131070.0, "risk_reward": 1.0, "confidence": null,
"detected_at": 1795010700.3, "candle_closed_at": 1795010700, "expires_at": 1795011000, "reason":
{"level": 131215.0, "lookback": 20}, "config_digest": "dd", "seq": 7}"""
RANGED = an_alert(pattern=Pattern.UNUSUAL_RANGE, seq=3)
FULL = an_alert(
    outlook=Outlook(12, 300.0, 700.0, 410.0, 0.8),
    chance=Chance(0.45, 0.4, 0.5, 600, 0.44, "2026-11-20"),
    opportunity=Opportunity("f" * 64, ("a" * 64,), ()),
    attention=Attention(1.8, "range"),
    worth=Worth(0.2, "BRL"),
)


def test_one_of_version_1_is_read_and_lacks_what_came_later():
    alert = load_alert(V1)
    assert (alert.version, alert.direction, alert.seq) == (1, Direction.SHORT, 7)
    assert alert.plan.stop_loss == 131_430.0
    assert (alert.outlook, alert.chance, alert.opportunity, alert.attention, alert.worth) == (None,) * 5
    assert dict(alert.unmeasured) == {}


def test_a_record_of_version_1_is_written_as_it_was():
    plain = json.loads(V1)
    del plain["confidence"]  # a record leaves out what is None
    assert json.loads(canonical(as_plain(load_recorded_alert(plain)))) == plain


@pytest.mark.parametrize("alert", [RANGED, FULL, an_alert()], ids=["no side", "full", "plain"])
def test_what_is_written_is_read_back(alert):
    again = load_alert(dump_alert(alert))
    assert as_plain(again) == as_plain(alert)
    assert as_plain(load_recorded_alert(json.loads(canonical(as_plain(alert))))) == as_plain(alert)


def test_without_a_side_there_is_no_plan():
    assert RANGED.plan is None
    assert {getattr(RANGED, name) for name in PLANNED} == {None}
    assert not set(PLANNED) & as_plain(RANGED).keys()
    assert json.loads(dump_alert(RANGED))["stop_loss"] is None


@pytest.mark.parametrize("change", [{"direction": "up"}, {"outlook": {"low": 1}}, {"chance": {"p": "much"}}])
def test_a_spoilt_one_is_refused(change):
    with pytest.raises(ValidationError):
        load_alert(json.dumps(json.loads(dump_alert(RANGED)) | change))


def test_a_timer_of_before_there_were_steps_is_of_the_email():
    timer = a_timer(an_alert(), "ana")
    plain = json.loads(dump_timer(timer))
    assert plain.pop("channel") == "email"
    assert load_timer(json.dumps(plain)) == timer
