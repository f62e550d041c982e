"""Clients believe Amazon's authorities and nobody else, and read two kilobytes for it."""

from __future__ import annotations

import ssl
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import SSLError

from pregao.aws import clients, trust
from tests.authority import authority, serving


@pytest.fixture
def fresh(monkeypatch):
    """As in an account: no endpoint and no bundle of another; nothing kept of tests before."""
    for name in ("AWS_CA_BUNDLE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "sa-east-1")
    trust.amazon_roots.cache_clear()
    clients.client.cache_clear()
    yield monkeypatch
    trust.amazon_roots.cache_clear()
    clients.client.cache_clear()


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    """Address of a server whose certificate an authority of the tests signed, and that authority's file."""
    folder = tmp_path_factory.mktemp("authority")
    authority(folder)
    with serving(folder) as address:
        yield address, folder / "ca.pem"


def test_the_roots_are_amazons_and_valid(fresh):
    path = trust.amazon_roots()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(path)
    names = [dict(pair for part in one["subject"] for pair in part) for one in context.get_ca_certs()]
    assert len(names) == len(trust.ROOTS)
    assert {one["organizationName"] for one in names} == {"Amazon", "Starfield Technologies, Inc."}
    assert len(Path(path).read_bytes()) < 12_000


def test_a_stranger_is_refused_and_the_bundle_named_is_believed(fresh, stranger):
    """The same server, through the client that functions use; AWS_CA_BUNDLE lets a proxy in."""
    address, ca = stranger
    fresh.setenv("AWS_ENDPOINT_URL_SQS", address)
    with pytest.raises(SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        clients.client("sqs").get_queue_url(QueueName="alerts")
    fresh.setenv("AWS_CA_BUNDLE", str(ca))
    trust.amazon_roots.cache_clear()
    clients.client.cache_clear()
    assert (
        clients.client("sqs").get_queue_url(QueueName="alerts")["ResponseMetadata"]["HTTPStatusCode"] == 200
    )


def test_a_known_authority_that_is_not_amazons_is_refused(fresh, stranger, tmp_path):
    """The whole bundle with this authority in it believes the server; its Amazon roots do not."""
    address, ca = stranger
    bundle = trust.BUNDLE.read_text("ascii") + ca.read_text("ascii")
    files = tmp_path / "whole.pem", tmp_path / "roots.pem"
    for file, text in zip(files, (bundle, trust.roots_in(bundle)), strict=True):
        file.write_text(text, "ascii")
    quick = Config(retries={"max_attempts": 1})
    by_whole, by_roots = (
        boto3.client("sqs", endpoint_url=address, verify=str(path), config=quick) for path in files
    )
    assert by_whole.get_queue_url(QueueName="alerts")
    with pytest.raises(SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        by_roots.get_queue_url(QueueName="alerts")


def test_a_bundle_that_lacks_a_root_serves_whole(fresh, tmp_path):
    path = tmp_path / "bundle.pem"
    path.write_text("no certificates here", "ascii")
    fresh.setattr(trust, "BUNDLE", path)
    assert trust.amazon_roots() is None


@pytest.mark.parametrize("name", ["AWS_CA_BUNDLE", "AWS_ENDPOINT_URL"])
def test_another_place_than_aws_has_its_own_authorities(fresh, name):
    fresh.setenv(name, "/etc/ca.pem" if name == "AWS_CA_BUNDLE" else "https://localhost:4566")
    assert trust.amazon_roots() is None
