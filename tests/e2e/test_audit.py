"""The audit on the emulator: archived, signed, verified by the command; what must not be done, is refused."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta

import boto3
import pytest
import urllib3
from botocore.exceptions import ClientError

from local.audit.keys import of_der
from local.audit.verify_stack import OUTPUTS, bring
from local.lab.market import synthesize
from local.load.run import settle
from pregao.domain.audit.chain import ACAO, ALERTAS
from pregao.domain.audit.hourly_digest import read_signed
from pregao.domain.detectors.scan import scan
from tests.e2e.desk import CONFIG, ROOT, audit_of, batch_of, dump, post

pytestmark = pytest.mark.emulator


def invoke(stack, function):
    client = stack.client("lambda")
    names = [one["FunctionName"] for one in client.list_functions()["Functions"]]
    (name,) = [one for one in names if one.endswith(f"-{function}")]
    answer = client.invoke(FunctionName=name, Payload=b"{}")
    said = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, said
    return said


def pregao(stack, *words):
    """The command against this stack, whose state does not lie where the command looks."""
    code = (
        "import sys; from pathlib import Path; import local.cli.paths as p; "
        f"p.STATE = Path({str(stack.state_dir)!r}); from local.cli.app import main; main()"
    )
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=120,
        check=False,
    )


@pytest.fixture(scope="module")
def audited(stack):
    """A stack with a few alerts in all three tables, archived."""
    candles = synthesize(3, 20, date(2025, 2, 3)).candles
    times = candles.time.tolist()
    rows = sorted(
        {
            times.index(one.time)
            for one in scan(candles, CONFIG.instrument_for("WIN"), CONFIG.detectors_for("WIN"))
        }
    )
    for row in [one for one in rows if one > 260][:6]:
        status, said = post(stack, dump(batch_of(candles[: row + 1], contract="WINM25")))
        assert status == 202, said
    settle(stack)
    invoke(stack, "watch")
    invoke(stack, "archive")
    return stack


def test_every_record_of_the_tables_is_in_the_archive(audited, tmp_path):
    bucket = audited.outputs["AuditBucket"]
    assert bring(audited.client("s3"), bucket, tmp_path, every=True).findings == []
    archived = {path.name.split(".")[0] for path in tmp_path.rglob("*.jsonl.gz")}
    assert {"WINM25", "_days"} <= archived
    answer = pregao(audited, "audit", "verify")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "everything holds" in answer.stdout


def test_a_digest_is_signed_by_the_key_that_the_stack_shows(audited, tmp_path):
    bring(audited.client("s3"), audited.outputs["AuditBucket"], tmp_path)
    der = audited.client("kms").get_public_key(KeyId=audited.outputs["DigestKeyArn"])["PublicKey"]
    (signed, *_) = [read_signed(path.read_bytes()) for path in sorted(tmp_path.rglob("digest/**/*.json"))]
    digest = signed.read()
    assert of_der(der)(digest.to_sign(), signed.signature, digest.public_key)
    key = tmp_path / "key.pem"
    assert pregao(audited, "audit", "key", "--out", str(key)).returncode == 0
    folder = tmp_path / "copy"
    folder.mkdir()
    bring(audited.client("s3"), audited.outputs["AuditBucket"], folder)
    answer = pregao(audited, "audit", "verify", "--folder", str(folder), "--key", str(key))
    assert answer.returncode == 0, answer.stdout + answer.stderr


def test_every_alert_is_derived_again_from_its_record(audited):
    alerts = [one for one in audit_of(audited).alerts if one["contract"] == "WINM25"]
    assert alerts
    for one in alerts[:3]:
        answer = pregao(audited, "audit", "rederive", one["alert_id"])
        assert (answer.returncode, "the same" in answer.stdout) == (0, True), answer.stdout + answer.stderr


def test_an_unsealed_alert_is_not_proved_yet_and_says_so(audited):
    (alert, *_) = [one for one in audit_of(audited).alerts if one["contract"] == "WINM25"]
    answer = pregao(audited, "audit", "prove", alert["alert_id"])
    assert answer.returncode == 2
    assert "ask again in an hour" in answer.stderr
    assert pregao(audited, "audit", "prove", "f" * 64).returncode == 2


def test_an_officer_asks_the_page_s_questions_and_each_look_is_verified_with_the_rest(audited):
    token = pregao(audited, "token", "carla", "--officer").stdout.strip()

    def ask(question, token=token, **query):
        url = f"{audited.http_url}/api/compliance/{question}"
        with urllib3.PoolManager(retries=False, timeout=60) as pool:
            return pool.request("GET", url, fields=query, headers={"Authorization": f"Bearer {token}"})

    assert ask("page", pregao(audited, "token", "ana").stdout.strip()).status == 401
    admitted = {one["alert_id"] for one in audit_of(audited).alerts if one["verdict"] == "admitted"}
    today = datetime.now(UTC).date()
    days = {"from": f"{today - timedelta(1)}", "to": f"{today + timedelta(1)}"}  # midnight may pass
    told = ask("outcomes", **days).json()
    assert admitted <= {row[-1] for row in told["rows"]}
    assert ask("outcomes", format="xlsx", **days).data[:2] == b"PK"
    items = audited.client("dynamodb").scan(TableName=audited.outputs[OUTPUTS[ACAO]])["Items"]
    looks = [one["question"]["S"] for one in items if one["kind"]["S"] == "access"]
    assert looks == ["outcomes", "outcomes"]
    invoke(audited, "archive")
    verified = pregao(audited, "audit", "verify")
    assert verified.returncode == 0, verified.stdout
    assert ask("page").json()["verification"]["pt"] == verified.stdout.splitlines()[-2].removeprefix("· ")


@pytest.fixture(scope="module")
def administrator(audited):
    """Clients of somebody with every right (the emulator's root stands above all policies)."""
    iam = audited.client("iam")
    iam.create_user(UserName="administrator")
    every = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    iam.put_user_policy(UserName="administrator", PolicyName="all", PolicyDocument=json.dumps(every))
    key = iam.create_access_key(UserName="administrator")["AccessKey"]
    return lambda service: boto3.client(
        service,
        endpoint_url=audited.endpoint,
        region_name=audited.region,
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )


@pytest.mark.parametrize("function", ["detect", "deliver", "fallback", "connections", "watch", "archive"])
def test_no_function_changes_or_removes_a_record(audited, function):
    """With its own role. The table's policy stands too; the emulator keeps it and judges by none."""
    role = audited.client("lambda").get_function_configuration(FunctionName=f"pregao-{function}")["Role"]
    keys = audited.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    dynamo = boto3.client(
        "dynamodb",
        endpoint_url=audited.endpoint,
        region_name=audited.region,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )
    for output in OUTPUTS.values():
        table = audited.outputs[output]
        item = audited.client("dynamodb").scan(TableName=table, Limit=1)["Items"][0]
        key = {"TableName": table, "Key": {name: item[name] for name in ("chain", "seq")}}
        for attempt in (
            lambda key=key: dynamo.delete_item(**key),
            lambda key=key: dynamo.update_item(**key, UpdateExpression="REMOVE verdict"),
        ):
            with pytest.raises(ClientError) as caught:
                attempt()
            assert caught.value.response["Error"]["Code"].startswith("AccessDenied")


def test_nobody_removes_or_overwrites_an_object(audited, administrator):
    s3, bucket = administrator("s3"), audited.outputs["AuditBucket"]
    (version, *_) = s3.list_object_versions(Bucket=bucket)["Versions"]
    for more in ({}, {"VersionId": version["VersionId"]}):
        with pytest.raises(ClientError):
            s3.delete_object(Bucket=bucket, Key=version["Key"], **more)
    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket=bucket, Key=version["Key"], Body=b"", IfNoneMatch="*")
    assert caught.value.response["Error"]["Code"] == "PreconditionFailed"


def test_a_record_put_over_another_is_found_and_one_deleted(audited):
    """And one that a batch deleted, past the tables' policies. Last, for it spoils the audit."""
    dynamo, table = audited.client("dynamodb"), audited.outputs[OUTPUTS[ALERTAS]]
    items = dynamo.scan(TableName=table)["Items"]
    (item, *_, gone) = [
        one for one in items if one["chain"]["S"].startswith("WINM25") and one["kind"]["S"] == "alert"
    ]
    dynamo.put_item(TableName=table, Item={**item, "verdict": {"S": "muted"}})
    key = {name: gone[name] for name in ("chain", "seq")}
    dynamo.batch_write_item(RequestItems={table: [{"DeleteRequest": {"Key": key}}]})
    try:
        answer = pregao(audited, "audit", "verify")
        assert answer.returncode == 1
        for one in (item, gone):
            assert f"{one['chain']['S']} {one['seq']['N']}" in answer.stdout
        time.sleep(3)
    finally:
        for one in (item, gone):
            dynamo.put_item(TableName=table, Item=one)
