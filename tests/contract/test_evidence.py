"""The rules in an audit record: the text that readers of all versions take."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from pregao.config.reader import load
from pregao.wire.evidence_v1 import Rules, dump_rules, load_rules

CONFIG = load(Path(__file__).resolve().parents[2] / "config", env={})


@pytest.mark.parametrize("name", CONFIG.instruments)
def test_the_text_is_pydantics_and_reads_back(name):
    rules = Rules(CONFIG.detectors_for(name), CONFIG.instrument_for(name).timezone, 300)
    assert dump_rules(rules) == TypeAdapter(Rules).dump_json(rules).decode()
    assert load_rules(dump_rules(rules)) == rules


@pytest.mark.parametrize(
    "change", [('"warmup":250', '"warmup":0'), ('"warmup":250', '"warmup":250,"other":1'), ("{", "[")]
)
def test_rules_that_no_version_wrote_are_refused(change):
    rules = Rules(CONFIG.detectors_for("WIN"), "America/Sao_Paulo", 300)
    with pytest.raises(ValidationError):
        load_rules(dump_rules(rules).replace(*change, 1))
