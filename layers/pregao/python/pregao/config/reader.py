"""The one reader of YAML: the files of config/, checked before anything starts."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from pydantic import Field

from pregao.config.calendar import CalendarConfig, CalendarsFile
from pregao.config.check import override, validated
from pregao.config.feeds import FeedsConfig
from pregao.config.models import (
    AdmissionConfig,
    AlertasFile,
    AttentionConfig,
    DeliveryConfig,
    FamilyConfig,
    InstrumentConfig,
    LevelsConfig,
    OfficerConfig,
    OfficersFile,
    OperatorConfig,
    OperatorsFile,
    SecurityConfig,
)
from pregao.config.strict import Strict, close_match
from pregao.config.tree import Problem, Trail, Tree, read_tree
from pregao.domain.audit.people import People, Person
from pregao.domain.delivery.duty import DESK_ZONE
from pregao.domain.detectors.settings import DetectorSettings
from pregao.domain.market.instrument import Instrument

if TYPE_CHECKING:
    from pregao.config.backtest import BacktestConfig


class ConfigError(Exception):
    """The configuration cannot be used; one `file:line: path: what; remedy` a line, all problems at once."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)

    def __reduce__(self) -> tuple[type[ConfigError], tuple[Sequence[Problem]]]:
        return type(self), (self.problems,)  # it crosses processes whole


class UnknownSymbol(Exception):
    """A feed's symbol that belongs to no configured instrument; the message says what to add."""


class Config(Strict):
    """The whole configuration, resolved. `digest` is SHA-256 (hex) over everything but the people."""

    calendars: dict[str, CalendarConfig]
    detectors: DetectorSettings
    instruments: dict[str, InstrumentConfig]
    families: dict[str, FamilyConfig] = Field(default_factory=dict)
    admission: AdmissionConfig
    delivery: DeliveryConfig
    attention: AttentionConfig = AttentionConfig()
    levels: LevelsConfig = LevelsConfig()
    feeds: FeedsConfig = FeedsConfig()
    security: SecurityConfig
    operators: tuple[OperatorConfig, ...]
    officers: tuple[OfficerConfig, ...] = ()
    digest: str

    def instrument_for(self, symbol: str) -> Instrument:
        """Return the instrument behind a feed's name or a contract code; raises UnknownSymbol."""
        for name, entry in self.instruments.items():
            instrument = entry.instrument(name, self.calendars[entry.calendar].days)
            if symbol in entry.names(name):
                return instrument
            if instrument.contracts is not None and instrument.owns_contract(symbol):
                return replace(instrument, asked_as=symbol)
        family = self._family_of(symbol)
        if family is not None:
            return family.instrument(symbol, self.calendars[family.calendar].days)
        raise UnknownSymbol(
            f"symbol '{symbol}' belongs to no instrument; in config/alertas.yaml add the line\n"
            f'    aliases: ["{symbol}"]\nto one of {", ".join(self.instruments)}, or a new instrument\n'
            f"  {symbol}:\n    tick_size: ...\n    point_value: ...\n    timezone: ...\n"
            "    calendar: ...\n    session_open: ...\n    session_close: ...\nunder instruments"
        )

    def detectors_for(self, instrument_name: str) -> DetectorSettings:
        """Return the settings in force for an instrument; raises KeyError for an unknown one."""
        return self.entry_of(instrument_name).detectors

    def entry_of(self, instrument_name: str) -> InstrumentConfig:
        """Return what the file says of an instrument or its family; raises KeyError for an unknown one."""
        family = None if instrument_name in self.instruments else self._family_of(instrument_name)
        return family or self.instruments[instrument_name]

    def zone_of(self, instrument_name: str) -> ZoneInfo:
        """Return the zone of an instrument's exchange, the desk's for one that is not configured any more."""
        try:
            return ZoneInfo(self.entry_of(instrument_name).timezone)
        except KeyError:
            return DESK_ZONE

    def traded(self) -> Traded:
        """Return the instruments by name; a family's are found, and named where somebody asked for them."""
        return Traded(self)

    def people(self) -> People:
        """Return the map from the pseudonyms of audit records to names."""
        of_both = (
            [Person(one.audit_id, one.id, one.name) for one in some]
            for some in (self.operators, self.officers)
        )
        return People(*of_both)

    def _family_of(self, code: str) -> FamilyConfig | None:
        return next((one for one in self.families.values() if one.codes.owns(code)), None)


class Traded(Mapping[str, Instrument]):
    """Every instrument of a configuration by its name.

    It iterates over the names of the file and the codes of families that operators or expected feeds name;
    any other code of a family is found too.
    """

    def __init__(self, config: Config) -> None:
        named = [one.instrument for one in config.feeds.expect]
        named += [symbol for one in config.operators for symbol in one.symbols if symbol != "*"]
        self._config = config
        self._names = dict.fromkeys([*config.instruments, *named])

    def __getitem__(self, name: str) -> Instrument:
        self._config.entry_of(name)
        return self._config.instrument_for(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


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
    alertas_tree = read_tree(directory / "alertas.yaml", env)
    calendar_tree = read_tree(directory / "calendar.yaml", env)
    operators_tree = read_tree(directory / "operators.yaml", env)
    officers, officers_problems = _officers(directory / "officers.yaml", env)
    override(alertas_tree, overrides)
    _inherit(alertas_tree.data)
    alertas = validated(AlertasFile, alertas_tree)
    calendars = validated(CalendarsFile, calendar_tree)
    operators = validated(OperatorsFile, operators_tree)
    if alertas is not None:
        _check_names(alertas, alertas_tree)
    if alertas is not None and calendars is not None:
        _check_calendars(alertas, calendars, alertas_tree)
    if alertas is not None and operators is not None:
        _check_operators(operators, alertas, operators_tree)
        _check_addresses(alertas, operators, (alertas_tree, operators_tree), addresses)
    problems = alertas_tree.problems + calendar_tree.problems + operators_tree.problems + officers_problems
    if alertas is None or calendars is None or operators is None or problems:
        raise ConfigError(problems)
    digest = _digest(alertas, calendars)
    return Config(**dict(alertas), **dict(calendars), **dict(operators), officers=officers, digest=digest)


def _officers(path: Path, env: Mapping[str, str]) -> tuple[tuple[OfficerConfig, ...], list[Problem]]:
    """Read officers.yaml; a configuration of before it has none, and nobody gets in then."""
    if not path.is_file():
        return (), []
    tree = read_tree(path, env)
    read = validated(OfficersFile, tree)
    _check_unique("officers", read.officers if read else (), tree)
    return read.officers if read else (), tree.problems


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


def _digest(*models: Strict) -> str:
    whole = [model.model_dump(mode="json") for model in models]
    content = json.dumps(whole, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(content.encode()).hexdigest()


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
