"""What the alerts of past sessions scored: what a budget's threshold is made of."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING

from pregao.domain.alerts.alert import alert_id, attention_of
from pregao.domain.alerts.opportunity import opportunities, opportunity_id
from pregao.domain.alerts.signal import Chance, Outlook
from pregao.domain.calibration.live import Calibration, scan_live
from pregao.domain.delivery.attention import SESSIONS, Scored, SessionScores

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Opportunity
    from pregao.domain.alerts.signal import Signal
    from pregao.domain.detectors.settings import DetectorSettings
    from pregao.domain.market.candles import Candles
    from pregao.domain.market.instrument import Instrument


def with_scores(
    made: Sequence[Calibration],
    candles: Candles,
    instrument: Instrument,
    settings: DetectorSettings,
    since: date = date.min,
) -> list[Calibration]:
    """Return the calibrations of sessions from `since` on, each with the scores of its SESSIONS newest.

    `made` are those of all sessions of the candles, in order.
    """
    days = [one.session for one in made]
    first = bisect_left(days, since)
    scores = session_scores(made, candles, instrument, settings, max(0, first - SESSIONS + 1))
    return [
        replace(one, scores=tuple(scores[day] for day in days[max(0, at - SESSIONS + 1) : at + 1]))
        for at, one in enumerate(made)
        if at >= first
    ]


def session_scores(
    made: Sequence[Calibration],
    candles: Candles,
    instrument: Instrument,
    settings: DetectorSettings,
    first: int = 0,
) -> dict[date, SessionScores]:
    """Return what the alerts of each session scored, from the one numbered `first` on.

    As they were scored live: by the calibration of the session before.
    """
    days, empty = [one.session for one in made], SessionScores(date.min, ())
    scores = {day: replace(empty, session=day) for day in days[first:]}
    if not scores:
        return scores
    known = dict(zip(days, [None, *made], strict=False))
    times = candles.time.tolist()
    since = bisect_left(times, days[first], key=instrument.local_date)
    signals = scan_live(candles, instrument, settings, since, candles.step, known.get)
    together = opportunities(signals, times, instrument.local_date, instrument.name, "")
    inside = [one for one in signals if instrument.in_session(one.time)]
    for day, some in groupby(inside, key=lambda one: instrument.local_date(one.time)):
        scores[day] = SessionScores(day, tuple(_scored(some, instrument.name, together)))
    return scores


def _scored(signals: Iterable[Signal], contract: str, together: dict[str, Opportunity]) -> Iterable[Scored]:
    numbers: dict[str, int] = {}
    for one in signals:
        own = together[alert_id(contract, "", one.pattern, one.direction, one.time)]
        begins = own.id == opportunity_id(contract, "", one.time)
        number = numbers.setdefault(own.id, len(numbers))
        yield Scored(number, one.pattern, _score(one), begins and bool(own.conflicts))


def _score(signal: Signal) -> float | None:
    outlook = signal.outlook if isinstance(signal.outlook, Outlook) else None
    found = attention_of(outlook, signal.chance if isinstance(signal.chance, Chance) else None)
    return found.score if found else None
