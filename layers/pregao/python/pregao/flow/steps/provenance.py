"""What detect saw and by which rules and code, for the audit records of its alerts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pregao import domain
from pregao.domain.alerts.opportunity import LOOK_BACK
from pregao.domain.audit.records import Evidence
from pregao.domain.calibration.live import TAKEN_BACK, Known
from pregao.domain.detectors.prices import DAY_S, local_seconds
from pregao.domain.market.window import COLUMNS, pack
from pregao.wire.calibration_v1 import Grid, dump_calibration
from pregao.wire.evidence_v1 import Rules, dump_rules

if TYPE_CHECKING:
    from pregao.config.loaded import Config
    from pregao.domain.alerts.alert import Alert
    from pregao.domain.market.instrument import Instrument
    from pregao.wire.candle_batch_v1 import CandleBatchV1

DECIDES = (
    "alerts/alert.py",
    "alerts/opportunity.py",
    "alerts/price_level.py",
    "alerts/signal.py",
    "market/candle.py",
    "market/candles.py",
    "detectors/*.py",
    "calibration/expected_range.py",
    "calibration/live.py",
    "calibration/odds.py",
    "calibration/size.py",
)
"""The code of the domain that turns candles into an alert."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Tells what the alerts of one batch were derived from.

    `known` tells the calibrations they were judged with, `signer` signed the post.
    """

    batch: CandleBatchV1
    instrument: Instrument
    config: Config
    known: Known
    signer: str | None

    def __call__(self, alert: Alert) -> Evidence:
        """Return the candles up to the alert's that its detector saw, its rules and the code's name.

        The warm-up's, and those before that on which its opportunity may have begun.
        """
        columns = self.batch.candles.model_dump(include=set(COLUMNS))
        end = columns["time"].index(alert.candle.time) + 1
        start = max(0, end - self.config.detectors.warmup - LOOK_BACK)
        seen = {name: values[start:end] for name, values in columns.items()}
        taken = self._calibration(seen["time"])
        return Evidence(pack(seen), self._rules(), code_version(), self.signer, taken)

    def _calibration(self, times: Sequence[int]) -> str | None:
        """Return what decided of the newest of some candles, None where no calibration was known."""
        known = self.known(self.instrument.local_date(times[-1]))
        if known is None:
            return None
        clocks = local_seconds(np.array(times[-TAKEN_BACK - 1 :]), self.instrument.timezone) % DAY_S
        return dump_calibration(known.taken(clocks.tolist()), Grid.of(self.instrument, self.batch.timeframe))

    def _rules(self) -> str:
        settings = self.config.detectors_for(self.instrument.name)
        life_s = self.config.admission.alert_life_s
        return dump_rules(Rules(settings, self.instrument.timezone, life_s))


def _matching(folder: Path, pattern: str) -> list[Path]:
    found = list(folder.glob(pattern))
    if not found:
        raise FileNotFoundError(f"no file of {folder} matches {pattern}")
    return found


@cache
def code_version() -> str:
    """Name the detectors' code by its content: ``detectors-3f9c21ab04de``."""
    (folder,) = map(Path, domain.__path__)
    said = hashlib.sha256()
    for path in sorted(path for pattern in DECIDES for path in _matching(folder, pattern)):
        said.update(path.name.encode() + b"\0" + path.read_bytes())
    return f"detectors-{said.hexdigest()[:12]}"
