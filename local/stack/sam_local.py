"""What `sam local invoke` needs to run a function beside the stack of `pregao up`: its environment."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.stack.deploy import STACK
from local.stack.errors import StackError
from local.stack.running import load
from local.stack.template import FUNCTION, of_type, read, sources

if TYPE_CHECKING:
    from local.stack.running import StackInfo

ROOT = Path(__file__).resolve().parents[2]
HOST = "host.docker.internal"
"""This machine, as a container calls it."""


def environments(stack: StackInfo, template: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Return each function's variables by logical id, as the stack gives them, addressed from a container."""
    lambdas = stack.client("lambda")
    found = {}
    for logical in of_type(template, FUNCTION):
        called = f"{STACK}-{Path(sources(template)[logical]).name}"
        told = lambdas.get_function_configuration(FunctionName=called)["Environment"]["Variables"]
        told["AWS_ENDPOINT_URL"] = stack.endpoint
        found[logical] = {name: value.replace("127.0.0.1", HOST) for name, value in told.items()}
    return found


def main() -> int:
    """Print them as the file that `sam local invoke --env-vars` reads."""
    try:
        told = environments(load(ROOT / ".pregao"), read(ROOT / "template.yaml"))
    except StackError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    sys.stdout.write(json.dumps(told, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
