"""`check`: what the person at the desk reads, and that the page says the same."""

from __future__ import annotations

import json
import re

import pytest

from pregao_bridge import texts
from pregao_bridge.app.check import CheckResult, as_json, as_text
from pregao_bridge.app.cli import main
from pregao_bridge.market import Condition
from tests.unit.local.bridge_page import PAGE, STATES, Scene, blocks, fault, rendered, written

WELL = {"healthy", "evening", "loading"}


def test_the_page_never_lies():
    """Its blocks are what the code says now; else: python -m tests.unit.local.bridge_page."""
    page = PAGE.read_text(encoding="utf-8")
    assert set(re.findall(r"<!-- check: (.+?) -->", page)) == set(blocks())
    assert written(page) == page


@pytest.mark.parametrize("name", STATES)
def test_a_sick_state_has_a_remedy(name):
    """In both languages; a healthy one has none."""
    for language in ("pt-BR", "en"):
        said = rendered(name, language)
        assert ("→" in said) == (name not in WELL), said
        assert ("SICK" in said or "FALHA" in said) == (name not in WELL)
        assert "{" not in said


def test_every_condition_has_words():
    """No name of the code reaches a person."""
    assert {f"c_{condition}" for condition in Condition} <= set(texts.TEXTS)


def test_what_a_feed_has_before_its_first_post(tmp_path):
    """Nothing is behind; it begins when the bridge does."""
    scene = Scene(tmp_path)
    for path in scene.config.state.rglob("cursor.json"):
        path.unlink()
    assert "nada enviado ainda" in scene.text()
    assert "FALHA" not in scene.text()


def test_a_broken_cursor_is_a_finding(tmp_path):
    """With what to do."""
    scene = Scene(tmp_path)
    (scene.room().path / "cursor.json").write_text("{")
    assert "delete it" in scene.text()


def test_a_candle_that_closed_just_now_is_not_behind(tmp_path):
    """The bridge needs its moment; two timeframes later it is."""
    scene = Scene(tmp_path)
    scene.time.now += 300
    assert "FALHA" not in scene.text()
    scene.time.now += 900
    assert "a ponte envia sozinha" in scene.text()


def test_history_on_its_way_is_waited_for(tmp_path):
    """It arrives at the third look."""
    scene, looks = Scene(tmp_path), []
    window = scene.market.window

    def later(*asked):
        looks.append(asked)
        if len(looks) < 3:
            fault(scene, Condition.LOADING)
        else:
            scene.market.fault = None
        return window(*asked)

    scene.market.window = later
    assert "histórico" not in scene.text()


def test_the_command_says_it_as_json_too(tmp_path, capsys):
    """A configuration with a mistake is a finding like another: exit 1."""
    (tmp_path / "bridge.toml").write_text("bridge_id = 7")
    assert main(["check", "--json", "-c", str(tmp_path / "bridge.toml")]) == 1
    said = json.loads(capsys.readouterr().out)
    assert said["healthy"] is False
    assert said["findings"][0]["name"] == "configuração"
    assert main(["check", "--lang", "en", "-c", str(tmp_path / "bridge.toml")]) == 1
    assert "SICK  configuration" in capsys.readouterr().out


def test_a_hundred_feeds_that_are_sick_of_one_thing_are_one_line():
    feeds = [CheckResult(ok=False, name=f"S{n} M5", seen="terminal closed") for n in range(100)]
    other = CheckResult(ok=False, name="X M5", seen="unknown symbol", remedy="look at Market Watch")
    well = [CheckResult(ok=True, name=f"W{n} M5", seen="fine") for n in range(2)]
    lines = as_text([*feeds, other, *well], "en").splitlines()
    assert [line.split()[1] for line in lines[:1]] == ["S0"]
    assert "S99 M5 (100)" in lines[0]
    assert len(lines) == 1 + 2 + 2 + 1
    assert lines[-1].startswith("2 ")
    assert len(json.loads(as_json([*feeds, other]))["findings"]) == 101
