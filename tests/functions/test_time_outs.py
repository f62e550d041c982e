"""Every function ends before Lambda kills it, though each of its calls takes as long as its client lets it.

The calls are those that the functions make here, one after the other or side by side as they make them
(tests/slow_world.py); how long one may take is read off its client, how long all may off template.yaml.
"""

from __future__ import annotations

import json
import shutil
from contextlib import suppress

import pytest

from local.lab import yaml_patch as edited
from pregao.aws.clients import BUDGETS
from pregao.aws.screens import Screens
from pregao.domain.alerts.admission import AdmissionRules, Verdict
from pregao.domain.delivery.timer import Timer
from pregao.flow import deliver, fallback, watch
from pregao.flow.steps.broadcast import POSTS_S
from pregao.wire.alert_v1 import dump_alert, dump_timer
from pregao.wire.link_v1 import Link, issue_link
from pregao.wire.token_v1 import Identity, issue, issue_officer
from tests.bench.desk import CONTRACTS
from tests.bulletins import report, xml
from tests.cloud import template
from tests.counted_desk import a_desk
from tests.fakes import CANDLE, NOW, admitted, an_alert, an_entry
from tests.functions.conftest import ROOT, functions, sample, timeout_of
from tests.functions.test_bulletin import drop
from tests.functions.test_calibrate import a_desk as a_calibrated_desk
from tests.scenes import SCENES
from tests.slow_world import longest_s, slow

ROOM_S = 1.0
"""For what is no call: reading the configuration at a cold start, the log."""
WHOLE_DESK = 5
DAILY = {"detect", "deliver", "connections", "fallback", "watch", "archive", "heartbeat", "status", "ticker"}
SELDOM = {"quote", "authorize", "act", "feedback", "bulletin", "desk", "calibrate", "compliance"}
MOMENT = 1763128800.25


def in_time(world, *expected):
    """Hold each invocation against its function's Timeout; returns the longest by function."""
    longest = {name: max(took for which, took in world.took if which == name) for name, _ in world.took}
    late = {name: took for name, took in longest.items() if took > timeout_of(name) - ROOM_S}
    assert not late, f"seconds of a function that is killed before it ends: {late}"
    assert longest.keys() >= set(expected)
    return longest


def messages(function, bodies):
    event = sample(function)
    event["Records"] = [
        {**event["Records"][0], "messageId": str(n), "body": one} for n, one in enumerate(bodies)
    ]
    return event


def test_a_whole_desk_s_day_ends_in_time_everywhere(tmp_path):
    """Every scene of the cost model, cold and warm; some of it is left to the next round, it is so slow."""
    with a_desk(tmp_path, WHOLE_DESK) as desk, slow(desk.stack) as world:
        for scene, contract in zip(SCENES, CONTRACTS, strict=False):
            with suppress(AssertionError, ExceptionGroup):
                scene(desk, contract)
        in_time(world, *DAILY)


@pytest.fixture
def alerts(stack):
    return [admitted(stack.books.admission, an_alert(CANDLE + 300 * n)) for n in range(4)]


@pytest.fixture
def followed(stack):
    """Whole desk's screens, which look at one price."""
    screens = Screens(stack.dynamo, None, stack.resources["ConnectionsTable"])
    for n in range(WHOLE_DESK):
        stack.watch(f"s{n}", f"op-{n:03}")
        screens.follow(f"s{n}", ["WIN"], NOW, NOW + 60)


@pytest.fixture
def calibrated(stack):
    return a_calibrated_desk(stack)


@pytest.fixture
def desk(stack):
    for name in ("a1", "a2"):
        stack.watch(name, "ana")
    stack.at(NOW + 1)
    with slow(stack) as world:
        yield stack, world


def test_a_batch_of_alerts(desk, alerts):
    """The first goes its way; what there is no time for comes again."""
    stack, world = desk
    answer = stack.call("deliver", messages("deliver", [dump_alert(one).decode() for one in alerts]))
    assert [one["itemIdentifier"] for one in answer["batchItemFailures"]] == ["1", "2", "3"]
    took = in_time(world, "deliver")["deliver"]
    assert deliver.BUDGET_S - 1.0 < took <= deliver.BUDGET_S + 2.0


