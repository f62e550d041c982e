"""What the words of the command share, and `run`, which carries nothing that it does not need."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pregao_bridge import running
from pregao_bridge.config import Config, load
from pregao_bridge.exits import MISCONFIGURED, RUNNING
from pregao_bridge.keys import KeysError
from pregao_bridge.lock import Running
from pregao_bridge.words import say

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Stop(Exception):
    """The command ends before it began; the message says why, `code` is the exit code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


@contextmanager
def told(config: Config) -> Iterator[None]:
    """Put what prevents a command into the configured language."""
    try:
        yield
    except Running as other:
        said = say("running", config.language, state=config.state, pid=other.pid)
        raise Stop(said, RUNNING) from other
    except KeysError as error:
        raise Stop(say("no_keys", config.language, place=error.place), MISCONFIGURED) from error


def run(file: Path) -> int:
    """Run the bridge."""
    config = load(file)
    with told(config):
        return running.run(config)


def show(line: str) -> None:
    """Print a line, at once; nowhere where there is no screen."""
    if sys.stdout is not None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
