"""A file in the bulletin bucket, and what the next alert knows of it."""

from __future__ import annotations

import copy
import json
from datetime import UTC, date, datetime
from urllib.parse import quote_plus

import pytest
from botocore.exceptions import ClientError

from pregao.wire.alert_v1 import load_alert
from tests.bulletins import csv, csv_row, delivered, report, xml
from tests.functions.conftest import sample

SAMPLE = sample("bulletin")
BUCKET = SAMPLE["Records"][0]["s3"]["bucket"]["name"]
EVENING = datetime(2025, 11, 13, 23, 0, tzinfo=UTC).timestamp()
NEXT_DAY = datetime(2025, 11, 14, 14, 0, 1, tzinfo=UTC).timestamp()
"""The sample's candle is of 2025-11-14, 10:55 in São Paulo."""


def of(contract="WINZ25", day="2025-11-13", made="2025-11-13T19:30:00", **fields):
    return xml(report(contract, day, **fields), made=made)


def drop(stack, content, key="PR.xml", at=EVENING):
    if not any(one["Name"] == BUCKET for one in stack.s3.list_buckets()["Buckets"]):
        stack.s3.create_bucket(Bucket=BUCKET)
    stack.s3.put_object(Bucket=BUCKET, Key=key, Body=content)
    event = copy.deepcopy(SAMPLE)
    event["Records"][0]["s3"]["object"]["key"] = quote_plus(key)
    return stack.at(at).call("bulletin", event)


def stored(stack, contract="WINZ25"):
    return stack.books.bulletins.between(contract, date(2000, 1, 1), date(2100, 1, 1))


def rings(stack, at=NEXT_DAY):
    response = stack.at(at).call("detect", sample("detect"))
    assert response["statusCode"] == 202, response
    (alert,) = [load_alert(body) for body in stack.messages("AlertQueue")]
    return alert


def test_what_b3_delivers_is_stored(stack):
    content = delivered(of(settlement=1.0), of(settlement=155_000.0, open_interest=7))
    assert drop(stack, content, "2025/boletim de hoje+1.zip") == {"stored": 1}
    (one,) = stored(stack)
    assert (one.settlement, one.open_interest, one.received_at) == (155_000.0, 7, EVENING)
    (item,) = [one for one in state(stack) if one["pk"]["S"] == "BULLETIN#WINZ25"]
    assert item["sk"]["S"] == "2025-11-13"
    assert int(item["ttl"]["N"]) == int(EVENING + 30 * 86_400)


def state(stack):
    return stack.dynamo.scan(TableName=stack.resources["AdmissionTable"])["Items"]


def test_again_it_changes_nothing_and_a_later_version_says_so(stack, caplog):
    caplog.set_level("INFO")
    assert drop(stack, of(settlement=155_000.0)) == {"stored": 1}
    assert drop(stack, of(settlement=155_000.0), at=EVENING + 60) == {"unchanged": 1}
    assert "bulletin replaced" not in caplog.text
    later = of(settlement=155_100.0, made="2025-11-13T20:30:00")
    assert drop(stack, later, at=EVENING + 120) == {"replaced": 1}
    assert "bulletin replaced" in caplog.text
    assert drop(stack, csv(csv_row("WINZ25", "2025-11-13", settlement=1.0)), "T.csv") == {"older": 1}
    assert [one.settlement for one in stored(stack)] == [155_100.0]


def test_a_file_of_two_days_is_stored_by_day(stack):
    content = xml(report("WINZ25", "2025-11-13"), report("WINZ25", "2025-11-12"))
    assert drop(stack, content) == {"stored": 2}
    assert sorted(one.trade_date.isoformat() for one in stored(stack)) == ["2025-11-12", "2025-11-13"]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (of(settlement=155_000.0, last=155.0), "WINZ25: its prices run from 155.0 to 155000.0"),
        (of(day="2025-11-14"), "WINZ25: trade date 2025-11-14 is still to come; today is 2025-11-13"),
        (of(day="2025-11-09"), "WINZ25: trade date 2025-11-09 is no trading day"),
        (of(settlement=155_000.0)[:-30], "cut short"),
        (of("PETR4"), "no contract of an instrument"),
    ],
)
def test_a_refused_file_leaves_nothing_is_counted_and_does_not_come_again(
    stack, content, why, caplog, capsys
):
    assert drop(stack, content) == {"refused": 1}
    (record,) = [one for one in caplog.records if one.message == "bulletin refused"]
    assert record.why.startswith("PR.xml:")
    assert why in record.why
    assert "BulletinRefused" in capsys.readouterr().out
    assert [one for one in state(stack) if one["pk"]["S"].startswith("BULLETIN#")] == []


def test_a_file_that_is_too_large_is_not_even_fetched(stack, monkeypatch, caplog):
    monkeypatch.setattr("pregao.flow.bulletin.LARGEST_FILE", 100)
    assert drop(stack, of(settlement=1.0)) == {"refused": 1}
    assert "100 are taken" in str([vars(one) for one in caplog.records])


def test_a_fault_is_raised_so_that_it_comes_again(stack):
    drop(stack, of(settlement=1.0))
    stack.s3.delete_object(Bucket=BUCKET, Key="PR.xml")
    event = copy.deepcopy(SAMPLE)
    event["Records"][0]["s3"]["object"]["key"] = "PR.xml"
    with pytest.raises(ClientError, match="NoSuchKey"):
        stack.call("bulletin", event)


class TestContext:
    def test_an_alert_carries_what_was_known_of_its_contract(self, stack):
        drop(stack, of(day="2025-11-12", open_interest=1_000_000), "a.xml")
        drop(stack, of(settlement=155_000.0, open_interest=1_020_000, volume=9), "b.xml")
        alert = rings(stack)
        assert alert.context.trade_date == "2025-11-13"
        assert alert.context.settlement_distance == alert.price - 155_000.0
        assert (alert.context.open_interest_change, alert.context.volume) == (20_000, 9)
        (record,) = stack.records("alertas")
        told = {name: getattr(alert.context, name) for name in record["alert"]["context"]}
        assert {name: type(told[name])(value) for name, value in record["alert"]["context"].items()} == told

    def test_none_of_its_own_day_even_in_a_replay_long_after(self, stack):
        drop(stack, of(day="2025-11-14", settlement=1.0, made=""), at=NEXT_DAY + 10 * 86_400)
        drop(stack, of(settlement=155_000.0), "b.xml", at=NEXT_DAY + 11 * 86_400)
        alert = rings(stack, at=NEXT_DAY + 20 * 86_400)
        assert (alert.context.trade_date, alert.context.settlement) == ("2025-11-13", 155_000.0)

    def test_nothing_of_another_contract(self, stack):
        drop(stack, of("WING26", settlement=155_000.0))
        assert rings(stack).context is None

    def test_a_retry_hands_over_what_was_recorded_not_what_is_known_by_then(self, stack):
        first = rings(stack)
        drop(stack, of(settlement=155_000.0))
        assert rings(stack, at=NEXT_DAY + 1) == first

    def test_without_the_reading_the_post_is_asked_for_again(self, stack, monkeypatch):
        def broken(*_):
            raise TimeoutError

        monkeypatch.setattr("pregao.aws.tables.market.bulletin_book.BulletinBook.between", broken)
        response = stack.at(NEXT_DAY).call("detect", sample("detect"))
        assert (response["statusCode"], stack.messages("AlertQueue")) == (503, [])
        monkeypatch.undo()
        assert json.loads(stack.at(NEXT_DAY).call("detect", sample("detect"))["body"])["alerts"]