def test_a_price_that_no_screen_takes(desk, followed):
    stack, world = desk
    stack.at(1763128800.25)
    assert stack.call("quote", sample("quote"))["statusCode"] == 202
    in_time(world, "quote")


def test_a_batch_of_timers_with_e_mail_and_sms(desk, alerts, tmp_path):
    """The first operator is reached; the others get a timer of their own, and none is lost."""
    stack, world = desk
    config = tmp_path / "config"
    shutil.copytree(ROOT / "config", config)
    edited.write(config / "alertas.yaml", config / "alertas.yaml", ["delivery.sms.enabled=true"])
    event = messages("fallback", [dump_timer(Timer(one, ("ana", "bruno"), 1, "no_screen")) for one in alerts])
    assert stack.call("fallback", event, PREGAO_CONFIG_DIR=str(config)) == {"batchItemFailures": []}
    took = in_time(world, "fallback")["fallback"]
    assert len(stack.mails()) == 1
    again = [json.loads(body) for body in stack.messages("FallbackQueue")]
    assert sorted(name for one in again for name in one["operators"]) == ["ana"] * 3 + ["bruno"] * 4
    assert took > 20


def test_reports_of_e_mails(desk, alerts):
    stack, world = desk
    body = json.loads(sample("feedback")["Records"][0]["body"])
    stack.call("feedback", messages("feedback", [json.dumps(body)] * 3))
    in_time(world, "feedback")


def test_every_frame_of_a_screen(desk, alerts):
    stack, world = desk

    def says(kind, frame=None):
        event = sample("connections")
        event["requestContext"] |= {"connectionId": "a1", "eventType": kind}
        event["requestContext"]["authorizer"] = {"operator": "ana", "role": "trader"}
        with suppress(ExceptionGroup):
            stack.call("connections", event | {"body": frame and json.dumps(frame)})

    says("CONNECT")
    says("MESSAGE", {"action": "subscribe"})
    says(
        "MESSAGE", {"action": "resume", "cursor": dict.fromkeys(("WINZ26", "WDOZ26", "INDZ26", "DOLZ26"), 0)}
    )
    says("MESSAGE", {"action": "receipt", "alert_id": alerts[0].id})
    stack.books.delivery.gave_up(alerts[1].id, "ana", NOW)
    says("MESSAGE", {"action": "receipt", "alert_id": alerts[1].id})
    for _ in range(2):  # decided, and decided already
        says("MESSAGE", {"action": "act", "alert_id": alerts[0].id, "decision": "executed"})
    says("MESSAGE", {"action": "ping"})
    says("DISCONNECT")
    in_time(world, "connections")


def test_a_link_of_an_e_mail(desk, alerts):
    stack, world = desk
    token = issue_link(Link("ana", alerts[0].id), stack.key, now=0, until=4_000_000_000)
    for route, body in (("POST /act/{token}", "decision=executed"), ("GET /act/{token}", None)):
        event = sample("act") | {"routeKey": route, "body": body, "isBase64Encoded": False}
        assert stack.call("act", event | {"pathParameters": {"token": token}})["statusCode"] == 200
    in_time(world, "act")


def test_a_token_that_fits_no_key(desk):
    stack, world = desk
    token = issue(Identity("ana", "trader"), "x" * 64, now=NOW, life_s=10**9)
    event = sample("authorize") | {"headers": {}, "queryStringParameters": {"token": token}}
    for at in (NOW, NOW + 100):  # cold, and when the keys are read again
        stack.at(at).call("authorize", event)
    in_time(world, "authorize")


def test_a_page_asks_for_a_day_and_an_alert(desk, alerts):
    stack, world = desk
    headers = {
        "authorization": f"Bearer {issue(Identity('ana', 'trader'), stack.key, now=NOW, life_s=10**9)}"
    }
    asked = sample("desk") | {"headers": headers, "queryStringParameters": {"day": "2026-11-23"}}
    assert stack.call("desk", asked | {"routeKey": "GET /api/alerts"})["statusCode"] == 200
    one = {"routeKey": "GET /api/alerts/{id}", "pathParameters": {"id": alerts[0].id}}
    assert stack.call("desk", asked | one)["statusCode"] == 200
    in_time(world, "desk")


