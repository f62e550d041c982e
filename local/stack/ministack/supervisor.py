"""Keeps a process group for as long as somebody holds the other end of its standard input.

Started as a script of its own, in a new session. It starts the command it is given, and when its input
ends (the owner closed it, or died by whatever means) it ends everybody in the group, itself included.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from pathlib import Path

GRACE_S = 3.0


def main() -> int:
    """Run the command; return its exit code if it ends by itself."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: None)
    child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL)  # the command local/stack gave
    with selectors.DefaultSelector() as selector:
        selector.register(sys.stdin.buffer, selectors.EVENT_READ)
        while child.poll() is None:
            if selector.select(timeout=0.2) and not os.read(sys.stdin.fileno(), 1):
                break
    _end_group(child)
    return child.returncode or 0


def _end_group(child: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(0, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_S
    while child.poll() is None and time.monotonic() < deadline:
        time.sleep(0.02)
    if child.poll() is None or _others():
        os.killpg(0, signal.SIGKILL)


def _others() -> bool:
    """Tell whether anybody else is left in the group; where that cannot be read, assume so."""
    mine = os.getpgrp()
    try:
        pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    except OSError:
        return True
    groups = []
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            groups.append((pid, os.getpgid(pid)))
    return any(group == mine and pid != os.getpid() for pid, group in groups)


if __name__ == "__main__":
    sys.exit(main())
