"""What a stranger, or an operator's own broken page, tries at the open doors; each try leaves nothing behind.

Elsewhere: forged and expired tokens (test_sockets.py, contract/test_token.py), links (test_act.py), frames
(contract/test_socket_frames.py), zip and XML bombs (unit/wire/test_bulletin_file.py), SQL and CSV formulas
(unit/local/audit), dot segments and Host (unit/local/test_page.py, contract/test_emulator_guard.py).
"""

from __future__ import annotations

import base64
import json

import pytest

from pregao.wire.link_v1 import Link, issue_link
from pregao.wire.token_v1 import Identity, issue
from tests.fakes import NOW, admitted, an_alert
from tests.functions.conftest import sample

PINGS = 200
LONGEST = 500
OTHER_STACK = "o" * 64
"""The secret of another stack in the same account, dev beside prod say."""


def unsigned(token):
    """The same claims under "alg": "none", without a signature."""
    header = base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').rstrip(b"=").decode()
    return f"{header}.{token.split('.')[1]}."


def tokens(key):
    """Of whom the desk knows, for a long time: only the signature is wrong."""
    good = issue(Identity("ana", "trader"), key, now=NOW, life_s=10**9)
    yield "another stack's", issue(Identity("ana", "trader"), OTHER_STACK, now=NOW, life_s=10**9)
    yield "unsigned", unsigned(good)
    yield "twice as long", good + "." + good


def knock(stack, token):
    event = sample("authorize") | {"queryStringParameters": {"token": token}}
    (statement,) = stack.call("authorize", event)["policyDocument"]["Statement"]
    return statement["Effect"]


def ask(stack, token, route="GET /api/desk", path=None, **query):
    event = sample("desk") | {"routeKey": route, "queryStringParameters": query, "pathParameters": path}
    event["headers"] = event["headers"] | {"authorization": f"Bearer {token}"}
    return stack.call("desk", event)


def test_a_token_that_another_key_or_none_signed_opens_neither_socket_nor_api(stack):
    stack.at(NOW + 60)
    for name, token in tokens(stack.key):
        assert knock(stack, token) == "Deny", name
        assert ask(stack, token)["statusCode"] == 401, name


def test_a_link_that_another_key_or_none_signed_decides_nothing(stack):
    stack.at(NOW + 60)
    alert = admitted(stack.books.admission, an_alert())
    good = issue_link(Link("ana", alert.id), stack.key, now=0, until=4_000_000_000)
    other = issue_link(Link("ana", alert.id), OTHER_STACK, now=0, until=4_000_000_000)
    for token in (other, unsigned(good)):
        event = sample("act") | {"routeKey": "POST /act/{token}", "body": "decision=executed"}
        event |= {"pathParameters": {"token": token}, "isBase64Encoded": False}
        assert stack.call("act", event)["statusCode"] == 403
    assert stack.records("acao") == []


def page(key):
    """What the API calls a cursor, of this text."""
    return base64.urlsafe_b64encode(key.encode()).decode()


def a_key(**changed):
    """A cursor's key, with some values that it does not have."""
    return {
        "day": {"S": "2026-11-23"},
        "recorded_at": {"S": "2026-11-23T14:05:00.000000+00:00"},
        "chain": {"S": "WINZ26#2026-11-23"},
        "seq": {"N": "7"},
    } | changed


