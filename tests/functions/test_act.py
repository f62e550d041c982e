"""The link of an e-mail: shows its alert, takes one decision, lets nobody else in."""

from __future__ import annotations

import base64
import re
import shutil
from pathlib import Path
from urllib.parse import urlencode

import pytest

from pregao.aws.tables.delivery.devices import Devices
from pregao.domain.alerts.signal import Pattern
from pregao.domain.audit.chain import broken_at
from pregao.wire.alert_v1 import dump_timer
from pregao.wire.link_v1 import Link, issue_link
from pregao.wire.token_v1 import Identity, issue
from tests.fakes import CANDLE, NOW, a_timer, admitted, an_alert
from tests.functions.conftest import ANA, ROOT, sample
from tests.functions.test_round_trips import sqs_event

FOREVER = 4_000_000_000


@pytest.fixture
def alert(stack):
    """A minute old."""
    stack.at(NOW + 60)
    return admitted(stack.books.admission, an_alert())


@pytest.fixture
def open_(stack, alert):
    """Open ana's link, or send its form."""

    def call(token=None, form=None, chosen=None, encoded=False, **env):
        event = sample("act")
        token = token or issue_link(Link("ana", alert.id), stack.key, now=0, until=FOREVER)
        event["pathParameters"] = {"token": token}
        event["queryStringParameters"] = {"d": chosen} if chosen else {}
        if form is not None:
            body = urlencode(form)
            body = base64.b64encode(body.encode()).decode() if encoded else body
            event |= {"routeKey": "POST /act/{token}", "body": body, "isBase64Encoded": encoded}
        answer = stack.call("act", event, **env)
        return answer["statusCode"], answer["body"]

    return call


def test_opening_shows_the_alert_and_decides_nothing(stack, open_):
    status, page = open_(chosen="executed")
    assert status == 200
    assert "▲ COMPRA WINZ26 @ 131.250" in page
    assert re.search(r'value="executed" required checked', page)
    assert page.count("checked") == 1
    assert stack.records("acao") == []


@pytest.mark.parametrize("encoded", [False, True], ids=["plain", "base64"])
def test_sending_records_the_decision_and_tells_the_screens(stack, open_, alert, encoded):
    stack.watch("b1", "bruno")
    status, page = open_(form={"decision": "executed", "note": " na abertura "}, encoded=encoded)
    assert (status, "Registrado: Executado" in page) == (200, True)
    (record,) = stack.records("acao")
    assert (record["operator"], record["decision"], record["note"]) == (ANA, "executed", "na abertura")
    assert broken_at([record]) is None
    (news,) = stack.frames("b1")
    assert (news["action"], news["alert_id"], news["operator"]) == ("action", alert.id, "ana")


def test_the_first_decision_stands(stack, open_):
    open_(form={"decision": "rejected"})
    status, page = open_(form={"decision": "executed"})
    assert (status, "Decidido: Rejeitado por Ana Souza, 23/11/2026 11:06:00" in page) == (409, True)
    assert "<form" not in page
    assert len(stack.records("acao")) == 1


def test_who_watches_may_decide_yet(stack, open_):
    open_(form={"decision": "watching"})
    status, page = open_()
    assert (status, "<form" in page) == (200, True)
    status, page = open_(form={"decision": "executed"})
    assert (status, "Registrado: Executado" in page) == (200, True)
    assert [one["decision"] for one in stack.records("acao")] == ["watching", "executed"]


def test_the_same_form_sent_twice_is_recorded_once(stack, open_):
    """The answer to the first was lost, or a button was pressed twice."""
    for _ in range(2):
        status, page = open_(form={"decision": "watching"})
        assert (status, "Registrado: Observando" in page) == (200, True)
    assert len(stack.records("acao")) == 1


