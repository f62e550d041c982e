"""The page's own server: files, the log-in for development, the way to the API; no other page gets in."""

from __future__ import annotations

import json
import threading
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import pytest
import urllib3

from local.stack.dev_server import serving

HTTP = urllib3.PoolManager(retries=False)


@pytest.fixture
def page(tmp_path):
    (tmp_path / "index.html").write_text("<h1>Pregão</h1>", encoding="utf-8")
    (tmp_path / "app.js").write_text("1", encoding="utf-8")
    (tmp_path.parent / "secret.txt").write_text("s", encoding="utf-8")
    stack = SimpleNamespace(http_url="http://127.0.0.1:9", websocket_url="ws://127.0.0.1:7/_aws/x/alertas")
    issues = {"ana": "token of ana"}.get, {"carla": "token of carla"}.get
    with serving(stack, tmp_path, issues[0], 0, ["ana"], issues[1], ["carla"]) as url:
        yield url


def post(page, body, **headers):
    headers = {"Origin": page} | headers
    return HTTP.request("POST", f"{page}/api/login", body=body, headers=headers)


def test_files_and_where_the_socket_is(page):
    assert "Pregão" in HTTP.request("GET", page).data.decode()
    script = HTTP.request("GET", f"{page}/app.js?v=1")
    assert script.headers["content-type"].startswith("text/javascript")
    assert "connect-src 'self' ws://127.0.0.1:7;" in script.headers["content-security-policy"]
    config = HTTP.request("GET", f"{page}/config.json").json()
    assert config == {
        "websocket_url": "ws://127.0.0.1:7/_aws/x/alertas",
        "api_url": "/api",
        "dev_login": True,
        "operators": ["ana"],
        "officers": ["carla"],
    }


def test_an_officer_signs_in_on_a_page_of_their_own(page):
    assert post(page, b'{"officer": "carla"}').json() == {"token": "token of carla"}
    for body in (b'{"officer": "ana"}', b'{"operator": "carla"}', b'{"officer": "carla", "operator": "ana"}'):
        assert post(page, body).status == 401
    assert (
        HTTP.request("GET", f"{page}/compliance").status
        == HTTP.request("GET", f"{page}/compliance.html").status
    )


@pytest.mark.parametrize("path", ["/nothing", "/../secret.txt", "/%2e%2e/secret.txt", "//etc/passwd"])
def test_nothing_else_is_served(page, path):
    assert HTTP.request("GET", page + path).status == 404


def test_an_operator_logs_in(page):
    assert post(page, '{"operator": "ana"}').json() == {"token": "token of ana"}


@pytest.mark.parametrize("body", ['{"operator": "eva"}', "{}", "[]", "x", '{"operator": null}', "null"])
def test_nobody_else_does(page, body):
    assert post(page, body).status == 401


def test_another_page_gets_nothing(page):
    assert post(page, '{"operator": "ana"}', Origin="http://evil.example").status == 403
    assert post(page, '{"operator": "ana"}', Host="evil.example").status == 403
    assert HTTP.request("GET", f"{page}/config.json", headers={"Host": "evil.example"}).status == 421
    assert post(page, json.dumps({"operator": "a" * 2000})).status == 400


class Upstream(BaseHTTPRequestHandler):
    def do_POST(self):
        sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.do_GET(sent)

    def do_GET(self, sent=None):
        body = {"path": self.path, "token": self.headers.get("Authorization")}
        body = json.dumps(body | ({} if sent is None else {"sent": sent})).encode()
        self.send_response(404 if "nothing" in self.path else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args):
        pass


def test_questions_go_on_to_the_api_with_the_token(tmp_path):
    upstream = HTTPServer(("127.0.0.1", 0), Upstream)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    stack = SimpleNamespace(http_url=f"http://127.0.0.1:{upstream.server_port}/up", websocket_url="ws://x")
    try:
        with serving(stack, tmp_path, {}.get) as url:
            asked = HTTP.request("GET", f"{url}/api/alerts?day=1", headers={"Authorization": "Bearer t"})
            assert asked.json() == {"path": "/up/api/alerts?day=1", "token": "Bearer t"}
            assert HTTP.request("GET", f"{url}/api/nothing").status == 404
    finally:
        upstream.shutdown()
        upstream.server_close()


def test_a_closed_page_s_decision_goes_on_and_nothing_else_that_is_posted(tmp_path):
    upstream = HTTPServer(("127.0.0.1", 0), Upstream)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    stack = SimpleNamespace(http_url=f"http://127.0.0.1:{upstream.server_port}/up", websocket_url="ws://x")
    path = f"/api/alerts/{'a' * 64}/decision"
    try:
        with serving(stack, tmp_path, {}.get) as url:
            about = {"Authorization": "Bearer t", "Origin": url}
            sent = HTTP.request("POST", url + path, body="decision=executed", headers=about)
            assert sent.json() == {"path": f"/up{path}", "token": "Bearer t", "sent": "decision=executed"}
            levels = HTTP.request("POST", f"{url}/api/levels", body="{}", headers=about)
            assert levels.json() == {"path": "/up/api/levels", "token": "Bearer t", "sent": "{}"}
            elsewhere = about | {"Origin": "http://evil.example"}
            assert HTTP.request("POST", url + path, body="", headers=elsewhere).status == 403
            for method in ("PATCH", "DELETE"):
                level = f"{url}/api/levels/{'a' * 16}"
                assert HTTP.request(method, level, body="", headers=elsewhere).status == 403
                assert HTTP.request(method, f"{url}/api/alerts", body="", headers=about).status == 400
            for other in ("/api/candles", path.replace("a" * 64, "..%2f..")):
                assert HTTP.request("POST", url + other, body="", headers=about).status == 400
    finally:
        upstream.shutdown()
        upstream.server_close()


@pytest.mark.parametrize(
    "path",
    [
        "/api/../../../_ministack/ses/messages",
        "/api/%2e%2e/%2E%2e/_ministack/ses/messages",
        "/api/..%2f..%2F_ministack/config",
        "/api/./../x",
        "/api/..",
        "/api/..\\..\\x",
        "/api/%2e%2e%5c..",
    ],
)
def test_no_question_leaves_the_stack_s_api(tmp_path, path):
    """Sent as it is written: a client would resolve the dots before."""
    upstream = HTTPServer(("127.0.0.1", 0), Upstream)
    threading.Thread(target=upstream.serve_forever, daemon=True).start()
    stack = SimpleNamespace(http_url=f"http://127.0.0.1:{upstream.server_port}/up", websocket_url="ws://x")
    try:
        with serving(stack, tmp_path, {}.get) as url:
            line = HTTPConnection(url.removeprefix("http://"), timeout=5)
            line.request("GET", path)
            assert line.getresponse().status == 404
            line.close()
    finally:
        upstream.shutdown()
        upstream.server_close()


def test_an_api_that_is_away_is_said(page):
    assert HTTP.request("GET", f"{page}/api/desk").status == 502


def test_a_link_signs_an_operator_in(page):
    """The token goes into the fragment: a browser sends that to nobody."""
    sent = HTTP.request("GET", f"{page}/login/ana", redirect=False)
    assert sent.status == 302
    assert sent.headers["location"] == "/#token=token of ana"
    assert HTTP.request("GET", f"{page}/login/eva", redirect=False).status == 401
    assert HTTP.request("GET", f"{page}/login/ana", headers={"Host": "evil.example"}).status == 421
