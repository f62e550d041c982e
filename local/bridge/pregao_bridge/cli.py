"""The command `pregao-bridge`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pregao_bridge import config as configuration
from pregao_bridge.cursor import CursorError
from pregao_bridge.exits import MISCONFIGURED, RUNNING
from pregao_bridge.keys import KeysError
from pregao_bridge.lock import Running
from pregao_bridge.running import run
from pregao_bridge.signed import VERSION
from pregao_bridge.tables import ConfigError
from pregao_bridge.words import say

if TYPE_CHECKING:
    from collections.abc import Sequence


DEFAULT = "bridge.toml"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code: see exits.py."""
    asked = parser().parse_args(arguments)
    try:
        config = configuration.load(asked.config)
    except ConfigError as error:
        return _say(str(error), MISCONFIGURED)
    try:
        return int(asked.command(config, asked))
    except Running as running:
        return _say(say("running", config.language, state=config.state, pid=running.pid), RUNNING)
    except KeysError as error:
        return _say(say("no_keys", config.language, place=error.place), MISCONFIGURED)
    except (ConfigError, CursorError, OSError) as error:
        return _say(str(error), MISCONFIGURED)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    top = argparse.ArgumentParser(
        prog="pregao-bridge",
        description="Posts the closed candles of a MetaTrader 5 terminal to Pregão: each once, in order.",
        epilog="exit: 0 well, 1 something is sick, 2 configuration, 3 another bridge runs",
    )
    top.add_argument("--version", action="version", version=f"pregao-bridge {VERSION}")
    commands = top.add_subparsers(required=True, metavar="command")
    running = commands.add_parser("run", help="run until Ctrl-C; the service does the same")
    _common(running, lambda config, _asked: run(config))
    return top


def _common(command: argparse.ArgumentParser, does: object) -> None:
    command.add_argument(
        "-c",
        "--config",
        type=Path,
        default=Path(DEFAULT),
        metavar="FILE",
        help=f"the configuration (default: {DEFAULT} in this directory)",
    )
    command.set_defaults(command=does)


def _say(message: str, code: int) -> int:
    if sys.stderr is not None:
        sys.stderr.write(f"pregao-bridge: {message}\n")
    return code
