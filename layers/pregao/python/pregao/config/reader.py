"""The one reader of YAML: the files of config/, checked before anything starts."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pregao.config.check import override, shape_of, validated
from pregao.config.files import AlertasFile, CalendarsFile, OfficersFile, OperatorsFile
from pregao.config.loaded import Config
from pregao.config.models import InstrumentConfig, OfficerConfig, OperatorConfig
from pregao.config.strict import close_match
from pregao.config.tree import Problem, Trail, Tree, read_tree

if TYPE_CHECKING:
    from pregao.config.backtest import BacktestConfig


FILES = ("alertas.yaml", "calendar.yaml", "operators.yaml", "officers.yaml")
Places = dict[tuple[str, Trail], str]
"""File and trail of every value with a ${NAME}, and its text as it stands there."""


class ConfigError(Exception):
    """The configuration cannot be used; one `file:line: path: what; remedy` a line, all problems at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)

    def __reduce__(self) -> tuple[type[ConfigError], tuple[Sequence[Problem]]]:
        return type(self), (self.problems,)  # it crosses processes whole


def load(
    directory: Path,
    overrides: Sequence[str] = (),
    env: Mapping[str, str] = os.environ,
    addresses: Callable[[str], str | None] = lambda _: None,
) -> Config:
    """Read, resolve and check alertas.yaml, calendar.yaml, operators.yaml and, where it is, officers.yaml.

    `overrides` are "detectors.engulfing.min_body_atr=0", the value in YAML, over alertas.yaml.
    `addresses` says what is wrong with an e-mail address, None where nothing is.
    Raises ConfigError with every problem found.
    """
    return load_with_places(directory, overrides, env, addresses)[0]


def load_with_places(
    directory: Path,
    overrides: Sequence[str] = (),
    env: Mapping[str, str] = os.environ,
    addresses: Callable[[str], str | None] = lambda _: None,
) -> tuple[Config, Places]:
    """Return what `load` does, and what stands in the files where a value has a ${NAME}."""
    alertas_tree, calendar_tree, operators_tree = (read_tree(directory / name, env) for name in FILES[:3])
    officers, officers_tree = _officers(directory / FILES[3], env)
    override(alertas_tree, overrides)
    _inherit(alertas_tree.data)
    alertas = validated(AlertasFile, alertas_tree)
    calendars = validated(CalendarsFile, calendar_tree)
    operators = validated(OperatorsFile, operators_tree)
    if alertas is not None:
        _check_names(alertas, alertas_tree)
        _check_scale(alertas, alertas_tree)
    if alertas is not None and calendars is not None:
        _check_calendars(alertas, calendars, alertas_tree)
    if alertas is not None and operators is not None:
        _check_operators(operators, alertas, operators_tree)
        _check_addresses(alertas, operators, (alertas_tree, operators_tree), addresses)
    trees = alertas_tree, calendar_tree, operators_tree, officers_tree
    problems = [problem for tree in trees for problem in tree.problems]
    if alertas is None or calendars is None or operators is None or problems:
        raise ConfigError(problems)
    digest = hashlib.sha256(digested(alertas, calendars).encode()).hexdigest()
    config = Config(**vars(alertas), **vars(calendars), **vars(operators), officers=officers, digest=digest)
    places = zip(FILES, trees, strict=True)
    return config, {(name, trail): text for name, tree in places for trail, text in tree.placeholders.items()}


def _officers(path: Path, env: Mapping[str, str]) -> tuple[tuple[OfficerConfig, ...], Tree]:
    """Read officers.yaml; a configuration of before it has none, and nobody gets in then."""
    if not path.is_file():
        return (), Tree(str(path))
    tree = read_tree(path, env)
    read = validated(OfficersFile, tree)
    _check_unique("officers", read.officers if read else (), tree)
    return read.officers if read else (), tree


def load_backtest(directory: Path, config: Config, env: Mapping[str, str] = os.environ) -> BacktestConfig:
    """Read and check how a backtest of these instruments judges; raises ConfigError with every problem."""
    from pregao.config.backtest import BacktestConfig  # no function asks for it, and each would wait for it

    tree = read_tree(directory / "backtest.yaml", env)
    rules = validated(BacktestConfig, tree)
    for name in rules.costs if rules else ():
        if not _known(config, name):
            hint = close_match(name, list(config.instruments))
            tree.complain(("costs", name), f"unknown instrument '{name}'{hint}")
    if rules is None or tree.problems:
        raise ConfigError(tree.problems)
    return rules


