"""The operators' page on this machine: its files, a log-in for development, and the way to the stack's API.

In the cloud the same paths are a bucket and an API behind one address, and tokens come from elsewhere.
"""

from __future__ import annotations

import json
import re
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import urllib3

from local.stack.running import StackInfo

HOST = "127.0.0.1"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
    ".txt": "text/plain; charset=utf-8",
}
LOGIN = "/login/"
PASSED = ("Authorization", "Content-Type", "Origin")
"""Headers of a browser that go on to the API."""
DECISION = re.compile(r"/api/alerts/[0-9a-f]{64}/decision")
LEVELS = re.compile(r"/api/levels(/[0-9a-f]{16})?")
PUSH = re.compile(r"/api/push(/[0-9a-f]{32})?")
LARGEST_BODY = 1024
LARGEST_DECISION = 8 * 1024
DRAINED = 64 * 1024

Issue = Callable[[str], str | None]
"""Gives an operator of the desk a token, or an officer, None to anybody else."""
PAGES = {"/": "/index.html", "/compliance": "/compliance.html"}


def nobody(_name: str) -> str | None:
    """Give no token to anybody."""
    return None


@contextmanager
def serving(
    stack: StackInfo,
    files: Path,
    issue: Issue,
    prefer: int = 0,
    operators: Sequence[str] = (),
    issue_officer: Issue = nobody,
    officers: Sequence[str] = (),
) -> Iterator[str]:
    """Serve the pages for the length of a with block; gives their address.

    At port `prefer`, or any free one where that is taken. The pages offer `operators` and `officers`.
    """
    issues = {"operator": issue, "officer": issue_officer}
    handler = type("Handler", (_Handler,), {"page": _Page(stack, files, issues, operators, officers)})
    try:
        server = QuietServer((HOST, prefer), handler)
    except OSError:
        server = QuietServer((HOST, 0), handler)
    thread = threading.Thread(target=server.serve_forever, name="page", daemon=True)
    thread.start()
    try:
        yield f"http://{HOST}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class QuietServer(ThreadingHTTPServer):
    """A thread per line; a line that its other end broke is no error."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of who left before they had their answer."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Page:
    """What the handlers share."""

    def __init__(
        self,
        stack: StackInfo,
        files: Path,
        issues: Mapping[str, Issue],
        operators: Sequence[str],
        officers: Sequence[str],
    ) -> None:
        self.files = {f"/{one.relative_to(files)}": one for one in files.rglob("*") if one.is_file()}
        self.issues = issues
        self.api = stack.http_url
        # Questions alone go on, so one whose kept line has ended meanwhile is asked anew.
        anew = urllib3.Retry(total=1, redirect=False, status=False)
        self.pool = urllib3.PoolManager(maxsize=8, timeout=urllib3.Timeout(connect=5, read=30), retries=anew)
        said = {
            "websocket_url": stack.websocket_url,
            "api_url": "/api",
            "dev_login": True,
            "operators": list(operators),
            "officers": list(officers),
        }
        self.config = json.dumps(said).encode()
        sockets = stack.websocket_url.split("/_aws/")[0]
        self.policy = (
            f"default-src 'self'; connect-src 'self' {sockets}; img-src 'self' data:;"
            " style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        )


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    page: _Page

    def do_GET(self) -> None:
        """Serve a file, the page's configuration, or what the API answers."""
        path = self.path.partition("?")[0]
        if not self._names_this_machine():
            return self._say(HTTPStatus.MISDIRECTED_REQUEST)
        if path.startswith("/api/"):
            # Whoever asks for a dot segment, written out or not, wants another place than the stack's API.
            dotted = any(unquote(one) in {".", ".."} for one in re.split(r"/|%2f", path, flags=re.IGNORECASE))
            return self._say(HTTPStatus.NOT_FOUND) if dotted or "\\" in unquote(path) else self._ask()
        if path.startswith(LOGIN):
            return self._enter(path.removeprefix(LOGIN))
        if path == "/config.json":
            return self._answer(HTTPStatus.OK, TYPES[".json"], self.page.config)
        file = self.page.files.get(PAGES.get(path, path))
        if file is None:
            return self._say(HTTPStatus.NOT_FOUND)
        return self._answer(
            HTTPStatus.OK, TYPES.get(file.suffix, "application/octet-stream"), file.read_bytes()
        )

    def do_POST(self) -> None:
        """Give a token to an operator or an officer (development only), or hand on to the API."""
        self._sent("POST", DECISION, LEVELS, PUSH)

    def do_PATCH(self) -> None:
        """Hand a change of a price level on to the API."""
        self._sent("PATCH", LEVELS)

    def do_DELETE(self) -> None:
        """Hand the end of a price level, or of a device, on to the API."""
        self._sent("DELETE", LEVELS, PUSH)

    def _sent(self, method: str, *passed: re.Pattern[str]) -> None:
        length = self.headers.get("Content-Length", "0" if method == "DELETE" else "")
        # Read before anything is refused: an unread body would be taken for the next request.
        body = self.rfile.read(min(int(length), DRAINED)) if length.isdecimal() else b""
        own_page = f"http://{self.headers.get('Host')}"
        if not self._names_this_machine() or self.headers.get("Origin") != own_page:
            return self._say(HTTPStatus.FORBIDDEN)
        known = any(one.fullmatch(self.path) for one in passed)
        if known and length.isdecimal() and int(length) <= LARGEST_DECISION:
            return self._ask(method, body)
        if (
            method != "POST"
            or self.path != "/api/login"
            or not length.isdecimal()
            or int(length) > LARGEST_BODY
        ):
            return self._say(HTTPStatus.BAD_REQUEST)
        token = self._token(body)
        if token is None:
            return self._say(HTTPStatus.UNAUTHORIZED)
        return self._answer(HTTPStatus.OK, TYPES[".json"], json.dumps({"token": token}).encode())

    def _enter(self, operator: str) -> None:
        """Send a browser to the page as an operator of the desk: the link that `pregao run` prints."""
        token = self.page.issues["operator"](operator)
        if token is None:
            return self._say(HTTPStatus.UNAUTHORIZED)
        self.send_response(HTTPStatus.FOUND)
        self.send_header("Location", f"/#token={token}")  # the fragment reaches no log and no other server
        self.send_header("Content-Length", "0")
        self.send_header("Cache-Control", "no-store")
        return self.end_headers()

    def _token(self, body: bytes) -> str | None:
        try:
            ((kind, name),) = json.loads(body).items()
            return self.page.issues[kind](str(name))
        except (ValueError, TypeError, KeyError, AttributeError):
            return None

    def _names_this_machine(self) -> bool:
        # A name that somebody points at this machine must not let their page in.
        name = self.headers.get("Host", "").partition(":")[0]
        return name in {HOST, "localhost"}

    def _ask(self, method: str = "GET", body: bytes | None = None) -> None:
        passed = {name: value for name in PASSED if (value := self.headers.get(name))}
        try:
            answer = self.page.pool.request(method, f"{self.page.api}{self.path}", body, headers=passed)
        except urllib3.exceptions.HTTPError:
            return self._say(HTTPStatus.BAD_GATEWAY)
        return self._answer(answer.status, answer.headers.get("content-type", TYPES[".json"]), answer.data)

    def _say(self, status: HTTPStatus) -> None:
        self.close_connection = True  # a body longer than that stayed unread
        self._answer(status, TYPES[".json"], json.dumps({"error": status.phrase}).encode())

    def _answer(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Security-Policy", self.page.policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        if self.close_connection:  # said, or who asks on the same line at once runs into its end
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: Any) -> None:
        """Say nothing: the browser shows what went wrong."""
