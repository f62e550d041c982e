"""The published schemas: fresh, sound, and true of what is really sent and taken."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from local.cli.app import app
from local.cli.schema import GENERATED
from pregao.domain.alerts.digest import digest_of
from pregao.domain.alerts.signal import Direction, Pattern
from pregao.domain.feeds.told import Kind
from pregao.domain.market.bulletin import Context
from pregao.domain.market.quote import Quote
from pregao.wire.alert_v1 import dump_alert
from pregao.wire.frames_v1 import (
    action_frame,
    alert_frame,
    digest_frame,
    feed_frame,
    quote_frame,
    reminder_frame,
)
from pregao.wire.schemas import NAMES, schema, shared_with_the_compliance_page, shared_with_the_page, written
from pregao.wire.server_frames_v1 import ServerFrame
from pregao.wire.socket_v1 import Unreadable, read_frame
from pregao.wire.ticks_v1 import candle_frame, candles_frames, closed_candle
from tests.cloud import ROOT
from tests.fakes import CONTEXT, NOW, a_notice, an_alert
from tests.published import PUBLISHED, problems
from tests.unit.flow.test_connections import ANA, VERA, Desk

ID = an_alert().id


@pytest.mark.parametrize("name", NAMES)
def test_a_published_schema_is_that_of_the_code(name):
    stale = f"infra/schemas/{name}.json is stale; run: .venv/bin/pregao schema --write"
    assert (PUBLISHED / f"{name}.json").read_text(encoding="utf-8") == written(name), stale
    Draft202012Validator.check_schema(schema(name))


def test_what_the_page_shares_with_the_code_is_that_of_the_code():
    for name, told in (("shared", shared_with_the_page()), ("audit", shared_with_the_compliance_page())):
        assert (GENERATED / f"{name}.json").read_text(encoding="utf-8") == told, (
            f"{name}.json is stale; run: .venv/bin/pregao schema --write"
        )


def test_every_contract_is_published_and_nothing_else():
    assert {path.stem for path in PUBLISHED.iterdir()} == set(NAMES)


def test_the_word_prints_it():
    said = CliRunner().invoke(app(["schema"]), ["schema", "alert-v2"])
    assert json.loads(said.stdout) == schema("alert-v2")
    assert CliRunner().invoke(app(["schema"]), ["schema", "alert-v9"]).exit_code == 2


class TestAlert:
    @pytest.mark.parametrize("pattern", list(Pattern))
    @pytest.mark.parametrize("direction", list(Direction))
    @pytest.mark.parametrize("confidence", [None, 0.27])
    def test_a_real_one_is_one(self, pattern, direction, confidence):
        alert = an_alert(pattern=pattern, direction=direction, confidence=confidence, seq=7)
        assert problems("alert-v2", json.loads(dump_alert(alert))) == []

    @pytest.mark.parametrize(
        "change", [{"direction": "up"}, {"price": "131250"}, {"seq": 1.5}, {"candle": {}}, {"reason": None}]
    )
    def test_a_spoilt_one_is_none(self, change):
        assert problems("alert-v2", json.loads(dump_alert(an_alert())) | change)

    @pytest.mark.parametrize("context", [Context("2026-11-19"), CONTEXT])
    def test_a_context_is_part_of_it(self, context):
        assert problems("alert-v2", json.loads(dump_alert(an_alert(context=context)))) == []

    @pytest.mark.parametrize("context", [{}, {"trade_date": None}, {"trade_date": "x", "volume": 1.5}])
    def test_a_spoilt_context_is_none(self, context):
        assert problems("alert-v2", json.loads(dump_alert(an_alert())) | {"context": context})

    def test_no_field_may_miss_but_what_came_later(self):
        """An alert of before there was a context is one, and so is one without a number."""
        plain = json.loads(dump_alert(an_alert()))
        later = {
            "seq",
            "context",
            "outlook",
            "chance",
            "opportunity",
            "attention",
            "worth",
            "unmeasured",
            "level",
        }
        for name in set(plain) - later:
            assert problems("alert-v2", {key: value for key, value in plain.items() if key != name}), name


class TestCandleBatch:
    SAMPLE = json.loads((ROOT / "functions" / "detect" / "event.json").read_text(encoding="utf-8"))
    BATCH = json.loads(SAMPLE["body"])

    def test_the_sample_is_one(self):
        assert problems("candle-batch-v1", self.BATCH) == []
        assert problems("candle-batch-v1", {**self.BATCH, "contract": None}) == []

    @pytest.mark.parametrize(
        "change",
        [
            {"version": 2},
            {"timeframe": "M7"},
            {"new_from": -1},
            {"symbol": ""},
            {"historical": "no"},
            {"more": 1},
            {"candles": {**BATCH["candles"], "open": ["131250"]}},
            {"candles": {name: column for name, column in BATCH["candles"].items() if name != "spread"}},
        ],
    )
    def test_a_spoilt_one_is_none(self, change):
        assert problems("candle-batch-v1", self.BATCH | change)


class TestClientFrames:
    @pytest.mark.parametrize(
        "frame",
        [
            {"action": "ping"},
            {"action": "subscribe"},
            {"action": "subscribe", "symbols": ["WIN$N"], "patterns": ["*"], "min_severity": "high"},
            {"action": "resume", "cursor": {"WINZ26": 0}},
            {"action": "receipt", "alert_id": ID},
            {"action": "act", "alert_id": ID, "decision": "executed", "note": None, "order_id": "1"},
            {"action": "pending", "alert_id": ID, "decision": "executed"},
            {"action": "pending", "alert_id": ID, "decision": None},
            {"action": "pending", "alert_id": ID},
            {"action": "follow", "instruments": ["WIN", "WDO"]},
            {"action": "follow", "instruments": []},
            {"action": "follow", "instruments": ["WIN"] * 51},
            {"action": "follow", "instruments": [""]},
            {"action": "follow"},
            {"action": "mute", "alert_id": ID, "of": "instrument"},
            {"action": "mute", "alert_id": ID, "of": "operator"},
            {"action": "unmute", "of": "instrument", "name": "WIN"},
            {"action": "unmute", "of": "instrument", "name": "WIN Z"},
            {"action": "shout"},
            {"action": "handover", "to": ""},
            {"action": "ping", "more": 1},
            {"action": "receipt", "alert_id": ID.upper()},
            {"action": "resume", "cursor": {"WINZ26": -1}},
            {"action": "subscribe", "patterns": ["doji"]},
            {"action": "act", "alert_id": ID, "decision": "buy"},
            {},
        ],
    )
    def test_the_schema_takes_what_the_server_takes(self, frame):
        understood = not isinstance(read_frame(json.dumps(frame)), Unreadable)
        assert (problems("socket-client-v1", frame) == []) is understood


def heard_by_ana():
    """Every kind of frame a screen hears, from the stories and writers that send them."""
    desk = Desk()
    (alert,) = desk.admit()
    desk.store.claims[alert.id]["state"] = "finished"
    for frame in (
        {"action": "subscribe"},
        {"action": "resume", "cursor": {"WINZ26": 0}},
        {"action": "ping"},
        {"action": "pending", "alert_id": alert.id, "decision": "watching"},
        {"action": "pending", "alert_id": alert.id, "decision": None},
        {"action": "mute", "alert_id": alert.id, "of": "pattern"},
        {"action": "act", "alert_id": alert.id, "decision": "watching", "note": "olho"},
        {"action": "remind", "alert_id": alert.id, "minutes": 15},
        {"action": "handover", "to": "bruno"},
        {"action": "act", "alert_id": alert.id, "decision": "executed"},
        {"action": "nonsense"},
    ):
        desk.say(ANA, **frame)
    desk.say(VERA, action="act", alert_id=alert.id, decision="executed")
    written_elsewhere = [
        alert_frame(replace(alert, confidence=0.5, context=CONTEXT)),
        action_frame(alert.id, "system", "TIMEOUT", None, NOW),
        digest_frame(digest_of([alert], "queue_full")),
        reminder_frame(alert.id, NOW),
        *(feed_frame(a_notice(kind)) for kind in Kind),
        candle_frame(closed_candle("WIN", "WINZ26", "M5", alert.candle)),
        *candles_frames([closed_candle(one, f"{one}Z26", "M5", alert.candle) for one in ("WIN", "WDO")]),
        quote_frame(Quote("WIN", "WINZ26", NOW, 158290.0, 158295.0, None)),
        quote_frame(Quote("WIN", "WINZ26", NOW, 158290.0, 158295.0, 158290.0, synthetic=True)),
    ]
    return [json.loads(raw) for raw in [*(raw for _, raw in desk.screens.frames), *written_elsewhere]]


class TestServerFrames:
    def test_every_frame_sent_is_one_and_every_kind_is_sent(self):
        frames = heard_by_ana()
        for frame in frames:
            assert problems("socket-server-v1", frame) == [], frame
        kinds = {model.model_fields["action"].annotation.__args__[0] for model in ServerFrame.__args__}
        assert {frame["action"] for frame in frames} == kinds

    @pytest.mark.parametrize(
        "frame",
        [{"action": "pong"}, {"action": "hello", "operator": "ana"}, {"action": "alert", "alert": {}}, {}],
    )
    def test_others_are_none(self, frame):
        assert problems("socket-server-v1", frame)
