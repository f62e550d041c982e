"""The log file, which rotates, and the same on the screen where there is one."""

from __future__ import annotations

import logging
import sys
import time
from logging.handlers import RotatingFileHandler
from pathlib import Path

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
