"""The log file, which rotates, and the same on the screen where there is one."""

from __future__ import annotations

import logging
import sys
import time
from logging.handlers import RotatingFileHandler
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = "%(asctime)sZ %(levelname)s %(message)s"


def log_to(path: Path, max_bytes: int, files: int) -> None:
    """Log into `path`, at most `files` files of `max_bytes` each, in UTC."""
    handlers: list[logging.Handler] = [
        RotatingFileHandler(path, maxBytes=max_bytes, backupCount=files - 1, encoding="utf-8")
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
