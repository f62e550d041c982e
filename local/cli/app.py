"""`pregao`: the subcommands and their modules."""

from __future__ import annotations

import ast
import sys
from importlib import import_module
from pathlib import Path

import typer

from local.cli.shared.errors import expected, tell

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
    "bridges": "bridges:app",
    "cost": "cost:cost",
    "schema": "schema:schema",
    "teardown": "teardown:teardown",
}
"""Each word's function, or its own words, in local.cli."""


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
    """Return a word's help as its module's text has it: its function's docstring, or its Typer's `help`."""
    for node in ast.parse(Path(__file__).with_name(f"{module}.py").read_text(encoding="utf-8")).body:
        match node:
            case ast.FunctionDef(name=found) if found == name:
                return ast.get_docstring(node) or ""
            case ast.Assign(targets=[ast.Name(id=found)], value=ast.Call(keywords=given)) if found == name:
                return next(str(ast.literal_eval(one.value)) for one in given if one.arg == "help")
    raise LookupError(f"local/cli/{module}.py has no {name}")


def main() -> None:
    """Run the command; an error people can mend is one line on stderr and exit code 2."""
    asked = sys.argv[1:2]
    try:
        (app(asked) if set(asked) & set(WORDS) else overview())()
    except SystemExit:
        raise  # the usual end; the errors below are not imported for it
    except KeyboardInterrupt:
        sys.exit(130)
    except expected() as error:
        sys.exit(tell(error))
