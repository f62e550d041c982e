"""A made-up WIN market, the same for the same seed, with patterns planted where the truth is known."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from local.lab import synthetic_events as planted
from local.lab.mt5file import write_mt5
from pregao import clock
from pregao.domain.market.candles import Candles, Floats
from pregao.domain.market.sessions import TradingDays

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from pregao.domain.alerts.signal import Direction, Pattern

EVERY_WEEKDAY = TradingDays()
TIMEZONE = "America/Sao_Paulo"
TIMEFRAME_S = 300
TICK = 5.0
PER_SESSION = 113  # 09:00 to 18:20, the open of the last candle
HISTORY_SESSIONS = 3
"""Sessions that nothing is planted in: more candles than the detectors' warm-up."""
_OPENS = time(9, 0)
_LOOKED_AT = 60 - planted.OPENING - planted.RUN - planted.QUIET
"""Candles of the evening before that the shipped break detector sees at the first planted break."""
_START_PRICE = 130_000.0
_RANGE = 0.0009  # a typical true range of five minutes, as a share of the price


@dataclass(frozen=True, slots=True)
class PlantedEvent:
    """What must be found: a pattern, its side, and its candle's open in epoch seconds UTC."""

    pattern: Pattern
    direction: Direction
    time: int


@dataclass(frozen=True, slots=True)
class Market:
    """Candles and the events planted in them, both oldest first."""

    candles: Candles
    events: tuple[PlantedEvent, ...]


@dataclass(frozen=True, slots=True)
class _Session:
    open: Floats
    high: Floats
    low: Floats
    close: Floats


def synthesize(
    seed: int,
    sessions: int,
    start: date,
    *,
    plant_from: int = HISTORY_SESSIONS,
    days: TradingDays = EVERY_WEEKDAY,
    noise: float = 0.0,
) -> Market:
    """Return `sessions` whole days of WIN M5 from `start` on, with events from session `plant_from` on.

    `noise` blurs the events; see `planted.moves`.
    Made to look like the market: fat tails (Student t), volatility that clusters and is high at the open
    and the close, overnight gaps, 5-point ticks, opens that mostly equal the close before.
    """
    rng = np.random.default_rng(seed)
    price, times, events = _START_PRICE, [], []
    drawn: list[_Session] = []
    turn = int(rng.choice([-1, 1]))
    for at, day in enumerate(_from(start, sessions, days)):
        opens = _epoch(day)
        price = _tick(price * (1 + 0.004 * rng.standard_normal()))
        sign = turn * (-1) ** at if at >= plant_from else 0  # goes on in the direction of the evening before
        session = _session(rng, price, sign, noise, _reached(drawn, sign))
        if sign:
            events += [
                PlantedEvent(one.pattern, one.direction, opens + one.index * TIMEFRAME_S)
                for one in planted.truth(sign)
            ]
        price = float(session.close[-1])
        drawn.append(session)
        times.append(opens + TIMEFRAME_S * np.arange(PER_SESSION, dtype=np.int64))
    return Market(_candles(rng, np.concatenate(times), drawn), tuple(events))


def sample(path: Path, days: TradingDays, seed: int = 2026, sessions: int = 4) -> Path:
    """Write a sample in MetaTrader 5's export format and return its path.

    It ends at the last whole trading day before today in Brazil; the first three sessions are history, each
    later one holds every pattern in both directions. Raises ValueError for fewer than four sessions.
    """
    if sessions <= HISTORY_SESSIONS:
        raise ValueError(f"{sessions} sessions leave none to judge; ask for {HISTORY_SESSIONS + 1} or more")
    today = datetime.fromtimestamp(clock.now(), ZoneInfo(TIMEZONE)).date()
    start = _start_before(today, sessions, days)
    write_mt5(synthesize(seed, sessions, start, days=days).candles, path, TIMEZONE)
    return path


