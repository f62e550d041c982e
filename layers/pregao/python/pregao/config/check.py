"""A tree of YAML held against its model: overrides put in, every mistake told with its place and remedy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin

import yaml
from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from pregao.config.strict import Strict, close_match
from pregao.config.tree import Trail, Tree, dotted, parse_value

Shape = TypeVar("Shape", bound=Strict)
UNKNOWN_KEY, NO_KEYS = {"extra_forbidden", "unexpected_keyword_argument"}, {"model_type", "dataclass_type"}
"""What pydantic calls it, of a model and of a dataclass."""


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
    return (
        trail[:1] in (("instruments",), ("families",)) and "detectors" in trail and trail not in tree.sources
    )


def _said(shape: type[Strict], error: ErrorDetails) -> str:
    trail = error["loc"]
    if error["type"] in UNKNOWN_KEY:
        return f"unknown key{close_match(str(trail[-1]), list(_fields(_at(shape, trail[:-1]))))}"
    if error["type"] == "missing":
        told = _fields(_at(shape, trail[:-1]))[str(trail[-1])].description
        return "required key is missing; add it" + (f": {told}" if told else "")
    if error["type"] in NO_KEYS:
        return f"keys belong under this, not {error['input']!r}"
    if error["type"] == "value_error":
        return error["msg"].removeprefix("Value error, ")
    return f"{error['msg'][:1].lower()}{error['msg'][1:]}, not {error['input']!r}"


def _fields(kind: Any) -> Mapping[str, FieldInfo]:
    """Return the keys that a model, or a dataclass of pydantic's, allows; none of what is neither."""
    found: Mapping[str, FieldInfo] = getattr(kind, "__pydantic_fields__", {})
    return found


def _at(shape: Any, trail: Trail) -> Any:
    """Return the kind of value that belongs at a trail."""
    for key in trail:
        inside = _fields(shape).get(str(key))
        shape = _required(inside.annotation) if inside else _item(shape)
    return shape


def _required(kind: Any) -> Any:
    """Return the kind of an optional value."""
    arms = get_args(kind)
    return next(arm for arm in arms if arm is not NoneType) if NoneType in arms else kind


def _item(kind: Any) -> Any:
    """Return the kind of what a mapping or a sequence holds."""
    return get_args(kind)[1 if get_origin(kind) is dict else 0]
