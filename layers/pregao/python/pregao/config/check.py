"""A tree of YAML held against its model: overrides put in, every mistake told with its place and remedy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import is_dataclass
from types import NoneType
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import yaml
from pydantic import TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from pregao.config.strict import close_match
from pregao.config.tree import Trail, Tree, dotted, parse_value
from pregao.domain.detectors.bounds import Held

Shape = TypeVar("Shape")
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


_READERS: dict[type[Any], TypeAdapter[Any]] = {}


def shape_of(kind: type[Shape]) -> TypeAdapter[Shape]:
    """Return pydantic's reader of a class, made once per process."""
    return _READERS.get(kind) or _READERS.setdefault(kind, TypeAdapter(kind))


def validated(shape: type[Shape], tree: Tree) -> Shape | None:
    """Return the model, or None with every mistake noted in the tree's problems."""
    if tree.data is None:
        return None
    reported = {problem.path for problem in tree.problems}
    try:
        read: Shape = shape_of(shape).validate_python(tree.data)
    except ValidationError as invalid:
        for error in invalid.errors():
            if not _inherited(tree, error["loc"]) and dotted(error["loc"]) not in reported:
                tree.complain(error["loc"], _said(shape, error))
        return None
    return read


def _inherited(tree: Tree, trail: Trail) -> bool:
    """Tell whether the value came from `detectors`, where its problem is reported already."""
    return (
        trail[:1] in (("instruments",), ("families",)) and "detectors" in trail and trail not in tree.sources
    )


def _said(shape: type[Any], error: ErrorDetails) -> str:
    trail = error["loc"]
    if error["type"] in UNKNOWN_KEY:
        return f"unknown key{close_match(str(trail[-1]), list(_fields(_at(shape, trail[:-1]))))}"
    if error["type"] == "missing":
        told = _told(_fields(_at(shape, trail[:-1]))[str(trail[-1])])
        return "required key is missing; add it" + (f": {told}" if told else "")
    if error["type"] in NO_KEYS:
        return f"keys belong under this, not {error['input']!r}"
    if error["type"] == "value_error":
        return error["msg"].removeprefix("Value error, ")
    return f"{error['msg'][:1].lower()}{error['msg'][1:]}, not {error['input']!r}"


def _fields(kind: Any) -> Mapping[str, Any]:
    """Return the keys that a class of the configuration allows, with their types; none of another."""
    return get_type_hints(kind, include_extras=True) if is_dataclass(kind) else {}


def _told(kind: Any) -> str:
    """Return what a value is told to be where it is missing."""
    return next((one.told for one in get_args(kind) if isinstance(one, Held)), "")


def _at(shape: Any, trail: Trail) -> Any:
    """Return the kind of value that belongs at a trail."""
    for key in trail:
        inside = _fields(shape).get(str(key))
        shape = _bare(_item(shape) if inside is None else inside)
    return shape


def _bare(kind: Any) -> Any:
    """Return the type alone: without its bounds, and without None where the value is optional."""
    if get_origin(kind) is Annotated:
        return _bare(get_args(kind)[0])
    arms = get_args(kind)
    return _bare(next(arm for arm in arms if arm is not NoneType)) if NoneType in arms else kind


def _item(kind: Any) -> Any:
    """Return the kind of what a mapping or a sequence holds."""
    return get_args(kind)[1 if get_origin(kind) is dict else 0]
