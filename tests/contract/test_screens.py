"""The port Screens: who is open, what they want, and what becomes of a frame."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, ReadTimeoutError
from botocore.stub import Stubber

from pregao.aws.clients import client
from pregao.aws.screens import BEFORE_AGAIN_S, SILENT_AFTER_S, SILENT_S, Screens
from pregao.aws.tables.delivery.screen_items import LONGEST_LIFE_S, operator_key, socket_key
from pregao.aws.tables.dynamo import to_item
from pregao.domain.alerts.signal import Severity
from pregao.domain.delivery.mute import Mute
from pregao.domain.delivery.operators import Interest, Screen, Status
from tests.cloud import REGION, STATE, moto_dynamo
from tests.fakes import NOW, Clock, FakeScreens

ONE, TWO = "TXzPWfkjoEF92g=", "a-_b4dEFGHIJKL0="
CHOICE = Interest(("WIN", "WDO"), ("level_break",), Severity.HIGH, candles=True)


class Gateway:
    """API Gateway's management client with its answers laid out beforehand."""

    def __init__(self):
        self.client = boto3.client(
            "apigatewaymanagementapi",
            region_name=REGION,
            endpoint_url="https://abc.execute-api.us-east-1.amazonaws.com/alertas",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        self.stubber = Stubber(self.client)
        self.stubber.activate()

    def answers(self, connection_id, code=None):
        """The next post to this socket succeeds, or fails with the code."""
        params = {"ConnectionId": connection_id, "Data": b"{}"}
        if code is None:
            self.stubber.add_response("post_to_connection", {}, params)
        else:
            status = 410 if code == "GoneException" else 400
            self.stubber.add_client_error(
                "post_to_connection", code, http_status_code=status, expected_params=params
            )


@pytest.fixture
def gateway():
    return Gateway()


@pytest.fixture(params=["fake", "moto"])
def screens(request, gateway):
    if request.param == "fake":
        yield FakeScreens()
        return
    with moto_dynamo() as dynamo:
        yield Screens(dynamo, gateway.client, STATE["connections"])


def expect(screens, gateway, connection_id, code=None):
    """Lay out what becomes of the next post, on the fake or on the stub."""
    if not isinstance(screens, FakeScreens):
        gateway.answers(connection_id, code)
    elif code == "GoneException":
        screens.gone.add(connection_id)
    elif code:
        screens.failing.add(connection_id)


class TestList:
    def test_an_open_socket_sees_nothing_before_it_subscribes(self, screens):
        screens.opened(ONE, "ana", NOW)
        assert screens.everyone() == []

    def test_a_subscription_is_kept_as_it_was(self, screens):
        screens.opened(ONE, "ana", NOW)
        assert screens.interest(ONE) is None
        assert screens.subscribe(ONE, CHOICE) == []
        assert screens.everyone() == [Screen(ONE, "ana", CHOICE)]
        assert screens.present(["ana"]).screens == [Screen(ONE, "ana", CHOICE)]
        assert screens.interest(ONE) == CHOICE

    def test_the_last_subscription_counts(self, screens):
        screens.opened(ONE, "ana", NOW)
        screens.subscribe(ONE, CHOICE)
        screens.subscribe(ONE, Interest())
        assert screens.everyone() == screens.present(["ana"]).screens == [Screen(ONE, "ana", Interest())]

    def test_a_subscription_to_nothing_is_one(self, screens):
        screens.opened(ONE, "ana", NOW)
        screens.subscribe(ONE, Interest((), ()))
        assert screens.everyone() == [Screen(ONE, "ana", Interest((), ()))]

    def test_operators_may_have_several(self, screens):
        for one in (ONE, TWO):
            screens.opened(one, "ana", NOW)
            screens.subscribe(one, Interest())
        for found in (screens.everyone(), screens.present(["ana"]).screens):
            assert {screen.connection_id for screen in found} == {ONE, TWO}

    def test_only_the_screens_of_whom_is_asked_for(self, screens):
        """Of as many operators as a desk has, and of one who has never had a screen."""
        names = [f"op-{n:03}" for n in range(230)]
        for one in names:
            screens.opened(f"{one}=", one, NOW)
            screens.subscribe(f"{one}=", CHOICE)
        found = screens.present(names[5:]).screens
        assert sorted(one.operator for one in found) == names[5:]
        assert screens.present(["vera"]).screens == screens.present([]).screens == []

    def test_a_closed_socket_is_forgotten(self, screens):
        screens.opened(ONE, "ana", NOW)
        screens.subscribe(ONE, Interest())
        screens.closed(ONE)
        screens.closed(ONE)
        assert screens.everyone() == screens.present(["ana"]).screens == []

    def test_a_subscription_that_comes_after_the_close_does_not_bring_it_back(self, screens):
        screens.opened(ONE, "ana", NOW)
        screens.closed(ONE)
        assert screens.subscribe(ONE, Interest()) is None
        assert screens.interest(ONE) is None
        assert screens.everyone() == screens.present(["ana"]).screens == []


class TestFollows:
    def test_whose_prices_a_screen_is_told_and_until_when(self, screens):
        screens.opened(ONE, "ana", NOW)
        screens.subscribe(ONE, CHOICE)
        assert screens.follow(ONE, ["WIN", "WDO"], NOW, NOW + 150.5) == frozenset()
        (one,) = screens.everyone()
        assert one == Screen(ONE, "ana", CHOICE, ("WIN", "WDO"), NOW + 150.5)
        assert one.following(NOW + 150) == {"WIN", "WDO"}
        assert one.following(NOW + 150.5) == frozenset()

    def test_the_last_word_counts_and_a_subscription_leaves_it(self, screens):
        screens.opened(ONE, "ana", NOW)
        screens.follow(ONE, ["WIN"], NOW, NOW + 150)
        assert screens.follow(ONE, ["WDO"], NOW + 149, NOW + 151) == {"WIN"}
        screens.subscribe(ONE, Interest())
        assert [one.following(NOW) for one in screens.everyone()] == [{"WDO"}]
        assert screens.follow(ONE, [], NOW + 151, NOW + 152) == frozenset()
        assert [one.following(NOW) for one in screens.everyone()] == [frozenset()]

    def test_a_socket_that_is_gone_follows_nothing(self, screens):
        screens.opened(ONE, "ana", NOW)
        screens.closed(ONE)
        assert screens.follow(ONE, ["WIN"], NOW, NOW + 150) is None
        assert screens.everyone() == []


class TestMutes:
    ENGULFING = Mute("ana", "pattern", "engulfing", NOW + 900)
    MARKET = Mute("ana", "instrument", "WIN", NOW + 900.5)
    ANAS = Mute("ana#b", "pattern", "engulfing", NOW + 900)

    def test_are_kept_by_operator_and_are_no_screens(self, screens):
        for one in (self.ENGULFING, self.MARKET, self.ANAS):
            screens.mute(one)
        screens.opened(ONE, "ana", NOW)
        screens.subscribe(ONE, Interest())
        assert set(screens.present(["ana"]).mutes) == {self.ENGULFING, self.MARKET}
        assert screens.present(["bruno"]).mutes == []
        here = screens.present(["ana", "ana#b"])
        assert here.screens == screens.everyone() == [Screen(ONE, "ana", Interest())]
        assert set(here.mutes) == {self.ENGULFING, self.MARKET, self.ANAS}

    def test_a_subscription_tells_what_its_operator_has_muted(self, screens):
        screens.mute(self.ENGULFING)
        screens.mute(self.ANAS)
        screens.opened(ONE, "ana", NOW)
        assert screens.subscribe(ONE, CHOICE) == [self.ENGULFING]

    def test_the_last_one_of_a_name_counts(self, screens):
        later = replace(self.ENGULFING, until=NOW + 1800)
        screens.mute(self.ENGULFING)
        screens.mute(later)
        assert screens.present(["ana"]).mutes == [later]

    def test_one_that_is_lifted_is_gone_and_again_is_fine(self, screens):
        screens.mute(self.ENGULFING)
        for _ in range(2):
            screens.unmute(replace(self.ENGULFING, until=0.0))
        assert screens.present(["ana"]).mutes == []


class TestPost:
    def test_sent(self, screens, gateway):
        expect(screens, gateway, ONE)
        assert screens.post(ONE, b"{}") is Status.SENT

    def test_gone_is_forgotten(self, screens, gateway):
        screens.opened(ONE, "ana", NOW)
        screens.subscribe(ONE, Interest())
        expect(screens, gateway, ONE, "GoneException")
        assert screens.post(ONE, b"{}") is Status.GONE
        assert screens.everyone() == screens.present(["ana"]).screens == []

    @pytest.mark.parametrize(
        "code", ["LimitExceededException", "PayloadTooLargeException", "ForbiddenException"]
    )
    def test_failed_is_remembered(self, screens, gateway, code):
        screens.opened(ONE, "ana", NOW)
        screens.subscribe(ONE, Interest())
        expect(screens, gateway, ONE, code)
        assert screens.post(ONE, b"{}") is Status.FAILED
        assert len(screens.everyone()) == 1


@pytest.mark.parametrize(
    "headers", [{}, {"x-amzn-errortype": "Gone"}, {"x-amzn-ErrorType": "GoneException:x"}]
)
def test_a_410_is_gone_whatever_headers_it_brings(headers):
    """The answer goes through botocore's own parser, as it comes from the wire."""

    class Socket(BaseHTTPRequestHandler):
        def do_POST(self):
            self.send_response(410)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Socket) as answering, moto_dynamo() as dynamo:
        Thread(target=answering.serve_forever, daemon=True).start()
        gateway = boto3.client(
            "apigatewaymanagementapi",
            region_name=REGION,
            endpoint_url=f"http://127.0.0.1:{answering.server_port}",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        screens = Screens(dynamo, gateway, STATE["connections"])
        screens.opened(ONE, "ana", NOW)
        screens.subscribe(ONE, Interest())
        assert screens.post(ONE, b"{}") is Status.GONE
        assert screens.everyone() == []
        answering.shutdown()


def test_a_gateway_out_of_reach_is_a_failure_of_this_frame_only():
    class Unreachable:
        def post_to_connection(self, **_):
            raise EndpointConnectionError(endpoint_url="https://abc")

    assert Screens(None, Unreachable(), "T").post(ONE, b"{}") is Status.FAILED


@pytest.fixture
def nobody_answers():
    """An address that takes connections and answers none; the times of the connections."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        taken = []

        def take():
            with suppress(OSError):  # closed at the end
                while True:
                    taken.append(server.accept()[0])

        threading.Thread(target=take, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/alertas", taken
        for one in taken:
            one.close()


def test_a_gateway_that_never_answers_is_asked_twice_and_then_let_be(nobody_answers, monkeypatch):
    address, taken = nobody_answers
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI", address)
    clock = Clock(0.0)
    screens = Screens(None, client.__wrapped__("apigatewaymanagementapi"), "T", clock)
    assert screens.post(ONE, b"{}") is Status.FAILED
    assert len(taken) == 2
    clock.now = SILENT_AFTER_S
    assert screens.post(ONE, b"{}") is Status.FAILED
    assert len(taken) == 2  # not asked again for a while
    clock.now += SILENT_S
    assert screens.post(ONE, b"{}") is Status.FAILED
    assert len(taken) == 4


class Answers:
    """A gateway that answers each post in turn: with nothing, or by raising."""

    def __init__(self, *answers):
        self.left, self.asked = list(answers), []

    def post_to_connection(self, *, ConnectionId, Data):  # noqa: N803 boto3's names
        self.asked.append(ConnectionId)
        if answer := self.left.pop(0):
            raise answer


NO_ANSWER = ReadTimeoutError(endpoint_url="https://abc")


class TestSilent:
    def test_a_screen_that_hangs_is_left_alone_and_no_other(self):
        clock, gateway = Clock(0.0), Answers(NO_ANSWER, None, None)
        screens = Screens(None, gateway, "T", clock)
        screens.post(ONE, b"{}")
        clock.now = SILENT_AFTER_S
        assert [screens.post(one, b"{}") for one in (ONE, TWO, ONE)] == [
            Status.FAILED,
            Status.SENT,
            Status.FAILED,
        ]
        clock.now += SILENT_S
        assert screens.post(ONE, b"{}") is Status.SENT
        assert gateway.asked == [ONE, TWO, ONE]

    @pytest.mark.parametrize(
        "answer", [None, ClientError({"Error": {"Code": "LimitExceededException"}}, "Post")]
    )
    def test_whatever_it_answers_it_does_not_hang(self, answer):
        clock, gateway = Clock(0.0), Answers(answer, None)
        screens = Screens(None, gateway, "T", clock)
        screens.post(ONE, b"{}")
        clock.now = SILENT_AFTER_S + 1
        assert screens.post(ONE, b"{}") is Status.SENT

    def test_a_post_on_its_way_for_so_long_is_one_that_hangs(self):
        """Its thread still waits when the next alert comes."""
        clock = Clock(0.0)

        class Hangs:
            def post_to_connection(self, **_):
                clock.now = SILENT_AFTER_S + 1
                assert screens.post(ONE, b"{}") is Status.FAILED
                raise NO_ANSWER

        screens = Screens(None, Hangs(), "T", clock)
        assert screens.post(ONE, b"{}") is Status.FAILED


def test_a_store_that_is_busy_does_not_stop_the_delivery(gateway):
    class Busy:
        def delete_item(self, **_):
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "DeleteItem")

    gateway.answers(ONE, "GoneException")
    assert Screens(Busy(), gateway.client, "T").post(ONE, b"{}") is Status.GONE


def test_a_forgotten_socket_goes_by_itself():
    """The TTL lies after the two hours that API Gateway grants a socket."""
    with moto_dynamo() as dynamo:
        Screens(dynamo, None, STATE["connections"]).opened(ONE, "ana", NOW)
        (item,) = dynamo.scan(TableName=STATE["connections"])["Items"]
        assert int(item["ttl"]["N"]) > NOW + 7200


@pytest.fixture
def table():
    """DynamoDB, as one process after the other finds it."""
    with moto_dynamo() as dynamo:
        yield dynamo


def a_process(dynamo, clock=None, gateway=None):
    return Screens(dynamo, gateway, STATE["connections"], clock or Clock(0.0))


class TestOperatorsItem:
    """What an operator's item says when things happen in a bad order."""

    def test_it_outlives_every_screen_in_it(self, table):
        """The first screen subscribes anew at the end of its life, when a second has just opened."""
        screens, end = a_process(table), NOW + LONGEST_LIFE_S
        screens.opened(ONE, "ana", NOW)
        screens.opened(TWO, "ana", end)
        for one in (TWO, ONE):
            screens.subscribe(one, CHOICE)
        screens.mute(Mute("ana", "pattern", "engulfing", end + 900))
        key = to_item(operator_key("ana"))
        kept = table.get_item(TableName=STATE["connections"], Key=key)["Item"]
        assert int(kept["ttl"]["N"]) >= end + LONGEST_LIFE_S

    def test_a_close_that_dies_half_way_leaves_a_frame_to_nobody(self, table, gateway):
        screens = a_process(table)
        screens.opened(ONE, "ana", NOW)
        screens.subscribe(ONE, CHOICE)
        table.delete_item(TableName=STATE["connections"], Key=to_item(socket_key(ONE)))
        gateway.answers(ONE, "GoneException")
        another = a_process(table, gateway=gateway.client)
        assert [one.connection_id for one in another.present(["ana"]).screens] == [ONE]
        assert another.post(ONE, b"{}") is Status.GONE
        assert another.present(["ana"]).screens == []

    def test_a_subscription_that_dies_half_way_gets_no_hello_and_the_next_socket_sees(self, table):
        screens = a_process(table)
        screens.opened(ONE, "ana", NOW)
        screens._note = lambda *_: 1 / 0
        with pytest.raises(ZeroDivisionError):
            screens.subscribe(ONE, CHOICE)
        again = a_process(table)
        again.opened(TWO, "ana", NOW)
        again.subscribe(TWO, CHOICE)
        assert [one.connection_id for one in again.present(["ana"]).screens] == [TWO]

    def test_what_cannot_be_open_any_more_is_taken_out(self, table):
        screens = a_process(table)
        for one, at in ((ONE, NOW), (TWO, NOW + LONGEST_LIFE_S + 1)):
            screens.opened(one, "ana", at)
            screens.subscribe(one, CHOICE)
        assert [one.connection_id for one in screens.present(["ana"]).screens] == [TWO]


_ROW = {"pk": "SCREENS", "opened_at": NOW, "ttl": int(NOW + LONGEST_LIFE_S)}
_WANTED = {"symbols": ["WIN"], "patterns": ["*"], "min_severity": "high", "candles": True}
_FOLLOWS = {"follows": ["WIN"], "follows_until": NOW + 150}
OF_BEFORE = (
    _ROW | {"sk": ONE, "operator": "ana"} | _WANTED | _FOLLOWS,
    _ROW | {"sk": TWO, "operator": "bruno"},
    {"pk": "SCREENS", "sk": "MUTE#ana#pattern#engulfing", "ttl": int(NOW + 900)}
    | {"operator": "ana", "of": "pattern", "name": "engulfing", "until": NOW + 900},
)


class TestOfBefore:
    """Sockets and mutes in the form they had before operators' items, for as long as a socket lives."""

    @pytest.fixture
    def old(self, table):
        """Ana's socket and what she has muted; Bruno's, who has not subscribed."""
        for one in OF_BEFORE:
            table.put_item(TableName=STATE["connections"], Item=to_item(one))
        return table

    INTEREST = Interest(("WIN",), ("*",), Severity.HIGH, candles=True)

    def test_are_found(self, old):
        screens = a_process(old)
        assert screens.everyone() == [Screen(ONE, "ana", self.INTEREST, ("WIN",), NOW + 150)]
        here = screens.present(["ana", "bruno"])
        assert [one.connection_id for one in here.screens] == [ONE]
        assert here.mutes == [Mute("ana", "pattern", "engulfing", NOW + 900)]
        assert screens.present(["bruno"]).screens == []
        assert screens.interest(ONE) == self.INTEREST

    def test_change_and_close_as_before(self, old):
        screens = a_process(old)
        assert screens.subscribe(TWO, CHOICE) == []
        assert screens.follow(TWO, ["WDO"], NOW, NOW + 150) == frozenset()
        assert [one.connection_id for one in screens.present(["bruno"]).screens] == [TWO]
        screens.unmute(Mute("ana", "pattern", "engulfing", 0.0))
        assert screens.present(["ana"]).mutes == []
        for one in (ONE, TWO):
            screens.closed(one)
        assert screens.everyone() == screens.present(["ana", "bruno"]).screens == []

    def test_one_that_is_gone_is_forgotten(self, old, gateway):
        screens = a_process(old, gateway=gateway.client)
        assert [one.connection_id for one in screens.present(["ana"]).screens] == [ONE]
        gateway.answers(ONE, "GoneException")
        assert screens.post(ONE, b"{}") is Status.GONE
        assert screens.everyone() == []

    def test_are_looked_for_once_a_minute_where_there_are_none(self, table):
        """A function of before that is still being replaced may yet write one."""
        clock = Clock(0.0)
        screens = a_process(table, clock)
        assert screens.everyone() == screens.present(["ana"]).screens == []
        table.put_item(TableName=STATE["connections"], Item=to_item(OF_BEFORE[0]))
        clock.now = BEFORE_AGAIN_S - 1
        assert screens.everyone() == []
        clock.now = BEFORE_AGAIN_S
        assert [one.connection_id for one in screens.everyone()] == [ONE]
        assert [one.connection_id for one in screens.present(["ana"]).screens] == [ONE]
