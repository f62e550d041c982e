"""`pregao`: the subcommands and their modules."""

from __future__ import annotations

import ast
import gc
import os
import re
import sys
from functools import partial
from importlib import import_module
from inspect import cleandoc
from pathlib import Path
from typing import TYPE_CHECKING

import typer
import typer.main

from local.cli.shared.errors import expected, tell

if TYPE_CHECKING:
    from collections.abc import Callable

WORDS = {
    "up": "up:up",
    "run": "run:run",
    "replay": "replay:replay",
    "listen": "listen:listen",
    "inspect": "inspect:inspect",
    "detect": "detect:detect",
    "backtest": "backtest:backtest",
    "explain": "explain:explain_candle",
    "calibrate": "calibrate:calibrate",
    "ledger": "ledger:ledger",
    "level": "level:app",
    "tune": "tune:tune",
    "bulletin": "bulletin:bulletin",
    "token": "token:token",
    "sample": "sample:sample",
    "config": "config:app",
    "alarms": "alarms:alarms",
    "doctor": "doctor:doctor",
    "dlq": "dlq:app",
    "trace": "trace:trace",
    "audit": "audit:app",
    "suppressed": "suppressed:app",
    "channel": "channel:app",
    "bridges": "bridges:app",
    "cost": "cost:cost",
    "schema": "schema:schema",
    "teardown": "teardown:teardown",
}
"""Each word's function, or its own words, in local.cli."""
QUICK_START = {"OPENBLAS_NUM_THREADS": "1", "PYDANTIC_DISABLE_PLUGINS": "1"}
"""What libraries read when they are imported, unless it is set: template.yaml sets the same for functions.

OpenBLAS' threads cost a third of numpy's import and wait for each other in matrices as small as ours;
pydantic would look through every installed package for plugins.
"""
SELDOM = 50_000
"""So many objects more than before make the garbage collector look at the youngest; Python's own is 700."""


def app(words: list[str]) -> typer.Typer:
    """Return the command line with these words; only their modules are imported."""
    made = _empty()
    for word in words:
        module, _, name = WORDS[word].partition(":")
        found = getattr(import_module(f"local.cli.{module}"), name)
        if isinstance(found, typer.Typer):
            made.add_typer(found, name=word)
        else:
            made.command(word)(found)
    return made


def overview() -> typer.Typer:
    """Return the command line with every word's help and nothing behind it: no word's module is imported."""
    made = _empty()
    for word, place in WORDS.items():
        made.command(word, help=_help_of(*place.split(":")))(lambda: None)
    return made


def _empty() -> typer.Typer:
    made = typer.Typer(
        name="pregao",
        help="Pregão: velas entram, alertas saem nas telas da mesa; cada palavra tem --help"
        " · candles in, alerts on the desk's screens; every word has --help.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    made.callback()(lambda: None)  # a group also where there is but one word
    return made


def _help_of(module: str, name: str) -> str:
    """Return a word's help as its module's text has it: its function's docstring, or its Typer's `help`.

    The part of it alone is read: to parse all modules takes longer than the rest of the overview.
    """
    text = Path(__file__).with_name(f"{module}.py").read_text(encoding="utf-8")
    function = re.search(rf'^def {name}\(.*?"""(.*?)"""', text, re.DOTALL | re.MULTILINE)
    if function:
        return cleandoc(function[1])
    made = re.search(rf'^{name} = typer\.Typer\(\s*help=("[^"\n]*")', text, re.MULTILINE)
    if made is None:
        raise LookupError(f"local/cli/{module}.py has no {name}")
    return str(ast.literal_eval(made[1]))


def command(words: list[str]) -> Callable[[], object]:
    """Return the command that the words ask, with the words that are left for it.

    It is run by itself, without the groups above it: to read a group's own options typer imports pydantic,
    and a word's help needs none.
    """
    found = typer.main.get_command(app(words[:1]) if set(words[:1]) & set(WORDS) else overview())
    name = "pregao"
    while words and words[0] in (inner := getattr(found, "commands", {})):
        found, name, words = inner[words[0]], f"{name} {words[0]}", words[1:]
    return partial(found.main, words, prog_name=name)


def main() -> None:
    """Run the command; an error people can mend is one line on stderr and exit code 2.

    Modules and candles are thousands of objects that live until the end: collected seldom, they cost a
    tenth less.
    """
    os.environ.update(QUICK_START | os.environ)
    gc.set_threshold(SELDOM)
    try:
        command(sys.argv[1:])()
    except SystemExit:
        raise  # the usual end; the errors below are not imported for it
    except KeyboardInterrupt:
        sys.exit(130)
    except expected() as error:
        sys.exit(tell(error))
