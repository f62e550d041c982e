"""Telegram's Bot API and a push service on loopback: they check what they get, keep it, and fail as told.

For `pregao up`, where what arrives is shown, and for the tests. What a phone would hold, a device's private
key, is here.
"""

from __future__ import annotations

import json
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from jwt.types import Options

from pregao.aws.channels.encryption import RECORD, decode, encode, keys_of, public_of

HOST = "127.0.0.1"
SIGNED_AT_MOST_S = 86_400
LONGEST_TTL = 4 * 7 * 86_400
CURVE = ec.SECP256R1()


@dataclass(frozen=True)
class Received:
    """A message that a service took: `to` is a chat or a device's path, `told` what it says."""

    channel: str
    to: str
    told: Mapping[str, Any]
    at: float


@dataclass(frozen=True)
class Fault:
    """How a service answers a number of times; `hang_s` before that, 0 status for a closed connection.

    `takes`: the message was taken before that, and only the answer is lost.
    """

    status: int = 0
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    hang_s: float = 0.0
    takes: bool = False


@dataclass
class Phone:
    """A browser's side of a subscription: its keys, and the part of the address that tells it apart."""

    name: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(CURVE))
    auth: bytes = b"0123456789abcdef"

    @property
    def p256dh(self) -> str:
        """Its public key as a browser tells it."""
        return encode(public_of(self.key))


