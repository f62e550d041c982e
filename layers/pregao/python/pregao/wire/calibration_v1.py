"""Calibration v1: what is known after a session, as it is kept, and the part of it that decided an alert."""

from __future__ import annotations

import base64
import binascii
import zlib
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal, Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from pregao.domain.alerts.signal import Levels, Pattern
from pregao.domain.calibration.expected_range import TERMS, Model
from pregao.domain.calibration.live import Calibration
from pregao.domain.calibration.odds import KnownOdds
from pregao.domain.delivery.attention import Scored, SessionScores

if TYPE_CHECKING:
    from pregao.domain.market.instrument import Instrument

Slot = Annotated[int, Field(ge=0, lt=86_400)]
Hour = Annotated[int, Field(ge=0, lt=24)]
HalfHour = Annotated[int, Field(ge=0, lt=48)]
Range = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Cases = Annotated[int, Field(ge=0)]
MAX_BYTES = 1 << 20
"""Of the JSON; a slot a minute makes 60 KB."""


@dataclass(frozen=True, slots=True)
class Grid:
    """What a calibration was made on; on another one its numbers mean something else."""

    instrument: str
    timeframe: str
    tick_size: float
    timezone: str

    @classmethod
    def of(cls, instrument: Instrument, timeframe: str) -> Self:
        """Return the grid of an instrument's candles."""
        return cls(instrument.name, timeframe, instrument.tick_size, instrument.timezone)


AlertScore = tuple[Annotated[int, Field(ge=0)], Pattern, Range | None, bool]
"""The opportunity's number in its session, pattern, score, whether its first candle has both sides."""


class SessionScoresV1(BaseModel):
    """The alerts of one session, in order."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False, defer_build=True)

    session: date
    alerts: tuple[AlertScore, ...]

    @classmethod
    def of(cls, scores: SessionScores) -> Self:
        """Return a session's scores as they are kept."""
        alerts = tuple((one.opportunity, one.pattern, one.score, one.conflict) for one in scores.alerts)
        return cls(session=scores.session, alerts=alerts)

    def known(self) -> SessionScores:
        """Return it as the domain knows it."""
        return SessionScores(self.session, tuple(Scored(*one) for one in self.alerts))


class OddsV1(BaseModel):
    """What is known of alerts with one set of levels: per half hour p, its interval and the cases."""

    model_config = ConfigDict(frozen=True, allow_inf_nan=False, defer_build=True)

    entry_atr: Range
    stop_atr: Range
    target_atr: Range
    baseline: Share
    reliable: bool
    halves: dict[HalfHour, tuple[Share, Share, Share, Cases]]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if any(not low <= p <= high for p, low, high, _ in self.halves.values()):
            raise ValueError("a share lies outside its interval")
        return self

    def known(self) -> KnownOdds:
        """Return it as the domain knows it."""
        levels = Levels(self.entry_atr, self.stop_atr, self.target_atr)
        return KnownOdds(levels, self.baseline, self.reliable, self.halves)


class CalibrationV1(BaseModel):
    """Ranges per slot (seconds of the exchange's day) in thousandths of a tick, and the model's numbers.

    `ends` are per hour of the day the low and the high end of the band, as differences of logarithms.
    """

    model_config = ConfigDict(frozen=True, allow_inf_nan=False, defer_build=True)

    version: Literal[1]
    instrument: str
    timeframe: str
    tick_size: float
    timezone: str
    session: date
    ranges: dict[Slot, Range]
    ahead: dict[Slot, Range]
    coefficients: Annotated[list[float], Field(min_length=TERMS, max_length=TERMS)] | None
    ends: dict[Hour, tuple[float, float]]
    odds: tuple[OddsV1, ...] = ()
    scores: tuple[SessionScoresV1, ...] = ()

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if any(low > high for low, high in self.ends.values()):
            raise ValueError("a band's low end is above its high one")
        return self

    def known(self) -> Calibration:
        """Return it as the domain knows it."""
        ends = np.full((24, 2), np.nan)
        for hour, pair in self.ends.items():
            ends[hour] = pair
        coefficients = None if self.coefficients is None else np.array(self.coefficients)
        odds = tuple(one.known() for one in self.odds)
        scores = tuple(one.known() for one in self.scores)
        return Calibration(self.session, self.ranges, self.ahead, Model(coefficients, ends), odds, scores)


def dump_calibration(known: Calibration, grid: Grid) -> str:
    """Return a calibration as compact JSON."""
    model = known.model
    ends = {hour: tuple(pair) for hour, pair in enumerate(model.ends.tolist()) if np.isfinite(sum(pair))}
    return CalibrationV1(
        version=1,
        instrument=grid.instrument,
        timeframe=grid.timeframe,
        tick_size=grid.tick_size,
        timezone=grid.timezone,
        session=known.session,
        ranges=dict(known.ranges),
        ahead=dict(known.ahead),
        coefficients=None if model.coefficients is None else model.coefficients.tolist(),
        ends=ends,
        odds=tuple(_dump_odds(one) for one in known.odds),
        scores=tuple(SessionScoresV1.of(one) for one in known.scores),
    ).model_dump_json(exclude=set() if known.scores else {"scores"})


def _dump_odds(known: KnownOdds) -> OddsV1:
    return OddsV1(
        **asdict(known.levels), baseline=known.baseline, reliable=known.reliable, halves=dict(known.halves)
    )


def load_calibration(text: str | bytes, grid: Grid) -> Calibration:
    """Read a calibration; raises ValueError where it is none, or was made on another grid."""
    read = CalibrationV1.model_validate_json(text)
    made = Grid(read.instrument, read.timeframe, read.tick_size, read.timezone)
    if made != grid:
        raise ValueError(f"the calibration was made on {made}, not on {grid}")
    return read.known()


def pack_calibration(known: Calibration, grid: Grid) -> str:
    """Return a calibration as text that is small enough to be kept: deflated JSON in base64."""
    return base64.b64encode(zlib.compress(dump_calibration(known, grid).encode(), 9)).decode()


def unpack_calibration(text: str, grid: Grid) -> Calibration:
    """Read what `pack_calibration` wrote; raises ValueError as `load_calibration` does."""
    try:
        plain = zlib.decompressobj().decompress(base64.b64decode(text, validate=True), MAX_BYTES)
    except (binascii.Error, zlib.error, TypeError) as error:
        raise ValueError(f"not a packed calibration: {error}") from error
    return load_calibration(plain, grid)


def session_of(text: str | None) -> str | None:
    """Return the session (ISO) of the calibration in an alert's evidence, None where it holds none."""
    return None if not text else CalibrationV1.model_validate_json(text).session.isoformat()
