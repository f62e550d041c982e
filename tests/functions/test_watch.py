"""The minute's round as it is deployed."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from pregao.aws.tables.dynamo import to_item
from pregao.aws.tables.market.feed_marks import FeedMarks
from pregao.aws.tables.market.health_item import HealthItem
from pregao.domain.alerts.admission import AdmissionRules, Verdict
from pregao.domain.delivery.operators import Channel, OpenEnd
from pregao.wire.alert_v1 import dump_alert, load_alert, load_timer
from tests.fakes import CANDLE, NOW, admitted, an_alert, an_entry
from tests.functions.conftest import ROOT, sample
from tests.meter import metered


def test_a_quiet_round(stack):
    """The very first one ends yesterday, on which nothing was written, in each of the three tables."""
    assert stack.call("watch", sample("watch"))["days_ended"] == 3
    assert stack.call("watch", sample("watch")) == {
        "sent_again": 0,
        "given_up": 0,
        "timed_out": 0,
        "held_back": 0,
        "days_ended": 0,
        "feeds_silent": 0,
        "feeds_back": 0,
        "feeds_rolled": 0,
        "feeds_set_aside": 0,
        "feeds_flapping": 0,
        "reminded": 0,
    }


def test_a_round_repairs_closes_and_tells(stack):
    alert = admitted(stack.books.admission, an_alert())
    held = an_alert(CANDLE + 300)
    head = stack.books.admission.head("WINZ26", NOW)
    stack.books.admission.commit(an_entry(head, held, Verdict.QUEUE_FULL), AdmissionRules(), NOW)
    stack.watch("a1", "ana")
    stack.at(alert.decide_by + 1)
    done = stack.call("watch", sample("watch"))
    assert {name: count for name, count in done.items() if count} == {
        "sent_again": 1,
        "timed_out": 1,
        "held_back": 1,
        "days_ended": 3,
    }
    assert [load_alert(body) for body in stack.messages("AlertQueue")] == [alert]
    assert [one["decision"] for one in stack.records("acao") if one["kind"] == "action"] == ["TIMEOUT"]
    assert [one["action"] for one in stack.frames("a1")] == ["action", "digest"]
    assert [to for mail in stack.mails() for to in mail.destinations["ToAddresses"]] == ["bruno@mesa.example"]


def test_what_is_buried_lies_with_the_alerts_dead_letters(stack):
    alert = admitted(stack.books.admission, an_alert(CANDLE))
    for _ in range(7):
        stack.books.open.postpone(alert.id, OpenEnd.DELIVERY, NOW)
    stack.at(NOW + 1)
    assert stack.call("watch", sample("watch"))["given_up"] == 1
    assert [load_alert(body) for body in stack.messages("AlertDeadLetters")] == [alert]
    assert stack.messages("AlertQueue") == []


def many_feeds(stack, count, shards, newest):
    """Shares that post M5 candles, and have just posted one, as `detect` would have marked them."""
    table = stack.resources["AdmissionTable"]
    marks = FeedMarks(stack.dynamo, table, shards)
    for start in range(0, count, 25):
        names = [f"AB{n // 6:02X}{3 + n % 6}" for n in range(start, start + 25)]
        told = {"contract": "", "symbol_name": "", "bridge_id": "mesa-1", "newest": newest, "gap_to": 0}
        told |= {"received_at": newest + 301.0, "candles": "[]", "ttl": newest + 604_800}
        puts = [
            {
                "PutRequest": {
                    "Item": to_item(told | marks.place_of((n, "M5")) | {"contract": n, "symbol_name": n})
                }
            }
            for n in names
        ]
        stack.dynamo.batch_write_item(RequestItems={table: puts})


@pytest.mark.parametrize("shards", [1, 16])
def test_a_thousand_feeds_are_a_page_of_a_query_for_each_shard(stack, tmp_path, shards):
    """Nothing else is asked for each of them, once a round has noted that it knows them."""
    config = shutil.copytree(ROOT / "config", tmp_path / "config")
    said = (config / "alertas.yaml").read_text()
    (config / "alertas.yaml").write_text(said.replace("shards: 1 ", f"shards: {shards} "))
    newest = CANDLE // 86_400 * 86_400 + 15 * 3_600  # noon in Sao Paulo
    many_feeds(stack, 1_000, shards, newest)
    stack.at(newest + 310.0)
    for _ in range(2):  # the first round begins the day's chains and each feed's state
        with metered(stack.dynamo) as meter:
            stack.call("watch", sample("watch"), PREGAO_CONFIG_DIR=str(config))
    asked = Counter(meter.asked)
    kept = HealthItem(stack.dynamo, stack.resources["AdmissionTable"]).read()
    assert (kept.known, kept.silent) == (1_000, 0)
    assert asked == {"Query": 5 + shards, "GetItem": shards, "PutItem": 1}


def test_an_email_whose_step_is_far_off_does_not_come_before_it(stack, tmp_path):
    """Ana's steps take twenty minutes; twenty minutes after a delivery timers count as lost elsewhere."""
    config = Path(shutil.copytree(ROOT / "config", tmp_path / "config"))
    desk = (config / "operators.yaml").read_text(encoding="utf-8")
    steps = "    name: Ana Souza\n    channels: [screen, push 300, telegram 300, slack 300, email 300]\n"
    (config / "operators.yaml").write_text(desk.replace("    name: Ana Souza\n", steps), encoding="utf-8")
    env = {"PREGAO_CONFIG_DIR": str(config)}
    alert = admitted(stack.books.admission, an_alert())
    event = sample("deliver")
    event["Records"] = [event["Records"][0] | {"body": dump_alert(alert).decode()}]
    stack.call("deliver", event, **env)
    assert {one.channel for one in timers(stack) if "ana" in one.operators} == {Channel.PUSH}
    for after, channels in ((1_250, set()), (2_200, {Channel.EMAIL})):
        stack.at(alert.detected_at + after).call("watch", sample("watch"), **env)
        assert {one.channel for one in timers(stack) if "ana" in one.operators} == channels


def timers(stack):
    return [load_timer(one) for one in stack.messages("FallbackQueue")]
