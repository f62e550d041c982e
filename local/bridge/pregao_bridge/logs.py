"""The log file, which rotates, and what is said in it of each subject."""

from __future__ import annotations

import logging
import sys
import time
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TYPE_CHECKING

from pregao_bridge.texts import say

if TYPE_CHECKING:
    from collections.abc import Hashable

FORMAT = "%(asctime)sZ %(levelname)s %(message)s"
AGAIN_S = 10.0
"""Between two tries to rotate a file that another program has open."""


class PatientRotation(RotatingFileHandler):
    """Goes on in the same file while another program has it open: Windows lets nobody rename it then.

    `logging` would lose each line until it can rotate. Nothing older is moved before the file itself is.
    """

    _again_at = 0.0

    def shouldRollover(self, record: logging.LogRecord) -> int:  # noqa: N802 logging's own name
        """Whether the file is full and may be rotated."""
        full = super().shouldRollover(record)
        return full if time.monotonic() >= self._again_at else False

    def doRollover(self) -> None:  # noqa: N802
        """Move the file to `.1`, what was there to `.2`, and begin anew; or go on in it and try later."""
        if self.stream:
            self.stream.close()
        try:
            self._move()
        except OSError:
            self._again_at = time.monotonic() + AGAIN_S
        self.stream = self._open()

    def _move(self) -> None:
        file = Path(self.baseFilename)
        aside = self._numbered(0)
        if not aside.exists():  # left by a try that came no further
            file.replace(aside)
        for number in range(self.backupCount - 1, -1, -1):
            if self._numbered(number).exists():
                self._numbered(number).replace(self._numbered(number + 1))

    def _numbered(self, number: int) -> Path:
        return Path(f"{self.baseFilename}.{number}")


def log_to(path: Path, max_bytes: int, files: int) -> None:
    """Log into `path`, at most `files` files of `max_bytes` each, in UTC; one grows while it is held open."""
    handlers: list[logging.Handler] = [
        PatientRotation(path, maxBytes=max_bytes, backupCount=max(1, files - 1), encoding="utf-8")
    ]
    if sys.stderr is not None:  # pythonw has no screen
        handlers.append(logging.StreamHandler())
    formatter = logging.Formatter(FORMAT, "%Y-%m-%d %H:%M:%S")
    formatter.converter = time.gmtime
    root = logging.getLogger()
    root.setLevel(logging.WARNING)
    logging.getLogger("pregao_bridge").setLevel(logging.INFO)
    for handler in handlers:
        handler.setFormatter(formatter)
        root.addHandler(handler)


log = logging.getLogger("pregao_bridge")


class Notices:
    """Says what changes about `subject`, in one language."""

    def __init__(self, subject: str, language: str) -> None:
        self.subject, self.language = subject, language
        self._last: Hashable = None

    def trouble(
        self, kind: Hashable, message: str, level: int = logging.WARNING, error: Exception | None = None
    ) -> None:
        """Say a trouble, unless the last thing said was one of the same kind; `error` with its traceback."""
        if kind != self._last:
            self._last = kind
            log.log(level, "%s: %s", self.subject, message, exc_info=error)

    def well(self, key: str = "live") -> None:
        """Say that the trouble is over, if there was one."""
        if self._last is not None:
            self._last = None
            self.info(key)

    def warn(self, key: str, **values: object) -> None:
        """Say something that people should look at and that does not last."""
        log.warning("%s: %s", self.subject, say(key, self.language, **values))

    def info(self, key: str, **values: object) -> None:
        """Say something that is no trouble."""
        log.info("%s: %s", self.subject, say(key, self.language, **values))
