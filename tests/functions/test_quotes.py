"""Quotes as they are deployed: asked for by a screen, told to those that follow, ended when nobody does."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from pregao.aws.screens import Screens
from pregao.flow.quote import WANTED_S as EXTENDED_S
from pregao.flow.steps.wanted import AGAIN_S, WANTED_S
from pregao.wire.socket_v1 import FOLLOW_S
from tests.cloud import AUDIT
from tests.functions.conftest import sample
from tests.functions.test_feeds import beat
from tests.functions.test_roles import answering
from tests.meter import metered

__all__ = ["answering"]  # a fixture

NOW = 1763128800.25
QUOTE = json.loads(sample("quote")["body"])["quotes"][0]


def says(stack, frame, connection_id="a1", operator="ana"):
    event = sample("connections")
    context = event["requestContext"] | {"connectionId": connection_id, "eventType": "MESSAGE"}
    context["authorizer"] = {"operator": operator, "role": "trader"}
    event = event | {"requestContext": context, "body": json.dumps(frame)}
    assert stack.call("connections", event)["statusCode"] == 200


def follow(stack, *instruments, **of):
    says(stack, {"action": "follow", "instruments": list(instruments)}, **of)


def wanted(stack):
    """What the bridge hears with the next heartbeat's answer."""
    return json.loads(beat(stack)["body"]).get("wanted_until", {})


def post(stack, *quotes, **more):
    env = more.pop("env", {})
    body = json.loads(sample("quote")["body"]) | {"quotes": list(quotes) or [QUOTE]} | more
    answer = stack.call("quote", sample("quote") | {"body": json.dumps(body)}, **env)
    return answer["statusCode"], json.loads(answer["body"])


def told(stack, connection_id):
    return [one for one in stack.frames(connection_id) if one["action"] == "quote"]


@pytest.fixture
def desk(stack):
    """Ana's screen, and a bridge that is heard and carries WIN."""
    stack.at(NOW).watch("a1", "ana")
    beat(stack)
    return stack


def test_a_screen_asks_the_bridge_hears_and_the_screen_is_told(desk):
    assert wanted(desk) == {}
    follow(desk, "WIN")
    assert wanted(desk.at(NOW + 20)) == {"WIN$N": NOW + WANTED_S}
    status, said = post(desk)
    assert (status, said) == (
        202,
        {"frames": 1, "server_time": NOW + 20, "wanted_until": {"WIN$N": NOW + 20 + EXTENDED_S}},
    )
    (frame,) = told(desk, "a1")
    prices = {"time": 1763128799.8, "bid": 158290.0, "ask": 158295.0, "last": 158295.0, "synthetic": False}
    assert frame == {"action": "quote", "instrument": "WIN", "contract": "WINZ25", **prices}


def test_nobody_who_does_not_follow_is_told_and_the_bridge_is_told_to_end(desk):
    desk.watch("b1", "bruno")
    follow(desk, "WDO", connection_id="b1", operator="bruno")
    assert wanted(desk) == {}  # no bridge carries the dollar
    assert post(desk) == (202, {"frames": 0, "server_time": NOW, "wanted_until": {}})
    assert (told(desk, "a1"), told(desk, "b1")) == ([], [])


def test_a_screen_that_looks_away_ends_it_and_one_that_says_nothing_more_does_in_time(desk):
    follow(desk, "WIN")
    follow(desk)
    assert post(desk)[1]["wanted_until"] == {}
    follow(desk, "WIN")
    assert post(desk, QUOTE | {"time": NOW + FOLLOW_S - 1})[0] == 400  # of the future
    late = desk.at(NOW + FOLLOW_S)
    assert post(late, QUOTE | {"time": NOW + FOLLOW_S})[1] == {
        "frames": 0,
        "server_time": NOW + FOLLOW_S,
        "wanted_until": {},
    }
    assert wanted(late) == {}


def test_one_closed_screen_does_not_keep_the_price_from_the_others(desk):
    desk.watch("b1", "bruno")
    for name, who in (("a1", "ana"), ("b1", "bruno")):
        follow(desk, "WIN", connection_id=name, operator=who)
    Screens(desk.dynamo, None, desk.resources["ConnectionsTable"]).closed("a1")
    assert post(desk)[1]["frames"] == 1
    assert len(told(desk, "b1")) == 1


def test_a_screen_that_comes_just_after_the_last_one_left_is_heard_at_once(desk):
    """The bridge ended at the last one's word: what was noted for that one says nothing any more."""
    follow(desk, "WIN")
    follow(desk)
    desk.watch("b1", "bruno")
    follow(desk.at(NOW + 3), "WIN", connection_id="b1", operator="bruno")
    assert wanted(desk) == {"WIN$N": NOW + 3 + WANTED_S}