def digested(alertas: AlertasFile, calendars: CalendarsFile) -> str:
    """Return what the digest is of: everything but the people, as JSON in one form."""
    whole = [
        shape_of(AlertasFile).dump_python(alertas, mode="json"),
        shape_of(CalendarsFile).dump_python(calendars, mode="json"),
    ]
    return json.dumps(whole, sort_keys=True, separators=(",", ":"))


def _inherit(data: Any) -> None:
    """Complete every instrument's detectors by those of all."""
    parts = [data.get(name) for name in ("instruments", "families")] if isinstance(data, dict) else []
    for entry in (one for part in parts if isinstance(part, dict) for one in part.values()):
        if isinstance(entry, dict):
            entry["detectors"] = _merged(data.get("detectors", {}), entry.get("detectors", {}))


def _merged(base: Any, over: Any) -> Any:
    if not isinstance(base, dict) or not isinstance(over, dict):
        return over
    return {**base, **{key: _merged(base.get(key), value) for key, value in over.items()}}


def _known(said: AlertasFile | Config, name: str) -> bool:
    """Tell whether a name is an instrument's, or a code of a family."""
    return name in said.instruments or any(one.codes.owns(name) for one in said.families.values())


def _check_names(alertas: AlertasFile, tree: Tree) -> None:
    owner: dict[str, str] = {}
    for name, entry in alertas.instruments.items():
        for alias in sorted(entry.names(name)):
            first = owner.setdefault(alias, name)
            if first != name:
                tree.complain(("instruments", name, "aliases"), f"'{alias}' is already a name of {first}")
    for index, mute in enumerate(alertas.admission.mute):
        if mute.instrument is not None and not _known(alertas, mute.instrument):
            hint = close_match(mute.instrument, list(alertas.instruments))
            tree.complain(
                ("admission", "mute", index, "instrument"), f"unknown instrument '{mute.instrument}'{hint}"
            )
    for name in ("expect", "ignore"):
        for index, one in enumerate(getattr(alertas.feeds, name)):
            if not _known(alertas, one.instrument):
                hint = close_match(one.instrument, list(alertas.instruments))
                what = f"unknown instrument '{one.instrument}'{hint}"
                tree.complain(("feeds", name, index, "instrument"), what)


def _check_scale(alertas: AlertasFile, tree: Tree) -> None:
    """Every part of the waiting list has a place, or its alerts would never be admitted."""
    shards, limit = alertas.scale.shards, alertas.admission.queue_limit
    if shards > limit:
        tree.complain(
            ("scale", "shards"),
            f"{shards} parts share admission.queue_limit, which is {limit}: at least a place each",
        )


def _check_calendars(alertas: AlertasFile, calendars: CalendarsFile, tree: Tree) -> None:
    known = list(calendars.calendars)
    every: list[tuple[str, str, InstrumentConfig]] = [
        *(("instruments", name, entry) for name, entry in alertas.instruments.items()),
        *(("families", name, entry) for name, entry in alertas.families.items()),
    ]
    for part, name, entry in every:
        if entry.calendar not in known:
            hint = close_match(entry.calendar, known)
            tree.complain((part, name, "calendar"), f"no calendar '{entry.calendar}' in calendar.yaml{hint}")


def _check_addresses(
    alertas: AlertasFile,
    operators: OperatorsFile,
    trees: tuple[Tree, Tree],
    wrong: Callable[[str], str | None],
) -> None:
    """Ask about every address what is wrong with it; the trees are those of both files."""
    sender, people = trees
    places: list[tuple[Tree, Trail, str]] = [
        (people, ("operators", index, "email"), one.email) for index, one in enumerate(operators.operators)
    ]
    for tree, trail, address in [(sender, ("delivery", "mail_from"), alertas.delivery.mail_from), *places]:
        why = wrong(address)
        if why:
            tree.complain(trail, f"'{address}' takes no e-mail: {why}")


def _check_operators(operators: OperatorsFile, alertas: AlertasFile, tree: Tree) -> None:
    known = ["*", *alertas.instruments]
    _check_unique("operators", operators.operators, tree)
    for index, operator in enumerate(operators.operators):
        trail: Trail = ("operators", index)
        for place, symbol in enumerate(operator.symbols):
            if symbol not in known and not _known(alertas, symbol):
                tree.complain(
                    (*trail, "symbols", place), f"unknown instrument '{symbol}'{close_match(symbol, known)}"
                )


def _check_unique(part: str, people: Sequence[OperatorConfig | OfficerConfig], tree: Tree) -> None:
    taken: dict[str, set[str]] = {"id": set(), "audit_id": set()}
    for index, person in enumerate(people):
        for name, before in taken.items():
            value = getattr(person, name)
            if value in before:
                tree.complain((part, index, name), f"'{value}' is taken; ids are unique")
            before.add(value)
