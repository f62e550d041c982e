"""GET /health: well when every dependency answers, else which one does not."""

from __future__ import annotations

import json

from tests.fakes import admitted, an_alert
from tests.functions.conftest import sample


def ask(stack):
    response = stack.call("status", sample("status"))
    return response["statusCode"], json.loads(response["body"])


def test_all_is_well(stack):
    admitted(stack.books.admission, an_alert())
    code, said = ask(stack)
    assert (code, said["status"]) == (200, "ok")
    assert said["checks"]["admission"] == {"ok": True, "alerts_waiting": 1}
    assert said["checks"]["queue_alerts"] == {"ok": True, "visible": 0, "in_flight": 0}
    assert len(said["config_digest"]) == 64


def test_a_dependency_that_does_not_answer_is_named(stack):
    stack.sqs.delete_queue(QueueUrl=stack.resources["FallbackQueue"])
    code, said = ask(stack)
    assert (code, said["status"]) == (503, "degraded")
    assert not said["checks"]["queue_fallback"]["ok"]
    assert said["checks"]["admission"]["ok"]
