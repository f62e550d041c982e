"""What detection and calibration ask of the place where calibrations are kept."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from pregao.domain.calibration.live import Calibration
    from pregao.wire.calibration_v1 import Grid


class CalibrationReader(Protocol):
    """Calibrations by instrument, timeframe and session."""

    def newest(self, grid: Grid, first: date, last: date) -> Calibration | None:
        """Return the newest of the sessions from `first` to `last`, None where there is none.

        Raises ValueError where it cannot be read, or was made on another grid.
        """
        ...


class CalibrationBook(CalibrationReader, Protocol):
    """The same, to be written."""

    def keep(self, grid: Grid, known: Calibration, now: float) -> bool:
        """Keep the calibration of a session; False where one of it is kept already, which stands."""
        ...
