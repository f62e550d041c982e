"""From which score an alert rings an operator, read once per process and session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from pregao.config.loaded import Config, UnknownSymbol
from pregao.domain.alerts.signal import DETECTED
from pregao.domain.delivery.attention import FeedScores, threshold

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Alert
    from pregao.domain.delivery.operators import OnConflict, Operator
    from pregao.domain.market.instrument import Instrument
    from pregao.flow.ports.calibration import KeptScores, ScoresReader

OLDEST = 5
"""Sessions before an alert's own whose scores still count."""
AGAIN_S = 600.0
"""Scores are read again after this: a session's calibration may come late."""
_DAY = timedelta(days=1)

Thresholds = Mapping[str, float | None]
"""By operator; None where too few sessions are known."""


@dataclass(frozen=True, slots=True)
class AttentionRules:
    """What deliver knows of attention; `failed` hears of scores that could not be read: then all ring."""

    config: Config
    scores: ScoresReader
    failed: Callable[[Exception], None]
    _read: dict[date, tuple[float, Thresholds]] = field(default_factory=dict)

    @property
    def on_conflict(self) -> OnConflict:
        """What becomes of an opportunity whose first candle has both sides."""
        return self.config.attention.on_conflict

    def thresholds(self, alert: Alert, operators: tuple[Operator, ...], now: float) -> Thresholds:
        """Return every operator's threshold for the session of an alert, from the sessions before it."""
        if alert.attention is None:
            return {}
        instrument = self._instrument(alert)
        if instrument is None:
            return {}
        day = instrument.local_date(alert.candle.time)
        known = self._read.get(day)
        if known is None or now - known[0] >= AGAIN_S:
            known = now, self._threshold(instrument, day, operators)
            self._read.clear()
            self._read[day] = known
        return known[1]

    def session_end(self, alert: Alert, now: float) -> float:
        """Return when an alert's session is over (epoch seconds); `now` where that is past or unknown."""
        instrument = self._instrument(alert)
        span = instrument.session_of(instrument.local_date(alert.candle.time)) if instrument else None
        return max(now, span[1]) if span else now

    def _instrument(self, alert: Alert) -> Instrument | None:
        try:
            return self.config.instrument_for(alert.instrument)
        except UnknownSymbol:
            return None  # it has left the configuration since

    def _threshold(self, instrument: Instrument, day: date, operators: tuple[Operator, ...]) -> Thresholds:
        try:
            kept = self.scores.between(instrument.sessions.days.before(day, OLDEST), day - _DAY)
        except Exception as unread:  # noqa: BLE001 whatever the store says, the alert goes on
            self.failed(unread)
            return {}
        feeds = [one for one in map(self._feed, kept) if one is not None]
        return {one.id: threshold(feeds, one) for one in operators}

    def _feed(self, kept: KeptScores) -> FeedScores | None:
        return feed_scores(kept, self.config)


def feed_scores(kept: KeptScores, config: Config) -> FeedScores | None:
    """Return a feed's scores with the names and severities of today; None where nobody trades it any more."""
    try:
        instrument = config.instrument_for(kept.instrument)
    except UnknownSymbol:
        return None
    settings, entry = config.detectors_for(instrument.name), config.entry_of(instrument.name)
    severity = {pattern: settings.severity(pattern) for pattern in DETECTED}
    return FeedScores(tuple(sorted(entry.names(instrument.name))), severity, kept.sessions)
