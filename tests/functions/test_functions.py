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


def test_only_detect_and_calibrate_import_numpy():
    """A cold start pays for what it imports. One interpreter reads them all, those two last."""
    code = (
        "import sys, runpy\n"
        "for name in sys.argv[1:]:\n"
        "    runpy.run_path(f'functions/{name}/handler.py')\n"
        "    if 'numpy' in sys.modules: sys.exit(name)\n"
    )
    command = [sys.executable, "-c", code, *sorted(NAMES, key=lambda name: name in {"calibrate", "detect"})]
    ran = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)
    assert ran.stderr == "calibrate\n"


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
        for name in ("detect", "heartbeat", "quote", "status"):
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

    def test_a_bucket(self):
        (record,) = sample("bulletin")["Records"]
        assert (record["eventSource"], record["eventName"]) == ("aws:s3", "ObjectCreated:Put")
        assert set(record["s3"]) == {"s3SchemaVersion", "configurationId", "bucket", "object"}
        assert set(record["s3"]["object"]) == {"key", "size", "eTag", "sequencer"}

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