class PhoneServices:
    """What the services on loopback have taken, and the faults that come next.

    `token` is the bot's; `vapid` (its public key, base64url) is who may push, None for anybody who signs.
    `faults` are those of the next requests; where there are none, `fault_of` is asked with a request's path.
    """

    def __init__(self, on_message: Callable[[Received], None] = lambda _: None) -> None:
        self.received: list[Received] = []
        self.refused: list[str] = []
        self.faults: list[Fault] = []
        self.fault_of: Callable[[str], Fault | None] = lambda _path: None
        self.phones: dict[str, Phone] = {}
        self.gone: set[str] = set()
        self.blocked: set[str] = set()
        self.token = "1234:local"  # noqa: S105 a stand-in's
        self.vapid: str | None = None
        self.url = ""
        self.clock: Callable[[], float] = time.time
        self.on_message = on_message
        self._number = 0
        self._lock = threading.Lock()

    def phone(self, name: str) -> Phone:
        """Add a device."""
        return self.phones.setdefault(name, Phone(name))

    def endpoint(self, name: str) -> str:
        """Return the address at which a device takes messages."""
        return f"{self.url}/push/{name}"

    def of(self, channel: str) -> list[Received]:
        """Return what a channel took."""
        return [one for one in self.received if one.channel == channel]

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, dict[str, Any] | None]:
        """Take one request; returns status and JSON."""
        parts = path.strip("/").split("/")
        if parts[0] == "push" and len(parts) == 2:
            return self._push(parts[1], headers, body), None
        if parts[0].startswith("bot") and len(parts) == 2:
            said = _said(headers.get("Content-Type", ""), body)
            return self._telegram(parts[0].removeprefix("bot"), parts[1], said)
        return 404, {"ok": False, "error_code": 404, "description": "Not Found"}

    def _telegram(self, token: str, method: str, said: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if token != self.token:
            return 401, {"ok": False, "error_code": 401, "description": "Unauthorized"}
        chat = str(said.get("chat_id", ""))
        if chat in self.blocked:
            return 403, {"ok": False, "error_code": 403, "description": "Forbidden: bot was blocked"}
        if not chat or method not in METHODS or not _is_whole(method, said):
            return 400, {"ok": False, "error_code": 400, "description": "Bad Request"}
        number = said.get("message_id") or self._next()
        self._take(Received("telegram", chat, {**said, "method": method, "message_id": number}, time.time()))
        return 200, {"ok": True, "result": {"message_id": number, "chat": {"id": chat}}}

    def _push(self, name: str, headers: Mapping[str, str], body: bytes) -> int:
        if name in self.gone or name not in self.phones:
            return 410
        wrong = self._unsigned(headers) or _misfit(headers, body)
        if wrong is not None:
            self.refused.append(wrong[1])
            return wrong[0]
        try:
            told = json.loads(opened(body, self.phones[name]))
        except (InvalidTag, ValueError) as error:
            self.refused.append(f"not readable: {error!r}")
            return 201  # a service cannot see it; the test can
        about = {one: headers.get(one, "") for one in ("TTL", "Topic", "Urgency")}
        self._take(Received("push", name, {**told, **about}, time.time()))
        return 201

    def _unsigned(self, headers: Mapping[str, str]) -> tuple[int, str] | None:
        scheme, _, rest = headers.get("Authorization", "").partition(" ")
        fields = dict(one.strip().split("=", 1) for one in rest.split(",") if "=" in one)
        try:
            point = ec.EllipticCurvePublicKey.from_encoded_point(CURVE, decode(fields["k"]))
            unbound = Options(verify_exp=False, require=["exp"])  # judged below, by this one's own clock
            claims = jwt.decode(fields["t"], point, algorithms=["ES256"], audience=self.url, options=unbound)
        except (KeyError, ValueError, jwt.InvalidTokenError) as error:
            return 401, f"not signed: {type(error).__name__}"
        lives = 0 < claims["exp"] - self.clock() <= SIGNED_AT_MOST_S
        if scheme != "vapid" or not lives or self.vapid not in {None, fields["k"]}:
            return 403, "signed by somebody else"
        return None

    def _take(self, received: Received) -> None:
        self.received.append(received)
        self.on_message(received)

    def _next(self) -> int:
        with self._lock:
            self._number += 1
            return self._number


METHODS = {
    "sendMessage": ("text", 4096),
    "editMessageText": ("text", 4096),
    "sendPhoto": ("caption", 1024),
    "editMessageCaption": ("caption", 1024),
    "deleteMessage": ("message_id", 20),
}
"""What each needs, and how long that may be."""


def _is_whole(method: str, said: Mapping[str, Any]) -> bool:
    name, longest = METHODS[method]
    photo = method != "sendPhoto" or said.get("photo", b"").startswith(b"\x89PNG")
    return photo and 1 <= len(str(said.get(name, ""))) <= longest


def _said(kind: str, body: bytes) -> dict[str, Any]:
    """Read a request's fields, of JSON or of a form with a file."""
    if not kind.startswith("multipart/form-data"):
        read: dict[str, Any] = json.loads(body)
        return read
    form = message_from_bytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    found: dict[str, Any] = {}
    for part in form.walk():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(content, bytes):
            found[name] = content if part.get_filename() else content.decode()
    if "reply_markup" in found:
        found["reply_markup"] = json.loads(found["reply_markup"])
    return found


def _misfit(headers: Mapping[str, str], body: bytes) -> tuple[int, str] | None:
    ttl, topic = headers.get("TTL", ""), headers.get("Topic", "")
    if len(body) > RECORD:
        return 413, f"{len(body)} bytes"
    if not ttl.isdecimal() or int(ttl) > LONGEST_TTL:
        return 400, f"TTL {ttl!r}"
    if len(topic) > 32 or not topic.replace("-", "").replace("_", "").isalnum():
        return 400, f"Topic {topic!r}"
    if headers.get("Content-Encoding") != "aes128gcm":
        return 400, "Content-Encoding"
    return None


def opened(body: bytes, phone: Phone) -> bytes:
    """Decrypt a message as its browser does; raises InvalidTag or ValueError."""
    salt, (_, length) = body[:16], struct.unpack("!IB", body[16:21])
    sender = body[21 : 21 + length]
    shared = phone.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(CURVE, sender))
    key, nonce = keys_of(shared, public_of(phone.key), sender, phone.auth, salt)
    text = AESGCM(key).decrypt(nonce, body[21 + length :], None).rstrip(b"\x00")
    if text[-1:] != b"\x02":
        raise ValueError("no end of the record")
    return text[:-1]


@contextmanager
def serving_phones(
    on_message: Callable[[Received], None] = lambda _: None, port: int = 0
) -> Iterator[PhoneServices]:
    """Serve on loopback for the length of a with block."""
    services = PhoneServices(on_message)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            fault = services.faults.pop(0) if services.faults else services.fault_of(self.path)
            if fault is None or fault.takes:
                status, told = services.answer(self.path, dict(self.headers.items()), body)
            if fault is not None:
                self._fail(fault)
                return
            self._say(status, {}, b"" if told is None else json.dumps(told).encode())

        def _fail(self, fault: Fault) -> None:
            time.sleep(fault.hang_s)
            if fault.status:
                self._say(fault.status, fault.headers, fault.body)
            else:
                self.close_connection = True

        def _say(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing: a path holds a token."""

    server = ThreadingHTTPServer((HOST, port), Handler)
    services.url = f"http://{HOST}:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield services
    finally:
        server.shutdown()
        server.server_close()
