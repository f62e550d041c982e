"""Who decides for whom (`desk.decision`), through the functions as template.yaml deploys them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pregao.domain.audit.chain import broken_at, link
from pregao.domain.audit.records import action_record
from pregao.domain.delivery.alert_state import WATCH_S
from pregao.wire.token_v1 import Identity, issue
from tests.fakes import CANDLE, NOW, admitted, an_alert
from tests.functions.conftest import ANA, ROOT, sample


@pytest.fixture(params=["first", "each"])
def mode(request):
    return request.param


@pytest.fixture
def env(mode, tmp_path):
    config = Path(shutil.copytree(ROOT / "config", tmp_path / "config"))
    text = (config / "alertas.yaml").read_text(encoding="utf-8")
    assert "  decision: first " in text
    (config / "alertas.yaml").write_text(text.replace("  decision: first ", f"  decision: {mode} "))
    return {"PREGAO_CONFIG_DIR": str(config)}


@pytest.fixture
def alert(stack):
    for name in ("ana", "bruno"):
        stack.watch(f"{name}1", name)
    return admitted(stack.books.admission, an_alert(CANDLE, contract="WINZ26"), now=NOW)


@pytest.fixture
def act(stack, env):
    """An operator's screen sends its decision; returns the error's message, empty where it was taken."""

    def press(who, alert, decision):
        heard = sample("connections")
        speaker = {"connectionId": f"{who}1", "authorizer": {"operator": who, "role": "trader"}}
        heard["requestContext"] |= {"eventType": "MESSAGE"} | speaker
        heard["body"] = json.dumps({"action": "act", "alert_id": alert.id, "decision": decision})
        before = len(stack.frames(f"{who}1"))
        stack.call("connections", heard, **env)
        return "".join(one.get("message", "") for one in stack.frames(f"{who}1")[before:])

    return press


@pytest.fixture
def told(stack, env):
    """What the page of an operator reads of an alert."""

    def ask(who, alert):
        event = sample("desk")
        event["routeKey"] = "GET /api/alerts/{id}"
        event["pathParameters"] = {"id": alert.id}
        token = issue(Identity(who, "trader"), stack.key, now=NOW, life_s=10**6)
        event["headers"] = {"authorization": f"Bearer {token}"}
        said = json.loads(stack.call("desk", event, **env)["body"])
        decision = said["decision"] and (said["decision"]["operator"], said["decision"]["decision"])
        others = [(one["operator"], one["decision"]) for one in said["others"]]
        return said["state"], decision, others

    return ask


def acts(stack):
    records = [one for one in stack.records("acao") if one["kind"] == "action"]
    assert broken_at(records) is None
    return [(one["operator"], one["decision"], one.get("own", False)) for one in records]


def test_a_decision_stands_for_the_desk_or_for_oneself(stack, alert, act, told, mode):
    each = mode == "each"
    assert act("ana", alert, "executed") == ""
    refused = act("bruno", alert, "rejected")
    assert refused == ("" if each else "ana: executed")
    frames = [one for one in stack.frames("bruno1") if one["action"] == "action"]
    assert frames[0]["operator"] == "ana"
    assert frames[0].get("own", False) is each
    decided = [one[1:] for one in acts(stack)]
    assert decided == ([("executed", True), ("rejected", True)] if each else [("executed", False)])
    ana, bruno = ("ana", "executed"), ("bruno", "rejected")
    assert told("ana", alert) == ("decided", ana, [bruno] if each else [])
    assert told("bruno", alert) == ("decided", bruno if each else ana, [ana] if each else [])


def test_the_same_twice_is_written_once(stack, alert, act):
    assert act("ana", alert, "executed") == ""
    assert act("ana", alert, "executed") == "ana: executed"
    assert len(acts(stack)) == 1


def test_who_watches_may_decide_later(stack, alert, act, told, env, mode):
    assert act("ana", alert, "watching") == ""
    assert act("ana", alert, "watching") == "ana: watching"
    watched = ("ana", "watching")
    assert told("ana", alert) == ("open", watched, [])
    of_bruno = (None, [watched]) if mode == "each" else (watched, [])
    assert told("bruno", alert) == ("open", *of_bruno)
    stack.at(alert.decide_by + 100).call("watch", sample("watch"), **env)
    assert told("bruno", alert)[0] == "decided"  # TIMEOUT, or Ana's watching
    assert act("ana", alert, "executed") == ""
    state, decision, others = told("ana", alert)
    assert (state, decision) == ("decided", ("ana", "executed"))
    assert ("ana", "watching") in others


def test_after_an_hour_watching_is_the_last_word(stack, alert, act, told, env, mode):
    act("ana", alert, "watching")
    stack.at(alert.decide_by + 1).call("watch", sample("watch"), **env)
    timed_out = [one for one in acts(stack) if one[1] == "TIMEOUT"]
    assert len(timed_out) == (0 if mode == "first" else len(acts(stack)) - 1)
    stack.at(NOW + WATCH_S + 120).call("watch", sample("watch"), **env)
    assert act("ana", alert, "executed") == "ana: watching"
    assert told("ana", alert)[:2] == ("decided", ("ana", "watching"))
    assert [one for one in acts(stack) if one[1] == "TIMEOUT"] == timed_out


def test_a_time_out_is_told_of_the_desk_or_of_each_who_did_not_decide(stack, alert, act, told, env, mode):
    if mode == "each":
        act("ana", alert, "executed")
    stack.at(alert.decide_by + 1).call("watch", sample("watch"), **env)
    late = {one[0]: one[2] for one in acts(stack) if one[1] == "TIMEOUT"}
    if mode == "first":
        assert late == {"system": False}
        assert told("bruno", alert)[:2] == ("decided", ("system", "TIMEOUT"))
        return
    assert "system" not in late
    assert set(late.values()) == {True}
    assert told("bruno", alert) == ("decided", ("bruno", "TIMEOUT"), [("ana", "executed")])
    assert told("ana", alert) == ("decided", ("ana", "executed"), [])
    assert act("bruno", alert, "executed") == "bruno: TIMEOUT"
    before = len(acts(stack))
    stack.at(alert.decide_by + 61).call("watch", sample("watch"), **env)
    assert len(acts(stack)) == before


def test_what_was_decided_before_the_setting_changed_stands_for_all(stack, alert, act, told):
    tail = stack.books.actions.tail(alert.contract, NOW)
    record = action_record(alert, ANA, "rejected", NOW, None, None)
    stack.books.actions.decide(alert, "ana", link([record], tail)[0][0], tail)
    assert act("bruno", alert, "executed") == "ana: rejected"
    assert told("bruno", alert)[:2] == ("decided", ("ana", "rejected"))
