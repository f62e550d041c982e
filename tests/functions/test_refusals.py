"""Every refusal is answered and counted: Refused, by function and reason, nothing that was sent."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pytest

from pregao.wire.link_v1 import Link, issue_link
from pregao.wire.token_v1 import Identity, issue
from tests.fakes import CANDLE, admitted, an_alert
from tests.functions.conftest import ROOT, sample

FOREVER = 4_000_000_000
MARK = "zzz-sent-by-them"


@pytest.fixture
def counted(capsys):
    """The refusals counted so far, as CloudWatch reads them from the log."""

    def read():
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
        metrics = [line for line in lines if "_aws" in line and "Refused" in line]
        for metric in metrics:
            (directive,) = metric["_aws"]["CloudWatchMetrics"]
            assert directive["Namespace"] == "pregao"
            assert directive["Dimensions"] == [["function", "reason"]]
            assert [one["Name"] for one in directive["Metrics"]] == ["Refused"]
            assert set(metric) == {"_aws", "function", "reason", "Refused"}
            assert metric["Refused"] == [1.0]
            assert MARK not in metric["reason"]
        return [(metric["function"], metric["reason"]) for metric in metrics]

    return read


def changed(**changes):
    body = json.loads(sample("detect")["body"])
    body |= {name: value for name, value in changes.items() if name in body}
    columns = {name: value for name, value in changes.items() if name in body["candles"]}
    for name, value in columns.items():
        body["candles"][name][-1] = value
    return json.dumps(body)


BATCHES = {
    "too_large": "x" * 300_000,
    "not_json": "{" + MARK,
    "schema": changed(version=2),
    "columns": json.dumps(
        (one := json.loads(sample("detect")["body"])) | {"candles": one["candles"] | {"open": [1.0]}}
    ),
    "window": changed(new_from=1),
    "times": changed(time=7),
    "prices": changed(high=0.0),
    "values": changed(spread=-1),
    "symbol": changed(symbol=MARK),
    "timeframe": changed(timeframe="H1", new_from=0),
    "contract": changed(contract="WDOZ26"),
}


@pytest.mark.parametrize("fault", [one for one in BATCHES if one != "timeframe"])
def test_a_batch(stack, counted, fault):
    answer = stack.call("detect", sample("detect") | {"body": BATCHES[fault]})
    assert (answer["statusCode"], bool(json.loads(answer["body"])["reasons"])) == (400, True)
    assert counted() == [("detect", fault)]


def test_a_body_that_is_packed_otherwise(stack, counted):
    event = sample("detect")
    event["headers"] |= {"content-encoding": MARK}
    assert stack.call("detect", event)["statusCode"] == 400
    assert counted() == [("detect", "encoding")]


def test_a_batch_of_a_timeframe_the_desk_does_not_want(stack, counted, tmp_path):
    config = edited(tmp_path, "alertas.yaml", "M1, M2, M3, M4, M5, M6, M10, M12, M15, M20, M30, H1]", "M1]")
    answer = stack.call("detect", sample("detect"), PREGAO_CONFIG_DIR=config)
    assert answer["statusCode"] == 400
    assert counted() == [("detect", "timeframe")]


@pytest.mark.parametrize("function", ["detect", "heartbeat", "quote"])
def test_a_bridge_of_somebody_else(stack, counted, function):
    stack.at(1763128800.25).call(function, sample(function))
    event = sample(function)
    event["requestContext"]["authorizer"]["iam"]["userArn"] = f"arn:aws:iam::123456789012:user/{MARK}"
    assert stack.call(function, event)["statusCode"] == 403
    assert counted() == [(function, "bridge_id")]


def test_a_good_batch_counts_nothing(stack, counted):
    assert stack.call("detect", sample("detect"))["statusCode"] == 202
    assert counted() == []


def edited(tmp_path, file, old, new):
    config = Path(shutil.copytree(ROOT / "config", tmp_path / "config"))
    text = (config / file).read_text(encoding="utf-8")
    assert old in text
    (config / file).write_text(text.replace(old, new), encoding="utf-8")
    return str(config)


def knock(stack, token, origin=None, **env):
    """Ask the authorizer; returns its effect and whom it names."""
    event = sample("authorize")
    del event["headers"]["Sec-WebSocket-Protocol"], event["headers"]["Origin"]
    event["queryStringParameters"] = {"token": token} if token else {}
    if origin:
        event["headers"]["Origin"] = origin
    policy = stack.call("authorize", event, **env)
    (statement,) = policy["policyDocument"]["Statement"]
    return statement["Effect"], policy["context"]["operator"], policy["context"]["role"]


def token_of(stack, operator="ana", life_s=60, key=None, role="trader"):
    return issue(Identity(operator, role), key or stack.key, now=time.time(), life_s=life_s)


@pytest.mark.parametrize(
    ("cause", "token"),
    [
        ("no_token", lambda _: None),
        ("expired", lambda stack: token_of(stack, life_s=-1)),
        ("forged", lambda stack: token_of(stack, key="x" * 64)),
        ("forged", lambda _: MARK),
        ("not_on_desk", lambda stack: token_of(stack, operator=MARK)),
    ],
)
def test_a_knock(stack, counted, cause, token):
    assert knock(stack, token(stack)) == ("Deny", "nobody", "none")
    assert counted() == [("authorize", cause)]


def test_a_page_from_elsewhere(stack, counted, tmp_path):
    """Its browser says so; the desk's own page and what is no browser come in by their token."""
    config = edited(tmp_path, "alertas.yaml", "origins: []", "origins: [https://mesa.example]")
    env = {"PREGAO_CONFIG_DIR": config}
    token = token_of(stack)
    assert knock(stack, token, f"https://{MARK}.example", **env)[0] == "Deny"
    assert knock(stack, token, "null", **env)[0] == "Deny"
    assert counted() == [("authorize", "origin")] * 2
    assert knock(stack, token, "https://Mesa.example", **env)[0] == "Allow"
    assert knock(stack, token, **env)[0] == "Allow"
    assert knock(stack, None, "https://mesa.example", **env)[0] == "Deny"
    assert counted() == [("authorize", "no_token")]


