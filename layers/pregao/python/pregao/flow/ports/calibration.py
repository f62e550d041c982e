"""What detection and calibration ask of the place where calibrations are kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Protocol

from pregao.domain.delivery.attention import SessionScores

if TYPE_CHECKING:
    from pregao.domain.calibration.live import Calibration
    from pregao.wire.calibration_v1 import Grid


@dataclass(frozen=True, slots=True)
class KeptScores:
    """The scores of a feed's last sessions."""

    instrument: str
    timeframe: str
    sessions: Sequence[SessionScores]


class CalibrationReader(Protocol):
    """Calibrations by instrument, timeframe and session."""

    def newest(self, grid: Grid, first: date, last: date) -> Calibration | None:
        """Return the newest of the sessions from `first` to `last`, None where there is none.

        Raises ValueError where it cannot be read, or was made on another grid.
        """
        ...


class ScoresReader(Protocol):
    """What alerts of the last sessions scored."""

    def between(self, first: date, last: date) -> list[KeptScores]:
        """Return of every feed the scores as of the newest of the sessions from `first` to `last`.

        Raises ValueError where some cannot be read.
        """
        ...


class CalibrationBook(CalibrationReader, Protocol):
    """The same, to be written."""

    def keep(self, grid: Grid, known: Calibration, now: float) -> bool:
        """Keep the calibration of a session; False where one of it is kept already, which stands."""
        ...
