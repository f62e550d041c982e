"""The console's questions, through the template, and candles as they close."""

from __future__ import annotations

import base64
import json
from datetime import UTC, date, datetime

import pytest

from pregao.aws.tables.audit.history_book import HistoryBook
from pregao.aws.tables.delivery.reach_book import ReachBook
from pregao.aws.tables.market.candle_book import CandleBook
from pregao.domain.calibration.ledger import Row, SessionLedger, Told
from pregao.domain.delivery.operators import Channel, Interest, Status, Tried
from pregao.domain.delivery.ring_decision import Ring, RingDecision, Why
from pregao.domain.market.candle import Candle
from pregao.domain.market.timeframe import TIMEFRAMES
from pregao.flow.desk import Desk, NotFound
from pregao.flow.ports.delivery import Rings
from pregao.flow.ports.desk import Series
from pregao.wire.alert_v1 import load_alert_frame
from pregao.wire.token_v1 import Identity, issue
from tests.fakes import CANDLE, NOW, admitted, an_alert, an_operator
from tests.functions.conftest import ANA, sample

DAY = "2026-11-23"  # of NOW


def bar(place, close=131_250.0, at=CANDLE):
    return Candle(at + 300 * place, close, close + 5, close - 5, close, 10, 20 + place)


@pytest.fixture
def keep(stack):
    """Put candles where detect puts them."""
    book = CandleBook(stack.dynamo, stack.resources["CandlesTable"])

    def put(*candles, instrument="WIN", contract="WINZ26"):
        book.keep(Series(instrument, contract, "M5"), candles, NOW)

    return put


@pytest.fixture
def ask(stack):
    """Ask as ana."""
    stack.at(NOW + 60)
    ana = issue(Identity("ana", "trader"), stack.key, now=NOW, life_s=10**9)

    def call(route, token=ana, path=None, **query):
        event = sample("desk") | {"routeKey": route, "queryStringParameters": query, "pathParameters": path}
        event["headers"] = event["headers"] | {"authorization": f"Bearer {token}"}
        answer = stack.call("desk", event)
        assert answer["headers"]["cache-control"] == "no-store"
        return answer["statusCode"], json.loads(answer["body"])

    return call


def test_the_desk_says_who_and_what(ask):
    status, said = ask("GET /api/desk")
    assert status == 200
    ana = {"id": "ana", "name": "Ana Souza", "role": "trader", "language": "pt-BR", "budget": 6}
    assert said["operator"] == ana
    assert {"name": "WIN", "tick_size": 5, "decimals": 0, "timezone": "America/Sao_Paulo"}.items() <= (
        said["instruments"][0].items()
    )
    assert said["timeframes"] == list(TIMEFRAMES)
    assert said["decision"] == "first"
    assert said["notes"] == ["spread alto", "contra a tendência", "notícia", "já posicionado"]


def test_candles_come_oldest_first_and_page_backwards(ask, keep):
    keep(*(bar(place) for place in range(-9, 1)))
    keep(bar(0), instrument="WDO", contract="WDOZ26")
    status, said = ask("GET /api/candles", instrument="WIN", timeframe="M5", limit="4")
    assert status == 200
    assert said["candles"]["time"] == [CANDLE + 300 * place for place in (-3, -2, -1, 0)]
    assert said["candles"]["real_volume"] == [17, 18, 19, 20]
    assert (said["contract"], said["session"]) == ("WINZ26", {"open": "09:00", "close": "18:25"})
    earlier = ask("GET /api/candles", instrument="WIN", before=str(said["candles"]["time"][0]), limit="2")
    assert earlier[1]["candles"]["time"] == [CANDLE - 300 * 5, CANDLE - 300 * 4]


def test_a_past_days_candles_are_of_the_contract_of_then(ask, keep):
    last_year = CANDLE - 365 * 86_400
    keep(bar(0), bar(0, at=last_year), contract="WINZ26")
    said = ask("GET /api/candles", instrument="WIN", before=str(CANDLE))[1]
    assert (said["candles"]["time"], said["contract"]) == ([last_year], "WINZ25")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"instrument": "XYZ"}, 404),
        ({"instrument": "WIN", "timeframe": "M7"}, 404),
        ({"instrument": "WIN", "limit": "0"}, 400),
        ({"instrument": "WIN", "limit": "1501"}, 400),
        ({"instrument": "WIN", "before": "-1"}, 400),
        ({"instrument": "WIN", "before": "9" * 400}, 400),
    ],
)
def test_what_cannot_be_read_is_said(ask, query, status):
    assert ask("GET /api/candles", **query)[0] == status


