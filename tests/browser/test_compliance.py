"""The compliance page in a real browser, over the officer's questions and a simulated week."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import expect

from local.stack.dev_server import PAGES, TYPES
from pregao.flow.compliance import BadQuestion, File, NoAnswer
from pregao.flow.ports.refusals import Contended
from pregao.wire.token_v1 import Identity, TokenRefused, issue
from tests.audited import honest
from tests.browser.conftest import Watched
from tests.browser.console_screen import serious_faults
from tests.browser.console_server import DIST
from tests.fakes import PLENTY
from tests.officers import KEY, compliance, desk_config, officer_token
from tests.simulation import DESK

pytestmark = pytest.mark.skipif(
    not (DIST / "compliance.html").exists(), reason="the console is not built: make console"
)
AUDIT = honest(2)
LAST = (AUDIT.as_of - timedelta(days=2)).date().isoformat()
FIRST = (AUDIT.as_of - timedelta(days=4)).date().isoformat()
NAMES = {one.id: f"{one.name} dos Santos" for one in DESK}


class Handler(BaseHTTPRequestHandler):
    """The built page, and what the function answers."""

    served = None

    def do_GET(self):
        asked = urlsplit(self.path)
        if asked.path == "/config.json":
            return self.say(200, ".json", json.dumps({"api_url": "/api", "dev_login": False}).encode())
        if asked.path.startswith("/api/compliance/"):
            return self.ask(asked.path.rpartition("/")[2], dict(parse_qsl(asked.query)))
        file = DIST / PAGES.get(asked.path, asked.path).lstrip("/")
        return self.say(200, file.suffix, file.read_bytes()) if file.is_file() else self.say(404, ".txt", b"")

    def ask(self, question, query):
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        try:
            found = self.served(token, question, query, PLENTY)
        except TokenRefused:
            return self.say(401, ".json", b"{}")
        except BadQuestion as wrong:
            return self.say(400, ".json", json.dumps({"reasons": [str(wrong)]}).encode())
        except NoAnswer as none:
            return self.say(503, ".json", json.dumps({"error": none.error}).encode())
        body = found.content if isinstance(found, File) else json.dumps(found).encode()
        return self.say(200, ".json", body)

    def say(self, status, kind, body):
        self.send_response(status)
        self.send_header("Content-Type", TYPES.get(kind, "application/octet-stream"))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    config = desk_config(NAMES)
    return compliance(
        AUDIT.objects, AUDIT.store, AUDIT.as_of.timestamp(), tmp_path_factory.mktemp("k"), config
    )


@pytest.fixture
def officer(browser, served):
    """Open the page with a token in its link; without one it asks for it."""
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), type("Bound", (Handler,), {"served": staticmethod(served)})
    )
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    contexts = []

    def opened(token=None, width=1366, fragment="", scheme="light"):
        context = browser.new_context(viewport={"width": width, "height": 768}, color_scheme=scheme)
        contexts.append(context)
        tab = Watched(context.new_page())
        begin = f"#token={token or officer_token()}{fragment}"
        tab.page.goto(f"http://127.0.0.1:{server.server_port}/compliance{begin}")
        return tab

    yield opened
    for context in contexts:
        context.close()
    server.shutdown()
    server.server_close()
    thread.join()


def chosen(tab, question, first=FIRST, last=LAST):
    tab.page.get_by_label("Pergunta").select_option(question)
    tab.page.get_by_label("De (UTC)").fill(first)
    tab.page.get_by_label("Até (UTC)").fill(last)
    tab.page.get_by_role("button", name="Consultar").click()


def test_a_question_its_rows_a_story_and_files(officer, served):
    tab = officer()
    expect(tab.page.locator(".verified")).to_contain_text("Tudo confere.")
    chosen(tab, "unanswered")
    told = served(officer_token(), "unanswered", {"from": FIRST, "to": LAST}, PLENTY)
    rows = tab.page.locator(".rows tbody tr")
    expect(rows).to_have_count(len(told["rows"]))
    assert told["rows"]
    assert "token" not in tab.page.url
    tab.shoot("compliance-rows")
    assert serious_faults(tab) == []

    alert = told["rows"][0][-1]
    tab.page.locator(f'[data-alert="{alert}"]').click()
    story = served(officer_token(), "alert", {"from": FIRST, "to": LAST, "alert": alert}, PLENTY)
    expect(tab.page.locator(".story li")).to_have_count(len(story["rows"]))
    tab.shoot("compliance-story")
    assert serious_faults(tab) == []
    with tab.page.expect_download() as came:
        tab.page.get_by_role("button", name="Prova (JSON)").click()
    assert json.loads(came.value.path().read_text())["alert_id"] == alert
    with tab.page.expect_download() as came:
        tab.page.locator('[data-format="csv"]').click()
    assert came.value.suggested_filename == f"pregao-unanswered-{FIRST}_{LAST}.csv"
    assert len(came.value.path().read_text().splitlines()) == len(told["rows"]) + 1
    assert tab.complaints == []


def test_names_come_from_the_map_and_a_link_asks_the_same(officer, served):
    fragment = f"&question=unreached&from={FIRST}&to={LAST}"
    tab = officer(fragment=fragment, width=420, scheme="dark")
    told = served(officer_token(), "unreached", {"from": FIRST, "to": LAST}, PLENTY)
    expect(tab.page.locator(".rows tbody tr")).to_have_count(len(told["rows"]))
    whose = tab.page.locator(".rows tbody td span").first
    assert whose.inner_text() in NAMES.values()
    assert whose.get_attribute("title").startswith("op-")
    tab.page.get_by_role("button", name="English").click()
    expect(tab.page.get_by_role("button", name="Ask")).to_be_visible()
    assert not tab.overflows()
    tab.shoot("compliance-narrow")
    assert serious_faults(tab) == []
    assert tab.complaints == []


def test_a_token_of_the_desk_is_refused_and_the_page_says_so(officer):
    tab = officer(issue(Identity("ana", "trader"), KEY, now=1_700_000_000, life_s=3_000_000_000))
    expect(tab.page.get_by_role("alert")).to_contain_text("não vale para esta página")
    assert serious_faults(tab) == []
    tab.page.get_by_label("Token de acesso").fill(officer_token())
    tab.page.get_by_role("button", name="Entrar").click()
    expect(tab.page.get_by_role("button", name="Consultar")).to_be_visible()


def test_what_is_refused_says_why(officer, served, monkeypatch):
    tab = officer()
    chosen(tab, "shown")
    expect(tab.page.get_by_role("alert")).to_contain_text("asks for operator")

    def busy(*_):
        raise Contended

    monkeypatch.setattr(type(served.looks), "keep", busy)
    chosen(tab, "suppressed")
    expect(tab.page.get_by_role("alert")).to_contain_text("não pôde ser registrada")
    expect(tab.page.locator(".rows")).to_have_count(0)
