"""The shape of `detectors` in config/alertas.yaml."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pregao.domain.alerts.alert import Levels
from pregao.domain.alerts.signal import Severity
from pregao.domain.detectors.settings import (
    DetectorSettings,
    Engulfing,
    Hole,
    LevelBreak,
    RsiDivergence,
    Trade,
    VolatilityExtreme,
)

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=1)]


def close_match(wrong: str, known: list[str]) -> str:
    """Return "; did you mean 'x'?" for the nearest known word, else the list of them."""
    near = get_close_matches(wrong, known, n=1, cutoff=0.5)
    return f"; did you mean '{near[0]}'?" if near else f"; known: {', '.join(sorted(known))}"


class Strict(BaseModel):
    """Frozen, finite numbers only, and no key it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, defer_build=True)


class LevelsConfig(Strict):
    """Distances from the close in ATR."""

    entry_atr: NotNegative = 0.25
    stop_atr: Positive = 1.5
    target_atr: Positive = 1.5


class PatternConfig(Strict):
    """What all patterns share."""

    enabled: bool = True
    severity: Severity = Severity.MEDIUM
    levels: LevelsConfig = LevelsConfig()

    def values(self) -> dict[str, object]:
        """Return the fields as the domain's settings take them."""
        return {**dict(self), "levels": Levels(**dict(self.levels))}


class VolatilityExtremeConfig(PatternConfig):
    """See `pregao.domain.detectors.settings.VolatilityExtreme`."""

    severity: Severity = Severity.HIGH
    window: Annotated[int, Field(ge=2)] = 20
    sigma: Positive = 2.0
    confirm: Count = 2
    trade: Trade = Trade.REVERSAL


class EngulfingConfig(PatternConfig):
    """See `pregao.domain.detectors.settings.Engulfing`."""

    min_body_atr: NotNegative = 1.0
    trend_atr: NotNegative = 1.0
    trend_candles: Count = 5


class RsiDivergenceConfig(PatternConfig):
    """See `pregao.domain.detectors.settings.RsiDivergence`."""

    severity: Severity = Severity.HIGH
    left: Count = 5
    right: Count = 2
    min_distance: Count = 5
    max_distance: Count = 60

    @model_validator(mode="after")
    def _ordered(self) -> RsiDivergenceConfig:
        if self.min_distance > self.max_distance:
            raise ValueError("min_distance is above max_distance; pivots could never pair")
        return self


class LevelBreakConfig(PatternConfig):
    """See `pregao.domain.detectors.settings.LevelBreak`."""

    lookback: Count = 20
    buffer_ticks: NotNegative = 0.0


class HoleConfig(Strict):
    """See `pregao.domain.detectors.settings.Hole`."""

    missing: Annotated[int, Field(ge=0)] = 2
    hold: Annotated[int, Field(ge=0)] = 3


class DetectorsConfig(Strict):
    """All patterns; the warm-up (candles) must cover what each of them looks back on."""

    warmup: Count = 250
    hole: HoleConfig = HoleConfig()
    volatility_extreme: VolatilityExtremeConfig = VolatilityExtremeConfig()
    engulfing: EngulfingConfig = EngulfingConfig()
    rsi_divergence: RsiDivergenceConfig = RsiDivergenceConfig()
    level_break: LevelBreakConfig = LevelBreakConfig()

    @model_validator(mode="after")
    def _covered(self) -> DetectorsConfig:
        self.settings()
        return self

    def settings(self) -> DetectorSettings:
        """Return the settings as the detectors take them."""
        return DetectorSettings(
            warmup=self.warmup,
            hole=Hole(**dict(self.hole)),
            volatility_extreme=VolatilityExtreme(**self.volatility_extreme.values()),  # type: ignore[arg-type]
            engulfing=Engulfing(**self.engulfing.values()),  # type: ignore[arg-type]
            rsi_divergence=RsiDivergence(**self.rsi_divergence.values()),  # type: ignore[arg-type]
            level_break=LevelBreak(**self.level_break.values()),  # type: ignore[arg-type]
        )
