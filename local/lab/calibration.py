"""What a backtest measured, written where live detection reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from pregao import clock
from pregao.config.backtest import CalibrationConfig, CalibrationFile, MeasuredConfig
from pregao.config.reader import load_calibration

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from local.lab.judged import Judgement
    from pregao.domain.market.candles import Candles
    from pregao.domain.market.instrument import Instrument

FILE = "calibration.yaml"
HEAD = "# Written by `pregao backtest --calibrate`: the `confidence` of alerts. Do not edit; measure again.\n"


def measured(
    histories: Sequence[Candles],
    instrument: Instrument,
    timeframe_s: int,
    detectors_digest: str,
    judged: Judgement,
    evidence: int,
) -> CalibrationConfig:
    """Return the calibration of an instrument; what fewer than `evidence` alerts tell is left out."""
    patterns = {
        pattern: {
            direction: MeasuredConfig(precision=round(share.part / share.whole, 4), alerts=share.whole)
            for direction, share in sides.items()
            if share.whole >= evidence
        }
        for pattern, sides in judged.precision.items()
    }
    return CalibrationConfig(
        measured=instrument.local_date(int(clock.now())),
        first=judged.split or instrument.local_date(int(histories[0].time[0])),
        last=instrument.local_date(int(histories[-1].time[-1])),
        timeframe_s=timeframe_s,
        detectors_digest=detectors_digest,
        patterns={pattern: sides for pattern, sides in patterns.items() if sides},
    )


def write(directory: Path, instrument: str, calibration: CalibrationConfig) -> Path:
    """Put an instrument's calibration beside those of the others; raises ConfigError, OSError."""
    known = load_calibration(directory).instruments
    content = CalibrationFile(instruments={**known, instrument: calibration}).model_dump(mode="json")
    scratch = directory / f".{FILE}"
    scratch.write_text(HEAD + yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    return scratch.replace(directory / FILE)
