"""`pregao suppressed` over moto's table: seen by address where the desk still has it, and lifted."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from local.cli import suppressed
from pregao.aws.tables.delivery.suppressions import Suppressions
from pregao.domain.delivery.suppression import Suppression, address_key
from tests.cloud import STATE, moto_dynamo
from tests.fakes import NOW


@pytest.fixture
def found(monkeypatch):
    """Ana's address and one that is on the desk no more."""
    with moto_dynamo() as dynamo:
        made = SimpleNamespace(outputs={"AdmissionTable": STATE["admission"]}, client=lambda _service: dynamo)
        monkeypatch.setattr("local.stack.deployed.deployed", lambda _name, _state: made)
        monkeypatch.setenv("COLUMNS", "200")
        suppressions = Suppressions(dynamo, STATE["admission"])
        for name, cause in (("ana", "bounced"), ("zoe", "complained")):
            suppressions.add(Suppression(address_key(f"{name}@mesa.example"), name, cause, NOW))
        yield suppressions


def run(*words):
    return CliRunner().invoke(suppressed.app, list(words))


def test_they_are_listed_with_their_cause(found):
    said = run("list").output
    assert "ana@mesa.example" in said
    assert "bounced" in said
    assert "23/11/2026 11:05" in said
    assert address_key("zoe@mesa.example")[:12] in said
    assert "zoe@" not in said


def test_one_is_lifted(found):
    said = run("lift", "Ana@mesa.example")
    assert said.exit_code == 0
    assert "delete-suppressed-destination" in said.output
    assert [one.operator for one in found.all()] == ["zoe"]


def test_what_is_not_suppressed_is_told(found):
    said = run("lift", "bruno@mesa.example")
    assert said.exit_code == 1
    assert "pregao suppressed list" in said.stderr


def test_none(found):
    for one in found.all():
        found.lift(one.key)
    assert "no address is suppressed" in run("list").output
