"""What must not come in, over the emulator's wire: each gets a clear answer, nothing accepted is lost."""

from __future__ import annotations

import asyncio
import json
from datetime import date

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from local.lab.market import synthesize
from pregao import clock
from tests.e2e.desk import audit_of, batch_of, dump, key_of, post, token_of
from tests.e2e.test_way import frame

pytestmark = pytest.mark.emulator


@pytest.fixture(scope="module")
def candles():
    return synthesize(11, 4, date(2026, 4, 6)).candles


def changed(candles, column, row, value):
    batch = batch_of(candles)
    batch["candles"][column][row] = value
    return dump(batch)


def cases(candles):
    good = batch_of(candles)
    times = good["candles"]["time"]
    future = int(clock.now()) // 300 * 300 + 300  # the next one: the present one may close before the post
    return {
        "malformed": (b'{"version": 1,', "not JSON"),
        "NaN": (changed(candles, "close", 5, float("nan")), "finite number"),
        "unsorted": (changed(candles, "time", 10, times[9] - 300), "out of order"),
        "repeated": (changed(candles, "time", 10, times[9]), "comes twice"),
        "off the grid": (changed(candles, "time", 10, times[10] + 7), "grid"),
        "not closed": (changed(candles, "time", 262, future), "not closed"),
        "short window": (dump(batch_of(candles, new_from=100)), "249 are needed"),
        "unknown symbol": (dump(batch_of(candles, symbol="PETR9", contract=None)), "PETR9"),
        "strange contract": (dump(batch_of(candles, contract="WDOZ26")), "WDOZ26"),
        "unknown key": (dump(good | {"extra": 1}), "extra"),
        "too large": (dump(good | {"bridge_id": "x" * 300_000}), "262144"),
    }


def of_contract(stack, contract):
    return {one["alert_id"] for one in audit_of(stack).alerts if one["contract"] == contract}


@pytest.mark.parametrize(
    "name",
    [
        "malformed",
        "NaN",
        "unsorted",
        "repeated",
        "off the grid",
        "not closed",
        "short window",
        "unknown symbol",
        "strange contract",
        "unknown key",
        "too large",
    ],
)
def test_a_bad_batch_is_refused_with_its_reason(stack, candles, name):
    """400, the reason in words, nothing judged; and the same window without the fault goes through."""
    body, word = cases(candles)[name]
    before = of_contract(stack, "WINZ26")
    status, answer = post(stack, body)
    assert status == 400, answer
    assert word in " ".join(answer["reasons"])
    assert of_contract(stack, "WINZ26") == before
    assert post(stack, dump(batch_of(candles)))[0] == 202


def test_an_unsigned_post_is_refused(stack, candles):
    assert post(stack, dump(batch_of(candles)), signed=False)[0] == 403


def test_a_wrongly_signed_post_is_refused(stack, candles):
    assert post(stack, dump(batch_of(candles)), secret="not-the-secret")[0] == 403


async def refused_with(stack, token):
    with pytest.raises(InvalidStatus) as refusal:
        async with connect(f"{stack.websocket_url}?token={token}"):
            pass
    return refusal.value.response.status_code


@pytest.mark.parametrize("fault", ["none", "expired", "forged", "stranger", "garbage"])
def test_a_bad_token_opens_no_socket(stack, fault):
    """Refused before the socket opens, and nothing is remembered of it."""
    tokens = {
        "none": "",
        "expired": token_of(stack, "ana", now=clock.now() - 7200, life_s=60),
        "forged": token_of(stack, "ana", key="x" * 64),
        "stranger": token_of(stack, "mallory"),
        "garbage": "a.b.c",
    }
    assert len(key_of(stack)) >= 32
    assert asyncio.run(refused_with(stack, tokens[fault])) in (401, 403)


def test_bad_frames_are_answered_and_the_socket_lives_on(stack):
    """Each bad frame gets an error frame; a good one still works after all of them."""
    frames = [
        "not json",
        '{"action": "subscribe", "colour": "red"}',
        '{"action": "launch"}',
        '{"action": "receipt", "alert_id": "short"}',
        json.dumps({"action": "receipt", "alert_id": "0" * 64}),
        json.dumps({"action": "act", "alert_id": "0" * 64, "decision": "executed"}),
        json.dumps({"action": "subscribe", "symbols": ["x" * 40_000]}),
    ]

    async def story():
        async with connect(f"{stack.websocket_url}?token={token_of(stack, 'ana')}") as socket:
            codes = []
            for text in frames:
                await socket.send(text)
                codes.append((await frame(socket, "error"))["code"])
            await socket.send('{"action": "ping"}')
            await frame(socket, "pong")
        return codes

    assert asyncio.run(story()) == [
        "bad_frame",
        "bad_frame",
        "bad_frame",
        "bad_frame",
        "unknown_alert",
        "unknown_alert",
        "too_large",
    ]
