"""The built template as `sam local invoke` needs it beside the stack of `pregao up`.

SAM hands a container only variables that the template declares, whatever `--env-vars` says, and a function
without the endpoint calls the real AWS. So a copy of the built template declares each function's variables as
the stack gives them, the endpoint among them. template.yaml itself knows no emulator.
"""

from __future__ import annotations

import copy
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.stack.deploy import STACK
from local.stack.errors import StackError
from local.stack.running import load
from local.stack.template import FUNCTION, Template, of_type, read, sources

if TYPE_CHECKING:
    from collections.abc import Mapping

    from local.stack.running import StackInfo

ROOT = Path(__file__).resolve().parents[3]
BUILT = ROOT / ".aws-sam" / "build"
COPY = BUILT / "local.json"
HOST = "host.docker.internal"
"""This machine, as a container calls it."""


def environments(stack: StackInfo, template: Template) -> dict[str, dict[str, str]]:
    """Return each function's variables by logical id, as the stack gives them, addressed from a container."""
    lambdas = stack.client("lambda")
    found = {}
    for logical in of_type(template, FUNCTION):
        called = f"{STACK}-{Path(sources(template)[logical]).name}"
        told = lambdas.get_function_configuration(FunctionName=called)["Environment"]["Variables"]
        told["AWS_ENDPOINT_URL"] = stack.endpoint
        found[logical] = {name: value.replace("127.0.0.1", HOST) for name, value in told.items()}
    return found


def declaring(built: Template, variables: Mapping[str, Mapping[str, str]]) -> Template:
    """Return the built template with each function's variables written out."""
    told: dict[str, Any] = copy.deepcopy(built)
    for logical, own in variables.items():
        told["Resources"][logical]["Properties"]["Environment"] = {"Variables": dict(own)}
    return told


def write(stack: StackInfo) -> Path:
    """Write the copy beside the built template, whose paths it shares; raises StackError unless built."""
    if not (BUILT / "template.yaml").exists():
        raise StackError("sam build has not been run; run: make build")
    told = declaring(read(BUILT / "template.yaml"), environments(stack, read(ROOT / "template.yaml")))
    scratch = COPY.with_suffix(f".{os.getpid()}")
    scratch.write_text(json.dumps(told, indent=1), encoding="utf-8")
    return scratch.replace(COPY)


def main() -> int:
    """Write the copy for the stack that runs here, and print where it lies."""
    try:
        sys.stdout.write(f"{write(load(ROOT / '.pregao')).relative_to(ROOT)}\n")
    except StackError as error:
        sys.stderr.write(f"make sam-env: {error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
