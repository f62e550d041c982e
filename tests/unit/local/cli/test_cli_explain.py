"""`pregao explain` as a person runs it."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
import typer

from local.cli.explain import explain_candle
from local.cli.shared.rung import tell_rung
from local.lab.market import TIMEZONE, synthesize
from local.lab.mt5file import write_mt5
from pregao.domain.alerts.admission import Verdict
from pregao.domain.audit.chain import Tail
from pregao.domain.audit.records import delivery_record
from pregao.domain.delivery.operators import Channel, Interest, Status
from pregao.domain.delivery.ring_decision import Ring, RingDecision, Why
from pregao.domain.text.times import desk_zone
from pregao.flow.ports.delivery import Head
from tests.fakes import NOW, an_alert, an_entry, an_operator
from tests.unit.domain.calibration.test_size import lively

MARKET = synthesize(7, 5, date(2026, 3, 2))
PLANTED = next(event for event in MARKET.events if event.pattern == "level_break")


@pytest.fixture
def file(tmp_path):
    write_mt5(MARKET.candles, tmp_path / "candles.csv", TIMEZONE)
    return tmp_path / "candles.csv"


def test_a_planted_event_fires_with_every_condition_held(file, capsys):
    explain_candle(file, "WIN$N", str(PLANTED.time), json_out=True)
    said = json.loads(capsys.readouterr().out)
    assert said["time"] == PLANTED.time
    (one,) = [one for one in said["patterns"] if one["fires"]]
    assert (one["pattern"], one["direction"]) == (PLANTED.pattern, PLANTED.direction)
    assert all(condition["held"] for condition in one["conditions"])


@pytest.mark.parametrize(
    "form",
    ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%Y-%m-%dT%H:%M%z", "utc"],
)
def test_a_time_may_be_written_as_people_do(file, capsys, form):
    """Any moment within the candle names it."""
    moment = datetime.fromtimestamp(PLANTED.time + 240, ZoneInfo(TIMEZONE))
    at = moment.strftime(form) if form != "utc" else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%MZ}"
    explain_candle(file, "WIN$N", at)
    told = capsys.readouterr().out
    assert "●" in told
    assert "falta" in told


def test_a_candle_is_named_by_its_close_too_and_the_answer_says_both(file, capsys):
    closes = datetime.fromtimestamp(PLANTED.time + 300, ZoneInfo(TIMEZONE))
    explain_candle(file, "WIN$N", closed=f"{closes:%d/%m/%Y %H:%M}", json_out=True)
    said = json.loads(capsys.readouterr().out)
    assert (said["time"], said["closed_at"]) == (PLANTED.time, PLANTED.time + 300)
    explain_candle(file, "WIN$N", closed=f"{closes:%Y-%m-%d %H:%M}")
    opens = datetime.fromtimestamp(PLANTED.time, ZoneInfo(TIMEZONE))
    assert f"{opens:%Y-%m-%d %H:%M} (abertura · opening) → {closes:%H:%M} (" in capsys.readouterr().out


def test_opening_and_close_are_not_both_asked_for(file):
    with pytest.raises(typer.BadParameter, match="one of --at and --closed"):
        explain_candle(file, "WIN$N", "2026-03-02 09:00", "2026-03-02 09:05")


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ("09:40", r"the file holds several dates; write the date too, 02/03/2026 09:40"),
        ("yesterday", r"write 2021-09-01 10:35"),
        ("2026-03-04 03:00", r"is in no candle; nearest: 2026-03-03 18:20, 2026-03-04 09:00"),
        ("2020-01-01 10:00", r"nearest: 2026-03-02 09:00$"),
        ("2030-01-01 10:00", r"nearest: 2026-03-06 18:20$"),
    ],
)
def test_a_time_in_no_candle_is_refused(file, at, said):
    with pytest.raises(typer.BadParameter, match=said):
        explain_candle(file, "WIN$N", at)


def test_before_the_warm_up_it_says_so(file, capsys):
    explain_candle(file, "WIN$N", "2026-03-02 09:00")
    assert "1 >= 250" in capsys.readouterr().out


def test_the_size_of_what_comes_is_explained_too(tmp_path, capsys):
    """Twenty sessions before are enough to know what is usual, and what to expect."""
    market = lively(7, 40)
    write_mt5(market, tmp_path / "candles.csv", TIMEZONE)
    at = datetime.fromtimestamp(int(market.time[725]), ZoneInfo(TIMEZONE))
    explain_candle(tmp_path / "candles.csv", "WIN$N", f"{at:%Y-%m-%d %H:%M}", json_out=True)
    said = json.loads(capsys.readouterr().out)
    (ranged,) = [one for one in said["patterns"] if one["pattern"] == "unusual_range"]
    assert (ranged["direction"], ranged["fires"], ranged["levels"]) == ("none", True, None)
    assert 0 < said["outlook"]["low"] < said["outlook"]["high"]
    assert said["unmeasured"] == {}
    explain_candle(tmp_path / "candles.csv", "WIN$N", f"{at:%Y-%m-%d %H:%M}")
    told = capsys.readouterr().out
    assert "● Amplitude incomum · unusual_range" in told
    assert "amplitude esperada · expected range: " in told


def test_where_too_little_is_known_the_size_is_not_told(file, capsys):
    explain_candle(file, "WIN$N", str(PLANTED.time), json_out=True)
    said = json.loads(capsys.readouterr().out)
    assert (said["outlook"], said["unmeasured"]) == (None, {"outlook": "unknown_slot"})


class TestRung:
    """Why an alert rang an operator, or did not, from its records."""

    DESK = (
        an_operator("ana"),
        an_operator("bruno"),
        an_operator("carla", interest=Interest(("WDO",))),
        an_operator("dora"),
    )

    def told(self, capsys, records, deliveries=()):
        tell_rung((records, deliveries), self.DESK, desk_zone, json_out=False)
        return capsys.readouterr().out.splitlines()[1:]

    def records(self, verdict=Verdict.ADMITTED):
        head = Head("WINZ26", 0, Tail("WINZ26#2026-11-23"))
        return [dict(an_entry(head, an_alert(), verdict).record)]

    def delivered(self, operator, status, attention):
        return delivery_record(
            an_alert(), f"op-{operator}", Channel.WEBSOCKET, status, NOW, {"screens": 1} | attention.plain()
        )

    def test_each_operator_has_an_answer(self, capsys):
        deliveries = [
            self.delivered("ana", Status.INTENT, RingDecision(Ring.RUNG, Why.REACHED, 1.3, 1.2)),
            self.delivered("bruno", Status.LISTED, RingDecision(Ring.LISTED, Why.BELOW, 0.81, 1.2)),
        ]
        ana, bruno, carla, dora = self.told(capsys, self.records(), deliveries)
        assert ana.startswith("● ana: tocou: atingiu o limiar do orçamento")
        assert "○ bruno: na lista, sem tocar: abaixo do limiar" in bruno
        assert "(0,810 < 1,200)" in bruno
        assert "○ carla: ativo, padrão ou severidade fora" in carla
        assert "○ dora: sem registro da entrega" in dora

    def test_what_was_refused_rang_nobody(self, capsys):
        ana, *_ = self.told(capsys, self.records(Verdict.STALE))
        assert "not admitted, it rang nobody (stale: because)" in ana

    def test_neither_a_file_nor_an_alert_is_told(self):
        with pytest.raises(typer.BadParameter, match="give a file of candles and --symbol, or --alert"):
            explain_candle()

    def test_an_operator_whom_nobody_knows_is_told(self):
        with pytest.raises(typer.BadParameter, match="is none of ana, bruno"):
            explain_candle(alert="ab", operator="zoe")
