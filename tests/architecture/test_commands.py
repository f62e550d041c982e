"""Every command that a document, a message or a comment in a file for people names, exists."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import typer.main

from local.cli.app import WORDS, app, overview
from pregao_bridge.app.cli import parser

ROOT = Path(__file__).resolve().parents[2]
TRACKED = subprocess.run(
    ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
).stdout.splitlines()
READ = re.compile(r"\.(md|py|ya?ml|toml|j2|ts)$|(^|/)Makefile$|\.yaml\.j2$")
FILES = [
    one for one in TRACKED if READ.search(one) and one != "CHANGELOG.md" and not one.startswith("tests/")
]
ALTERNATIVES = r"([a-z][a-z-]*(?: ?\| ?[a-z][a-z-]*)*)"
"""`list | forget`: one of these."""
PREGAO = re.compile(rf"(?<![\w./-])pregao {ALTERNATIVES}(?: {ALTERNATIVES})?")
BRIDGE = re.compile(rf"(?<![\w./-])pregao-bridge(?:\.exe)? {ALTERNATIVES}(?: {ALTERNATIVES})?")
OPTION = re.compile(r"(?<![\w-])(--[a-z][a-z-]+)")
MAKE = re.compile(rf"(?<![\w./-])make {ALTERNATIVES}")
QUOTED = re.compile(r"`([^`\n]+)`|^(?: {4,}|\$ |> )(\S.*)$", re.MULTILINE)
FENCE = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)


def code_of(path):
    """What stands in backticks or in blocks of code: in a document's text, in a module's strings."""
    text = (ROOT / path).read_text(encoding="utf-8")
    if path.endswith(".py"):
        tree = ast.walk(ast.parse(text))
        text = "\n".join(
            one.value for one in tree if isinstance(one, ast.Constant) and isinstance(one.value, str)
        )
        return "\n".join(one[0] or one[1] for one in QUOTED.findall(text))
    blocks = FENCE.findall(text)
    return "\n".join([*blocks, *(one[0] for one in QUOTED.findall(FENCE.sub("", text)))])


@cache
def commands():
    """The command's words, each with its own subcommands."""
    group = typer.main.get_command(app(list(WORDS)))
    return {name: dict(getattr(one, "commands", {})) for name, one in group.commands.items()}


@cache
def options():
    """The options of each word, its subcommands' among them."""
    group = typer.main.get_command(app(list(WORDS)))
    found = {}
    for name, one in group.commands.items():
        parts = [one, *getattr(one, "commands", {}).values()]
        declared = {
            opt for part in parts for param in part.params for opt in param.opts + param.secondary_opts
        }
        found[name] = declared | {"--help"}
    return found


@cache
def bridge_words():
    """The bridge's words with their own, read off its parser."""
    (top,) = (one for one in parser()._actions if isinstance(one.choices, dict))
    found = {}
    for name, word in top.choices.items():
        choices = [one.choices for one in word._actions if one.choices and not one.option_strings]
        found[name] = {str(one) for some in choices for one in some}
    return found


@cache
def targets():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z][a-z-]*):", text, re.MULTILINE))


def either(text):
    return [one.strip() for one in text.split("|")] if text else []


def unknown(code, pattern, known, name):
    """Words that the command does not have; a word that has none of its own may be followed by anything."""
    for first, second in pattern.findall(code):
        for word in either(first):
            if word not in known:
                yield f"{name} {word}"
            elif known[word]:
                yield from (f"{name} {word} {one}" for one in either(second) if one not in known[word])


def unknown_options(code, known):
    for line in re.split(r"[\n;]|&&", code):
        found = PREGAO.search(line)
        if found and found[1] in known:
            yield from (
                f"pregao {found[1]} {one}"
                for one in OPTION.findall(line[found.end() :].split("pregao ")[0])
                if one not in known[found[1]]
            )


@pytest.mark.parametrize("path", FILES)
def test_what_is_named_exists(path):
    code = code_of(path)
    missing = [
        *unknown(code, PREGAO, commands(), "pregao"),
        *unknown(code, BRIDGE, bridge_words(), "pregao-bridge"),
        *unknown_options(code, options()),
        *(f"make {one}" for found in MAKE.findall(code) for one in either(found) if one not in targets()),
    ]
    assert missing == []


def test_it_finds_what_does_not_exist():
    known = {"audit": {"verify"}, "up": set()}
    text = "pregao market sample; pregao audit proof | verify; pregao up now"
    assert [*unknown(text, PREGAO, known, "pregao")] == ["pregao market", "pregao audit proof"]
    assert [*unknown_options("pregao up --now --help", {"up": {"--help"}})] == ["pregao up --now"]
    assert "verify" in commands()["audit"]
    assert "--once" in options()["run"]
    assert {"run", "check"} <= set(bridge_words())
    assert {"test", "bench"} <= targets()


def helps(command, path):
    """Every text that `--help` shows: of the commands, their arguments and options."""
    short, _, more = (command.help or "").partition("\n\n")
    yield path, short
    assert len(more.split("\n\n")) % 2 == 0 or not more, f"{path}: a paragraph stands in one language only"
    for one in command.params:
        if one.name != "help":
            yield f"{path} {one.name}", getattr(one, "help", None) or ""
    for name, one in getattr(command, "commands", {}).items():
        yield from helps(one, f"{path} {name}")


def test_help_is_in_both_languages():
    """Portuguese first, then English; a longer text has a paragraph in each."""
    group = typer.main.get_command(app(list(WORDS)))
    assert [path for path, text in helps(group, "pregao") if " · " not in text] == []


def test_the_overview_says_of_each_word_what_the_word_says():
    told, real = (typer.main.get_command(one).commands for one in (overview(), app(list(WORDS))))
    assert {name: one.help for name, one in told.items()} == {name: one.help for name, one in real.items()}


ASKS_FOR_HELP = """
import contextlib, io, sys
from local.cli.app import command
for line in sys.argv[1].split(","):
    with contextlib.redirect_stdout(io.StringIO()) as told, contextlib.suppress(SystemExit):
        command([*line.split(), "--help"])()
    assert "--help" in told.getvalue(), line
    heavy = {"boto3", "duckdb", "numpy", "pydantic"} & set(sys.modules)
    if heavy:
        sys.exit(f"pregao {line} --help imports {sorted(heavy)}")
"""


def test_help_imports_nothing_that_it_does_not_need():
    """Of the command and of each word: a person waits for it."""
    lines = ["", *commands(), *(f"{word} {one}" for word, inner in commands().items() for one in inner)]
    asked = [sys.executable, "-c", ASKS_FOR_HELP, ",".join(lines)]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stderr == ""
