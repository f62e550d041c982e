"""Candles and heartbeats in, silence told and health shown: the four functions as they are deployed."""

from __future__ import annotations

import base64
import json
import shutil

import pytest
from botocore.exceptions import ClientError

from pregao.aws.tables.market.feed_book import FeedBook
from pregao.domain.audit.chain import broken_at
from tests.functions.conftest import ROOT, sample
from tests.scenes import quiet

CLOSED = 1763128800
"""When the sample's newest candle closed: 11:00 at the exchange, a Friday in session."""
NOW = CLOSED + 0.25
LATE = CLOSED + 300 + 150


def beat(stack, **terminal):
    event = sample("heartbeat")
    body = json.loads(event["body"])
    body["terminal"] |= terminal
    return stack.call("heartbeat", event | {"body": json.dumps(body)})


def health(stack):
    answer = stack.call("status", sample("status"))
    return answer["statusCode"], json.loads(answer["body"])


def watch(stack, at):
    return {name: count for name, count in stack.at(at).call("watch", sample("watch")).items() if count}


@pytest.fixture
def live(stack):
    """A feed that came, a bridge that is well, one round of the watch."""
    stack.at(NOW)
    stack.watch("a1", "ana")
    assert stack.call("detect", shifted(0))["statusCode"] == 202
    assert beat(stack)["statusCode"] == 202
    watch(stack, NOW)
    return stack


class TestHeartbeat:
    def test_taken_with_the_clouds_clock(self, stack):
        answer = beat(stack.at(NOW))
        assert (answer["statusCode"], json.loads(answer["body"])) == (202, {"server_time": NOW})
        event = sample("heartbeat")
        encoded = base64.b64encode(event["body"].encode()).decode()
        assert (
            stack.call("heartbeat", event | {"body": encoded, "isBase64Encoded": True})["statusCode"] == 202
        )

    def test_refused_with_every_reason(self, stack):
        answer = beat(stack, condition="fine", ping_ms=-1)
        assert answer["statusCode"] == 400
        said = json.loads(answer["body"])
        assert said["error"] == "heartbeat refused"
        assert [reason.partition(":")[0] for reason in said["reasons"]] == [
            "terminal.condition",
            "terminal.ping_ms",
        ]
        assert stack.call("heartbeat", sample("heartbeat") | {"body": None})["statusCode"] == 400
        assert health(stack)[1]["bridges"] == []

    def test_in_another_bridges_name_is_refused_and_changes_nothing(self, stack):
        """As it was seen: 202, and shown live in /health while the bridge itself was gone."""
        beat(stack.at(NOW), condition="broker_lost")
        event = sample("heartbeat")
        iam = event["requestContext"]["authorizer"]["iam"]
        iam |= {"userArn": "arn:aws:iam::123456789012:user/pregao/mesa-2", "accessKey": "AKIA2"}
        answer = stack.at(NOW + 30).call("heartbeat", event)
        said = json.loads(answer["body"])
        assert (answer["statusCode"], said["fault"]) == (403, "bridge_id")
        (bridge,) = health(stack)[1]["bridges"]
        assert (bridge["terminal"], bridge["age_s"]) == ("broker_lost", 30)
        body = json.dumps(json.loads(event["body"]) | {"bridge_id": "mesa-2"})
        assert stack.call("heartbeat", event | {"body": body})["statusCode"] == 202

    def test_a_table_that_is_not_there_asks_for_the_next_one(self, stack):
        stack.dynamo.delete_table(TableName=stack.resources["AdmissionTable"])
        assert beat(stack)["statusCode"] == 503


