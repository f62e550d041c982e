"""`make deploy-console`'s parameters: the addresses of the stack it belongs to, and the desk's own."""

from __future__ import annotations

import sys
from pathlib import Path

from local.stack.deployed import deployed
from local.stack.errors import StackError

STATE = Path(__file__).resolve().parents[3] / ".pregao"


def main() -> int:
    """Print the overrides for infra/console.yaml: the stack's name, then NAME=VALUE of one's own."""
    try:
        outputs = deployed(sys.argv[1], STATE).outputs
    except StackError as error:
        sys.stderr.write(f"make deploy-console: {error}\n")
        return 2
    own = [f"{name}={outputs[name]}" for name in ("HttpUrl", "WebSocketUrl")]
    sys.stdout.writelines(f"{one}\n" for one in [*own, *sys.argv[2:]])
    return 0


if __name__ == "__main__":
    sys.exit(main())
