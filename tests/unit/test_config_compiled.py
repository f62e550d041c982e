"""The compiled configuration is what the YAML beside it says, or it is not used."""

from __future__ import annotations

import logging
import pickle
import shutil
import subprocess
import sys
from dataclasses import make_dataclass
from pathlib import Path

import pytest

from pregao.config import compiled, reader

ROOT = Path(__file__).resolve().parents[2]
SENDER = {"PREGAO_MAIL_FROM": "mesa@banco.example"}


@pytest.fixture
def folder(tmp_path):
    """The shipped configuration, compiled in an environment without variables."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    return compile_into(tmp_path / "config")


def compile_into(folder):
    (folder / compiled.NAME).write_bytes(pickle.dumps(compiled.compile_config(folder, env={})))
    return folder


def edit(folder, old, new):
    path = folder / "alertas.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture
def no_yaml(monkeypatch):
    """Reading the YAML fails the test."""
    monkeypatch.setattr(compiled, "_read", lambda *_: pytest.fail("the YAML was read"))


@pytest.mark.parametrize("env", [{}, SENDER, {"PREGAO_MAIL_FROM": ""}])
@pytest.mark.usefixtures("no_yaml")
def test_it_is_what_the_yaml_says_digest_and_sender_too(folder, env):
    expected = reader.load(folder, env=env)
    assert compiled.load(folder, env) == expected
    assert compiled.load(folder, env).digest == expected.digest
    sender = env.get("PREGAO_MAIL_FROM") or "pregao@mesa.example"
    assert compiled.load(folder, env).delivery.mail_from == sender


@pytest.mark.parametrize("env", [{}, SENDER])
@pytest.mark.usefixtures("no_yaml")
def test_the_operators_alone_are_those_of_the_whole(folder, env):
    whole = reader.load(folder, env=env)
    assert compiled.load_operators(folder, env) == tuple(one.operator() for one in whole.operators)
    assert whole.operators


def test_the_operators_of_a_file_that_changed_are_read_anew(folder):
    path = folder / "operators.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("id: ana", "id: anabela", 1), encoding="utf-8")
    assert "anabela" in {one.id for one in compiled.load_operators(folder, {})}


@pytest.mark.parametrize("name", ["alertas.yaml", "calendar.yaml", "operators.yaml", "officers.yaml"])
def test_a_file_changed_after_it_is_read_anew_and_the_log_says_so(folder, name, caplog):
    path = folder / name
    path.write_text(path.read_text(encoding="utf-8") + "# checked\n", encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        found = compiled.load(folder, {})
    assert found == reader.load(folder, env={})
    assert "read instead" in caplog.text


def test_a_changed_value_counts(folder):
    edit(folder, "queue_limit: 100", "queue_limit: 7")
    assert compiled.load(folder, {}).admission.queue_limit == 7


def test_a_file_that_went_away_counts(folder):
    (folder / "officers.yaml").unlink()
    assert compiled.load(folder, {}).officers == ()


def test_a_variable_elsewhere_is_resolved_at_load(folder):
    edit(folder, "queue_limit: 100", "queue_limit: ${PLACES:-100}")
    compile_into(folder)
    assert compiled.load(folder, {}).admission.queue_limit == 100
    other = compiled.load(folder, SENDER | {"PLACES": "9"})
    assert other.admission.queue_limit == 9
    assert other.digest == reader.load(folder, env=SENDER | {"PLACES": "9"}).digest


def test_a_sender_that_takes_no_mail_is_refused_with_its_line(folder):
    with pytest.raises(reader.ConfigError, match=r"alertas\.yaml:\d+: delivery\.mail_from"):
        compiled.load(folder, {"PREGAO_MAIL_FROM": "nobody"})


def test_what_is_no_configuration_is_not_used(folder):
    (folder / compiled.NAME).write_bytes(pickle.dumps({"alertas": 1}))
    assert compiled.load(folder, {}) == reader.load(folder, env={})


@pytest.mark.parametrize(
    "spoiled",
    [lambda whole: whole[:-20], lambda _: b"", lambda whole: whole.replace(b"LevelBreak", b"LevelBrook")],
    ids=["cut off", "empty", "of other code"],
)
def test_what_cannot_be_read_is_told_and_not_used(folder, spoiled, caplog):
    path = folder / compiled.NAME
    path.write_bytes(spoiled(path.read_bytes()))
    with caplog.at_level(logging.WARNING):
        assert compiled.load(folder, {}) == reader.load(folder, env={})
    assert "cannot be read" in caplog.text


def test_operators_of_other_code_are_told_and_not_used(folder, caplog):
    path = folder / compiled.NAME
    path.write_bytes(path.read_bytes().replace(b"Interest", b"Intarest"))
    with caplog.at_level(logging.WARNING):
        found = compiled.load_operators(folder, {})
    assert found == tuple(one.operator() for one in reader.load(folder, env={}).operators)
    assert "cannot be read" in caplog.text


def test_a_mistake_ends_the_build_and_names_its_line(folder, capsys):
    edit(folder, "queue_limit: 100", "queue_limit: -1")
    assert compiled.main(str(folder)) == 1
    assert "admission.queue_limit" in capsys.readouterr().err


def test_a_variable_that_only_the_cloud_has_leaves_the_yaml(folder, capsys):
    (folder / compiled.NAME).unlink()
    edit(folder, "queue_limit: 100", "queue_limit: ${PREGAO_PLACES_NOT_SET}")
    assert compiled.main(str(folder)) == 0
    assert not (folder / compiled.NAME).exists()
    assert "each cold start reads the YAML" in capsys.readouterr().err
    assert compiled.load(folder, {"PREGAO_PLACES_NOT_SET": "8"}).admission.queue_limit == 8


def test_operators_alone_come_without_the_rest(folder):
    asked = (
        "import sys; from pathlib import Path; from pregao.config.compiled import load_operators;"
        f"load_operators(Path({str(folder)!r}), {{}});"
        "print(sorted({'pydantic', 'pregao.config.models', 'pregao.domain.alerts.alert'} & set(sys.modules)))"
    )
    layer = ROOT / "layers" / "pregao" / "python"
    told = subprocess.run(
        [sys.executable, "-c", asked], cwd=layer, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "[]"


def test_it_imports_neither_yaml_nor_pydantic_nor_what_alerts_need(folder):
    asked = (
        "import sys; from pathlib import Path; from pregao.config.compiled import load;"
        f"load(Path({str(folder)!r}), {{}}).traded();"
        "never = {'yaml', 'pydantic', 'pydantic_core', 'numpy', 'pregao.config.files',"
        " 'pregao.domain.alerts.alert', 'pregao.domain.delivery.attention'};"
        "print(sorted(never & set(sys.modules)))"
    )
    layer = ROOT / "layers" / "pregao" / "python"
    told = subprocess.run(
        [sys.executable, "-c", asked], cwd=layer, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == "[]"


@pytest.mark.parametrize("read", [compiled.load, compiled.load_operators])
def test_the_compiled_form_of_another_build_is_passed_over(folder, monkeypatch, read):
    expected = read(folder, {})
    kept = compiled.compile_config(folder, env={})
    fields = [name for name in compiled.Compiled.__slots__ if name != "operators"]
    older = make_dataclass("Compiled", fields, frozen=True, slots=True)
    older.__module__ = compiled.__name__
    with monkeypatch.context() as then:
        then.setattr(compiled, "Compiled", older)
        content = pickle.dumps(older(*(getattr(kept, name) for name in fields)))
    (folder / compiled.NAME).write_bytes(content)
    assert read(folder, {}) == expected
