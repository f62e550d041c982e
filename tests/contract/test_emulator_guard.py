"""Whoever is let in at the emulator's port runs code as the developer: who that is."""

from __future__ import annotations

import socket
import stat

import pytest
import urllib3
from botocore.exceptions import ClientError
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from local.stack.ministack import emulator
from local.stack.ministack.emulator import REGION, Keys
from local.stack.running import client
from tests.cloud import ROOT
from tests.emulated import need_emulator

pytestmark = pytest.mark.emulator
ASKED = {
    "dynamodb": "list_tables",
    "lambda": "list_functions",
    "s3": "list_buckets",
    "sts": "get_caller_identity",
    "cloudformation": "list_stacks",
}


@pytest.fixture(scope="module")
def up(tmp_path_factory):
    need_emulator()
    folder = tmp_path_factory.mktemp("guard")
    (folder / "emulator.log").write_text("older\n")
    (folder / "emulator.log").chmod(0o644)
    up = emulator.start(ROOT, folder, None)
    yield up
    up.stop()


def ask(up, keys, service):
    return getattr(client(up.endpoint, REGION, keys, service), ASKED[service])()


def fetch(up, path, **headers):
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    with urllib3.PoolManager() as pool:
        answer = pool.request("GET", up.endpoint + path, headers=told)
    return answer.status, dict(answer.headers)


def test_root_s_keys_are_made_at_each_start():
    assert Keys.made() != Keys.made()


@pytest.mark.parametrize("service", ASKED)
def test_root_is_who_signs_with_its_secret_and_nobody_else(up, service):
    assert ask(up, up.keys, service)
    for access, secret in (
        (up.keys.access, "guessed"),
        ("test", "test"),
        ("000000000000", up.keys.secret),
        ("000000000000", "test"),
    ):
        with pytest.raises(ClientError, match=r"Signature|Token|AccessKeyId|UnrecognizedClient"):
            ask(up, Keys(access, secret), service)


def test_unsigned_s3_is_nobody_s(up):
    assert fetch(up, "/")[0] == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "", "[::1", "localhost.evil.example"]
)
def test_another_host_is_refused(up, host):
    """A name that somebody points at this machine must not let their page in."""
    assert fetch(up, emulator.HEALTH, Host=host)[0] == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1.evil.example"])
def test_another_page_s_request_is_refused(up, origin):
    assert fetch(up, emulator.HEALTH, Origin=origin)[0] == 403


def test_a_socket_by_another_name_is_refused(up):
    address = up.endpoint.replace("http", "ws").replace("127.0.0.1", "evil.example")
    with pytest.raises(InvalidStatus, match="403"):
        connect(
            f"{address}/_aws/execute-api/x/alertas",
            sock=socket.create_connection(("127.0.0.1", int(up.endpoint.rpartition(":")[2]))),
            proxy=None,
        )


def test_no_page_may_read_an_answer(up):
    status, headers = fetch(up, emulator.HEALTH, Origin="http://127.0.0.1:8000")
    assert status == 200
    assert not [name for name in headers if name.lower().startswith("access-control-")]


@pytest.mark.parametrize("path", ["/_ministack/ses/messages", "/_ministack/config", "/_localstack/health"])
def test_its_own_door_asks_for_the_secret(up, path):
    assert fetch(up, path)[0] == 403
    assert fetch(up, path, x_pregao_root=up.keys.access)[0] == 403


def test_the_mailbox_opens_to_it(up):
    assert fetch(up, "/_ministack/ses/messages", x_pregao_root=up.keys.secret)[0] == 200


def test_what_it_keeps_and_its_log_are_its_owner_s_alone(up):
    assert stat.S_IMODE(up.log.stat().st_mode) == 0o600
    assert stat.S_IMODE((up.log.parent / "emulator").stat().st_mode) == 0o700
