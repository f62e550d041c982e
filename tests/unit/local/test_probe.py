"""A function that a busy machine starts slowly is asked again; one that fails is named at once."""

from __future__ import annotations

import io
import json

import pytest

from local.stack.errors import StackError
from local.stack.probe import probe

TEMPLATE = {
    "Resources": {
        "ActFunction": {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": "functions/act"}}
    }
}
LATE = {"errorMessage": "2026-11-29 Task timed out after 10.00 seconds"}
PARTLY = {"errorMessage": "not all could be done, only Watched(sent_again=0) (1 sub-exception)"}
BROKEN = {"errorMessage": "Worker init failed: no module named x"}


class Lambdas:
    """Answers each invocation with the next of what it was given; the last one again."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), 0

    def invoke(self, **_request):
        said = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        failed = {"FunctionError": "Unhandled"} if "errorMessage" in said else {}
        return {"Payload": io.BytesIO(json.dumps(said).encode()), **failed}


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ([{"statusCode": 200}], 1),
        ([LATE, LATE, {"statusCode": 400}], 3),
        ([PARTLY, {"sent_again": 0}], 2),
        ([{"statusCode": 503}, {"statusCode": 200}], 2),
        ([{"errorMessage": "1 messages, none served: ValidationError"}], 1),
    ],
)
def test_a_slow_start_is_no_failure(answers, asked):
    lambdas = Lambdas(*answers)
    probe(lambdas, TEMPLATE, "pregao")
    assert lambdas.asked == asked


@pytest.mark.parametrize(
    ("answer", "asked", "told"),
    [
        (LATE, 3, "function act: .*timed out"),
        (PARTLY, 3, "function act: not all could be done"),
        (BROKEN, 1, "act: no module"),
        ({"errorMessage": "1 messages, none served: KeyError"}, 1, "act: .*KeyError"),
        ({"statusCode": 503, "body": "queue_fallback"}, 3, "act: answers 503: queue_fallback"),
        ({"statusCode": 500}, 1, "act: answers 500"),
    ],
)
def test_what_does_not_come_up_is_named(answer, asked, told):
    lambdas = Lambdas(answer)
    with pytest.raises(StackError, match=told):
        probe(lambdas, TEMPLATE, "pregao")
    assert lambdas.asked == asked
