"""A table of a TOML file, read key by key; what is unknown or of another kind is named with its remedy."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_REQUIRED = object()


class ConfigError(Exception):
    """A configuration that cannot be run; the message is `file: path: what is wrong; remedy`."""


class Table:
    """One table; `where` is its path in the file, "" for the file itself."""

    def __init__(self, file: Path, where: str, values: Mapping[str, Any]) -> None:
        self.file, self._where, self._values = file, where, values
        self._known: list[str] = []

    def text(self, key: str, default: Any = _REQUIRED, most: int = 1000) -> Any:
        """Return a string that is not empty and has at most so many characters."""
        value = self._get(key, str, "a text in quotes", default)
        if value == "":
            raise self.wrong(key, "is empty; write it, or leave the line out")
        if value is not None and len(value) > most:
            raise self.wrong(key, f"has {len(value)} characters; at most {most}")
        return value

    def whole(self, key: str, default: Any, least: int, most: int) -> Any:
        """Return a whole number within [least, most]."""
        return self._within(key, self._get(key, int, "a whole number", default), least, most)

    def number(self, key: str, default: Any, least: float, most: float) -> Any:
        """Return a number within [least, most]."""
        return self._within(key, self._get(key, (int, float), "a number", default), least, most)

    def flag(self, key: str, default: bool) -> bool:
        """Return true or false."""
        value: bool = self._get(key, bool, "true or false", default)
        return value

    def one_of(self, key: str, default: Any, allowed: Sequence[str]) -> Any:
        """Return one of the words allowed."""
        value = self._get(key, str, f"one of {', '.join(allowed)}", default)
        if value not in allowed:
            raise self.wrong(key, f"{value!r} is not known; write one of {', '.join(allowed)}")
        return value

    def table(self, key: str, *, required: bool = False) -> Table:
        """Return the table under a key, an empty one when it is not there and need not be."""
        value = self._get(key, dict, f"a table: [{key}]", _REQUIRED if required else {})
        return Table(self.file, self._path(key), value)

    def tables(self, key: str) -> list[Table]:
        """Return the tables of a list that has at least one."""
        value = self._get(key, list, f"a list of tables: [[{key}]]", _REQUIRED)
        if not value or not all(isinstance(one, dict) for one in value):
            raise self.wrong(key, f"needs at least one table; write [[{key}]] and its lines")
        return [Table(self.file, f"{self._path(key)}[{at}]", one) for at, one in enumerate(value)]

    def has_table(self, key: str) -> bool:
        """Whether a table, rather than a plain value, stands under the key."""
        return isinstance(self._values.get(key), dict)

    def done(self) -> None:
        """Refuse keys that nobody asked for."""
        for key in self._values:
            if key not in self._known:
                near = get_close_matches(key, self._known, 1)
                meant = f"did you mean {near[0]}?" if near else f"known here: {', '.join(self._known)}"
                raise self.wrong(key, f"is not known; {meant}")

    def wrong(self, key: str, what: str) -> ConfigError:
        """Return the error that names a key of this table."""
        return ConfigError(f"{self.file}: {self._path(key)}: {what}")

    def _get(self, key: str, kind: Any, named: str, default: Any) -> Any:
        self._known.append(key)
        if key not in self._values:
            if default is _REQUIRED:
                raise self.wrong(key, f"is missing; it needs {named}")
            return default
        value = self._values[key]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.wrong(key, f"{value!r} is of another kind; it needs {named}")
        return value

    def _within(self, key: str, value: Any, least: float, most: float) -> Any:
        if value is not None and not least <= value <= most:
            raise self.wrong(key, f"{value} is out of range; it goes from {least} to {most}")
        return value

    def _path(self, key: str) -> str:
        return f"{self._where}.{key}" if self._where else key
