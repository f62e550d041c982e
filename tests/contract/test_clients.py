"""The clients that functions work with: botocore's own, without a look at services that we do not use."""

from __future__ import annotations

import os

import boto3
import pytest

from pregao.aws import clients
from tests.cloud import REGION


@pytest.fixture(autouse=True)
def region(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)


new = clients.client.__wrapped__
"""Makes a client that the process does not keep: tests over moto take the one that it keeps."""


@pytest.mark.parametrize("use", sorted(clients.BUDGETS))
def test_it_is_of_the_same_description_as_boto3s_own(use):
    ours, theirs = new(use).meta, boto3.client(use.split()[0]).meta
    assert ours.service_model.api_version == theirs.service_model.api_version
    assert ours.service_model.operation_names == theirs.service_model.operation_names
    assert ours.endpoint_url == theirs.endpoint_url


def test_the_folders_of_other_services_are_not_read(monkeypatch):
    """Four hundred of them, twice: half the CPU time of a process's first client."""
    read, listdir = [], os.listdir

    def noted(path="."):
        read.append(os.path.basename(os.fspath(path)))  # noqa: PTH119 what botocore gave
        return listdir(path)

    monkeypatch.setattr(os, "listdir", noted)
    clients._session.cache_clear()
    new("dynamodb")
    clients._session.cache_clear()
    assert "dynamodb" in read
    assert "ec2" not in read


def test_a_late_client_is_made_at_its_first_call(monkeypatch):
    made = []
    monkeypatch.setattr(clients, "client", lambda use: made.append(use) or new(use))
    late = clients.LateClient("sesv2")
    assert made == []
    assert late.meta.service_model.service_name == "sesv2"
    assert made == ["sesv2"]
