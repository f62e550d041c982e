"""/api/levels: an operator's own price levels, set, listed, moved, paused, removed; a crossing rings them."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from local.cli.app import app
from pregao.domain.audit.chain import broken_at
from pregao.wire.token_v1 import Identity, issue
from tests.cloud import STATE
from tests.fakes import a_mark
from tests.functions.conftest import ANA, sample
from tests.meter import metered
from tests.scenes import quiet

SAMPLE_AT = 1763128800.25
LIVE = {"historical": False}


@pytest.fixture
def api(stack):
    """Ask as somebody; returns status and what is told."""
    stack.at(SAMPLE_AT)

    def ask(method, body=None, level=None, operator="ana", **token):
        event = sample("act")
        key = f"{method} /api/levels" + ("/{id}" if level else "")
        event |= {"routeKey": key, "pathParameters": {"id": level} if level else None}
        event["body"] = body if isinstance(body, str) else json.dumps(body)
        bearer = token.get("token") or token_of(stack, operator)
        event["headers"] = {**event["headers"], "authorization": f"Bearer {bearer}"}
        answer = stack.call("act", event)
        return answer["statusCode"], json.loads(answer["body"])

    return ask


def token_of(stack, operator):
    return issue(Identity(operator, "trader"), stack.key, now=0, life_s=4 * 10**9)


def live(event, **changes):
    return event | {"body": json.dumps(json.loads(event["body"]) | LIVE | changes)}


def last_close():
    return json.loads(sample("detect")["body"])["candles"]["close"][-2]


def asked(**changes):
    plain = {"instrument": "WIN", "timeframe": "M5", "price": last_close(), "crossing": "touch"}
    return plain | changes


def test_it_is_set_listed_moved_paused_and_removed_and_each_is_audited(stack, api):
    status, told = api("POST", asked(note="topo de ontem", often="session"))
    level = told["level"]
    assert (status, level["state"], level["note"], level["often"]) == (
        201,
        "armed",
        "topo de ontem",
        "session",
    )
    assert "owner" not in level
    status, told = api("GET")
    assert (status, [one["id"] for one in told["levels"]], told["at_most"]) == (200, [level["id"]], 20)
    stack.at(SAMPLE_AT + 60)
    status, told = api("PATCH", {"price": last_close() + 100}, level["id"])
    assert (status, told["level"]["price"]) == (200, last_close() + 100)
    assert told["level"]["armed_at"] == SAMPLE_AT + 60
    assert api("PATCH", {"paused": True}, level["id"])[1]["level"]["state"] == "paused"
    assert api("PATCH", {"paused": False}, level["id"])[1]["level"]["state"] == "armed"
    assert api("DELETE", None, level["id"])[0] == 200
    assert api("GET")[1]["levels"] == []
    records = stack.records("acao")
    assert broken_at(records) is None
    events = [one["level"]["event"] for one in records]
    assert events == ["set", "moved", "paused", "resumed", "removed"]
    assert {one["operator"] for one in records} == {ANA}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"price": 0}, "acima de zero"),
        ({"price": "131200"}, "acima de zero"),
        ({"price": True}, "acima de zero"),
        ({"price": float("nan")}, "acima de zero"),
        ({"instrument": "ABC"}, "a mesa opera"),
        ({"instrument": ["WIN"]}, "a mesa opera"),
        ({"timeframe": "M7"}, "um de"),
        ({"crossing": "rolled"}, "cross_up"),
        ({"often": "always"}, "uma vez"),
        ({"expires_at": 1}, "de agora a 90 dias"),
        ({"note": "a\nb"}, "uma linha"),
        ({"note": "x" * 141}, "140"),
        ({"level": 1}, "level: campo desconhecido"),
        ({"price": None}, "price: falta"),
    ],
)
def test_bad_input_is_refused_in_words(stack, api, change, said):
    status, told = api("POST", asked(**change))
    assert (status, said in told["reasons"][0], " · " in told["reasons"][0]) == (400, True, True)
    assert stack.records("acao") == []


@pytest.mark.parametrize("body", ["", "[]", "{", "null", '{"note": "' + "x" * 3000 + '"}', "[" * 5000])
def test_a_body_that_is_none_is_refused(api, body):
    assert api("POST", body)[0] == 400


def test_a_price_that_lost_its_thousands_is_refused(stack, api):
    stack.call("detect", live(quiet(sample("detect"))))
    status, told = api("POST", asked(price=131.2))
    assert (status, "confira pontos e vírgulas" in told["reasons"][0]) == (400, True)


def test_the_bound_and_a_second_of_the_same_are_refused(api):
    for at in range(20):
        assert api("POST", asked(price=last_close() + 5 * at))[0] == 201
    status, told = api("POST", asked(price=last_close() + 500))
    assert (status, "no máximo 20" in told["reasons"][0]) == (409, True)
    (first, *_) = api("GET")[1]["levels"]
    api("DELETE", None, first["id"])
    assert api("POST", asked(price=last_close() + 5))[0] == 409
    assert api("POST", asked(price=last_close() + 5), operator="bruno")[0] == 201  # each has their own


def test_nobody_sees_or_changes_another_s(api):
    level = api("POST", asked())[1]["level"]["id"]
    assert api("GET", operator="bruno")[1]["levels"] == []
    for method, body in (("PATCH", {"paused": True}), ("DELETE", None)):
        assert api(method, body, level, "bruno")[0] == 404
    assert api("GET", token="rubbish")[0] == 401
    assert api("PATCH", {"owner": "me"}, level)[0] == 400
    assert api("PATCH", {}, level)[0] == 400


def test_a_crossing_rings_and_a_quiet_candle_costs_one_call_all_the_same(stack, api):
    """The next candle that touches it rings; then a candle costs one call again."""
    event = quiet(sample("detect"))
    batch = json.loads(event["body"])
    newest = batch["candles"]["time"][-1]
    stack.at(SAMPLE_AT - 310)
    stack.books.feeds.mark(a_mark(newest - 300, contract="WINZ25", now=SAMPLE_AT - 300))
    level = api("POST", asked())[1]["level"]
    far = api("POST", asked(price=last_close() + 20_000))[1]["level"]
    row = stack.dynamo.get_item(
        TableName=STATE["admission"], Key={"pk": {"S": "FEEDS"}, "sk": {"S": "SEEN#WIN#M5#live"}}
    )["Item"]
    assert {f"level_{one['id']}" for one in (level, far)} <= set(row)
    stack.at(SAMPLE_AT)
    answer = json.loads(stack.call("detect", live(event))["body"])
    assert [one["verdict"] for one in answer["alerts"]] == ["admitted"]
    (record,) = (one for one in stack.records("alertas") if one.get("pattern") == "price_level")
    assert record["alert"]["level"]["id"] == level["id"]
    told = {one["id"]: one for one in api("GET")[1]["levels"]}
    assert (told[level["id"]]["state"], told[level["id"]]["rang_at"]) == (
        "rang",
        batch["candles"]["time"][-1],
    )
    assert told[far["id"]]["state"] == "armed"
    with metered(stack.dynamo) as meter:
        assert json.loads(stack.call("detect", live(event))["body"])["alerts"] == []
    assert meter.asked == ["UpdateItem"]


def test_the_command_adds_lists_moves_and_removes(stack, api, monkeypatch):
    """Over the deployed function; a refusal is told in the API's words, exit code 1."""

    def request(method, url, body, headers, **_):
        level = url.partition("/api/levels")[2].removeprefix("/") or None
        token = headers["Authorization"].removeprefix("Bearer ")
        status, told = api(method, body, level, token=token)
        return SimpleNamespace(status=status, data=json.dumps(told).encode())

    outputs = SimpleNamespace(outputs={"HttpUrl": "http://there"})
    monkeypatch.setattr("local.stack.deployed.deployed", lambda *_: outputs)
    monkeypatch.setattr("local.cli.token.token_for", lambda _stack, name, _life: token_of(stack, name))
    monkeypatch.setattr("urllib3.request", request)

    def say(*words):
        return CliRunner().invoke(app(["level"]), ["level", *words, "--operator", "ana"])

    made = say("add", "WIN", str(last_close()), "--how", "cross_up", "--note", "topo", "--json")
    level = json.loads(made.stdout.splitlines()[-1])["id"]  # the function logs to the same place
    assert made.exit_code == 0
    listed = say("list").stdout
    assert all(one in listed for one in (level, "cross_up once armed", "topo", "1/20"))
    assert "155300" in say("move", level[:5], "155300").stdout
    assert "paused" in say("pause", level).stdout
    assert "armed" in say("resume", level).stdout
    assert level in say("remove", level).stdout
    refused = say("add", "WIN", "0")
    assert (refused.exit_code, "acima de zero" in refused.stderr) == (1, True)
    assert say("remove", level).exit_code == 1
    assert say("move", level[:5], "155300").exit_code == 2


def test_a_level_is_set_in_four_calls(stack, api):
    api("POST", asked())
    with metered(stack.dynamo) as meter:
        api("POST", asked(price=last_close() + 50))
    assert meter.asked == ["GetItem", "GetItem", "Query", "TransactWriteItems"]
