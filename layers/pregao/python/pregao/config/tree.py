"""A YAML file as plain data that remembers the line of every value, with ${ENV} resolved."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

Trail = tuple[str | int, ...]
"""The keys and indices that lead to a value."""

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")

if TYPE_CHECKING:
    from yaml import SafeLoader as _Base
else:
    _Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):
    """YAML 1.2's plain scalars: 18:25 and `no` are text, not a number in base 60 and a boolean."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - the library's own name and shape


for _tag, _pattern, _first in (
    ("bool", r"^(?:true|false)$", "tf"),
    ("null", r"^(?:~|null|)$", ["~", "n", ""]),
    ("int", r"^[-+]?[0-9]+$", "-+0123456789"),
    ("float", r"^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$", "-+0123456789."),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: where (file and line), the dotted path, what and the remedy.

    `unset`: it is a variable that the environment lacks, which another environment may have.
    """

    where: str
    path: str
    message: str
    unset: bool = False

    def __str__(self) -> str:
        return ": ".join(part for part in (self.where, self.path, self.message) if part)


@dataclass(slots=True)
class Tree:
    """The data of one file, the source of each of its values, and what was wrong with it.

    `placeholders` has the text of every value in which a ${NAME} stands.
    """

    file: str
    data: Any = None
    sources: dict[Trail, str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    placeholders: dict[Trail, str] = field(default_factory=dict)

    def where(self, trail: Trail) -> str:
        """Return `file:line` of the value, or of the nearest key above it."""
        while trail and trail not in self.sources:
            trail = trail[:-1]
        return self.sources.get(trail, f"{self.file}:1")

    def complain(self, trail: Trail, message: str) -> None:
        """Note a problem with the value at the trail."""
        self.problems.append(Problem(self.where(trail), dotted(trail), message))


def dotted(trail: Trail) -> str:
    """Write a trail as `operators[0].email`."""
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in trail).lstrip(".")


def read_tree(file: Path, env: Mapping[str, str]) -> Tree:
    """Read a YAML file; what is wrong with it stands in the tree's problems."""
    tree = Tree(str(file))
    try:
        root = yaml.compose(file.read_text(encoding="utf-8"), Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        tree.problems.append(Problem(f"{file}:{line}", "", f"not YAML: {error.problem}"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error).replace("\n", " ")
        tree.problems.append(Problem(f"{file}:1", "", f"cannot be read ({reason}); put the file there"))
    else:
        tree.data = {} if root is None else _Reader(tree, env).value(root, ())
    return tree


def parse_value(text: str) -> Any:
    """Read one value as YAML; raises yaml.YAMLError."""
    root = yaml.compose(text, Loader=_Loader)
    return None if root is None else _Reader(Tree(""), {}).value(root, ())


@dataclass(slots=True)
class _Reader:
    tree: Tree
    env: Mapping[str, str]
    above: tuple[int, ...] = ()

    def value(self, node: yaml.Node, trail: Trail) -> Any:
        self.tree.sources.setdefault(trail, self._source(node))
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, trail)
        if id(node) in self.above:
            return self.tree.complain(trail, "refers to itself")
        self.above += (id(node),)
        read = self._mapping(node, trail) if isinstance(node, yaml.MappingNode) else self._list(node, trail)
        self.above = self.above[:-1]
        return read

    def _source(self, node: yaml.Node) -> str:
        return f"{self.tree.file}:{node.start_mark.line + 1}"

    def _list(self, node: yaml.Node, trail: Trail) -> list[Any]:
        return [self.value(item, (*trail, index)) for index, item in enumerate(node.value)]

    def _mapping(self, node: yaml.MappingNode, trail: Trail) -> dict[str, Any]:
        read: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            if key in read:
                first = self.tree.where((*trail, key)).rpartition(":")[2]
                where = self._source(key_node)
                message = f"duplicate key, first on line {first}; keep one"
                self.tree.problems.append(Problem(where, dotted((*trail, key)), message))
                continue
            self.tree.sources[(*trail, key)] = self._source(key_node)
            read[key] = self.value(value_node, (*trail, key))
        return read

    def _scalar(self, node: yaml.ScalarNode, trail: Trail) -> str | int | float | bool | None:
        text = self._resolved(str(node.value), trail)
        tag = node.tag
        if text != node.value and node.style is None:
            tag = str(_Loader("").resolve(yaml.ScalarNode, text, (True, False)))  # type: ignore[no-untyped-call]
        return _typed(text, tag.rpartition(":")[2])

    def _resolved(self, text: str, trail: Trail) -> str:
        if "${" in _VARIABLE.sub("", text):
            self.tree.complain(trail, "write ${NAME} or ${NAME:-default}")
        if "${" in text:
            self.tree.placeholders[trail] = text
        return _VARIABLE.sub(lambda found: self._variable(found, trail), text)

    def _variable(self, found: re.Match[str], trail: Trail) -> str:
        name, default = found.groups()
        value = self.env.get(name) or default
        if value is None:
            message = f"environment variable {name} is not set; set it or write ${{{name}:-default}}"
            self.tree.problems.append(Problem(self.tree.where(trail), dotted(trail), message, unset=True))
        return value or ""


def _typed(text: str, kind: str) -> str | int | float | bool | None:
    if kind == "null":
        return None
    if kind == "bool":
        return text == "true"
    if kind == "int":
        return int(text)
    return float(text) if kind == "float" else text