def test_alerts_of_a_day_with_what_was_decided_and_what_became_of_them(stack, ask, keep):
    first = admitted(stack.books.admission, an_alert(CANDLE - 600, contract="WINZ26"), now=NOW)
    last = admitted(stack.books.admission, an_alert(CANDLE, contract="WINZ26", price=131_500.0), now=NOW + 1)
    keep(bar(-1), bar(0, first.take_profit))
    stack.watch("a1", "ana")
    heard = sample("connections")
    speaks = {
        "eventType": "MESSAGE",
        "connectionId": "a1",
        "authorizer": {"operator": "ana", "role": "trader"},
    }
    heard["requestContext"] |= speaks
    heard["body"] = json.dumps(
        {"action": "act", "alert_id": first.id, "decision": "executed", "note": "foi", "order_id": "42"}
    )
    stack.call("connections", heard)
    status, said = ask("GET /api/alerts", day=DAY)
    assert (status, said["next"]) == (200, None)
    assert [load_alert_frame(one["alert"]) for one in said["alerts"]] == [last, first]
    assert [(one["state"], one["outcome"]) for one in said["alerts"]] == [
        ("open", "open"),
        ("decided", "target"),
    ]
    taken = said["alerts"][1]["decision"]
    assert (taken["operator"], taken["decision"]) == ("ana", "executed")
    assert (taken["note"], taken["order_id"]) == ("foi", "42")
    assert ask("GET /api/alerts", day="2026-11-22")[1]["alerts"] == []


def test_what_did_not_ring_the_asker_says_why(stack, ask):
    mine, other = (
        admitted(stack.books.admission, an_alert(CANDLE + 300 * n, contract="WINZ26"), now=NOW + n)
        for n in range(2)
    )
    below = RingDecision(Ring.LISTED, Why.BELOW, 0.5, 1.25)
    for alert, name in ((mine, "ana"), (other, "bruno")):
        rings = Rings(first=("ana", "bruno"), listed={name: below}, session_end=NOW)
        tail = stack.books.delivery.tail("WINZ26", NOW)
        stack.books.delivery.begin(alert, [], tail, NOW, 30, rings)
    why = {"why": "below_threshold", "score": 0.5, "threshold": 1.25}
    told = ask("GET /api/alerts", day=DAY)[1]["alerts"]
    assert {one["alert"]["id"]: one["listed"] for one in told} == {mine.id: why, other.id: None}
    assert ask("GET /api/alerts/{id}", path={"id": mine.id})[1]["listed"] == why


