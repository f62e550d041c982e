"""HTTP API: IAM authorization, events, answers."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest

from tests.conformance.web import ask, ask_signed, signature


@pytest.fixture(scope="module")
def url(target):
    return target.url_of(target.stand.outputs["HttpApi"])


@pytest.fixture(scope="module")
def keys(target, make, url):
    """Keys of a user who may post to /signed and nothing else, known everywhere."""
    found = make.keys_of(target.stand.outputs["Caller"])
    target.eventually(lambda: ask_signed(target.region, found, "POST", f"{url}/signed").status == 200)
    return found


def test_a_request_without_a_signature_is_refused(url):
    """A route with IAM authorization is invoked only for signed requests: an unsigned one gets 403.

    Source: Amazon API Gateway Developer Guide, Control access to HTTP APIs with IAM
    (http-api-access-control-iam).
    """
    assert ask("POST", f"{url}/signed", b"{}").status == 403


def test_a_wrong_signature_is_refused(target, url, keys):
    """A request signed with another secret than the key's gets 403.

    Source: Amazon API Gateway Developer Guide, Control access to HTTP APIs with IAM
    (http-api-access-control-iam).
    """
    forged = (keys[0], "x" * 40)
    assert ask_signed(target.region, forged, "POST", f"{url}/signed", b"{}").status == 403


def test_a_right_is_for_its_route(target, url, keys):
    """A route is invoked only for callers whose policies allow execute-api:Invoke on that very route.

    Source: Amazon API Gateway Developer Guide, Control access to HTTP APIs with IAM
    (http-api-access-control-iam).
    """
    asked = {to: ask_signed(target.region, keys, "POST", f"{url}/{to}", b"{}") for to in ("signed", "other")}
    assert {to: answer.status for to, answer in asked.items()} == {"signed": 200, "other": 403}


def test_a_changed_body_does_not_fit_its_signature(target, url, keys):
    """The signature covers the body: what was signed for another body gets 403.

    Source: IAM User Guide, Signature Version 4 for API requests (reference_sigv).
    """
    headers = signature(target.region, keys, "POST", f"{url}/signed", b'{"n": 1}')
    assert ask("POST", f"{url}/signed", b'{"n": 2}', headers).status == 403


def test_an_event_has_payload_format_2(url):
    """An event in format 2.0 has the route's key, the raw path and query, path parameters, and lower-case
    headers.

    Source: Amazon API Gateway Developer Guide, Create AWS Lambda proxy integrations for HTTP APIs
    (http-api-develop-integrations-lambda).
    """
    event = ask("GET", f"{url}/open/ana?a=1&b=2", headers={"X-Mine": "yes"}).json()
    assert (event["version"], event["routeKey"]) == ("2.0", "GET /open/{name}")
    assert (event["rawPath"], event["rawQueryString"]) == ("/open/ana", "a=1&b=2")
    assert (event["pathParameters"], event["isBase64Encoded"]) == ({"name": "ana"}, False)
    assert event["headers"]["x-mine"] == "yes"
    http = event["requestContext"]["http"]
    assert (http["method"], http["path"], event["requestContext"]["stage"]) == (
        "GET",
        "/open/ana",
        "$default",
    )
    assert "multiValueHeaders" not in event


def test_a_repeated_query_parameter_is_joined(url):
    """In format 2.0 the values of a repeated query parameter are joined by commas.

    Source: Amazon API Gateway Developer Guide, Create AWS Lambda proxy integrations for HTTP APIs
    (http-api-develop-integrations-lambda).
    """
    assert ask("GET", f"{url}/open/x?a=1&a=2").json()["queryStringParameters"] == {"a": "1,2"}


def test_the_functions_answer_is_the_callers(url):
    """Status, headers and body of the function's answer are the caller's.

    Source: Amazon API Gateway Developer Guide, Create AWS Lambda proxy integrations for HTTP APIs
    (http-api-develop-integrations-lambda).
    """
    told = {"statusCode": 418, "headers": {"X-Mine": "yes"}, "body": "short"}
    answer = ask("GET", f"{url}/open/x?" + urlencode({"answer": json.dumps(told)}))
    assert (answer.status, answer.headers["x-mine"], answer.body) == (418, "yes", b"short")


def test_an_answer_without_a_status_is_a_body(url):
    """JSON without statusCode is taken as the body of a 200, as application/json.

    Source: Amazon API Gateway Developer Guide, Create AWS Lambda proxy integrations for HTTP APIs
    (http-api-develop-integrations-lambda).
    """
    told = urlencode({"answer": json.dumps({"a": 1})})
    answer = ask("GET", f"{url}/open/x?{told}")
    assert (answer.status, answer.json(), answer.headers["content-type"]) == (
        200,
        {"a": 1},
        "application/json",
    )


def test_a_failing_function_is_an_internal_error(url):
    """Where the function fails, the caller gets {"message": "Internal Server Error"} and nothing more of it.

    Source: Amazon API Gateway Developer Guide, Troubleshooting HTTP API Lambda integrations
    (http-api-troubleshooting-lambda).
    """
    answer = ask("GET", f"{url}/open/x?crash=1")
    assert (answer.status >= 500, answer.json()) == (True, {"message": "Internal Server Error"})


def test_a_route_that_is_not_there_is_not_found(url):
    """A request that no route takes gets {"message": "Not Found"}.

    Source: Amazon API Gateway Developer Guide, Create routes for HTTP APIs (http-api-develop-routes).
    """
    answer = ask("GET", f"{url}/nowhere")
    assert (answer.status, answer.json()) == (404, {"message": "Not Found"})
