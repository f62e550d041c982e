"""Detection and backtest against the field, in one process of an environment that has all the peers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".tools" / "bench" / "bin" / "python"


def measure() -> list[str]:
    """The section's lines."""
    if not PYTHON.exists():
        raise SystemExit("the peers' environment is missing; run `make bench`")
    sys.stderr.write("· detection and backtest against the peers\n")
    path = os.pathsep.join(map(str, (ROOT, ROOT / "layers" / "pregao" / "python", ROOT / "local" / "bridge")))
    env = {**os.environ, "PYTHONPATH": path, "TQDM_DISABLE": "1"}
    command = [PYTHON, "-m", "tests.bench.peers"]
    found = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, check=True)
    return found.stdout.splitlines()
