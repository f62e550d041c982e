"""The command `pregao-bridge`: its words, their errors and exit codes."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from pregao_bridge.app import run as running
from pregao_bridge.app.exits import HEALTHY, MISCONFIGURED, Stop, translated
from pregao_bridge.cloud.signed import VERSION
from pregao_bridge.config import LANGUAGES, ConfigError, load
from pregao_bridge.files import CursorError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

DEFAULT = "bridge.toml"
EPILOG = (
    "exit: 0 well; 1 sick, or ended early; 2 wrong configuration; 3 another bridge has the state directory"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: see exits.py."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")  # → is not in a Windows pipe's cp1252
    asked = parser().parse_args(arguments)
    try:
        return int(asked.command(asked))
    except Stop as stop:
        return _say(str(stop), stop.code)
    except (ConfigError, CursorError, OSError) as error:
        return _say(str(error), MISCONFIGURED)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    top = argparse.ArgumentParser(
        prog="pregao-bridge",
        description="Posts the closed candles of a MetaTrader 5 terminal to Pregão: each once, in order.",
        epilog=EPILOG,
    )
    top.add_argument("--version", action="version", version=f"pregao-bridge {VERSION}")
    words = top.add_subparsers(required=True, metavar="run|check|backfill|set-aside|service")
    run = words.add_parser("run", help="run until Ctrl-C; the service does the same")
    _common(run, lambda asked: run_bridge(asked.config))
    _check(words.add_parser("check", help="look at everything once and say what is wrong and what to do"))
    _backfill(words.add_parser("backfill", help="post a stretch of history, or pass over refused candles"))
    _set_aside(words.add_parser("set-aside", help="show candles that were set aside, or try them again"))
    _service(words.add_parser("service", help="start the bridge at log-on"))
    return top


def _check(check: argparse.ArgumentParser) -> None:
    check.add_argument("--lang", choices=LANGUAGES, help="the report's language")
    check.add_argument("--json", action="store_true", help="for a machine")
    _common(check, lambda asked: _subcommands().check(asked.config, asked.lang, machine=asked.json))


def _backfill(backfill: argparse.ArgumentParser) -> None:
    what = backfill.add_mutually_exclusive_group(required=True)
    what.add_argument("--from", dest="first", type=_date, metavar="DATE", help="first date, YYYY-MM-DD")
    what.add_argument(
        "--skip-refused",
        metavar="SYMBOL",
        help="pass over the batch of this symbol that the cloud refused; the running bridge goes on after it",
    )
    backfill.add_argument("--to", dest="last", type=_date, metavar="DATE", help="last date")
    backfill.add_argument("--symbol", help="of this symbol only (default: all that are configured)")
    _common(backfill, lambda asked: _subcommands().backfill(asked))


def _set_aside(aside: argparse.ArgumentParser) -> None:
    aside.add_argument(
        "verb", choices=("list", "retry"), help="show them; or ask the terminal again and post the good ones"
    )
    aside.add_argument("--symbol", help="of this symbol only (default: all that are configured)")
    _common(aside, lambda asked: _subcommands().set_aside(asked))


def _service(service: argparse.ArgumentParser) -> None:
    service.add_argument("verb", choices=("install", "remove", "status"))
    service.add_argument("--print", dest="show", action="store_true", help="show what would be installed")
    _common(service, lambda asked: _subcommands().service(asked.verb, asked.config, only_show=asked.show))


def run_bridge(file: Path) -> int:
    """Run the bridge."""
    config = load(file)
    with translated(config):
        running.run(config)
    return HEALTHY


def _common(command: argparse.ArgumentParser, does: Callable[[argparse.Namespace], int]) -> None:
    command.add_argument(
        "-c",
        "--config",
        type=Path,
        default=Path(DEFAULT),
        metavar="FILE",
        help=f"the configuration (default: {DEFAULT} in this directory)",
    )
    command.set_defaults(command=does)


def _subcommands() -> ModuleType:
    """Bring the other words when one is asked for: a bridge that runs all day should not carry them."""
    return import_module("pregao_bridge.app.subcommands")


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write YYYY-MM-DD") from error


def _say(message: str, code: int) -> int:
    if sys.stderr is not None:
        sys.stderr.write(f"pregao-bridge: {message}\n")
    return code
