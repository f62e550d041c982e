"""A change of shift, through the functions as template.yaml deploys them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pregao.domain.audit.chain import broken_at
from pregao.wire.alert_v1 import dump_alert, dump_timer, load_timer
from pregao.wire.token_v1 import Identity, issue
from tests.fakes import CANDLE, NOW, admitted, an_alert
from tests.functions.conftest import ANA, BRUNO, ROOT, sample


@pytest.fixture(params=["first", "each"])
def mode(request):
    return request.param


@pytest.fixture
def env(mode, tmp_path):
    config = Path(shutil.copytree(ROOT / "config", tmp_path / "config"))
    text = (config / "alertas.yaml").read_text(encoding="utf-8")
    (config / "alertas.yaml").write_text(text.replace("  decision: first ", f"  decision: {mode} "))
    return {"PREGAO_CONFIG_DIR": str(config)}


@pytest.fixture
def alert(stack, env):
    """Rang on Ana's screen; nobody else has one."""
    stack.watch("ana1", "ana")
    alert = admitted(stack.books.admission, an_alert(CANDLE, contract="WINZ26"), now=NOW)
    event = sample("deliver")
    event["Records"] = [event["Records"][0] | {"body": dump_alert(alert).decode()}]
    stack.call("deliver", event, **env)
    return alert


def say(stack, env, who, **frame):
    """A screen says something; returns what it hears."""
    heard = sample("connections")
    speaker = {"connectionId": f"{who}1", "authorizer": {"operator": who, "role": "trader"}}
    heard["requestContext"] |= {"eventType": "MESSAGE"} | speaker
    heard["body"] = json.dumps(frame)
    before = len(stack.frames(f"{who}1"))
    stack.call("connections", heard, **env)
    return stack.frames(f"{who}1")[before:]


def timers(stack):
    return [load_timer(one) for one in stack.messages("FallbackQueue")]


def settle(stack, env, timer):

    event = sample("fallback")
    event["Records"] = [event["Records"][0] | {"body": dump_timer(timer)}]
    stack.call("fallback", event, **env)


def read(stack, env, who, alert):
    event = sample("desk")
    event["routeKey"] = "GET /api/alerts/{id}"
    event["pathParameters"] = {"id": alert.id}
    token = issue(Identity(who, "trader"), stack.key, now=NOW, life_s=10**6)
    event["headers"] = {"authorization": f"Bearer {token}"}
    return json.loads(stack.call("desk", event, **env)["body"])


def records(stack, kind):
    every = stack.records("acao")
    assert broken_at([one for one in every if one["contract"] == "WINZ26"]) is None
    return [one for one in every if one["kind"] == kind]


def test_the_colleague_without_a_screen_is_mailed_and_finds_it_open(stack, env, alert, mode):
    earlier = timers(stack)
    for one in earlier:
        settle(stack, env, one)
    mailed = len(stack.mails())
    (news,) = say(stack, env, "ana", action="handover", to="bruno")
    assert (news["action"], news["to"], news["alert_ids"]) == ("handover", "bruno", [alert.id])
    (record,) = records(stack, "handover")
    assert (record["operator"], record["handed_to"], record["alert_id"]) == (ANA, BRUNO, alert.id)
    (timer,) = timers(stack)
    assert (timer.operators, timer.cause) == (("bruno",), "no_screen")
    settle(stack, env, timer)
    assert len(stack.mails()) == mailed + 1
    for who in ("ana", "bruno"):
        told = read(stack, env, who, alert)
        assert (told["state"], told["decision"], told["others"]) == ("open", None, [])
        assert told["handed"] == {"operator": "ana", "to": "bruno", "at": NOW}
    stack.watch("bruno1", "bruno")
    assert [one["action"] for one in say(stack, env, "bruno", action="resume", cursor={"WINZ26": 0})] == [
        "alert",
        "resumed",
    ]
    assert (
        say(stack, env, "bruno", action="act", alert_id=alert.id, decision="executed")[-1]["operator"]
        == "bruno"
    )
    assert read(stack, env, "bruno", alert)["decision"]["decision"] == "executed"


def test_the_same_twice_writes_and_mails_once(stack, env, alert):
    for one in timers(stack):
        settle(stack, env, one)
    mailed = len(stack.mails())
    for _ in range(2):
        say(stack, env, "ana", action="handover", to="bruno")
    for one in timers(stack):
        settle(stack, env, one)
    assert len(records(stack, "handover")) == 1
    assert len(stack.mails()) == mailed + 1


def test_nobody_in_time_is_the_colleagues(stack, env, alert, mode):
    say(stack, env, "ana", action="handover", to="bruno")
    stack.at(alert.decide_by + 1).call("watch", sample("watch"), **env)
    late = {one["operator"] for one in records(stack, "action") if one["decision"] == "TIMEOUT"}
    assert ANA not in late
    assert (BRUNO if mode == "each" else "system") in late


@pytest.mark.parametrize(
    ("to", "code"), [("zoe", "handover_unknown"), ("ana", "handover_self"), ("bruno", "handover_nothing")]
)
def test_refused_by_its_name(stack, env, to, code):
    stack.watch("ana1", "ana")
    (error,) = say(stack, env, "ana", action="handover", to=to)
    assert error["code"] == code
