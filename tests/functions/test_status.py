"""GET /health: well when every dependency answers, else which does not; GET /metrics: the same as gauges."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from functools import partial

import pytest
from botocore.exceptions import ClientError
from prometheus_client.parser import text_string_to_metric_families

from local.ops.runbook import read_runbook
from pregao import clock
from pregao.aws.clients import client
from pregao.aws.tables.delivery.troubles import Troubles
from pregao.aws.tables.market.health_item import HealthItem
from pregao.domain.delivery.operators import Channel
from pregao.domain.delivery.timer import Timer
from pregao.domain.feeds.health import FeedsTold
from pregao.domain.feeds.told import FeedState, Flapping
from pregao.flow.status import FEW, RUNBOOK
from pregao.wire.alert_v1 import dump_alert, dump_timer
from tests.cloud import AUDIT
from tests.fakes import CANDLE, admitted, an_alert
from tests.functions.conftest import ROOT, sample
from tests.meter import metered

NOW = 1763128800.25
"""A quarter of a second after the sample's newest candle closed, in session."""
QUEUES = {
    "queue_alerts": "AlertQueue",
    "queue_fallback": "FallbackQueue",
    "queue_dead_alerts": "AlertDeadLetters",
    "queue_dead_timers": "FallbackDeadLetters",
    "queue_dead_reports": "FeedbackDeadLetters",
}
TABLES = {
    "admission": "AdmissionTable",
    "connections": "ConnectionsTable",
    "alertas_audit": "AlertasAuditTable",
    "entrega_audit": "EntregaAuditTable",
}


def ask(stack, path="/health", *, watched=True):
    """Ask at a moment at which the minute's round has just been, or has not."""
    if watched:
        round_was(stack)
    response = stack.call("status", sample("status") | {"routeKey": f"GET {path}", "rawPath": path})
    return response["statusCode"], json.loads(response["body"])


def round_was(stack, feeds=()):
    """What the minute's round leaves; it cannot where its table is gone."""
    told = FeedsTold(clock.now(), 0, {"feeds": list(feeds), "bridges": []}, len(feeds))
    with suppress(ClientError):
        HealthItem(stack.dynamo, stack.resources["AdmissionTable"]).keep(told)


