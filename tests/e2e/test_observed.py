"""What the stack says of itself, on the emulator: gauges by HTTP, and an alert's way by `pregao trace`."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
import urllib3
from prometheus_client.parser import text_string_to_metric_families

from local.cli import trace as word
from local.load.load_clients import LoadClients
from local.load.run import settle
from local.ops.trace_read import read_trace
from tests.e2e.desk import ANA, batch_of, dump, post, token_of

pytestmark = pytest.mark.emulator
HTTP = urllib3.PoolManager(retries=False, timeout=30)


@pytest.fixture(scope="module")
def alert_id(stack, ringing):
    """An alert that a screen of Ana's has shown and confirmed."""
    with LoadClients(stack.websocket_url, [token_of(stack, "ana")]):
        status, answer = post(stack, dump(batch_of(ringing, contract="WINQ32")))
        assert status == 202
        alert_id = next(one["id"] for one in answer["alerts"] if one["verdict"] == "admitted")
        assert settle(stack)
    return alert_id


def test_a_scraper_reads_gauges_without_a_token(stack, alert_id):
    answer = HTTP.request("GET", f"{stack.http_url}/metrics")
    assert (answer.status, answer.headers["content-type"]) == (
        200,
        "text/plain; version=0.0.4; charset=utf-8",
    )
    families = {one.name: one for one in text_string_to_metric_families(answer.data.decode())}
    assert {one.value for one in families["pregao_up"].samples} == {1.0}
    assert [one.value for one in families["pregao_alerts_waiting"].samples] == [0.0]
    asked = HTTP.request("GET", f"{stack.http_url}/health")
    checks = json.loads(asked.data)["checks"]
    assert {one.labels["dependency"] for one in families["pregao_up"].samples} == set(checks)


def test_trace_tells_the_alerts_way(stack, alert_id, monkeypatch, capsys):
    found = read_trace(stack, alert_id[:12], datetime.now(UTC), 1)
    assert (found.alert["id"], found.verdict, found.live) == (alert_id, "admitted", False)
    mine = [(one.kind, one.outcome) for one in found.steps if one.operator == ANA]
    assert mine == [("websocket", "sent"), ("receipt", "received")]
    queued = next(one for one in found.steps if one.kind == "queued")
    assert found.alert["detected_at"] == queued.began < queued.ended <= found.until
    monkeypatch.setattr("local.stack.deployed.deployed", lambda _name, _state: stack)
    word.trace(alert_id[:12])
    assert "tela · screen sent" in capsys.readouterr().out
