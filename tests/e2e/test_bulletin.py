"""A bulletin put into the stack's bucket is on the next alert's frame."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import pytest
from websockets.asyncio.client import connect

from local.cli import bulletin as command
from tests.bulletins import delivered, report, xml
from tests.e2e.desk import CONFIG, audit_of, batch_of, dump, post, token_of
from tests.e2e.test_way import frame

pytestmark = pytest.mark.emulator

CONTRACT = "WINV26"


@pytest.fixture
def put(stack, tmp_path, monkeypatch):
    """`pregao bulletin --put`, aimed at the tests' stack."""

    def put(content, name):
        (tmp_path / name).write_bytes(content)
        monkeypatch.setattr("local.stack.deployed.deployed", lambda *_: stack)
        command.bulletin([tmp_path / name], put=True)

    return put


async def hears(stack, body):
    url = f"{stack.websocket_url}?token={token_of(stack, 'ana')}"
    async with connect(url) as screen:
        await screen.send('{"action": "subscribe"}')
        await frame(screen, "hello")
        status, answer = await asyncio.to_thread(post, stack, body)
        assert status == 202, answer
        return (await frame(screen, "alert"))["alert"]


def test_from_the_bucket_to_the_screen_and_the_audit(stack, ringing, put, capsys):
    """Of the two days before the candle's; that of its own day lies there too and is not told."""
    win = CONFIG.instrument_for("WIN")
    days, own = win.sessions.days, win.local_date(int(ringing.time[-1]))
    before = days.on_or_before(own.fromordinal(own.toordinal() - 1))
    first = days.on_or_before(before.fromordinal(before.toordinal() - 1))
    for number, (day, settlement) in enumerate(((own, 1.0), (first, 127_000.0), (before, 128_000.5))):
        made = datetime.combine(day, datetime.min.time(), UTC).isoformat()
        content = report(CONTRACT, day, settlement=settlement, open_interest=1000 + number, volume=7)
        put(delivered(xml(content, made=made)), f"SPRD{number}.zip")
    assert capsys.readouterr().out.count(": 1 contrato · contract") == 3
    alert = asyncio.run(hears(stack, dump(batch_of(ringing, contract=CONTRACT))))
    context = alert["context"]
    assert context == {
        "trade_date": before.isoformat(),
        "settlement": 128_000.5,
        "settlement_distance": alert["price"] - 128_000.5,
        "settlement_distance_pct": round(100 * (alert["price"] - 128_000.5) / 128_000.5, 4),
        "open_interest": 1002,
        "open_interest_change": 1,
        "volume": 7,
    }
    (record,) = [one for one in audit_of(stack).alerts if one["alert_id"] == alert["id"]]
    assert json.loads(json.dumps(record["alert"]["context"], default=float)) == context


def test_a_file_that_cannot_be_trusted_changes_nothing(stack, put):
    """A sound one that is dropped afterwards is stored, so the spoilt one has been looked at by then."""
    s3, spoilt = stack.client("s3"), xml(report("WINJ27"), report("WING27"))[:-40]
    s3.put_object(Bucket=stack.outputs["BulletinBucket"], Key="bad.xml", Body=spoilt)
    put(xml(report("WING27", "2026-11-19", settlement=128_000.0)), "sound.xml")
    found = stack.client("dynamodb").query(
        TableName=stack.outputs["AdmissionTable"],
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": "BULLETIN#WINJ27"}},
    )
    assert found["Items"] == []
