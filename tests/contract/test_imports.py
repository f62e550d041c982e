"""What a function imports before its first event: nothing that its events do not need."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from local.cli.app import QUICK_START
from tests.cloud import ROOT, template

LAYER = ROOT / "layers" / "pregao" / "python"


def imported(function):
    """The packages of a fresh process that has imported the function's handler."""
    code = "import handler, sys; print(*sys.modules)"
    paths = os.pathsep.join(map(str, (ROOT / "functions" / function, LAYER)))
    env = os.environ | {"PYTHONPATH": paths, "AWS_DEFAULT_REGION": "us-east-1"}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


@pytest.mark.parametrize("function", ["archive", "ticker"])
def test_streams_are_read_without_models(function):
    """What they read is our own tables' writing; importing pydantic would be a third of their start."""
    assert not {"numpy", "pydantic", "yaml"} & imported(function)


@pytest.mark.parametrize(
    "function", ["deliver", "fallback", "watch", "act", "desk", "bulletin", "compliance"]
)
def test_models_are_imported_where_something_is_parsed(function):
    assert not {"numpy", "pydantic", "yaml", "duckdb"} & imported(function)


@pytest.mark.parametrize("function", ["deliver", "fallback", "feedback"])
def test_a_queue_is_read_without_the_event_classes_of_all_services(function):
    """Powertools' batch brings thirty of them and asyncio: a tenth of a start."""
    found = imported(function)
    assert "aws_lambda_powertools.logging" in found
    assert not {"aws_lambda_powertools.utilities.data_classes", "asyncio"} & found


def test_what_libraries_read_at_their_import_is_set_alike_for_functions_and_commands():
    variables = template()["Globals"]["Function"]["Environment"]["Variables"]
    assert {name: variables[name] for name in QUICK_START} == QUICK_START
