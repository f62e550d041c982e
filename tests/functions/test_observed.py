"""What the functions say of themselves: one id from candle to decision, metrics in few lines, no secrets."""

from __future__ import annotations

import json
import time

import pytest
from botocore.exceptions import ClientError

from pregao.domain.audit.chain import ENTREGA
from pregao.domain.delivery.operators import OpenEnd
from pregao.domain.delivery.suppression import Suppression, address_key
from pregao.domain.delivery.timer import Timer
from pregao.wire.alert_v1 import dump_timer, load_alert
from pregao.wire.link_v1 import Link, issue_link
from pregao.wire.token_v1 import Identity, issue
from tests.emf import logged, metrics
from tests.fakes import CANDLE, admitted, an_alert
from tests.functions.conftest import sample
from tests.scenes import quiet

CLOSED = 1763128800
"""When the sample's newest candle closed."""
NOW = CLOSED + 0.25
POST = "9f2c4d1e"


def posted(*, late=False):
    """The sample's post as the bridge sends it: live, or as history."""
    event = sample("detect")
    body = json.dumps(json.loads(event["body"]) | {"historical": late})
    return event | {"headers": event["headers"] | {"x-correlation-id": POST}, "body": body}


def of_queue(function, *bodies):
    (record,) = sample(function)["Records"]
    return {"Records": [record | {"messageId": f"m{n}", "body": body} for n, body in enumerate(bodies)]}


def says(stack, operator, **frame):
    context = sample("connections")["requestContext"] | {"eventType": "MESSAGE", "messageId": "m"}
    context["authorizer"] = {"principalId": operator, "operator": operator, "role": "trader"}
    stack.call("connections", {"requestContext": context, "body": json.dumps(frame)})


def follows(stack, alert_id):
    """Ana opens the link of an e-mail and decides by its form."""
    token = issue_link(Link("ana", alert_id), stack.key, now=0, until=4_000_000_000)
    event = sample("act") | {"pathParameters": {"token": token}, "isBase64Encoded": False}
    stack.call("act", event | {"routeKey": "POST /act/{token}", "body": "decision=executed"})
    return token


def an_alerts_life(stack):
    """Posted, delivered to Ana's screen, confirmed; Bruno is e-mailed; Ana decides by a link."""
    stack.at(NOW).watch("TXzPWfoUIAMCIwg=", "ana")
    answer = stack.call("detect", posted())
    (told,) = json.loads(answer["body"])["alerts"]
    (body,) = stack.messages("AlertQueue")
    stack.at(NOW + 0.1).call("deliver", of_queue("deliver", body))
    says(stack.at(NOW + 0.2), "ana", action="receipt", alert_id=told["id"])
    timer = Timer(load_alert(body), ("ana", "bruno"), 1, "no_receipt")
    stack.at(NOW + 10).call("fallback", of_queue("fallback", dump_timer(timer)))
    return timer.alert, follows(stack.at(NOW + 20), told["id"])


