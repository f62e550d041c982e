"""`pregao bridges`: whose the names are, and one set free."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from local.cli import bridges
from local.cli.app import app
from tests.fakes import NOW, FakeBridgeBook, Store

ARN = "arn:aws:iam::1:user/pregao/mesa-1"


@pytest.fixture
def book(monkeypatch):
    made = FakeBridgeBook(Store())
    monkeypatch.setattr(bridges, "_book", lambda _stack: made)
    return made


def run(*words):
    return CliRunner().invoke(app(["bridges"]), ["bridges", *words], env={"COLUMNS": "120"})


def test_each_name_and_whose_it_is(book):
    assert "no bridge has signed yet" in run("list").stdout
    book.owner("mesa-1", ARN, NOW)
    said = run("list").stdout
    assert "mesa-1" in said
    assert ARN in said
    assert "23/11/2026" in said


def test_a_name_is_set_free(book):
    book.owner("mesa-1", ARN, NOW)
    assert "mesa-1 livre" in run("forget", "mesa-1").stdout
    gone = run("forget", "mesa-1")
    assert (gone.exit_code, "pregao bridges list" in gone.stderr) == (1, True)
