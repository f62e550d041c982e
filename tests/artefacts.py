"""What stands on a function's path in Lambda: its artefact, its layers, and what the runtime brings."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from pathlib import Path

from local.stack.template import FUNCTION, LAYER, of_type
from tests.cloud import template

FUNCTIONS = of_type(template(), FUNCTION)
LAYERS = of_type(template(), LAYER)
RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
"""What Lambda's Python has beside the standard library, and nothing else."""


def layers_of(function: str) -> list[str]:
    """Logical ids of a function's layers: those of all, then its own."""
    named = [*template()["Globals"]["Function"]["Layers"], *FUNCTIONS[function].get("Layers", [])]
    return [one["Ref"] for one in named]


def runtime_in(folder: Path, names: Sequence[str] = RUNTIME) -> Path:
    """Fill a folder with what this interpreter has of the runtime's packages."""
    for name in names:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        origin = Path(spec.origin)
        whole = origin.parent if origin.name == "__init__.py" else origin
        (folder / whole.name).symlink_to(whole)
    return folder


def path_of(function: str, built: Mapping[str, Path], runtime: Path) -> list[str]:
    """The folders that a function imports from, in Lambda's order."""
    layers = (built[layer] / "python" for layer in layers_of(function))
    return [str(one) for one in (built[function], *layers, runtime)]
