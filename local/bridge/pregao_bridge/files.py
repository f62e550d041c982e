"""Small files replaced and removed as a whole, on Windows too while another program has them open."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

WAITS_S = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.3)
"""Between the tries: antivirus and backup hold a file for moments."""


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file's content: a power cut leaves the old one or the new one.

    Raises PermissionError where another program has the file open for more than a second.
    """
    beside = path.with_name(f"{path.name}.new")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    _persist(lambda: beside.replace(path))


def remove(path: Path) -> None:
    """Remove a file. Raises PermissionError where another program has it open for more than a second."""
    _persist(path.unlink)


def _persist(act: Callable[[], object]) -> None:
    for wait_s in WAITS_S:
        try:
            act()
        except PermissionError:
            time.sleep(wait_s)
        else:
            return
    act()