class TestSilence:
    def test_told_once_with_its_cause_and_once_when_it_is_over(self, live):
        beat(live.at(LATE - 60), condition="broker_lost", detail="error -10005")
        assert watch(live, LATE - 1) == {}
        assert watch(live, LATE) == {"feeds_silent": 1}
        assert watch(live, LATE + 60) == {}
        (frame,) = live.frames("a1")
        assert (frame["kind"], frame["cause"], frame["since"]) == ("silent", "broker_lost", CLOSED)
        assert frame["detail"] == "error -10005"
        sent = [to for mail in live.mails() for to in mail.destinations["ToAddresses"]]
        assert sorted(sent) == ["ana@mesa.example", "bruno@mesa.example"]

        later = live.at(CLOSED + 900.5)
        assert later.call("detect", shifted(900))["statusCode"] == 202
        beat(later)
        assert watch(live, CLOSED + 905) == {"feeds_back": 1}
        assert watch(live, CLOSED + 965) == {}
        assert [(one["kind"], one["filled"]) for one in live.frames("a1")[1:]] == [("recovered", "missing")]
        chain = [one for one in live.records("alertas") if one["kind"] == "feed"]
        assert [one["feed"]["event"] for one in chain] == ["silent", "recovered"]
        assert broken_at(chain) is None

    def test_a_count_for_the_alarm_as_long_as_it_lasts(self, live, capsys):
        watch(live, LATE)
        watch(live, LATE + 60)
        said = [json.loads(line) for line in capsys.readouterr().out.splitlines() if "FeedsSilent" in line]
        assert [(one["FeedsSilent"], one["service"]) for one in said] == [([1.0], "watch")] * 2

    @pytest.mark.parametrize("later", [0, 6 * 3600, 2 * 86_400])
    def test_a_replay_is_no_feed(self, stack, later):
        """`make run` plays the last session: it rings no silence of today's."""
        assert json.loads(sample("detect")["body"])["historical"]
        stack.at(NOW + later).call("detect", quiet(sample("detect")))
        assert watch(stack, NOW + later + 900) == {"days_ended": 3}
        assert health(stack)[1]["feeds"] == []

    def test_a_live_post_of_days_ago_is_none_either(self, stack):
        stack.at(NOW + 2 * 86_400).call("detect", shifted(0))
        assert health(stack)[1]["feeds"] == []

    def test_a_mark_that_fails_is_no_fault_of_the_post(self, stack, monkeypatch):
        def broken(*_):
            raise ClientError({"Error": {"Code": "InternalServerError"}}, "UpdateItem")

        monkeypatch.setattr(FeedBook, "mark", broken)
        answer = stack.at(NOW).call("detect", sample("detect"))
        assert answer["statusCode"] == 202
        assert json.loads(answer["body"])["alerts"]

    def test_an_expected_feed_that_never_came(self, stack, tmp_path):
        shutil.copytree(ROOT / "config", tmp_path / "config")
        file = tmp_path / "config" / "alertas.yaml"
        text = file.read_text(encoding="utf-8")
        expecting = "  expect: [{instrument: WDO, timeframe: M5}]"
        file.write_text(text.replace("  expect: []", expecting, 1), encoding="utf-8")
        done = stack.at(NOW).call("watch", sample("watch"), PREGAO_CONFIG_DIR=str(tmp_path / "config"))
        assert done["feeds_silent"] == 1


class TestHealth:
    def test_each_feed_and_bridge(self, live):
        code, said = health(live.at(CLOSED + 30))
        assert (code, said["status"]) == (200, "ok")
        assert said["feeds"] == [
            {
                "instrument": "WIN",
                "timeframe": "M5",
                "contract": "WINZ25",
                "newest": CLOSED - 300,
                "age_s": 30,
                "in_session": True,
                "silent": None,
                "flapping": None,
                "set_aside": None,
            }
        ]
        assert said["bridges"] == [
            {"bridge_id": "mesa-1", "age_s": 29.8, "mute": False, "terminal": "live", "skew_s": 0.12}
        ]

    def test_a_silent_feed_degrades_it_while_the_market_is_open(self, live):
        code, said = health(live.at(LATE))
        assert (code, said["status"], said["checks"]["feeds"]) == (200, "degraded", {"ok": True, "silent": 1})
        assert said["feeds"][0]["silent"] == {"since": CLOSED, "cause": "bridge_silent"}
        assert said["bridges"][0]["mute"]
        watch(live, CLOSED + 12 * 3600)
        night = health(live)[1]
        assert (night["status"], night["feeds"][0]["in_session"]) == ("ok", False)
        assert night["feeds"][0]["silent"]

    def test_what_a_bridge_set_aside_without_its_words(self, live):
        event = sample("heartbeat")
        body = json.loads(event["body"])
        aside = {"count": 2, "newest": CLOSED - 600, "reason": "high 1.0 is below low 2.0"}
        body["feeds"][0]["set_aside"] = aside
        live.at(CLOSED + 20).call("heartbeat", event | {"body": json.dumps(body)})
        said = health(live.at(CLOSED + 30))[1]
        assert said["feeds"][0]["set_aside"] == {"count": 2, "newest": CLOSED - 600}
        assert "below" not in json.dumps(said)
        assert watch(live, CLOSED + 31) == {"feeds_set_aside": 1}
        assert watch(live, CLOSED + 91) == {}
        assert [one["kind"] for one in live.frames("a1")] == ["set_aside"]

    def test_a_table_that_does_not_answer_is_named(self, live):
        live.dynamo.delete_table(TableName=live.resources["AdmissionTable"])
        code, said = health(live)
        assert (code, said["status"], said["checks"]["feeds"]["ok"]) == (503, "degraded", False)
        assert "feeds" not in said


def shifted(by):
    """The sample's quiet post so many seconds later, its window as it was."""
    event = quiet(sample("detect"))
    batch = json.loads(event["body"])
    batch["candles"]["time"] = [one + by for one in batch["candles"]["time"]]
    return event | {"body": json.dumps(batch | {"historical": False})}