def _reached(drawn: list[_Session], sign: int) -> float:
    """Return the price that the last session's candles reached where a break still looks, for its side."""
    if not drawn or not sign:
        return 0.0
    last = drawn[-1]
    return float(last.high[-_LOOKED_AT:].max() if sign > 0 else last.low[-_LOOKED_AT:].min())


def _session(rng: np.random.Generator, price: float, sign: int, noise: float, reached: float) -> _Session:
    unit = _RANGE * price
    scale = unit * 0.7 * _u_shape() * np.exp(_clusters(rng))
    steps = scale * rng.standard_t(4, PER_SESSION) / np.sqrt(2)
    wicks = rng.exponential(0.35, (2, PER_SESSION)) * scale
    slips = TICK * rng.choice([-1, 0, 1], PER_SESSION, p=[0.1, 0.8, 0.1])
    if sign:
        opening = _shaped(price, *(one[..., : planted.OPENING] for one in (steps, slips, wicks)))
        extreme = max(opening.high.max(), reached) if sign > 0 else min(opening.low.min(), reached)
        beyond = sign * (extreme - opening.close[-1]) / unit
        drawn = slice(planted.OPENING, None)
        steps[drawn] = unit * planted.moves(rng, sign, float(beyond), noise)
        wicks[:, drawn] = unit * rng.uniform(0.0, 0.15, (2, planted.MOVES))
        slips[drawn] = 0.0
    return _shaped(price, steps, slips, wicks)


def _shaped(price: float, steps: Floats, slips: Floats, wicks: Floats) -> _Session:
    close = _ticks(price + np.cumsum(steps))
    open_ = np.concatenate([[price], close[:-1] + slips[1:]])
    high = _ticks(np.maximum(open_, close) + wicks[0])
    low = _ticks(np.minimum(open_, close) - wicks[1])
    return _Session(open_, high, low, close)


def _candles(rng: np.random.Generator, times: np.ndarray, sessions: list[_Session]) -> Candles:
    """Join the sessions and give each candle volumes that follow its range."""
    open_, high, low, close = (
        np.concatenate([getattr(one, name) for one in sessions]) for name in ("open", "high", "low", "close")
    )
    activity = 400 + 120 * (high - low) / TICK
    ticks = (activity * rng.lognormal(0.0, 0.25, len(times))).astype(np.int64)
    contracts = (ticks * rng.uniform(3.2, 4.6, len(times))).astype(np.int64)
    return Candles(times, open_, high, low, close, ticks, contracts, np.full(len(times), 5, dtype=np.int64))


def _u_shape() -> Floats:
    """Return how lively each candle is: most at the open, somewhat at the close, least at noon."""
    day = np.linspace(0.0, 1.0, PER_SESSION)
    return 0.75 + 1.1 * np.exp(-day / 0.08) + 0.45 * np.exp(-(1 - day) / 0.1)


def _clusters(rng: np.random.Generator) -> Floats:
    """Return the logarithm of volatility as a slow AR(1) walk about zero."""
    shocks = 0.12 * rng.standard_normal(PER_SESSION)
    weights = 0.95 ** np.arange(PER_SESSION)
    walk: Floats = np.convolve(shocks, weights)[:PER_SESSION]
    return walk


def _from(start: date, count: int, days: TradingDays) -> list[date]:
    return list(islice(filter(_whole(days), (start + timedelta(at) for at in itertools.count())), count))


def _start_before(today: date, sessions: int, days: TradingDays) -> date:
    past = filter(_whole(days), (today - timedelta(at) for at in itertools.count(1)))
    return next(islice(past, sessions - 1, None))


def _whole(days: TradingDays) -> Callable[[date], bool]:
    """Return whether a day is a session from open to close: Ash Wednesday is not."""
    return lambda day: day in days and day not in days.late_opens


def _epoch(day: date) -> int:
    return int(datetime.combine(day, _OPENS, ZoneInfo(TIMEZONE)).timestamp())


def _tick(price: float) -> float:
    return TICK * round(price / TICK)


def _ticks(prices: Floats) -> Floats:
    rounded: Floats = TICK * np.round(prices / TICK)
    return rounded
