"""Exit codes, for whoever starts the command."""

from __future__ import annotations

HEALTHY = 0
SICK = 1
"""`check` found something; a backfill ended before its end."""
MISCONFIGURED = 2
"""The configuration, the keys or the state directory: nothing was started."""
RUNNING = 3
"""Another process has the state directory."""
