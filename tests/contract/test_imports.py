"""What a function imports before its first event: nothing that its events do not need."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.cloud import ROOT

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
