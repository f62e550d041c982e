"""The shape of `feeds` in config/alertas.yaml: which candles are missed, and when."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pregao.config.strict import Strict
from pregao.domain.market.timeframe import Timeframe


class FeedConfig(Strict):
    """One feed: the candles of an instrument and a timeframe."""

    instrument: str
    timeframe: Timeframe

    @property
    def key(self) -> tuple[str, str]:
        """Return it as the domain knows it."""
        return self.instrument, self.timeframe


class ExpectConfig(FeedConfig):
    """A feed that must be there; `late_s` is for thin markets, where minutes without a trade are usual."""

    late_s: Annotated[float, Field(ge=1, le=86_400)] | None = None


class FeedsConfig(Strict):
    """Feeds heard of within a week are expected anyhow; `late_after_candles` counts from a candle's close."""

    late_after_candles: Annotated[float, Field(gt=0, le=10)] = 0.5
    expect: tuple[ExpectConfig, ...] = ()
    ignore: tuple[FeedConfig, ...] = ()
