"""WebSocket protocol v1: what a client may say, and how what it may not say is answered."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pregao.domain.alerts.signal import Severity
from pregao.domain.delivery.operators import Interest
from pregao.wire.alert_v1 import load_alert
from pregao.wire.frames_v1 import alert_frame
from pregao.wire.socket_v1 import (
    MAX_FRAME_BYTES,
    Act,
    Ping,
    Receipt,
    Resume,
    Subscribe,
    Unreadable,
    read_frame,
)
from tests.fakes import an_alert

ID = "0123456789abcdef" * 4


def read(**frame):
    return read_frame(json.dumps(frame))


def test_what_is_understood():
    assert read(action="ping") == Ping(action="ping")
    assert read(action="receipt", alert_id=ID) == Receipt(action="receipt", alert_id=ID)
    assert isinstance(read(action="resume", cursor={"WINZ26": 0, "EURUSD": 12}), Resume)
    assert read(action="act", alert_id=ID, decision="watching", note="ção", order_id=None) == Act(
        action="act", alert_id=ID, decision="watching", note="ção"
    )


def test_a_subscription_becomes_an_interest():
    frame = read(action="subscribe", symbols=["WIN$N", "WDO@"], patterns=["*"], min_severity="critical")
    assert isinstance(frame, Subscribe)
    assert frame.interest() == Interest(("WIN$N", "WDO@"), ("*",), Severity.CRITICAL)
    assert read(action="subscribe").interest() == Interest()


@pytest.mark.parametrize(
    ("frame", "where"),
    [
        ({"action": "shout"}, "action"),
        ({}, "action"),
        ({"action": "ping", "more": 1}, "ping.more"),
        ({"action": "receipt", "alert_id": ID.upper()}, "receipt.alert_id"),
        ({"action": "receipt", "alert_id": ID[1:]}, "receipt.alert_id"),
        ({"action": "receipt"}, "receipt.alert_id"),
        ({"action": "resume", "cursor": {"WINZ26": "5"}}, "resume.cursor.WINZ26"),
        ({"action": "resume", "cursor": {"WINZ26": True}}, "resume.cursor.WINZ26"),
        ({"action": "resume", "cursor": {"WINZ26": -1}}, "resume.cursor.WINZ26"),
        ({"action": "resume", "cursor": {"WINZ26": 10**12}}, "resume.cursor.WINZ26"),
        ({"action": "resume", "cursor": {"WIN Z26": 1}}, "resume.cursor.WIN Z26"),
        ({"action": "resume", "cursor": {f"C{n}": n for n in range(101)}}, "resume.cursor"),
        ({"action": "subscribe", "symbols": "WIN"}, "subscribe.symbols"),
        ({"action": "subscribe", "symbols": ["x"] * 101}, "subscribe.symbols"),
        ({"action": "subscribe", "patterns": ["doji"]}, "subscribe.patterns"),
        ({"action": "subscribe", "min_severity": "loud"}, "subscribe.min_severity"),
        ({"action": "act", "alert_id": ID, "decision": "buy"}, "act.decision"),
        ({"action": "act", "alert_id": ID, "decision": "executed", "note": "x" * 501}, "act.note"),
        ({"action": "act", "alert_id": ID, "decision": "executed", "order_id": 42}, "act.order_id"),
    ],
)
def test_what_is_not_understood_says_where(frame, where):
    answer = read(**frame)
    assert isinstance(answer, Unreadable)
    assert answer.code == "bad_frame"
    assert where in answer.message


@pytest.mark.parametrize(
    "body", [None, "", "ping", "[]", "null", "{", "[" * 30_000, "\udcff\udcfe", "\x00\x01"]
)
def test_garbage_is_answered(body):
    assert read_frame(body).code == "bad_frame"


def test_a_frame_over_32_kb_is_too_large_in_bytes_not_in_letters():
    body = json.dumps({"action": "ping"})
    assert isinstance(read_frame(body + " " * (MAX_FRAME_BYTES - len(body))), Ping)
    assert read_frame(body + " " * (MAX_FRAME_BYTES - len(body) + 1)).code == "too_large"
    assert read_frame("é" * (MAX_FRAME_BYTES // 2 + 1)).code == "too_large"


def test_an_answer_is_short_whatever_was_sent():
    for frame in ({"action": "x" * 20_000}, {"action": "resume", "cursor": {"y" * 20_000: 1}}):
        assert len(read(**frame).message) < 1_000


@given(st.text(max_size=60))
def test_no_text_crashes_it(body):
    read_frame(body)


@given(
    st.dictionaries(st.sampled_from(["action", "cursor", "alert_id"]), st.sampled_from(["act", 1, None, {}]))
)
def test_no_object_crashes_it(frame):
    read_frame(json.dumps(frame))


def test_an_alert_frame_holds_the_alert_and_fits_one_frame():
    alert = an_alert(reason={"nível": 131_215.0})
    frame = json.loads(alert_frame(alert))
    assert frame["action"] == "alert"
    assert load_alert(json.dumps(frame["alert"])) == alert
    assert len(alert_frame(alert)) < MAX_FRAME_BYTES / 8
