"""The officer's questions as they are deployed: who is let in, what is recorded, where answers come from."""

from __future__ import annotations

import base64
import io
import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import openpyxl
import pytest

from pregao.aws.tables.audit.look_book import LookBook, VerificationBook
from pregao.domain.audit.chain import ChainName, canonical
from pregao.domain.audit.verification import check_chain, read_line
from pregao.flow.ports.archive import Verification
from pregao.flow.ports.refusals import Contended
from pregao.wire.alert_v1 import dump_alert
from pregao.wire.token_v1 import Identity, issue, issue_officer
from tests.cloud import AUDIT
from tests.fakes import CANDLE, NOW, admitted, an_alert
from tests.functions.conftest import ANA, sample

DAY = "2026-11-23"  # of NOW
CARLA = "of-4b8e63d2"


@pytest.fixture
def officer(stack):
    stack.at(NOW + 60)
    return issue_officer("carla", stack.key, now=NOW, life_s=10**9)


@pytest.fixture
def ask(stack, officer):
    """Ask as carla; a file comes as bytes."""

    def call(question, token=officer, **query):
        event = sample("compliance") | {
            "queryStringParameters": query or None,
            "pathParameters": {"question": question},
        }
        event["headers"] = event["headers"] | {"authorization": f"Bearer {token}"}
        answer = stack.call("compliance", event)
        assert answer["headers"]["cache-control"] == "no-store"
        if answer.get("isBase64Encoded"):
            return answer["statusCode"], base64.b64decode(answer["body"])
        return answer["statusCode"], json.loads(answer["body"])

    return call


@pytest.fixture
def alert(stack):
    return admitted(stack.books.admission, an_alert(CANDLE, contract="WINZ26"), now=NOW)


def looks(stack):
    return [one for one in stack.records("acao") if one["kind"] == "access"]


def test_today_is_answered_from_the_tables(stack, ask, alert):
    status, said = ask("unanswered")
    assert status == 200
    assert [row[-1] for row in said["rows"]] == [alert.id]
    assert said["columns"][0] == "judged_at"
    assert (said["missing"], said["more"], said["searched"]["days"]) == ([], False, 1)


def test_what_somebody_was_shown_a_moment_ago(stack, ask, alert):
    stack.watch("a1", "ana")
    event = sample("deliver")
    event["Records"][0]["body"] = dump_alert(alert).decode()
    stack.call("deliver", event)
    ((_, channel, *_, alert_id),) = ask("shown", operator="ana")[1]["rows"]
    assert (channel, alert_id) == ("websocket", alert.id)


def test_a_look_is_on_record_with_the_officer_and_no_alert(stack, ask, alert):
    ask("shown", operator="Ana Souza", instrument="win", day=DAY)
    ask("alert", alert=alert.id[:12])
    first, second = looks(stack)
    assert (first["audit_id"], first["question"]) == (CARLA, "shown")
    assert first["asked"] == {"from": DAY, "to": DAY, "operator": ANA, "instrument": "win", "format": "json"}
    assert "Souza" not in str(looks(stack))
    assert second["asked"]["alert"] == alert.id[:12]
    for one in (first, second):
        assert not {"alert_id", "operator", "day"} & set(one)
        assert one["chain"] == str(ChainName("_access", DAY, "access"))
    entries = [read_line(canonical(one)) for one in (first, second)]
    assert check_chain(first["chain"], entries) == []


def test_a_look_is_in_none_of_the_tables_indices(stack, ask):
    ask("unanswered")
    table = stack.dynamo.describe_table(TableName=AUDIT["acao"])["Table"]
    assert len(table["GlobalSecondaryIndexes"]) == 3
    for index in table["GlobalSecondaryIndexes"]:
        found = stack.dynamo.scan(TableName=AUDIT["acao"], IndexName=index["IndexName"])
        assert found["Items"] == [], index["IndexName"]
    assert len(looks(stack)) == 1


