"""Every alert is derived again from its record alone, the same; a record that was edited is not."""

from __future__ import annotations

import json
import random
from copy import deepcopy
from dataclasses import asdict
from datetime import date
from functools import cache

import pytest

from local.audit.rederive import rederive
from local.cli.paths import CONFIG
from local.lab.history import read
from local.lab.market import synthesize
from pregao.config.reader import load
from pregao.domain.alerts.alert import attention_of
from pregao.domain.alerts.signal import Outlook
from pregao.domain.audit.archive_days import ArchiveError
from pregao.domain.market.bulletin import Context
from pregao.domain.market.window import pack, unpack
from pregao.flow.steps.provenance import code_version
from tests.audited import RUNS
from tests.judged import LOADED, judged
from tests.unit.domain.calibration.test_size import lively
from tests.unit.domain.detectors.market import REAL_FILES, real

OTHERWISE = load(CONFIG, ["detectors.level_break.lookback=7", "detectors.engulfing.trend_atr=0"], env={})


@cache
def market():
    """Of a made-up market."""
    return judged(synthesize(5, 60, date(2024, 1, 2), noise=0.3).candles, "WIN$N")


def test_one_of_before_opportunities_were_told_is_derived_without():
    record = deepcopy(next(one for one in market() if one["alert"]["opportunity"]["agrees"]))
    del record["alert"]["opportunity"]
    assert rederive(record, LOADED).same


def test_each_is_derived_the_same():
    assert len(market()) > 100
    assert len({(one["pattern"], one["alert"]["direction"]) for one in market()}) >= 6
    assert len([one for one in market() if "outlook" in one["alert"]]) > 50
    assert len([one for one in market() if one["alert"]["opportunity"]["conflicts"]]) > 5
    for record in market():
        again = rederive(record, LOADED)
        assert again.differences == {}
        assert again.recorded_code == again.code == code_version()


class TestCalibrated:
    """Days of which each has its own pace: what was known before them decides, and stands in the record."""

    def records(self):
        return judged(lively(4, 40, 60), "WIN$N")

    def test_an_unusual_range_is_derived_from_what_was_taken_of_the_calibration(self):
        records = self.records()
        ranged = [one for one in records if one["pattern"] == "unusual_range"]
        assert len(ranged) >= 3
        for record in ranged:
            assert rederive(record, LOADED).same
            assert len(record["evidence"]["calibration"]) < 2000

    def test_a_record_whose_calibration_was_edited_is_another_alert(self):
        record = deepcopy(next(one for one in self.records() if one["pattern"] == "unusual_range"))
        known = json.loads(record["evidence"]["calibration"])
        known["ranges"] = {slot: 3 * usual for slot, usual in known["ranges"].items()}
        record["evidence"]["calibration"] = json.dumps(known)
        assert not rederive(record, LOADED).same
        record["evidence"]["calibration"] = "{}"
        with pytest.raises(ArchiveError, match="cannot be derived again"):
            rederive(record, LOADED)

    def test_one_of_before_there_were_any_is_derived_as_it_was_written(self):
        record = deepcopy(next(one for one in self.records() if "outlook" in one["alert"]))
        for name in ("outlook", "worth", "unmeasured", "opportunity", "attention"):
            record["alert"].pop(name, None)
        record["alert"]["version"] = 1
        del record["evidence"]["calibration"]
        assert rederive(record, LOADED).same

    def test_one_of_before_the_prediction_was_told_has_the_score_of_its_band(self):
        record = deepcopy(next(one for one in self.records() if one["alert"].get("attention")))
        outlook, said = record["alert"]["outlook"], rederive(record, LOADED).alert
        del outlook["expected"]
        record["alert"]["attention"] = asdict(attention_of(Outlook(**outlook), said.chance))
        assert record["alert"]["attention"]["score"] != said.attention.score
        assert rederive(record, LOADED).same


def test_what_was_known_of_the_exchange_s_bulletin_is_taken_as_recorded():
    record = deepcopy(market()[0])
    record["alert"]["context"] = {"trade_date": "2023-12-29", "settlement": 130_180}
    again = rederive(record, LOADED)
    assert again.same
    assert again.alert.context == Context("2023-12-29", settlement=130_180.0)


def test_by_the_rules_of_then_also_when_todays_are_others():
    for record in market()[::5]:
        assert rederive(record, OTHERWISE).same


@pytest.mark.parametrize("name", sorted(REAL_FILES))
def test_real_candles_too(name):
    records = judged(
        read(real(name), LOADED.instrument_for(REAL_FILES[name]).timezone)[:3000], REAL_FILES[name]
    )
    assert records
    assert all(rederive(one, LOADED).same for one in records)


def edited(record, dice):
    """The record with a number of the alert, a price of its candle or a rule changed."""
    other = deepcopy(record)
    match dice.randrange(4):
        case 0:
            name = dice.choice(["price", "stop_loss", "take_profit", "entry_min", "entry_max"])
            other["alert"][name] += record["alert"]["tick_size"]
        case 1:
            other["alert"]["severity"] = {"high": "medium"}.get(record["alert"]["severity"], "high")
        case 2:
            columns = unpack(record["evidence"]["window"])
            columns[dice.choice(["close", "open"])][-1] += 40 * record["alert"]["tick_size"]
            other["evidence"]["window"] = pack(columns)
        case 3:
            rules = json.loads(record["evidence"]["rules"])
            if dice.random() < 0.5:
                rules["life_s"] += 60
            else:
                rules["detectors"][record["pattern"]]["levels"]["stop_atr"] = 9.0
            other["evidence"]["rules"] = json.dumps(rules)
    return other


def test_an_edited_one_is_not_the_same():
    dice = random.Random(0)
    for _ in range(10 * RUNS):
        other = edited(dice.choice(market()), dice)
        assert not rederive(other, LOADED).same, other["alert"]


def test_an_alert_that_the_candles_do_not_raise_is_told():
    record = deepcopy(market()[0])
    columns = unpack(record["evidence"]["window"])
    flat = {name: values if name == "time" else [100.0] * len(values) for name, values in columns.items()}
    record["evidence"]["window"] = pack(flat)
    again = rederive(record, LOADED)
    assert not again.same
    assert {now for _, now in again.differences.values()} == {None}


@pytest.mark.parametrize("text", ["", "window", "AAAA"])
def test_a_record_without_evidence_says_so(text):
    record = deepcopy(market()[0])
    record["evidence"]["window"] = text
    with pytest.raises(ArchiveError, match="cannot be derived again"):
        rederive(record, LOADED)
