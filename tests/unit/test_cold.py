"""The collector rests while a function starts, in Lambda alone, and works on afterwards."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

LAYER = Path(__file__).resolve().parents[2] / "layers" / "pregao" / "python"
STARTED = """
import gc, json
from pregao import cold
told = [gc.isenabled()]
calls = []
@cold.once
def build(word):
    calls.append(word)
    told.append(gc.isenabled())
    if word == "bad":
        raise ValueError(word)
    return [word]
try:
    build("bad")
except ValueError:
    told.append(gc.isenabled())
same = build("a") is build("a")
print(json.dumps([told, calls, same, gc.isenabled(), gc.get_freeze_count() > 0]))
"""


def started(**env):
    """What a fresh process tells; the coverage of ours is not its own."""
    run = subprocess.run(
        [sys.executable, "-c", STARTED],
        env={**{k: v for k, v in os.environ.items() if not k.startswith("AWS_LAMBDA")}, **env},
        cwd=LAYER,
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(run.stdout)


def test_in_lambda_it_rests_until_the_function_is_ready_or_failed():
    told, calls, same, enabled, frozen = started(AWS_LAMBDA_FUNCTION_NAME="f")
    assert told == [False, False, True, True]
    assert (calls, same, enabled, frozen) == (["bad", "a"], True, True, True)


def test_elsewhere_nothing_changes():
    told, calls, same, enabled, frozen = started()
    assert told == [True, True, True, True]
    assert (calls, same, enabled, frozen) == (["bad", "a"], True, True, False)


@pytest.mark.parametrize(
    ("module", "never"),
    [
        ("authorize", {"pydantic", "yaml", "pregao.domain.delivery.attention", "pregao.aws.screens"}),
        ("deliver", {"pydantic", "yaml"}),
        ("watch", {"pydantic", "yaml", "pregao.domain.text.email", "pregao.domain.alerts.alert"}),
        ("fallback", {"pydantic", "yaml", "pregao.domain.text.email", "pregao.domain.feeds.feed"}),
        ("feedback", {"yaml", "pregao.config.models", "pregao.domain.alerts.alert"}),
        ("quote", {"yaml", "pregao.domain.alerts.alert", "pregao.flow.ports.delivery"}),
        ("compliance", {"pydantic", "yaml", "pregao.domain.alerts.alert"}),
        ("ticker", {"pydantic", "yaml", "pregao.config", "pregao.aws.tables.audit.ledger"}),
    ],
)
def test_a_start_imports_what_it_uses(module, never):
    asked = f"import json, sys, pregao.bootstrap.{module}; print(json.dumps(list(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", asked], cwd=LAYER, capture_output=True, text=True, check=True)
    assert not never & set(json.loads(run.stdout))