class TestWithoutSide:
    """An alert that tells of size alone: there is no order to execute."""

    @pytest.fixture
    def alert(self, stack):
        stack.at(NOW + 60)
        return admitted(stack.books.admission, an_alert(pattern=Pattern.UNUSUAL_RANGE))

    def test_the_page_tells_the_range_and_offers_what_can_be_decided(self, open_):
        status, page = open_(chosen="executed")
        assert status == 200
        assert "↕ WINZ26 @ 131.250 · Amplitude incomum · espere 400-700 pontos nos próximos 60 min" in page
        assert "o usual é 350" in page
        assert re.findall(r'value="(\w+)" required', page) == ["rejected", "watching", "false_alarm"]
        assert "checked" not in page
        assert "Stop" not in page

    def test_executed_is_refused_and_says_what_to_do(self, stack, open_):
        status, page = open_(form={"decision": "executed"})
        assert (status, "não há o que executar" in page) == (400, True)
        assert stack.records("acao") == []

    def test_another_decision_stands(self, stack, open_):
        assert open_(form={"decision": "watching"})[0] == 200
        assert decisions(stack) == ["watching"]


def decisions(stack):
    return [one["decision"] for one in stack.records("acao") if one["kind"] == "action"]


class TestOver:
    """A link that is opened when nothing is left to decide: it says so and asks for nothing."""

    def by_bruno(self, stack, alert):
        stack.at(NOW + 70)
        event = sample("act") | {"routeKey": "POST /act/{token}", "body": "decision=executed"}
        token = issue_link(Link("bruno", alert.id), stack.key, now=0, until=FOREVER)
        assert stack.call("act", event | {"pathParameters": {"token": token}})["statusCode"] == 200

    def test_a_colleague_decided(self, stack, open_, alert):
        self.by_bruno(stack, alert)
        status, page = open_(chosen="executed")
        assert status == 200
        assert "Decidido: Executado por Bruno Lima, 23/11/2026 11:06:10" in page
        assert "<form" not in page

    def test_nor_is_a_form_taken_that_was_opened_before(self, stack, open_, alert):
        self.by_bruno(stack, alert)
        status, page = open_(form={"decision": "executed"})
        assert status == 409
        assert "Decidido: Executado por Bruno Lima" in page
        assert "<form" not in page
        assert len(stack.records("acao")) == 1

    @pytest.mark.parametrize("told", [False, True], ids=["before the round", "TIMEOUT"])
    def test_it_expired(self, stack, open_, alert, told):
        stack.at(alert.decide_by + 3600 * told)
        if told:
            stack.call("watch", {})
            assert decisions(stack) == ["TIMEOUT"]
        status, page = open_(chosen="executed")
        assert status == 200
        assert "Expirado sem decisão, 23/11/2026 11:10:00" in page
        assert "Expirado: ▲ COMPRA WINZ26" in page
        assert "<form" not in page

    def test_a_form_that_comes_after_the_timeout_is_told_so(self, stack, open_, alert):
        stack.at(alert.decide_by + 3600)
        stack.call("watch", {})
        status, page = open_(form={"decision": "executed"})
        assert (status, "Expirado sem decisão" in page) == (409, True)
        assert decisions(stack) == ["TIMEOUT"]


@pytest.mark.parametrize("letter", ["a", "ã", "—", "📈", "&"])
def test_a_note_of_all_that_the_page_allows_is_taken(stack, open_, letter):
    """Whatever its letters take in a form: up to twelve bytes each."""
    allowed = int(re.search(r'name="note" maxlength="(\d+)"', open_()[1])[1])
    assert open_(form={"decision": "executed", "note": letter * allowed})[0] == 200
    assert stack.records("acao")[0]["note"] == letter * allowed


def test_a_longer_one_is_refused_and_says_why(stack, open_):
    for note in ("a" * 501, "a" * 100_000):
        status, page = open_(form={"decision": "executed", "note": note})
        assert (status, "A observação é longa demais" in page) == (413, True)
    assert stack.records("acao") == []


@pytest.mark.parametrize("form", [{}, {"decision": "TIMEOUT"}, {"decision": "x" * 5000}])
def test_what_is_no_decision_is_refused(stack, open_, form):
    status, page = open_(form=form)
    assert (status, "Escolha uma das decisões" in page) == (400, True)
    assert stack.records("acao") == []


def links(stack, alert):
    yield 410, issue_link(Link("ana", alert.id), stack.key, now=0, until=1)
    yield 403, issue_link(Link("ana", alert.id), "k" * 64, now=0, until=FOREVER)
    yield 403, issue(Identity("ana", "trader"), stack.key, now=0, life_s=FOREVER)  # opens sockets, not alerts
    yield 403, issue_link(Link("zoe", alert.id), stack.key, now=0, until=FOREVER)
    yield 404, issue_link(Link("ana", "0" * 64), stack.key, now=0, until=FOREVER)
    yield 403, "../../etc/passwd"