@pytest.mark.parametrize("role", ["viewer", "compliance"])
def test_today_s_role_counts_not_the_token_s(stack, counted, tmp_path, role):
    """The token was signed while ana traded; the socket it opens may look, not act."""
    config = edited(tmp_path, "operators.yaml", "role: trader", f"role: {role}")
    assert knock(stack, token_of(stack, role="trader"), PREGAO_CONFIG_DIR=config) == ("Allow", "ana", role)
    alert = admitted(stack.books.admission, an_alert())
    body = json.dumps({"action": "act", "alert_id": alert.id, "decision": "executed"})
    assert say(stack, body, PREGAO_CONFIG_DIR=config) == ["forbidden"]
    assert counted() == [("connections", "forbidden")]
    assert stack.records("acao") == []


def say(stack, body, operator="ana", **env):
    """Send a frame over the sample's socket; returns the codes of the error frames that come back."""
    context = sample("connections")["requestContext"] | {"eventType": "MESSAGE", "messageId": "m"}
    context["authorizer"] = {"principalId": operator, "operator": operator, "role": "trader"}
    event = {"requestContext": context, "body": body, "isBase64Encoded": False}
    assert stack.call("connections", event, **env)["statusCode"] == 200
    frames = stack.frames(context["connectionId"])
    return [frame["code"] for frame in frames if frame["action"] == "error"]


@pytest.mark.parametrize(
    ("code", "frame"),
    [
        ("bad_frame", MARK),
        ("bad_frame", json.dumps({"action": MARK})),
        ("too_large", " " * 40_000),
        ("unknown_socket", '{"action":"subscribe"}'),
        ("not_subscribed", '{"action":"resume","cursor":{}}'),
        ("unknown_alert", json.dumps({"action": "receipt", "alert_id": "0" * 64})),
        ("unknown_alert", json.dumps({"action": "act", "alert_id": "0" * 64, "decision": "executed"})),
    ],
)
def test_a_frame(stack, counted, code, frame):
    assert say(stack, frame) == [code]
    assert counted() == [("connections", code)]


def test_a_frame_of_somebody_who_left(stack, counted):
    assert say(stack, '{"action":"ping"}', operator=MARK) == ["not_on_desk"]
    assert counted() == [("connections", "not_on_desk")]


def test_a_second_decision(stack, counted):
    alert = admitted(stack.books.admission, an_alert())
    body = json.dumps({"action": "act", "alert_id": alert.id, "decision": "executed"})
    assert say(stack, body) == []
    assert counted() == []
    assert say(stack, body) == ["already_decided"]
    assert counted() == [("connections", "already_decided")]


def test_a_socket_without_its_authorizer(stack, counted):
    event = sample("connections")
    event["requestContext"]["authorizer"] = None
    assert stack.call("connections", event)["statusCode"] == 403
    assert counted() == [("connections", "no_operator")]


def test_a_link(stack, counted, tmp_path):
    """Each way an e-mail's link may fail, shown or sent."""
    alert = admitted(stack.books.admission, an_alert())
    good = issue_link(Link("ana", alert.id), stack.key, now=0, until=FOREVER)
    cases = [
        (403, "bad_link", MARK, None),
        (410, "expired", issue_link(Link("ana", alert.id), stack.key, now=0, until=1), None),
        (403, "not_on_desk", issue_link(Link(MARK, alert.id), stack.key, now=0, until=FOREVER), None),
        (404, "unknown_alert", issue_link(Link("ana", "0" * 64), stack.key, now=0, until=FOREVER), None),
        (400, "bad_form", good, f"decision={MARK}"),
        (413, "too_large", good, "decision=executed&note=" + "x" * 5000),
    ]
    for status, reason, token, form in cases:
        assert follow(stack, token, form)["statusCode"] == status
        assert counted() == [("act", reason)]
    assert follow(stack, good, "decision=executed")["statusCode"] == 200
    assert counted() == []
    assert follow(stack, good, "decision=watching")["statusCode"] == 409
    assert counted() == [("act", "already_decided")]


def test_a_link_of_somebody_who_may_only_look(stack, counted, tmp_path):
    alert = admitted(stack.books.admission, an_alert(CANDLE))
    env = {"PREGAO_CONFIG_DIR": edited(tmp_path, "operators.yaml", "role: trader", "role: viewer")}
    good = issue_link(Link("ana", alert.id), stack.key, now=0, until=FOREVER)
    assert follow(stack, good, None, **env)["statusCode"] == 200
    assert counted() == []
    assert follow(stack, good, "decision=executed", **env)["statusCode"] == 403
    assert counted() == [("act", "only_traders")]


def follow(stack, token, form, **env):
    event = sample("act") | {"pathParameters": {"token": token}}
    if form is not None:
        event |= {"routeKey": "POST /act/{token}", "body": form, "isBase64Encoded": False}
    return stack.call("act", event, **env)