def test_looks_are_asked_for_too(stack, ask):
    ask("silences", day=DAY)
    _, said = ask("accesses", day=DAY)
    assert [row[1:3] for row in said["rows"]] == [[CARLA, "silences"], [CARLA, "accesses"]]
    assert said["names"] == {CARLA: "Carla Nunes"}


def test_what_cannot_be_recorded_is_not_answered(stack, ask, alert, monkeypatch):
    def busy(*_):
        raise Contended

    monkeypatch.setattr(LookBook, "keep", busy)
    monkeypatch.setattr("pregao.bootstrap.compliance.pause", lambda _attempt: None)
    for book in ("pregao.aws.archive.source.DaySource.open", "pregao.aws.archive.source.DaySource.of"):
        monkeypatch.setattr(book, lambda *_: pytest.fail("it was looked at"))
    monkeypatch.setattr(VerificationBook, "last", lambda _self: pytest.fail("it was looked at"))
    for question, query in (("unanswered", {}), ("page", {}), ("proof", {"alert": alert.id})):
        assert ask(question, **query) == (503, {"error": "not_recorded"})
    assert looks(stack) == []


def test_two_officers_looks_at_once_are_one_chain(stack, ask, monkeypatch):
    """The one who comes second reads the end anew."""
    keep, others = LookBook.keep, ["suppressed"]

    def late(book, records, tail):
        while others:
            ask(others.pop())
        keep(book, records, tail)

    monkeypatch.setattr(LookBook, "keep", late)
    monkeypatch.setattr("pregao.bootstrap.compliance.pause", lambda _attempt: None)
    assert ask("unanswered")[0] == 200
    assert [(one["seq"], one["question"]) for one in looks(stack)] == [(1, "suppressed"), (2, "unanswered")]


def test_nobody_but_an_officer_is_let_in(stack, ask):
    """A token of the desk opens it under no name, nor does an officer's of somebody who is none."""
    key, other = stack.key, "o" * 64
    for token in (
        issue(Identity("ana", "trader"), key, now=NOW, life_s=10**9),
        issue(Identity("carla", "compliance"), key, now=NOW, life_s=10**9),
        issue_officer("ana", key, now=NOW, life_s=10**9),
        issue_officer("carla", other, now=NOW, life_s=10**9),
        "",
    ):
        assert ask("page", token=token)[0] == 401
    assert looks(stack) == []


def test_an_officer_opens_nothing_of_the_desk(stack, officer):
    event = sample("desk") | {"headers": {"authorization": f"Bearer {officer}"}}
    assert stack.call("desk", event)["statusCode"] == 401
    asked = sample("authorize")
    asked["queryStringParameters"] = {"token": officer}
    asked["headers"] = {}
    policy = stack.call("authorize", asked)["policyDocument"]["Statement"]
    assert [one["Effect"] for one in policy] == ["Deny"]


UNREADABLE = [
    ("nothing", {}, "no question 'nothing'"),
    ("shown", {}, "asks for operator"),
    ("shown", {"operator": "zoe"}, "nobody is called 'zoe'"),
    ("unanswered", {"day": "23/11/2026"}, "is no day; write 2026-11-25"),
    ("unanswered", {"from": "2026-11-23", "to": "2026-11-22"}, "the first day first"),
    ("unanswered", {"from": "2026-10-01", "to": "2026-11-22"}, "at most 31 days"),
    ("unanswered", {"format": "pdf"}, "format: json, csv, xlsx, parquet"),
    ("unanswered", {"instrument": "WIN'; --"}, "instrument:"),
    ("alert", {"alert": "zzzz"}, "alert:"),
    ("latency", {"state": "open"}, "have no state"),
    ("suppressed", {"operator": "ana"}, "leave --operator out"),
    ("proof", {}, "asks for alert"),
]