def scrape(stack):
    """The status code and every sample, by name and labels."""
    response = stack.call("status", sample("status") | {"routeKey": "GET /metrics", "rawPath": "/metrics"})
    assert response["headers"]["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = {}
    for family in text_string_to_metric_families(response["body"]):
        assert family.type == "gauge"  # an info metric is one too in this format
        assert family.documentation
        for one in family.samples:
            found[one.name, tuple(sorted(one.labels.items()))] = one.value
    return response["statusCode"], found


def value(found, name, **labels):
    return found[f"pregao_{name}", tuple(sorted(labels.items()))]


@pytest.fixture
def live(stack):
    """A candle, a heartbeat, an alert that waits, an e-mail, a timer in its queue."""
    stack.at(NOW)
    event = sample("detect")
    body = json.loads(event["body"]) | {"historical": False}
    stack.call("detect", event | {"body": json.dumps(body)})
    stack.call("heartbeat", sample("heartbeat"))
    alert = admitted(stack.books.admission, an_alert(contract="WINZ27"), now=NOW)
    timer = dump_timer(Timer(alert, ("ana",), 1, "no_screen"))
    (record,) = sample("fallback")["Records"]
    stack.call("fallback", {"Records": [record | {"body": timer}]})
    stack.sqs.send_message(QueueUrl=stack.resources["FallbackQueue"], MessageBody=timer)
    return stack.at(NOW + 30)


def broken(stack, dependency):
    if dependency in QUEUES:
        stack.sqs.delete_queue(QueueUrl=stack.resources[QUEUES[dependency]])
    else:
        stack.dynamo.delete_table(TableName=stack.resources[TABLES[dependency]])
    return stack


def test_all_is_well(stack):
    admitted(stack.books.admission, an_alert(), now=NOW)
    stack.at(NOW + 1)
    code, said = ask(stack)
    assert (code, said["status"]) == (200, "ok")
    assert said["checks"]["admission"] == {"ok": True, "alerts_waiting": 1}
    assert said["checks"]["queue_alerts"] == {"ok": True, "visible": 0, "in_flight": 0}
    assert said["checks"]["connections"] == said["checks"]["entrega_audit"] == {"ok": True}
    assert said["last_mail"] is None
    assert len(said["config_digest"]) == 64
    assert said["problems"] == []


def test_alerts_that_wait_longer_than_they_should_are_no_ok(stack):
    """Nine admitted and none on a screen: since the first of them, and what to do."""
    for n in range(9):
        alert = an_alert(CANDLE + 300 * n, now=NOW + n, price=130_000.0 + 500 * n)
        admitted(stack.books.admission, alert, now=NOW + n)
    assert ask(stack.at(NOW + 14))[1]["status"] == "ok"
    code, said = ask(stack.at(NOW + 45))
    assert (code, said["status"]) == (200, "degraded")
    assert said["problems"] == [{"what": "alerts_wait", "since": NOW, "runbook": "AlertQueueAge"}]


def test_timers_that_are_due_and_that_nobody_takes(stack):
    """Delivered, nobody has confirmed, and the timer lies in its queue long after it was due."""
    alert = admitted(stack.books.admission, an_alert(now=NOW), now=NOW)
    (record,) = sample("deliver")["Records"]
    stack.at(NOW + 1).call("deliver", {"Records": [record | {"body": dump_alert(alert).decode()}]})
    timer = dump_timer(Timer(alert, ("ana",), 1, "no_screen"))
    stack.sqs.send_message(QueueUrl=stack.resources["FallbackQueue"], MessageBody=timer)
    assert [one["what"] for one in ask(stack.at(NOW + 5))[1]["problems"]] == []
    problems = ask(stack.at(NOW + 200))[1]["problems"]
    assert [(one["what"], one["runbook"]) for one in problems] == [("timers_wait", "FallbackQueueAge")]


def test_a_silent_feed_names_since_when_and_its_entry(live):
    found = {one["what"]: one for one in ask(live.at(NOW + 900))[1]["problems"]}
    assert found["feed_silent:WIN M5"]["runbook"] == "FeedSilent"
    assert found["feed_silent:WIN M5"]["since"] < NOW + 900
    assert found["bridge_mute:mesa-1"]["since"] == NOW


def test_a_feed_that_flaps_is_a_problem_between_two_silences_too(live):
    flaps = FeedState("WIN", "M5", "WINZ25", flapping=Flapping(NOW - 600.0, NOW - 60.0), version=1)
    assert live.books.feeds.settle(flaps)
    code, said = ask(live.at(NOW + 10))
    assert (code, said["status"], said["checks"]["feeds"]["silent"]) == (200, "degraded", 0)
    assert said["problems"] == [{"what": "feed_flapping:WIN M5", "since": NOW - 600, "runbook": "FeedSilent"}]


def queries(meter):
    return Counter(meter.asked)["Query"]


class TestTheRound:
    """What `watch` keeps each minute, and what is told without it."""

    def test_it_keeps_what_it_found(self, live):
        live.call("watch", sample("watch"))
        _, said = ask(live.at(NOW + 35), watched=False)
        assert (said["watched_at"], said["feeds_at"]) == (NOW + 30, NOW + 35)
        assert "watch_late" not in {one["what"] for one in said["problems"]}
        kept = HealthItem(live.dynamo, live.resources["AdmissionTable"]).read()
        assert [one["instrument"] for one in kept.told["feeds"]] == ["WIN"]
        assert [one["bridge_id"] for one in kept.told["bridges"]] == ["mesa-1"]

    def test_one_that_has_stopped_is_never_well(self, live):
        """Nor one that was never there; the feeds are told all the same."""
        late = {"what": "watch_late", "runbook": "WatchMissing"}
        for at, since in ((NOW + 31, None), (NOW + 200, NOW + 31)):
            for path in ("/health", "/api/health"):
                code, said = ask(live.at(at), path, watched=False)
                problems = [one for one in said["problems"] if one["what"] == "watch_late"]
                assert (code, said["status"], problems) == (200, "degraded", [late | {"since": since}])
                assert [one["instrument"] for one in said["feeds"]] == ["WIN"]
            round_was(live.at(NOW + 31))
        assert value(scrape(live.at(NOW + 231))[1], "watch_age_seconds") == 200

    def test_a_page_of_a_small_desk_hears_of_a_silence_at_once(self, live):
        round_was(live, [{"instrument": "WIN"}] * FEW)
        with metered(live.dynamo) as meter:
            _, said = ask(live.at(NOW + 120), "/api/health", watched=False)
        assert (said["feeds_at"], said["feeds"][0]["age_s"]) == (NOW + 120, 120.2)
        assert queries(meter) == 6

    def test_a_page_of_a_large_desk_reads_one_item_and_says_how_old_it_is(self, live):
        told = {"instrument": "X", "timeframe": "M1", "in_session": True, "flapping": None}
        silent = {"since": NOW, "cause": "bridge_silent"}
        told |= {"contract": "X", "newest": 1, "age_s": 9.0, "set_aside": None, "silent": silent}
        round_was(live, [told] * (FEW + 1))
        with metered(live.dynamo) as meter:
            _, said = ask(live.at(NOW + 120), "/api/health", watched=False)
        assert (said["feeds_at"], said["time"], len(said["feeds"])) == (NOW + 30, NOW + 120, FEW + 1)
        assert "feed_silent:X M1" in {one["what"] for one in said["problems"]}
        assert queries(meter) == 5  # one less than who reads the feeds
        assert ask(live, watched=False)[1]["feeds_at"] == NOW + 120, "who is called reads them anew"
        assert [
            one["instrument"] for one in ask(live.at(NOW + 181), "/api/health", watched=False)[1]["feeds"]
        ] == ["WIN"], "and so does a page once the round is late"

    def test_a_thousand_feeds_are_a_small_item(self, stack):
        one = {"timeframe": "M1", "contract": None, "in_session": True, "silent": None, "flapping": None}
        feeds = [
            one
            | {
                "instrument": f"A{n:03}3",
                "newest": 1763128800 - 60 * (n % 7),
                "age_s": n % 60 + 0.2,
                "set_aside": None,
            }
            for n in range(1_000)
        ]
        round_was(stack.at(NOW), feeds)
        (item,) = [item for (pk, _), item in stack.state().items() if pk == "HEALTH"]
        assert len(item["told"]["B"]) < 16_000


def test_every_problem_has_its_entry_in_the_runbook():
    entries = read_runbook(ROOT)
    named = {*RUNBOOK.values(), "AlertQueueAge", "FallbackQueueAge", "FeedSilent", "BounceRate"} | {
        "WatchMissing"
    }
    assert named <= set(entries)
    assert set(RUNBOOK) == {*TABLES, *QUEUES, "feeds", "mailboxes"}


@pytest.mark.parametrize("dependency", [*TABLES, *QUEUES])
def test_a_dependency_that_does_not_answer_is_named(stack, dependency):
    code, said = ask(broken(stack, dependency))
    assert (code, said["status"]) == (503, "degraded")
    down = {name for name, check in said["checks"].items() if not check["ok"]}
    assert down == {dependency} | ({"feeds", "mailboxes"} if dependency == "admission" else set())


class TestUnreached:
    """SES refuses Ana's e-mail for good: /health says so until one is taken again, and names nobody."""

    @pytest.fixture(autouse=True)
    def refused(self, stack, monkeypatch):
        alert = admitted(stack.books.admission, an_alert(), now=NOW)
        self.mail(stack, alert, monkeypatch, "MessageRejected")
        self.alert = alert

    def mail(self, stack, alert, monkeypatch, code=None):
        def refuse(**_):
            raise ClientError({"Error": {"Code": code, "Message": "no"}}, "SendEmail")

        (record,) = sample("fallback")["Records"]
        timer = dump_timer(Timer(alert, ("ana",), 1, "no_screen"))
        with monkeypatch.context() as patched:
            if code:
                patched.setattr(client("sesv2"), "send_email", refuse)
            stack.at(NOW + 30).call("fallback", {"Records": [record | {"body": timer}]})

    def test_how_many_since_when_and_why_and_the_dead_letter(self, stack):
        code, said = ask(stack)
        assert (code, said["status"]) == (200, "degraded")
        assert said["dead_letters"] == {"alerts": 0, "timers": 1, "reports": 0}
        assert said["unreached"] == {"operators": 1, "since": NOW + 30, "reason": "refused"}
        assert "ana" not in json.dumps(said)
        found = scrape(stack)[1]
        assert value(found, "operators_unreached") == 1.0
        assert value(found, "queue_messages_visible", queue="dead_timers") == 1.0

    def test_a_letter_that_somebody_reads_lies_there_still(self, stack):
        stack.sqs.receive_message(QueueUrl=stack.resources["FallbackDeadLetters"], VisibilityTimeout=60)
        assert ask(stack)[1]["dead_letters"]["timers"] == 1

    def test_a_mailbox_that_takes_e_mail_again(self, stack, monkeypatch):
        again = an_alert(CANDLE + 300, now=NOW + 300, price=132_000.0)
        self.mail(stack, admitted(stack.books.admission, again, now=NOW + 300), monkeypatch)
        stack.messages("FallbackDeadLetters")  # somebody looked and sent it again
        stack.sqs.purge_queue(QueueUrl=stack.resources["FallbackDeadLetters"])
        said = ask(stack)[1]
        assert said["unreached"] is None
        assert [one["what"] for one in said["problems"]] == ["alerts_wait"]  # nobody delivers here
        assert value(scrape(stack)[1], "operators_unreached") == 0.0
        assert "não chegaram: 1" in stack.mails()[-1].body


class TestPhones:
    """A channel that does not reach somebody: how many, since when, why; no name."""

    def test_it_degrades_until_it_works(self, stack):
        troubles = Troubles(stack.dynamo, stack.resources["AdmissionTable"])
        assert ask(stack)[1]["phones"] is None
        for at in (NOW, NOW + 5):
            troubles.failed("ana", Channel.TELEGRAM, "blocked", at)
        troubles.failed("gone", Channel.PUSH, "expired", NOW - 50)
        said = ask(stack)[1]
        assert said["phones"] == {"operators": 1, "since": NOW, "reason": "blocked", "channel": "telegram"}
        assert {"what": "channel_not_sent", "since": NOW, "runbook": "ChannelNotSent"} in said["problems"]
        assert "ana" not in json.dumps(said)
        troubles.worked("ana", Channel.TELEGRAM)
        assert ask(stack)[1]["phones"] is None


class TestMetrics:
    def test_what_is_known_as_gauges(self, live):
        code, found = scrape(live)
        assert code == 200
        up = {dict(labels)["dependency"]: up for (name, labels), up in found.items() if name == "pregao_up"}
        assert up == dict.fromkeys([*TABLES, *QUEUES, "feeds", "mailboxes"], 1.0)
        assert value(found, "alerts_waiting") == 2.0
        assert value(found, "queue_messages_visible", queue="alerts") == 1.0
        assert value(found, "queue_messages_visible", queue="fallback") == 1.0
        assert value(found, "queue_messages_in_flight", queue="fallback") == 0.0
        feed = {"instrument": "WIN", "timeframe": "M5"}
        assert value(found, "feed_age_seconds", **feed) == 30.2  # /health rounds to tenths
        assert (value(found, "feed_in_session", **feed), value(found, "feed_silent", **feed)) == (1.0, 0.0)
        assert value(found, "bridge_heartbeat_age_seconds", bridge="mesa-1") == 30.0
        assert value(found, "last_email_timestamp_seconds") == NOW
        assert value(found, "config_info", digest=ask(live)[1]["config_digest"]) == 1.0

    def test_a_silent_feed(self, live):
        found = scrape(live.at(NOW + 900))[1]
        assert value(found, "feed_silent", instrument="WIN", timeframe="M5") == 1.0
        assert value(found, "up", dependency="feeds") == 1.0

    @pytest.mark.parametrize("dependency", [*TABLES, *QUEUES])
    def test_a_scraper_gets_its_answer_also_when_one_is_down(self, live, dependency):
        code, found = scrape(broken(live, dependency))
        down = {labels for (name, labels), up in found.items() if name == "pregao_up" and up == 0}
        names = {dependency} | ({"feeds", "mailboxes"} if dependency == "admission" else set())
        assert (code, down) == (200, {(("dependency", name),) for name in names})
        queues = {dict(labels).get("queue") for _, labels in found} - {None}
        assert queues == {one.removeprefix("queue_") for one in QUEUES} - {dependency.removeprefix("queue_")}

    def test_one_reading_as_for_health(self, live):
        asked = []
        round_was(live)
        for question in (scrape, partial(ask, watched=False)):
            with metered(live.dynamo) as meter:
                question(live)
            asked.append(sorted(meter.asked))
        assert asked[0] == asked[1] == ["GetItem"] * 4 + ["GetQueueAttributes"] * 5 + ["Query"] * 6

    def test_its_library_is_loaded_for_it_alone(self):
        """It brings an HTTP server: no cold start pays for that before the first scrape."""
        code = (
            f"import sys, runpy; runpy.run_path({str(ROOT / 'functions/status/handler.py')!r});"
            "assert 'prometheus_client' not in sys.modules"
        )
        subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_an_audit_table_is_asked_and_not_read(live):
    """GetItem of a key under which nothing stands."""
    table = AUDIT["alertas"]
    found = live.dynamo.get_item(TableName=table, Key={"chain": {"S": "-"}, "seq": {"N": "0"}})
    assert "Item" not in found
