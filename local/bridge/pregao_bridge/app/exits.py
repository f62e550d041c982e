"""What the words of the command share: exit codes, what ends one before it began, a line on the screen."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pregao_bridge.cloud.signed import KeysError
from pregao_bridge.state import Running
from pregao_bridge.texts import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pregao_bridge.config import Config

HEALTHY = 0
SICK = 1
"""`check` found something; a backfill ended before its end."""
MISCONFIGURED = 2
"""The configuration, the keys or the state directory: nothing was started."""
RUNNING = 3
"""Another process has the state directory."""


class Stop(Exception):
    """The command ends before it began; the message says why, `code` is the exit code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


@contextmanager
def translated(config: Config) -> Iterator[None]:
    """Put what prevents a command into the configured language."""
    try:
        yield
    except Running as other:
        said = say("running", config.language, state=config.state, pid=other.pid)
        raise Stop(said, RUNNING) from other
    except KeysError as error:
        raise Stop(say("no_keys", config.language, place=error.place), MISCONFIGURED) from error


def show(line: str) -> None:
    """Print a line, at once; nowhere where there is no screen."""
    if sys.stdout is not None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