def altered(page, text):
    """A page whose key says another time of its record."""
    days, mark, key = page.rpartition("~")
    said = json.loads(base64.urlsafe_b64decode(key)) | {"recorded_at": {"S": text}}
    sent = json.dumps(said, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return f"{days}{mark}{base64.urlsafe_b64encode(sent).decode()}"


def test_a_day_comes_in_pages(stack, ask, monkeypatch):
    monkeypatch.setattr("pregao.flow.desk.JUDGED_AT_ONCE", 2)
    rang = [
        admitted(stack.books.admission, an_alert(CANDLE + 300 * n, contract="WINZ26"), now=NOW + n)
        for n in range(3)
    ]
    _, first = ask("GET /api/alerts", day=DAY)
    _, second = ask("GET /api/alerts", day=DAY, next=first["next"])
    assert [one["alert"]["id"] for one in first["alerts"] + second["alerts"]] == [
        one.id for one in reversed(rang)
    ]
    for page in ("x", "e30=", first["next"][:-8], "bnVsbA==", f"{DAY}~{DAY}~e30=", f"{DAY}~2026-10-01~"):
        assert ask("GET /api/alerts", day=DAY, next=page)[0] == 400
    assert ask("GET /api/alerts", day=DAY, next=altered(first["next"], "2026"))[0] == 200
    for text in ("€" * 1000, "\ud800"):  # longer in bytes than a key may be; no text
        assert ask("GET /api/alerts", day=DAY, next=altered(first["next"], text))[0] == 400
    assert ask("GET /api/alerts", day="2026-11-22", next=first["next"])[0] == 400
    assert ask("GET /api/alerts", day="yesterday")[0] == 400
    assert ask("GET /api/alerts", rang="yesterday")[0] == 400


def test_a_day_is_the_exchanges_day_of_the_candle(stack, ask):
    """Late in São Paulo it is the next day by UTC; a replay rings months after its candles."""
    late = an_alert(int(datetime(2026, 11, 23, 1, 50, tzinfo=UTC).timestamp()), contract="WINZ26")
    old = an_alert(int(datetime(2026, 6, 10, 14, 0, tzinfo=UTC).timestamp()), contract="WINM26")
    late, old = (admitted(stack.books.admission, one, now=NOW) for one in (late, old))

    def found(**query):
        return {one["alert"]["id"] for one in ask("GET /api/alerts", **query)[1]["alerts"]}

    assert found(day="2026-11-22") == {late.id}
    assert found(day="2026-06-10") == {old.id}
    assert found(day="2026-11-23") == set()
    assert found(rang="2026-11-23") == {late.id, old.id}


def test_a_replayed_alert_is_not_over_before_its_candles_came(stack, ask, keep):
    """The computer's clock is months past its session; what the market did after it is not told yet."""
    opened = int(datetime(2026, 6, 10, 20, 50, tzinfo=UTC).timestamp())
    alert = admitted(stack.books.admission, an_alert(opened, contract="WINM26"), now=NOW)
    route = {"route": "GET /api/alerts/{id}", "path": {"id": alert.id}}
    quiet = (alert.stop_loss + alert.take_profit) / 2
    keep(bar(0, quiet, opened), contract="WINM26")
    assert ask(**route)[1]["outcome"] == "open"
    keep(bar(1, quiet, opened), contract="WINM26")
    assert ask(**route)[1]["outcome"] == "open"
    keep(*(bar(n, quiet, opened) for n in range(2, 7)), contract="WINM26")  # to the session's last candle
    assert ask(**route)[1]["outcome"] == "expired"


def test_one_alert_with_the_candles_around_it(stack, ask, keep):
    alert = admitted(stack.books.admission, an_alert(contract="WINZ26"), now=NOW)
    keep(*(bar(place) for place in range(-120, -60)))
    keep(*(bar(place) for place in range(-60, 0)))
    keep(bar(0), bar(1), bar(2, alert.stop_loss))
    status, said = ask("GET /api/alerts/{id}", path={"id": alert.id})
    assert status == 200
    assert load_alert_frame(said["alert"]) == alert
    assert said["outcome"] == "stop"
    assert len(said["candles"]["time"]) == 102
    assert ask("GET /api/alerts/{id}", path={"id": "0" * 64})[0] == 404


def test_what_does_not_concern_somebody_is_not_there(stack):
    alert = admitted(stack.books.admission, an_alert(contract="WINZ26"), now=NOW)
    ana = an_operator("ana", interest=Interest(("WDO",)))
    tables = [stack.resources[name] for name in ("AlertasAuditTable", "AcaoOperadorAuditTable")]
    desk = Desk(
        operators=(ana,),
        instruments={},
        timeframes={},
        candles=CandleBook(stack.dynamo, stack.resources["CandlesTable"]),
        history=HistoryBook(stack.dynamo, *tables),
        alert_log=stack.books.alert_log,
        ledgers=stack.books.ledgers,
        reach=ReachBook(stack.dynamo, stack.resources["AdmissionTable"]),
        clock=lambda: NOW,
    )
    assert desk.alerts_of(date.fromisoformat(DAY), None, ana) == ([], None)
    with pytest.raises(NotFound):
        desk.alert(alert.id, ana)
    assert desk.alert(alert.id, an_operator("bruno"))[0]["alert"] == alert


@pytest.mark.parametrize("token", ["", "x.y.z", None])
def test_nobody_without_a_token(ask, token):
    status, said = ask("GET /api/desk", token=token)
    assert (status, set(said)) == (401, {"error"})


def test_a_candle_reaches_the_screens_that_watch_its_instrument(stack):
    stack.watch("a1", "ana", Interest(candles=True))
    stack.watch("a2", "ana")  # alerts alone
    stack.watch("b1", "bruno", Interest(("WDO",), candles=True))
    stack.watch("b2", "bruno", Interest(("WINZ25",), candles=True))
    assert stack.call("ticker", sample("ticker")) == {"frames": 2}
    (frame,) = stack.frames("a1")
    assert (frame["action"], frame["instrument"], frame["contract"]) == ("candle", "WIN", "WINZ25")
    assert frame["candle"]["close"] == 158295
    assert stack.frames("b2") == [frame]


def test_what_came_is_kept_for_the_charts(stack, ask):
    event = sample("ticker")
    stack.call("ticker", event)
    stack.call("ticker", event)
    _, said = ask("GET /api/candles", instrument="WIN")
    assert (said["candles"]["time"], said["candles"]["close"]) == ([1763128500], [158295])


def test_a_flood_is_the_newest_candle_only_and_removals_are_no_news(stack):
    stack.watch("a1", "ana", Interest(candles=True))
    event = sample("ticker")
    (record,) = event["Records"]
    older = json.loads(json.dumps(record).replace("1763128500", "1763128200"))
    gone = json.loads(json.dumps(record))
    del gone["dynamodb"]["NewImage"]
    assert stack.call("ticker", {"Records": [record, older, gone]}) == {"frames": 1}
    assert [frame["candle"]["time"] for frame in stack.frames("a1")] == [1763128500]


def test_the_ledger_of_some_days_with_the_desk_s_names(stack, ask):
    people = {ANA: Told(seen=True), "gone": Told()}
    rows = [Row("a" * 64, CANDLE, 11, "engulfing", "long", "high", "admitted", r=1.0, people=people)]
    for name in ("WIN", "NOT TRADED ANY MORE"):
        stack.books.ledgers.keep(SessionLedger(name, "M5", date(2026, 11, 23), rows), NOW)
    status, said = ask("GET /api/ledger")
    assert (status, said["sessions"]) == (200, ["2026-11-23"])
    told = {(one["name"], one["rung"], one["seen"]) for one in said["operators"]}
    assert told == {("ana", 1, 1), ("gone", 1, 0)}
    assert said["patterns"][0]["r"] == 1.0
    assert ask("GET /api/ledger", **{"from": "2026-11-01", "to": "2026-11-22"})[1]["sessions"] == []


@pytest.mark.parametrize(
    "query", [{"from": "yesterday"}, {"from": "2026-12-01", "to": "2026-11-01"}, {"from": "2020-01-01"}]
)
def test_days_that_the_ledger_does_not_take_are_said(ask, query):
    assert ask("GET /api/ledger", **query)[0] == 400


def test_the_ledger_wants_a_token(ask):
    assert ask("GET /api/ledger", token="none")[0] == 401


def test_an_alert_says_who_got_it_where_and_when(ask, stack):
    alert = admitted(stack.books.admission, an_alert())
    book = stack.books.delivery
    assert book.trying(alert.id, "ana", Channel.TELEGRAM, NOW + 5)
    book.ended(alert.id, "ana", Channel.TELEGRAM, Tried(0, Status.SENT, NOW + 6))
    assert book.trying(alert.id, "ana", Channel.PUSH, NOW + 1)
    book.ended(alert.id, "ana", Channel.PUSH, Tried(0, Status.UNKNOWN, NOW + 2))
    book.received(alert.id, "ana", NOW + 3)
    status, said = ask("GET /api/alerts/{id}", path={"id": alert.id}, only="reached")
    mine = [{"channel": "screen", "at": NOW + 3}, {"channel": "telegram", "at": NOW + 6}]
    assert (status, said["reached"][0]) == (200, {"operator": "ana", "steps": mine})
    assert {tuple(one) for one in said["reached"][1:]} <= {("operator", "steps")}
    assert ask("GET /api/alerts/{id}", path={"id": "f" * 64}, only="reached")[0] == 404
