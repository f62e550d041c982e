"""The configuration as everything works with it. Imports neither YAML nor pydantic: `reader` does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pregao.config.calendar import CalendarConfig
from pregao.config.feeds import FeedsConfig
from pregao.config.models import (
    AdmissionConfig,
    AttentionConfig,
    DeliveryConfig,
    DeskConfig,
    FamilyConfig,
    InstrumentConfig,
    LevelsConfig,
    OfficerConfig,
    OperatorConfig,
    ScaleConfig,
    SecurityConfig,
)
from pregao.domain.delivery.duty import DESK_ZONE
from pregao.domain.detectors.settings import DetectorSettings
from pregao.domain.market.instrument import Instrument

if TYPE_CHECKING:
    from pregao.domain.audit.people import People


class UnknownSymbol(Exception):
    """A feed's symbol that belongs to no configured instrument; the message says what to add."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """The whole configuration, resolved. `digest` is SHA-256 (hex) over everything but the people."""

    calendars: dict[str, CalendarConfig]
    detectors: DetectorSettings
    instruments: dict[str, InstrumentConfig]
    families: dict[str, FamilyConfig] = field(default_factory=dict)
    admission: AdmissionConfig
    delivery: DeliveryConfig
    attention: AttentionConfig = field(default_factory=AttentionConfig)
    desk: DeskConfig = field(default_factory=DeskConfig)
    levels: LevelsConfig = field(default_factory=LevelsConfig)
    feeds: FeedsConfig = field(default_factory=FeedsConfig)
    scale: ScaleConfig = field(default_factory=ScaleConfig)
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

    def name_of(self, symbol: str) -> str | None:
        """Return the name of the instrument behind a feed's name; None for an unknown one."""
        try:
            return self.instrument_for(symbol).name
        except UnknownSymbol:
            return None

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
        from pregao.domain.audit.people import People, Person  # most functions never ask

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
