"""`pregao`: the words and where they live."""

from __future__ import annotations

import sys
from importlib import import_module

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
    "schema": "schema:schema",
    "teardown": "teardown:teardown",
}
"""Each word's function, or its own words, in local.cli."""


def app(words: list[str]) -> typer.Typer:
    """Return the command line with these words; only their modules are imported."""
    made = typer.Typer(
        name="pregao",
        help="Pregão: candles in, alerts on the desk's screens. Every word has --help.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    made.callback()(lambda: None)  # a group also where there is but one word
    for word in words:
        module, _, name = WORDS[word].partition(":")
        found = getattr(import_module(f"local.cli.{module}"), name)
        if isinstance(found, typer.Typer):
            made.add_typer(found, name=word)
        else:
            made.command(word)(found)
    return made


def main() -> None:
    """Run the command; an error people can mend is one line on stderr and exit code 2."""
    asked = sys.argv[1:2]
    try:
        app(asked if set(asked) & set(WORDS) else list(WORDS))()
    except SystemExit:
        raise  # the usual end; the errors below are not imported for it
    except KeyboardInterrupt:
        sys.exit(130)
    except expected() as error:
        sys.exit(tell(error))
