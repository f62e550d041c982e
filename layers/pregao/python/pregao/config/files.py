"""What each file of config/ is as a whole: `reader` reads it into this, and makes a `Config` of them all."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

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
from pregao.config.strict import Strict
from pregao.domain.detectors.bounds import held
from pregao.domain.detectors.settings import DetectorSettings

InstrumentName = Annotated[str, held(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$")]
"""It stands in the names of chains and of archived objects."""


@dataclass(frozen=True, kw_only=True)
class AlertasFile(Strict):
    """config/alertas.yaml."""

    detectors: DetectorSettings = field(default_factory=DetectorSettings)
    instruments: Annotated[dict[InstrumentName, InstrumentConfig], held(min_length=1)]
    families: dict[InstrumentName, FamilyConfig] = field(default_factory=dict)
    admission: AdmissionConfig = field(default_factory=AdmissionConfig)
    delivery: DeliveryConfig
    attention: AttentionConfig = field(default_factory=AttentionConfig)
    desk: DeskConfig = field(default_factory=DeskConfig)
    levels: LevelsConfig = field(default_factory=LevelsConfig)
    feeds: FeedsConfig = field(default_factory=FeedsConfig)
    scale: ScaleConfig = field(default_factory=ScaleConfig)
    security: SecurityConfig = field(default_factory=SecurityConfig)


@dataclass(frozen=True, kw_only=True)
class CalendarsFile(Strict):
    """config/calendar.yaml."""

    calendars: Annotated[dict[str, CalendarConfig], held(min_length=1)]


@dataclass(frozen=True, kw_only=True)
class OperatorsFile(Strict):
    """config/operators.yaml."""

    operators: tuple[OperatorConfig, ...] = ()


@dataclass(frozen=True, kw_only=True)
class OfficersFile(Strict):
    """config/officers.yaml."""

    officers: tuple[OfficerConfig, ...] = ()