class TestCorrelation:
    def test_one_query_shows_an_alerts_whole_way(self, stack, capsys):
        alert, _ = an_alerts_life(stack)
        mine = [one for one in logged(capsys.readouterr().out) if one.get("correlation_id") == alert.id]
        assert [(one["service"], one["message"]) for one in mine] == [
            ("detect", "alert queued"),
            ("deliver", "alert delivered"),
            ("connections", "heard"),
            ("fallback", "timer settled"),
            ("act", "answered"),
        ]
        assert mine[0]["post"] == POST

    def test_every_line_of_a_function_about_an_alert_carries_its_id(self, stack, capsys):
        alert, _ = an_alerts_life(stack)
        others = [one for one in logged(capsys.readouterr().out) if one.get("correlation_id") != alert.id]
        assert [(one["service"], one["correlation_id"]) for one in others] == [("detect", POST)]

    def test_a_slow_alert_names_the_stages_that_missed_their_budgets(self, stack, capsys):
        """The API has it a second after the close, it is judged 0.4 s later, queued 0.15 s after that."""
        stack.at(CLOSED + 1.4).watch("a1", "ana")
        event = posted()
        event["requestContext"] = event["requestContext"] | {"timeEpoch": (CLOSED + 1) * 1000}
        (told,) = json.loads(stack.call("detect", event)["body"])["alerts"]
        batch = of_queue("deliver", *stack.messages("AlertQueue"))
        batch["Records"][0]["attributes"] |= {"SentTimestamp": str(int((CLOSED + 1.55) * 1000))}
        stack.at(CLOSED + 1.6).call("deliver", batch)
        slow = [one for one in logged(capsys.readouterr().out) if one["message"] == "slow alert"]
        assert {one["correlation_id"] for one in slow} == {told["id"]}
        assert [(one["service"], one["level"], one["missed"]) for one in slow] == [
            (
                "detect",
                "WARNING",
                {
                    "closed_to_posted": {"took_ms": 1000.0, "budget_ms": 500.0},
                    "posted_to_judged": {"took_ms": 400.0, "budget_ms": 100.0},
                },
            ),
            ("deliver", "WARNING", {"judged_to_queued": {"took_ms": 150.0, "budget_ms": 100.0}}),
        ]

    def test_a_post_without_an_id_goes_by_the_requests(self, stack, capsys):
        event = sample("detect")
        stack.at(NOW).call("detect", quiet(event))
        (line,) = logged(capsys.readouterr().out)
        assert line["correlation_id"] == event["requestContext"]["requestId"]

    def test_what_the_watch_does_to_an_alert(self, stack, capsys):
        alert = admitted(stack.books.admission, an_alert())
        lost = admitted(stack.books.admission, an_alert(CANDLE + 300))
        for _ in range(7):
            stack.books.open.postpone(lost.id, OpenEnd.DELIVERY, 0.0)
        stack.at(lost.decide_by + 1).call("watch", sample("watch"))
        lines = logged(capsys.readouterr().out)
        mine = {(one["message"], one["correlation_id"]) for one in lines if "correlation_id" in one}
        assert mine == {
            ("alert queued again", alert.id),
            ("alert given up", lost.id),
            ("alert timed out", alert.id),
            ("alert timed out", lost.id),
        }

    def test_a_failure_is_logged_under_the_alert_and_the_next_message_is_not(self, stack, capsys):
        alert = admitted(stack.books.admission, an_alert())
        stack.dynamo.delete_table(TableName=ENTREGA)
        body = dump_timer(Timer(alert, ("ana",), 1, "no_screen"))
        with pytest.raises(Exception, match="none served"):
            stack.call("fallback", of_queue("fallback", body, "not even JSON"))
        lines = logged(capsys.readouterr().out)
        assert [one["correlation_id"] for one in lines] == [alert.id, "m1"]

    def test_a_report_on_an_email(self, stack, capsys):
        stack.call("feedback", sample("feedback"))
        (line,) = logged(capsys.readouterr().out)
        tags = json.loads(sample("feedback")["Records"][0]["body"])["mail"]["tags"]
        assert line["correlation_id"] in {value for values in tags.values() for value in values}
        assert len(line["correlation_id"]) == 64


class TestSecrets:
    def test_no_line_names_an_address_a_token_or_the_key(self, stack, capsys):
        """An alert's life, a knock with a good and with a forged token, a bounce, an unreadable message."""
        _, link = an_alerts_life(stack)
        good = issue(Identity("ana", "trader"), stack.key, now=time.time(), life_s=60)
        for token in (good, good[:-3] + "xxx"):
            event = sample("authorize") | {"queryStringParameters": {"token": token}, "headers": {}}
            stack.call("authorize", event)
            asked = sample("desk") | {"headers": {"authorization": f"Bearer {token}"}}
            stack.call("desk", asked)
        stack.call("act", sample("act") | {"pathParameters": {"token": link[:-3] + "xxx"}})
        stack.call(
            "feedback", of_queue("feedback", sample("feedback")["Records"][0]["body"], '{"a": "x@y.z"}')
        )
        with pytest.raises(Exception, match="none served"):
            stack.call("fallback", of_queue("fallback", '{"alert": {}}'))
        told = capsys.readouterr().out
        assert len(logged(told)) == 13
        assert [secret for secret in ("@", good[:-3], link[:-3], stack.key) if secret in told] == []