def test_a_link_that_is_expired_forged_or_anothers_opens_nothing(stack, open_, alert):
    for expected, token in links(stack, alert):
        assert open_(token)[0] == expected
        assert open_(token, form={"decision": "executed"})[0] == expected
    assert stack.records("acao") == []


@pytest.mark.parametrize("role", ["viewer", "compliance"])
def test_who_may_only_look_sees_the_alert_and_no_form(stack, open_, alert, tmp_path, role):
    """The link was sent while ana traded: today's role decides."""
    config = Path(shutil.copytree(ROOT / "config", tmp_path / "config"))
    people = (config / "operators.yaml").read_text().replace("role: trader", f"role: {role}")
    (config / "operators.yaml").write_text(people)
    status, page = open_(chosen="executed", PREGAO_CONFIG_DIR=str(config))
    assert (status, "<form" in page) == (200, False)
    status, page = open_(form={"decision": "executed"}, PREGAO_CONFIG_DIR=str(config))
    assert (status, "pode ver, não decidir" in page) == (403, True)
    assert stack.records("acao") == []


def test_a_link_decides_for_its_operator_and_its_alert_alone(stack, open_, alert):
    """Whatever the form claims."""
    other = admitted(stack.books.admission, an_alert(CANDLE + 300))
    claims = {"operator": "bruno", "alert_id": other.id, "alert": other.id, "sub": "bruno"}
    assert open_(form={"decision": "executed"} | claims)[0] == 200
    (record,) = stack.records("acao")
    assert (record["operator"], record["alert_id"]) == (ANA, alert.id)


def test_a_link_opens_no_socket(stack, alert):
    event = sample("authorize")
    token = issue_link(Link("ana", alert.id), stack.key, now=0, until=FOREVER)
    event["queryStringParameters"] = {"token": token}
    (statement,) = stack.call("authorize", event)["policyDocument"]["Statement"]
    assert statement["Effect"] == "Deny"


def test_the_page_is_for_one_pair_of_eyes(stack, open_, alert):
    token = issue_link(Link("ana", alert.id), stack.key, now=0, until=FOREVER)
    headers = stack.call("act", sample("act") | {"pathParameters": {"token": token}})["headers"]
    assert headers["cache-control"] == "no-store"
    assert "default-src 'none'" in headers["content-security-policy"]


def test_the_mail_s_own_link_opens(stack, alert, open_):
    stack.call("fallback", sqs_event("fallback", dump_timer(a_timer(alert, "ana"))))
    (mail,) = stack.mails()
    token = re.search(r"/act/([\w.-]+)\?d=executed", mail.body)[1]
    assert open_(token)[0] in {200, 410}


class TestAPageThatIsClosed:
    """The console sends its operator's decision as it goes away, under the token of its session."""

    @pytest.fixture
    def part(self, stack, alert):
        def call(decision="rejected", *, token=None, alert_id=alert.id, origin=None, **form):
            token = token or issue(Identity("ana", "trader"), stack.key, now=NOW, life_s=10**9)
            headers = {"authorization": f"Bearer {token}"} | ({"origin": origin} if origin else {})
            event = sample("act") | {"routeKey": "POST /api/alerts/{id}/decision", "headers": headers}
            event |= {"pathParameters": {"id": alert_id}, "queryStringParameters": {}}
            return stack.call("act", event | {"body": urlencode({"decision": decision} | form)})["statusCode"]

        return call

    def test_it_is_recorded_as_over_the_socket_and_the_screens_hear_of_it(self, stack, part):
        stack.watch("b1", "bruno")
        assert part("executed", note="na abertura", order_id="4711") == 200
        (record,) = stack.records("acao")
        told = [record[name] for name in ("operator", "decision", "note", "order_id")]
        assert told == [ANA, "executed", "na abertura", "4711"]
        assert [frame["action"] for frame in stack.frames("b1")] == ["action"]

    def test_what_the_page_sends_again_when_it_is_back_is_recorded_once(self, stack, part, alert):
        assert (part("rejected"), part("rejected"), part("executed")) == (200, 200, 409)
        assert decisions(stack) == ["rejected"]

    def test_another_token_decides_nothing(self, stack, part, alert):
        refused = {
            "expired": issue(Identity("ana", "trader"), stack.key, now=0, life_s=1),
            "forged": issue(Identity("ana", "trader"), "k" * 64, now=NOW, life_s=10**9),
            "a link": issue_link(Link("ana", alert.id), stack.key, now=0, until=FOREVER),
            "of nobody": issue(Identity("zoe", "trader"), stack.key, now=NOW, life_s=10**9),
        }
        assert {name: part(token=token) for name, token in refused.items()} == dict.fromkeys(refused, 401)
        assert part(alert_id="0" * 64) == 404
        assert stack.records("acao") == []

    @pytest.mark.parametrize("form", [{"note": "a" * 501}, {"order_id": "1" * 41}])
    def test_what_no_socket_takes_is_refused(self, stack, part, form):
        assert part("executed", **form) == 413
        assert stack.records("acao") == []


