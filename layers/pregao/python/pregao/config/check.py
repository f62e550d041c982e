"""A tree of YAML held against its model: overrides put in, every mistake told with its place and remedy."""

from __future__ import annotations

from collections.abc import Sequence
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin

import yaml
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from pregao.config.detectors import Strict, close_match
from pregao.config.tree import Trail, Tree, dotted, parse_value

Shape = TypeVar("Shape", bound=Strict)


def override(tree: Tree, overrides: Sequence[str]) -> None:
    """Put "path=value" over the tree, the value in YAML; a mistake is noted in the tree's problems."""
    for one in overrides:
        path, separator, text = one.partition("=")
        trail: Trail = tuple(path.strip().split("."))
        for length in range(1, len(trail) + 1):
            tree.sources.setdefault(trail[:length], f"override '{one}'")
        tree.sources[trail] = f"override '{one}'"
        try:
            value = parse_value(text)
        except yaml.YAMLError:
            separator = ""
        if not separator or not path.strip():
            tree.complain(trail, "write path=value, the value in YAML")
        elif not _put(tree.data, trail, value):
            tree.complain(trail, "a value stands where the path goes on; see config/alertas.yaml")


def _put(data: Any, trail: Trail, value: Any) -> bool:
    for key in trail[:-1]:
        if not isinstance(data, dict):
            return False
        data = data.setdefault(key, {})
    if not isinstance(data, dict):
        return False
    data[trail[-1]] = value
    return True


def validated(shape: type[Shape], tree: Tree) -> Shape | None:
    """Return the model, or None with every mistake noted in the tree's problems."""
    if tree.data is None:
        return None
    reported = {problem.path for problem in tree.problems}
    try:
        return shape.model_validate(tree.data)
    except ValidationError as invalid:
        for error in invalid.errors():
            if not _inherited(tree, error["loc"]) and dotted(error["loc"]) not in reported:
                tree.complain(error["loc"], _said(shape, error))
    return None


def _inherited(tree: Tree, trail: Trail) -> bool:
    """Tell whether the value came from `detectors`, where its problem is reported already."""
    return trail[:1] == ("instruments",) and "detectors" in trail and trail not in tree.sources


def _said(shape: type[Strict], error: ErrorDetails) -> str:
    trail = error["loc"]
    if error["type"] == "extra_forbidden":
        return f"unknown key{close_match(str(trail[-1]), list(_keys_at(shape, trail[:-1])))}"
    if error["type"] == "missing":
        told = _field(shape, trail).description
        return "required key is missing; add it" + (f": {told}" if told else "")
    if error["type"] == "model_type":
        return f"keys belong under this, not {error['input']!r}"
    if error["type"] == "value_error":
        return error["msg"].removeprefix("Value error, ")
    return f"{error['msg'][:1].lower()}{error['msg'][1:]}, not {error['input']!r}"


def _field(shape: type[Strict], trail: Trail) -> FieldInfo:
    return _model_at(shape, trail[:-1]).model_fields[str(trail[-1])]


def _keys_at(shape: type[Strict], trail: Trail) -> list[str]:
    """List the keys the model allows at a trail."""
    return list(_model_at(shape, trail).model_fields)


def _model_at(shape: type[Strict], trail: Trail) -> type[Strict]:
    kind: Any = shape
    for key in trail:
        kind = _inside(kind, key)
    model: type[Strict] = kind
    return model


def _inside(kind: Any, key: str | int) -> Any:
    if isinstance(kind, type) and issubclass(kind, Strict):
        kind = kind.model_fields[str(key)].annotation
        return next((arm for arm in get_args(kind) if arm is not NoneType), kind) if _optional(kind) else kind
    return get_args(kind)[1 if get_origin(kind) is dict else 0]


def _optional(kind: Any) -> bool:
    return NoneType in get_args(kind)