def test_who_follows_again_and_again_costs_no_more_than_its_own_row(desk):
    """The bridge's item is read and written once in AGAIN_S by a process, whatever screens say."""
    follow(desk, "WIN")
    with metered(desk.dynamo) as meter:
        for _ in range(5):
            follow(desk, "WIN")
    assert Counter(meter.asked) == {"UpdateItem": 5}
    with metered(desk.dynamo) as meter:
        follow(desk.at(NOW + AGAIN_S), "WIN")
    assert Counter(meter.asked) == {"UpdateItem": 2, "Query": 1}


def test_a_post_costs_one_reading_and_a_frame_a_screen_and_is_kept_nowhere(desk):
    follow(desk, "WIN")
    post(desk)  # a process's first asks whose the bridge's name is
    before = desk.state()
    with metered(desk.dynamo) as meter:
        post(desk)
    assert meter.asked == ["Query", "PostToConnection"]
    assert desk.state() == before
    assert [desk.records(table) for table in AUDIT] == [[] for _ in AUDIT]


def test_a_socket_that_nobody_knows_is_told_to_connect_again(desk):
    desk.watch("b1", "bruno")
    Screens(desk.dynamo, None, desk.resources["ConnectionsTable"]).closed("b1")
    follow(desk, "WIN", connection_id="b1", operator="bruno")
    assert wanted(desk) == {}


@pytest.mark.parametrize(
    ("quote", "named"),
    [
        ({"symbol": "NOPE"}, "quotes.0.symbol: symbol 'NOPE' belongs to no instrument"),
        ({"contract": "WDOZ25"}, "quotes.0.contract: 'WDOZ25' is no contract of WIN"),
    ],
)
def test_what_belongs_to_no_market_is_refused_in_words(desk, quote, named):
    follow(desk, "WIN")
    status, said = post(desk, QUOTE | quote)
    assert (status, said["error"], said["fault"]) == (400, "quotes refused", "symbol")
    assert said["reasons"][0].startswith(named)
    assert told(desk, "a1") == []


def test_one_market_has_one_price_a_post(desk):
    status, said = post(desk, QUOTE, QUOTE | {"symbol": "WINZ25"})
    assert (status, said["reasons"]) == (400, ["quotes: WIN comes twice"])


def test_a_replays_price_says_so_and_is_taken_where_replays_are_alone(desk):
    follow(desk, "WIN")
    old = QUOTE | {"time": NOW - 86_400, "contract": None}
    assert post(desk, old, synthetic=True)[0] == 202  # as the local stack is deployed
    (frame,) = told(desk, "a1")
    assert (frame["synthetic"], frame["contract"]) == (True, "WINZ25")


def test_a_replays_price_is_refused_in_production(desk):
    follow(desk, "WIN")
    old = QUOTE | {"time": NOW - 86_400}
    status, said = post(desk, old, synthetic=True, env={"PREGAO_ALLOW_REPLAY": "false"})
    assert (status, said["fault"]) == (400, "synthetic")
    assert told(desk, "a1") == []


def test_of_two_bridges_with_one_market_one_is_asked(desk):
    event = sample("heartbeat")
    second = json.loads(event["body"]) | {"bridge_id": "mesa-0"}
    answers = []
    desk.call("heartbeat", event | {"body": json.dumps(second)})
    follow(desk, "WIN")
    for body in (json.loads(event["body"]), second):
        said = desk.call("heartbeat", event | {"body": json.dumps(body)})
        answers.append(json.loads(said["body"]).get("wanted_until", {}))
    assert answers == [{}, {"WIN$N": NOW + WANTED_S}]


def test_a_bridge_that_fell_silent_is_not_asked(desk):
    later = desk.at(NOW + 200)  # its heartbeats are due each minute
    follow(later, "WIN")
    assert wanted(later) == {}
    follow(later, "WIN")  # heard again: the next who follows asks at once
    assert wanted(later) == {"WIN$N": NOW + 200 + WANTED_S}


def test_a_table_that_is_not_there_is_told_and_nothing_is_sent_again(desk):
    desk.dynamo.delete_table(TableName=desk.resources["ConnectionsTable"])
    status, said = post(desk)
    assert (status, said["error"]) == (503, "not told")


def test_a_screen_that_is_gone_is_forgotten(desk, answering):
    """Its socket closed without a word; the next quote finds that out."""
    follow(desk, "WIN")
    answering("PostToConnection", "GoneException")
    assert post(desk.at(NOW + 20))[0] == 202
    assert not [one for one in desk.dynamo.scan(TableName="ConnectionsTable")["Items"] if "a1" in str(one)]
