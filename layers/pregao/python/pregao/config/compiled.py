"""The configuration as it was read when the layer was built: a cold start needs neither YAML nor pydantic.

The YAML beside it stays the source. What was compiled is taken only where the files are the same, byte by
byte, and every ${NAME} has the value that it had, or stands in the sender's address alone, which is resolved
anew. Otherwise, and without a compiled file, the YAML is read, which takes longer.

Two things are compiled, each for who asks for it: the whole configuration, and the operators as the domain
knows them. infra/Makefile compiles when it builds the layer.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import pickle
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pregao.config.loaded import Config
    from pregao.domain.delivery.operators import Operator

NAME = "compiled.pickle"
_FILES = ("alertas.yaml", "calendar.yaml", "operators.yaml", "officers.yaml")
_SENDER = ("alertas.yaml", ("delivery", "mail_from"))
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")
_UNREADABLE = (
    pickle.UnpicklingError,
    EOFError,
    AttributeError,
    ImportError,
    LookupError,
    TypeError,
    ValueError,
)
"""What is cut off, or of other code, ends in one of these."""
_MARK = "compiled@sender.example"
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A configuration, what it was made of, and what it takes to put another sender into it.

    sources: SHA-256 (hex) over the files. variables: what the environment said of each ${NAME}, None where
    nothing; fixed: those of them that stand anywhere but in the sender. sender: its text in the file; around:
    what the digest is of, before and after the sender. config, operators: pickles of a `Config` and of its
    operators as a tuple of `Operator`.
    """

    sources: str
    variables: Mapping[str, str | None]
    fixed: frozenset[str]
    sender: str
    around: tuple[str, str]
    config: bytes
    operators: bytes

    def changed(self, env: Mapping[str, str]) -> set[str]:
        """Return the variables that have another value than when it was made."""
        return {name for name, value in self.variables.items() if (env.get(name) or None) != value}


def load(directory: Path, env: Mapping[str, str] = os.environ) -> Config:
    """Return what `reader.load` does; raises its ConfigError."""
    kept = _compiled(directory, env)
    config: Config | None = _unpickled(directory, kept.config) if kept else None
    if kept and config and kept.changed(env):
        config = _with_sender(config, kept, env)
    return config or _read(directory, env)


def load_operators(directory: Path, env: Mapping[str, str] = os.environ) -> tuple[Operator, ...]:
    """Return the operators of `load`, without the rest where they are compiled; raises ConfigError."""
    kept = _compiled(directory, env)
    operators: tuple[Operator, ...] | None = _unpickled(directory, kept.operators) if kept else None
    return _operators(_read(directory, env)) if operators is None else operators


def _operators(config: Config) -> tuple[Operator, ...]:
    return tuple(one.operator() for one in config.operators)


def _compiled(directory: Path, env: Mapping[str, str]) -> Compiled | None:
    try:
        kept = _unpickled(directory, (directory / NAME).read_bytes())
    except FileNotFoundError:
        return None
    if kept is None:
        return None
    whole = isinstance(kept, Compiled) and all(hasattr(kept, name) for name in Compiled.__slots__)
    if not whole or kept.sources != _sources(directory):
        logger.warning("%s is not of the files beside it: they are read instead", directory / NAME)
        return None
    return None if kept.changed(env) & kept.fixed else kept


def _unpickled(directory: Path, content: bytes) -> Any:
    try:
        # Written by our own build into our own layer, beside the code that it is as trusted as.
        return pickle.loads(content)  # noqa: S301
    except _UNREADABLE as error:
        logger.warning("%s cannot be read, the YAML is: %r", directory / NAME, error)
        return None


def _with_sender(config: Config, kept: Compiled, env: Mapping[str, str]) -> Config | None:
    from pregao.config.models import ascii_address

    sender = _VARIABLE.sub(lambda found: env.get(found[1]) or found[2] or "", kept.sender)
    try:
        ascii_address(sender)
    except ValueError:
        return None  # the reader says what is wrong with it, and in which line
    before, after = kept.around
    digest = hashlib.sha256((before + json.dumps(sender) + after).encode()).hexdigest()
    return replace(config, delivery=replace(config.delivery, mail_from=sender), digest=digest)


def _read(directory: Path, env: Mapping[str, str]) -> Config:
    from pregao.config.reader import load

    return load(directory, env=env)


def _sources(directory: Path) -> str:
    said = hashlib.sha256()
    for path in (directory / name for name in _FILES):
        content = path.read_bytes() if path.is_file() else None
        said.update(f"{path.name} {None if content is None else len(content)}\n".encode() + (content or b""))
    return said.hexdigest()


def compile_config(directory: Path, env: Mapping[str, str] = os.environ) -> Compiled:
    """Read a configuration and return it with what it was made of; raises ConfigError."""
    from pregao.config.files import AlertasFile, CalendarsFile
    from pregao.config.reader import digested, load_with_places

    config, places = load_with_places(directory, env=env)
    named = {place: {found[1] for found in _VARIABLE.finditer(text)} for place, text in places.items()}
    every = set().union(*named.values())
    marked = replace(config.delivery, mail_from=_MARK)
    parts = {name: getattr(config, name) for name in AlertasFile.__dataclass_fields__}
    content = digested(AlertasFile(**parts | {"delivery": marked}), CalendarsFile(calendars=config.calendars))
    before, after = content.split(json.dumps(_MARK))
    return Compiled(
        _sources(directory),
        {name: env.get(name) or None for name in sorted(every)},
        frozenset().union(*(names for place, names in named.items() if place != _SENDER)),
        places.get(_SENDER, config.delivery.mail_from),
        (before, after),
        pickle.dumps(config, protocol=5),
        pickle.dumps(_operators(config), protocol=5),
    )


def main(folder: str) -> int:
    """Write the compiled form into a folder with YAML; 1 with every problem where the YAML cannot be used."""
    from pregao.config.reader import ConfigError

    try:
        compiled = compile_config(Path(folder))
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        if not all(problem.unset for problem in error.problems):
            return 1
        sys.stderr.write("the configuration is not compiled: each cold start reads the YAML\n")
        return 0
    Path(folder, NAME).write_bytes(pickle.dumps(compiled, protocol=5))
    return 0
