"""The bridge is its own small install."""

from __future__ import annotations

import subprocess
import sys


def test_it_brings_neither_the_system_nor_numpy():
    """Importing every module of the bridge loads nothing but botocore, urllib3 and the standard library."""
    code = (
        "import sys, pregao_bridge.batch, pregao_bridge.cursor, pregao_bridge.feed, pregao_bridge.outcome, "
        "pregao_bridge.post; print({'pregao', 'local', 'numpy', 'boto3', 'pydantic'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "set()"
