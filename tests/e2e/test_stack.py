"""The local stack itself: comes up whole, says why it does not, reloads, and leaves nothing behind."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import urllib3
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from local.stack.artefacts import Builder
from local.stack.errors import StackError
from local.stack.process import Process
from local.stack.reload import Reloader
from local.stack.running import FILE, load
from local.stack.template import of_type, read
from local.stack.up import stack_up
from tests.e2e.desk import token_of

pytestmark = pytest.mark.emulator

ROOT = Path(__file__).resolve().parents[2]
HOLD = """
import pathlib, signal, sys, threading
from local.stack.up import stack_up
signal.signal(signal.SIGINT, signal.default_int_handler)  # a job in the background begins with it ignored
with stack_up(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])):
    print("up", flush=True)
    threading.Event().wait()
"""


@pytest.fixture(scope="module")
def copied(tmp_path_factory):
    """Makes copies of the checkout to spoil; environments and builds are the checkout's own."""

    def copy(name):
        there = tmp_path_factory.mktemp(name)
        for folder in ("functions", "layers", "config", "infra"):
            shutil.copytree(ROOT / folder, there / folder, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(ROOT / "template.yaml", there)
        (ROOT / ".pregao" / "build").mkdir(parents=True, exist_ok=True)
        (there / ".pregao").mkdir()
        (there / ".pregao" / "build").symlink_to(ROOT / ".pregao" / "build")
        (there / ".tools").symlink_to(ROOT / ".tools")
        return there

    return copy


def spoil(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def health(stack):
    with urllib3.PoolManager(retries=False, timeout=30) as pool:
        answer = pool.request("GET", f"{stack.http_url}/health")
        return answer.status, answer.json()


def group_of(state):
    """The emulator's process group, and a way to see who is left in it."""
    leader = json.loads((state / FILE).read_text())["emulator"]["pid"]

    def members():
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and os.getpgid(int(entry.name)) == leader:
                    found.append(Process.of(int(entry.name)))
            except ProcessLookupError:
                continue
        return [one for one in found if one.alive()]

    assert members()
    return members


def gone(members, within=15.0):
    deadline = time.monotonic() + within
    while members() and time.monotonic() < deadline:
        time.sleep(0.1)
    return not members()


# --- it comes up as template.yaml says ---


def test_what_the_emulator_drops_is_there_when_read_back(stack):
    """TTL, recovery, encryption and protection of every table, as template.yaml asks."""
    dynamo = stack.client("dynamodb")
    for logical, wanted in of_type(read(ROOT / "template.yaml"), "AWS::DynamoDB::Table").items():
        name = stack.outputs[logical]
        table = dynamo.describe_table(TableName=name)["Table"]
        ttl = dynamo.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        backups = dynamo.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        recovery = backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"]
        assert (ttl["TimeToLiveStatus"] == "ENABLED") == ("TimeToLiveSpecification" in wanted), logical
        assert (recovery == "ENABLED") == ("PointInTimeRecoverySpecification" in wanted), logical
        assert table["SSEDescription"]["Status"] == "ENABLED", logical
        assert table["DeletionProtectionEnabled"] == wanted.get("DeletionProtectionEnabled", False), logical
        indices = {one["IndexName"] for one in table.get("GlobalSecondaryIndexes", [])}
        assert indices == {one["IndexName"] for one in wanted.get("GlobalSecondaryIndexes", [])}, logical


def test_the_audit_is_guarded_when_read_back(stack):
    """Each table's own policy denies changes; the bucket is locked, versioned, encrypted, closed."""
    dynamo, s3, bucket = stack.client("dynamodb"), stack.client("s3"), stack.outputs["AuditBucket"]
    for output in ("AlertasAuditTable", "EntregaAuditTable", "AcaoOperadorAuditTable"):
        table = dynamo.describe_table(TableName=stack.outputs[output])["Table"]
        assert table["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        policy = json.loads(dynamo.get_resource_policy(ResourceArn=table["TableArn"])["Policy"])
        assert {one["Effect"] for one in policy["Statement"]} == {"Deny"}
    lock = s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]
    assert lock["Rule"]["DefaultRetention"] == {"Mode": "GOVERNANCE", "Years": 1}
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    assert all(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values())
    assert s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]


def test_a_price_level_is_set_changed_and_removed_over_its_routes(stack):
    """And nothing of it stays; its three records are of the chain of levels."""
    headers = {"Authorization": f"Bearer {token_of(stack, 'ana')}", "Content-Type": "application/json"}
    url = f"{stack.http_url}/api/levels"

    def ask(method, address, **body):
        text = json.dumps(body) if body else None
        answer = urllib3.request(method, address, body=text, headers=headers, retries=False, timeout=30)
        return answer.status, json.loads(answer.data)

    status, told = ask("POST", url, instrument="WDO", timeframe="M30", price=5432.5, crossing="touch")
    assert (status, told["level"]["state"]) == (201, "armed")
    own = f"{url}/{told['level']['id']}"
    assert ask("PATCH", own, paused=True)[1]["level"]["state"] == "paused"
    assert told["level"]["id"] in {one["id"] for one in ask("GET", url)[1]["levels"]}
    assert ask("DELETE", own)[0] == 200
    assert ask("DELETE", own)[0] == 404
    assert urllib3.request("GET", url, retries=False, timeout=30).status == 401


def test_it_listens_on_this_machine_alone(stack):
    """Everything the emulator's group listens to is on a loopback address."""
    endpoint = urllib3.util.parse_url(stack.endpoint)
    listening = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            local, state = line.split()[1], line.split()[3]
            if state == "0A" and int(local.split(":")[1], 16) == endpoint.port:
                listening.append(local.split(":")[0])
    assert listening == ["0100007F"]


# --- it says why it does not come up, and what it started is ended ---


def test_a_handler_that_does_not_import_is_named(copied, tmp_path):
    root = copied("broken-handler")
    handler = root / "functions" / "deliver" / "handler.py"
    spoil(handler, "import annotations\n", "import annotations\n\nimport nothing_of_that_name\n")
    with (
        pytest.raises(StackError, match=r"function deliver: .*nothing_of_that_name"),
        stack_up(root, tmp_path),
    ):
        pass
    assert not (tmp_path / FILE).exists()


FAULTS = {
    "an unknown type": ("Type: AWS::SecretsManager::Secret", "Type: AWS::SecretsManager::Sekret", "Sekret"),
    "a queue in the wrong place": (
        "!GetAtt AlertDeadLetters.Arn,",
        "!GetAtt AlertDeadLettres.Arn,",
        "AlertQueue",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_template_that_does_not_deploy_says_which_resource(copied, tmp_path, fault):
    old, new, named = FAULTS[fault]
    root = copied("broken-template")
    spoil(root / "template.yaml", old, new)
    with pytest.raises(StackError, match=rf"does not deploy(.|\n)*{named}"), stack_up(root, tmp_path):
        pass
    assert not (tmp_path / FILE).exists()


def test_a_taken_port_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with (
            pytest.raises(StackError, match=rf"port {port} .* is taken"),
            stack_up(ROOT, tmp_path, port=port),
        ):
            pass
    assert not (tmp_path / FILE).exists()


def test_a_second_start_is_refused_and_the_first_goes_on(stack):
    with pytest.raises(StackError, match=rf"held by process {os.getpid()}"), stack_up(ROOT, stack.state_dir):
        pass
    assert load(stack.state_dir).endpoint == stack.endpoint
    assert health(stack)[0] == 200


# --- it ends with its owner, however that ends ---


@pytest.fixture(scope="module")
def held(tmp_path_factory):
    """Where the owners below hold their stacks, one after the other."""
    return tmp_path_factory.mktemp("held")


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_running_when_the_owner_ends(held, how):
    """kill -9, kill, Ctrl-C: the emulator and its workers are gone, and the next start is not held up."""
    owner = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(ROOT), str(held)], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    with owner:
        assert owner.stdout.readline() == b"up\n", owner.stderr.read().decode()
        assert health(load(held))[0] == 200  # also where the owner before was killed
        members = group_of(held)
        owner.send_signal(how)
        try:
            owner.communicate(timeout=30)
        finally:
            owner.kill()
    assert gone(members)
    with pytest.raises(StackError, match="no stack is running"):
        load(held)


# --- what is saved runs, without a restart ---


@pytest.fixture(scope="module")
def edited(copied, tmp_path_factory):
    """A stack over a copy of the checkout, and what brings its changes in."""
    root = copied("edited")
    with stack_up(root, tmp_path_factory.mktemp("edited-state")) as up:
        yield root, up, Reloader(up.client("lambda"), Builder.at(root))


def test_a_saved_handler_runs(edited):
    root, stack, reloader = edited
    assert reloader.turn() == []
    with (root / "functions" / "status" / "handler.py").open("a", encoding="utf-8") as handler:
        handler.write('\n\ndef handle(event, context):\n    return {"statusCode": 200, "body": "[42]"}\n')
    assert reloader.turn() == ["StatusFunction"]
    assert health(stack) == (200, [42])


def test_a_handler_with_a_syntax_error_is_named_and_mended(edited):
    root, stack, reloader = edited
    handler = root / "functions" / "status" / "handler.py"
    good = (ROOT / "functions" / "status" / "handler.py").read_text(encoding="utf-8")
    handler.write_text(good + "\ndef broken(:\n", encoding="utf-8")
    with pytest.raises(StackError, match=r"functions/status/handler\.py(.|\n)*SyntaxError"):
        reloader.turn()
    handler.write_text(good + "\n# mended\n", encoding="utf-8")
    assert reloader.turn() == ["StatusFunction"]
    assert "status" in health(stack)[1]


def test_saved_code_and_settings_of_the_layer_run_in_every_function(edited):
    """The settings say whose pages may open a socket: 403 before it opens; what is no browser comes in."""
    root, stack, reloader = edited
    flow = root / "layers" / "pregao" / "python" / "pregao" / "bootstrap" / "status.py"
    flow.write_text(
        flow.read_text(encoding="utf-8") + '\nraise RuntimeError("of the new layer")\n', encoding="utf-8"
    )
    with pytest.raises(StackError, match=r"function status: .*of the new layer"):
        reloader.turn()
    shutil.copy(ROOT / flow.relative_to(root), flow)
    spoil(root / "config" / "alertas.yaml", "origins: []", "origins: [https://mesa.example]")
    assert reloader.turn() == ["PregaoLayer"]
    assert health(stack)[0] == 200
    url = f"{stack.websocket_url}?token={token_of(stack, 'ana')}"

    async def knock(origin):
        try:
            async with connect(url, origin=origin):
                return 101
        except InvalidStatus as refused:
            return refused.response.status_code

    async def story():
        origins = ("https://evil.example", "https://mesa.example:8443", "https://Mesa.example", None)
        return [await knock(one) for one in origins]

    assert asyncio.run(story()) == [403, 403, 101, 101]