def test_an_officer_asks_for_a_month_and_a_proof(desk, alerts):
    """Where the archive is too slow, the look is on record and the answer says so in time."""
    stack, world = desk
    token = issue_officer("carla", stack.key, now=NOW, life_s=10**9)
    asked = sample("compliance") | {"headers": {"authorization": f"Bearer {token}"}}
    month = {"from": "2026-10-24", "to": "2026-11-23"}
    for question, query in (("unanswered", {}), ("unanswered", month), ("proof", {"alert": alerts[0].id})):
        path = {"pathParameters": {"question": question}, "queryStringParameters": query}
        assert stack.call("compliance", asked | path)["statusCode"] in {200, 400, 503}
    looks = [one["question"] for one in stack.records("acao") if one["kind"] == "access"]
    assert looks == ["unanswered", "unanswered", "proof"]
    in_time(world, "compliance")


def test_a_bulletin(desk):
    stack, world = desk
    drop(stack, xml(report("WINZ25", "2025-11-13"), made="2025-11-13T19:30:00"))
    in_time(world, "bulletin")


def test_a_session_to_calibrate(calibrated):
    """tests/functions/test_calibrate.py's desk."""
    with slow(calibrated) as world:
        calibrated.call("calibrate", sample("calibrate"))
        in_time(world, "calibrate")


def test_a_minute_with_much_to_do(desk, alerts):
    """Overdue, undecided, held back, days to end: what there is no time for waits, and is told."""
    stack, world = desk
    for n in range(20, 23):
        one = an_alert(CANDLE + 300 * n)
        head = stack.books.admission.head(one.contract, NOW)
        stack.books.admission.commit(
            an_entry(head, one, Verdict.QUEUE_FULL, NOW + n), AdmissionRules(), NOW + n
        )
    stack.call("heartbeat", sample("heartbeat"))
    for minute in range(7):  # each begins with another part
        with suppress(ExceptionGroup):
            stack.at(alerts[0].decide_by + 60 * minute).call("watch", sample("watch"))
    in_time(world, "watch")


def test_a_candle_for_the_charts_and_the_health(desk):
    stack, world = desk
    event = sample("ticker")
    with suppress(ExceptionGroup):  # the stream hands over again what there was no time for
        stack.call("ticker", event | {"Records": event["Records"] * 5})
    for route in ("GET /health", "GET /metrics"):
        stack.call("status", sample("status") | {"routeKey": route})
    in_time(world, "ticker", "status")


def test_alerts_that_there_is_no_time_to_judge_are_asked_for_again(stack, monkeypatch):
    with slow(stack) as world:
        stack.at(MOMENT)
        assert stack.call("detect", sample("detect"))["statusCode"] == 202
        in_time(world, "detect")


@pytest.mark.parametrize("service", BUDGETS)
def test_a_call_has_a_budget(service):
    assert longest_s(service) < {"s3": 35, "sesv2": 9}.get(service, 4)


def test_a_post_to_a_screen_takes_two_or_three_seconds_and_the_story_waits_for_no_longer_one():
    assert 2.0 <= longest_s("apigatewaymanagementapi") <= POSTS_S <= 3.0


def test_every_function_is_held_against_its_time_out():
    """A function that is new here belongs into a test above."""
    assert functions().keys() == {*DAILY, *SELDOM}


def test_a_lease_is_longer_than_its_function_may_run_and_shorter_than_the_message_is_hidden():
    queues = {
        name: one["Properties"]
        for name, one in template()["Resources"].items()
        if one["Type"] == "AWS::SQS::Queue"
    }
    for function, lease, queue in (
        ("deliver", deliver.LEASE_S, "AlertQueue"),
        ("fallback", fallback.LEASE_S, "FallbackQueue"),
    ):
        assert timeout_of(function) < lease < queues[queue]["VisibilityTimeout"]
    assert queues["AlertQueue"]["VisibilityTimeout"] < watch.OVERDUE_AGAIN_S