class TestMetrics:
    @pytest.fixture
    def counted(self, capsys):
        """The metrics so far: (name, the dimension besides the service, unit, values) by service."""

        def read():
            found = {}
            for one in metrics(capsys.readouterr().out):
                service = one.dimensions.pop("service")
                further = next(iter(one.dimensions.values()), None)
                found.setdefault(service, set()).add((one.name, further, one.unit, tuple(one.values)))
            return found

        return read

    def test_an_alerts_life(self, stack, counted):
        an_alerts_life(stack)
        assert counted() == {
            "detect": {
                ("Verdict", "admitted", "Count", (1.0,)),
                ("JudgedAfterClose", None, "Milliseconds", (250.0,)),
            },
            "deliver": {
                ("Concerned", None, "Count", (1.0,)),
                ("Delivered", "sent", "Count", (1.0,)),
                ("DetectedToPosted", None, "Milliseconds", (100.0,)),
            },
            "connections": {("DetectedToScreen", None, "Milliseconds", (200.0,))},
            "fallback": {
                ("Fallback", "confirmed", "Count", (1.0,)),
                ("Fallback", "emailed", "Count", (1.0,)),
            },
        }

    def test_a_quiet_candle_is_one_short_line_a_late_one_none(self, stack, capsys):
        stack.at(NOW).call("detect", quiet(posted()))
        lines = [one for one in capsys.readouterr().out.splitlines() if "_aws" in one]
        assert len(lines) == 1
        assert len(lines[0]) < 240
        stack.call("detect", quiet(posted(late=True)))
        assert metrics(capsys.readouterr().out) == []

    def test_a_second_receipt_and_one_after_the_alerts_life_tell_nothing(self, stack, counted):
        alert = admitted(stack.books.admission, an_alert())
        says(stack.at(alert.detected_at + 1), "ana", action="receipt", alert_id=alert.id)
        assert set(counted()) == {"connections"}
        says(stack.at(alert.detected_at + 2), "ana", action="receipt", alert_id=alert.id)
        says(stack.at(alert.expires_at + 1), "bruno", action="receipt", alert_id=alert.id)
        assert counted() == {}

    def test_a_batch_of_messages_is_one_line_where_they_agree(self, stack, capsys):
        alerts = [admitted(stack.books.admission, an_alert(CANDLE + 300 * n)) for n in range(3)]
        bodies = [dump_timer(Timer(one, ("ana",), 1, "no_screen")) for one in alerts]
        stack.call("fallback", of_queue("fallback", *bodies))
        (one,) = metrics(capsys.readouterr().out)
        assert (one.name, one.values) == ("Fallback", [1.0] * 3)

    def test_how_it_ends_for_whom_no_screen_confirms(self, stack, counted):
        alert = admitted(stack.books.admission, an_alert())
        suppressed = Suppression(address_key("ana@mesa.example"), "ana", "bounced", 0.0)
        stack.books.suppressions.add(suppressed)
        timer = of_queue("fallback", dump_timer(Timer(alert, ("ana", "bruno"), 1, "no_screen")))
        stack.call("fallback", timer, PREGAO_MAIL_FROM="nobody@elsewhere.example")  # SES refuses the sender
        assert counted()["fallback"] == {
            ("Fallback", "suppressed", "Count", (1.0,)),
            ("Fallback", "failed", "Count", (1.0,)),
        }

    def test_the_minutes_gauges(self, stack, counted):
        """A feed counts from its last candle's close; a bridge from its heartbeat, at any hour."""
        stack.at(NOW).call("detect", posted())
        stack.call("heartbeat", sample("heartbeat"))
        stack.at(NOW + 59.75).call("watch", sample("watch"))
        assert counted()["watch"] == {
            ("FeedAge", "WIN-M5", "Seconds", (60.0,)),
            ("FeedsSilent", None, "Count", (0.0,)),
            ("BridgeAge", None, "Seconds", (59.75,)),
            ("Waiting", None, "Count", (1.0,)),
        }
        stack.at(NOW + 900).call("watch", sample("watch"))
        found = {name: values for name, _, _, values in counted()["watch"]}
        assert (found["FeedsSilent"], found["Repaired"]) == ((1.0,), (1.0,))
        stack.at(CLOSED + 12 * 3600).call("watch", sample("watch"))
        assert "FeedAge" not in {name for name, *_ in counted()["watch"]}

    def test_at_the_open_a_feed_has_been_silent_since_the_open(self, stack, counted):
        stack.at(NOW).call("detect", posted())
        monday_open = CLOSED + 3 * 86_400 - 2 * 3600
        stack.at(monday_open + 30).call("watch", sample("watch"))
        ages = [values for name, _, _, values in counted()["watch"] if name == "FeedAge"]
        assert ages == [(30.0,)]

    def test_how_far_the_archive_is_behind(self, stack, counted, monkeypatch):
        first, _ = (admitted(stack.books.admission, an_alert(CANDLE + 300 * n)) for n in range(2))
        stack.at(first.detected_at + 60)
        bucket = stack.resources["AuditBucket"]
        stack.s3.delete_bucket(Bucket=bucket)
        with pytest.raises(ClientError, match="NoSuchBucket"):
            stack.call("archive", sample("archive"))
        assert ("ChainLag", None, "Seconds", (60.0,)) in counted()["archive"]
        stack.s3.create_bucket(Bucket=bucket)
        monkeypatch.delattr("pregao.flow.archive.oldest_missing")  # a good round does not ask
        stack.call("archive", sample("archive"))
        assert counted()["archive"] == {
            ("AuditArchived", None, "Count", (2.0,)),
            ("AuditTampered", None, "Count", (0.0,)),
            ("ChainLag", None, "Seconds", (0.0,)),
        }