@pytest.mark.parametrize(
    "rubbish",
    [
        page("[" * 2_000),
        page("9" * 5_000),
        page('"\\ud800"'),
        *(
            page(json.dumps(a_key(**changed)))
            for changed in (
                {"seq": {"N": "x"}},
                {"seq": {"N": "1" * 50}},
                {"seq": {"S": "7"}},
                {"seq": 7},
                {"chain": {"S": ""}},
                {"chain": {"S": "x" * 3_000}},
                {"chain": {"B": "AAAA"}},
                {"recorded_at": {"M": {}}},
                {"day": {"S": "2026-11-24"}},
                {"more": {"S": "x"}},
            )
        ),
        "\ud800",
        "../../../etc/passwd",
        "%2e%2e%2f",
        "' OR '1'='1",
        "'; DROP TABLE alertas_audit; --",
        "\x00",
        "é" * 2_000,
    ],
)
def test_what_is_no_name_is_refused_and_never_an_error_of_ours(stack, rubbish):
    stack.at(NOW + 60)
    token = issue(Identity("ana", "trader"), stack.key, now=NOW, life_s=10**9)
    asked = [
        ("GET /api/alerts/{id}", {"id": rubbish}, {}),
        ("GET /api/alerts", None, {"day": rubbish}),
        ("GET /api/alerts", None, {"day": "2026-11-23", "cursor": rubbish}),
        ("GET /api/candles", None, {"instrument": rubbish, "timeframe": "M5"}),
        ("GET /api/candles", None, {"instrument": "WIN", "timeframe": rubbish}),
        ("GET /api/ledger", None, {"from": rubbish, "to": rubbish}),
    ]
    for route, path, query in asked:
        answer = ask(stack, token, route, path, **query)
        assert answer["statusCode"] in {400, 404} or not json.loads(answer["body"]).get("alerts", True), route
        assert len(answer["body"]) < LONGEST  # what was sent does not come back whole


DEEP = "[" * 2_000
BODIES = [
    DEEP,
    '{"a":' * 1_500,
    "9" * 4_000,
    "9" * 3_000 + "." + "9" * 500,
    "NaN",
    "-1e999",
    '"\\ud800"',
    "null",
    "",
    "\x00",
    "{" + '"\\ud800": 1}',
    *(f'{{"silent_until": {one}}}' for one in (DEEP, "NaN", "1e999", "9" * 400, "-1e999", "true")),
    *(f'{{"price": {one}}}' for one in (DEEP, "NaN", "1e999", "9" * 400, '"\\ud800"')),
    *(f'{{"endpoint": {one}}}' for one in (DEEP, '"https://fcm.googleapis.com/\\ud800"')),
]
"""What a token's owner may send in the place of JSON."""


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_a_body_that_is_none_is_refused_at_every_door(stack, body):
    stack.at(NOW + 60)
    token = issue(Identity("ana", "trader"), stack.key, now=NOW, life_s=10**9)
    bearer = {"authorization": f"Bearer {token}", "origin": "http://127.0.0.1:8000"}
    doors = [
        ("act", "POST /api/push", {}),
        ("act", "POST /api/levels", {}),
        ("act", "PATCH /api/levels/{id}", {"id": "a" * 16}),
        ("act", "POST /act/{token}", {"token": token}),
        ("act", "POST /api/alerts/{id}/decision", {"id": "a" * 64}),
        ("detect", "POST /candles", {}),
        ("quote", "POST /quotes", {}),
        ("heartbeat", "POST /heartbeats", {}),
    ]
    for function, route, path in doors:
        event = sample(function) | {"routeKey": route, "pathParameters": path, "body": body}
        event["headers"] = event["headers"] | bearer
        status = stack.call(function, event | {"isBase64Encoded": False})["statusCode"]
        assert 400 <= status < 500, route
    context = sample("connections")["requestContext"] | {"eventType": "MESSAGE", "messageId": "m"}
    stack.call("connections", sample("connections"))
    assert stack.call("connections", {"requestContext": context, "body": body})["statusCode"] == 200
    (answer,) = stack.frames(context["connectionId"])
    assert (answer["action"], answer["code"]) == ("error", "bad_frame")


def test_a_flood_of_pings_is_answered_and_keeps_nothing(stack):
    """A page that sends without a pause costs its own answers: no item, no record, no message."""
    stack.at(NOW)
    opened = sample("connections")
    stack.call("connections", opened)
    before = stack.state()
    context = opened["requestContext"] | {"eventType": "MESSAGE", "messageId": "m"}
    event = {"requestContext": context, "body": '{"action":"ping"}', "isBase64Encoded": False}
    answers = {stack.call("connections", event)["statusCode"] for _ in range(PINGS)}
    assert answers == {200}
    frames = stack.frames(context["connectionId"])
    assert [one["action"] for one in frames] == ["pong"] * PINGS
    assert stack.state() == before
    assert not any(stack.records(table) for table in ("alertas", "entrega", "acao"))
    assert not stack.messages("FallbackQueue")
