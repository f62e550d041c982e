"""What holds for every function of the template."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from pregao.settings import Settings, SettingsError
from tests.functions.conftest import ROOT, functions, sample

NAMES = sorted(path.parent.name for path in (ROOT / "functions").glob("*/handler.py"))


def test_the_template_deploys_every_folder():
    assert sorted(functions()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_its_sample_event_is_there(name):
    assert sample(name)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "detect"])
def test_only_detect_imports_numpy(name):
    """A cold start pays for what it imports."""
    code = (
        "import sys, runpy; sys.argv = ['x'];"
        f"runpy.run_path({str(ROOT / 'functions' / name / 'handler.py')!r});"
        "assert 'numpy' not in sys.modules, 'numpy'"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_a_missing_variable_is_named_with_its_remedy():
    with pytest.raises(SettingsError, match=r"PREGAO_ALERTAS_TABLE.*template\.yaml"):
        Settings.require("alertas_table", env={"PREGAO_ADMISSION_TABLE": "T"})


def test_the_configuration_lies_beside_the_layers_code_unless_named():
    assert Settings.require(env={}).config_dir == ROOT / "layers" / "pregao" / "config"
    assert str(Settings.require(env={"PREGAO_CONFIG_DIR": "/x"}).config_dir) == "/x"


@pytest.mark.parametrize(("text", "allowed"), [("true", True), ("TRUE", True), ("false", False), ("", False)])
def test_replay_is_allowed_in_words(text, allowed):
    assert Settings.require(env={"PREGAO_ALLOW_REPLAY": text}).allow_replay is allowed


class TestSamples:
    """Their keys are those that AWS was seen to send."""

    def test_http(self):
        for name in ("detect", "heartbeat", "status"):
            event = sample(name)
            assert event["version"] == "2.0"
            assert set(event) - {"body"} == {
                "version",
                "routeKey",
                "rawPath",
                "rawQueryString",
                "headers",
                "requestContext",
                "isBase64Encoded",
            }

    def test_detect_holds_one_new_candle_and_its_warm_up(self):
        body = json.loads(sample("detect")["body"])
        assert len(body["candles"]["time"]) == 250
        assert body["new_from"] == 249

    def test_connect_and_authorize(self):
        connect, authorize = sample("connections"), sample("authorize")
        assert set(connect) == {"headers", "multiValueHeaders", "requestContext", "isBase64Encoded"}
        assert "body" not in connect
        assert not {"Connection", "Upgrade", "content-length"} & set(connect["headers"])
        assert {"Connection", "Upgrade", "content-length"} <= set(authorize["headers"])
        assert authorize["methodArn"].endswith("/alertas/$connect")
        assert "messageId" not in connect["requestContext"]

    @pytest.mark.parametrize("name", ["deliver", "fallback", "feedback"])
    def test_queues(self, name):
        (record,) = sample(name)["Records"]
        assert record["eventSource"] == "aws:sqs"
        assert set(record["attributes"]) == {
            "ApproximateReceiveCount",
            "SentTimestamp",
            "SenderId",
            "ApproximateFirstReceiveTimestamp",
        }
