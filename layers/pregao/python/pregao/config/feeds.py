"""The shape of `feeds` in config/alertas.yaml: which candles are missed, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pregao.config.strict import Strict
from pregao.domain.detectors.bounds import held
from pregao.domain.market.timeframe import Timeframe


@dataclass(frozen=True, kw_only=True)
class FeedConfig(Strict):
    """One feed: the candles of an instrument and a timeframe."""

    instrument: str
    timeframe: Timeframe

    @property
    def key(self) -> tuple[str, str]:
        """Return it as the domain knows it."""
        return self.instrument, self.timeframe


@dataclass(frozen=True, kw_only=True)
class ExpectConfig(FeedConfig):
    """A feed that must be there; `late_s` is for thin markets, where minutes without a trade are usual."""

    late_s: Annotated[float, held(ge=1, le=86_400)] | None = None


@dataclass(frozen=True, kw_only=True)
class FeedsConfig(Strict):
    """Feeds heard of within a week are expected anyhow; `late_after_candles` counts from a candle's close."""

    late_after_candles: Annotated[float, held(gt=0, le=10)] = 0.5
    expect: tuple[ExpectConfig, ...] = ()
    ignore: tuple[FeedConfig, ...] = ()