def test_what_cannot_be_read_is_said(ask):
    for question, query, said in UNREADABLE:
        status, answer = ask(question, **query)
        assert status == 400, question
        assert said in answer["reasons"][0]


def test_rows_of_one_state(ask, alert):
    assert [row[-1] for row in ask("unanswered", state="open")[1]["rows"]] == [alert.id]
    assert ask("unanswered", state="timed_out")[1]["rows"] == []


def test_the_page_knows_who_asks_and_the_last_verification(stack, ask):
    said = ask("page")[1]
    assert said["officer"] == {"id": "carla", "name": "Carla Nunes", "language": "pt-BR"}
    assert {"audit_id": ANA, "name": "Ana Souza"} in said["operators"]
    assert said["verification"] is None
    book = VerificationBook(stack.dynamo, stack.resources["AdmissionTable"])
    book.keep(Verification("tudo confere", "everything holds", "2026-11-23T10:00:00+00:00", "carla"))
    assert ask("page")[1]["verification"]["pt"] == "tudo confere"


def test_what_is_on_the_screen_as_a_file(ask, alert):
    screen = ask("unanswered")[1]
    text = ask("unanswered", format="csv")[1].decode().splitlines()
    assert text[0].split(",") == screen["columns"]
    assert text[1].endswith(alert.id)
    book = openpyxl.load_workbook(io.BytesIO(ask("unanswered", format="xlsx")[1]))
    recorded = [[cell.value for cell in row] for row in book["Registro · Recorded"].iter_rows()]
    assert recorded == [screen["columns"], *screen["rows"]]
    heads, told = ([cell.value for cell in row] for row in book["Pregão"].iter_rows())
    row = dict(zip(heads, told, strict=True))
    assert (row["Padrão"], row["Direção"], row["Severidade"]) == ("Rompimento de nível", "COMPRA", "alto")
    judged = datetime.fromisoformat(screen["rows"][0][0]).astimezone(ZoneInfo("America/Sao_Paulo"))
    assert abs(row["Julgado em"] - judged.replace(tzinfo=None)) < timedelta(milliseconds=1)
    assert book["Pregão"].freeze_panes == "A2"
    assert ask("unanswered", format="parquet")[1][:4] == b"PAR1"


def test_an_answer_too_large_is_said_to_be(ask, alert, monkeypatch):
    ask("page")
    monkeypatch.setattr("handler_of_compliance.LARGEST", 100)
    assert ask("unanswered") == (413, {"error": "too_large"})


def test_a_closed_day_is_answered_from_the_archive_and_an_alert_proved(stack, ask, alert):
    """And the chain of who looked that day is closed, archived and signed as the others are."""
    before = ask("unanswered", day=DAY)[1]
    recent = ask("proof", alert=alert.id[:10], day=DAY)
    assert "no digest lists it yet" in recent[1]["reasons"][0] or "in the archive" in recent[1]["reasons"][0]
    stack.at(NOW + 3600).call("archive", {})
    stack.at(NOW + 7200).call("archive", {})
    proof = ask("proof", alert=alert.id[:10], day=DAY)[1]
    assert proof["alert_id"] == alert.id
    for hours in range(12, 36, 2):
        stack.at(NOW + 3600 * hours)
        stack.call("watch", sample("watch"))
        stack.call("archive", {})
    keys = [one["Key"] for one in stack.s3.list_objects_v2(Bucket="audit")["Contents"]]
    closed = "closed/table=acao_operador_audit/year=2026/month=11/day=23/"
    assert [key for key in keys if key.startswith(closed)]
    after = ask("unanswered", day=DAY)[1]
    assert after["rows"][0][-1] == before["rows"][0][-1] == alert.id
    assert after["columns"] == before["columns"]
    assert ask("proof", alert=alert.id[:10], day=DAY)[1]["alert_id"] == alert.id
    told = ask("accesses", day=DAY)[1]["rows"]
    assert [row[2] for row in told] == ["unanswered", "proof", "proof"]