class TestSilence:
    """The link of a message to the page that silences a phone: the page asks, its button does it."""

    @pytest.fixture
    def devices(self, stack):
        return Devices(stack.dynamo, stack.resources["AdmissionTable"])

    def test_opening_it_shows_the_times_and_does_nothing(self, stack, open_, devices):
        status, page = open_(chosen="silence")
        assert (status, "Silenciar meu celular" in page) == (200, True)
        assert [int(one) - NOW // 60 * 60 for one in re.findall(r'name="silence" value="(\d+)"', page)] == [
            1860.0,
            3660.0,
            7260.0,
            14_460.0,
        ]
        assert "até 11:36" in page
        assert ">Confirmar</button>" in page
        assert "decisão" not in page
        assert devices.silent_until("ana") is None
        assert stack.records("acao") == []

    def test_its_button_does_it_and_ends_it(self, stack, open_, devices):
        end = int(NOW) + 3660
        status, page = open_(form={"silence": str(end)})
        assert (status, "Celular em silêncio até 12:06" in page) == (200, True)
        assert devices.silent_until("ana") == end
        assert "Celular em silêncio até" in open_(chosen="silence")[1]
        status, page = open_(form={"silence": "0"})
        assert (status, "O celular volta a tocar" in page) == (200, True)
        assert (devices.silent_until("ana") or 0) == 0
        assert stack.records("acao") == []

    @pytest.mark.parametrize(
        "said",
        ["1", str(int(NOW) + 60), str(int(NOW) + 90_000), "-5", "9" * 12, "\u0663", "x", "1e12", "12:00"],
    )
    def test_what_is_no_time_to_come_is_refused(self, open_, devices, said):
        assert open_(form={"silence": said})[0] == 400
        assert devices.silent_until("ana") is None

    @pytest.mark.parametrize("kind", ["altered", "session", "other key", "expired"])
    def test_a_forged_or_old_link_shows_and_does_nothing(self, stack, open_, devices, alert, kind):
        link = Link("ana", alert.id)
        good = issue_link(link, stack.key, now=0, until=FOREVER)
        head, _, signature = good.split(".")
        other = issue_link(Link("bruno", alert.id), stack.key, now=0, until=FOREVER).split(".")[1]
        token, status = {
            "altered": (f"{head}.{other}.{signature}", 403),
            "session": (issue(Identity("ana", "trader"), stack.key, now=NOW, life_s=FOREVER), 403),
            "other key": (issue_link(link, "0" * 64, now=0, until=FOREVER), 403),
            "expired": (issue_link(link, stack.key, now=0, until=NOW), 410),
        }[kind]
        for asked in ({"chosen": "silence"}, {"chosen": "executed"}, {"form": {"silence": "0"}}):
            said, page = open_(token=token, **asked)
            assert (said, "<form" in page, "WINZ26" in page) == (status, False, False)
        assert open_(token=token, form={"decision": "executed"})[0] == status
        assert devices.silent_until("ana") is devices.silent_until("bruno") is None
        assert stack.records("acao") == []

    def test_a_viewer_may_and_a_stranger_may_not(self, stack, open_, alert, devices):
        token = issue_link(Link("nobody", alert.id), stack.key, now=0, until=FOREVER)
        assert open_(token=token, chosen="silence")[0] == 403
        assert open_(token=token, form={"silence": str(int(NOW) + 3660)})[0] == 403
