"""The alert: a signal with a name, prices to act on and a life."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from types import MappingProxyType

from pregao.domain.alerts.price_level import Crossing, OwnLevel, Reached
from pregao.domain.alerts.signal import (
    Chance,
    Direction,
    Levels,
    Outlook,
    Pattern,
    Severity,
    Signal,
    Unmeasured,
)
from pregao.domain.market.bulletin import Context
from pregao.domain.market.candle import Candle, to_tick

VERSION = 2
"""Of the alerts that are written."""
PLANNED = ("entry_min", "entry_max", "stop_loss", "take_profit", "risk_reward")
"""The fields of a plan; an alert of direction `none` has none of them."""


@dataclass(frozen=True, slots=True)
class Worth:
    """What a point of one contract is worth, in money of `currency` (ISO 4217)."""

    point_value: float
    currency: str


@dataclass(frozen=True, slots=True)
class AlertOrigin:
    """Where a signal was seen: names and grid of the instrument, and the rules that were in force."""

    instrument: str
    contract: str
    symbol: str
    timeframe: str
    timeframe_s: int
    tick_size: float
    config_digest: str
    life_s: int
    worth: Worth | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do at which prices, on the tick grid; `risk_reward` is the target's distance by the stop's.

    A long has stop_loss < entry_min <= entry_max < take_profit, a short the mirror.
    """

    entry_min: float
    entry_max: float
    stop_loss: float
    take_profit: float
    risk_reward: float


@dataclass(frozen=True, slots=True)
class Opportunity:
    """The alerts that belong together: its id, and the ids of those that agree and that conflict.

    Of the alerts up to the own candle; see domain/alerts/opportunity.py.
    """

    id: str
    agrees: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Attention:
    """How much an alert is worth being rung for; `why` names what the score was made of.

    "range": how far the expected range is beyond the usual one; "range_and_chance": the chance beside it.
    """

    score: float
    why: str


LIFT_WEIGHT = 0.005
"""Of a point of chance beyond what any candle has: less than the last digit of the range's part."""


def attention_of(outlook: Outlook | None, chance: Chance | None) -> Attention | None:
    """Return the score of an alert, None where the range to expect is not known.

    The expected range in times the usual one, to two decimals; where that is the same, the alert whose chance
    exceeds any candle's by more comes first. An outlook without it is scored by the middle of its band, as
    when it was told.
    """
    if outlook is None or outlook.usual <= 0:
        return None
    middle = (outlook.low + outlook.high) / 2 if outlook.expected is None else outlook.expected
    surprise = round(middle / outlook.usual, 2)
    if chance is None:
        return Attention(surprise, "range")
    return Attention(round(surprise + LIFT_WEIGHT * (chance.p - chance.baseline), 6), "range_and_chance")


@dataclass(frozen=True, slots=True)
class Alert:
    """Alert v2; v1 is the same without the fields from `outlook` on. Times are epoch seconds UTC.

    Prices stand on the tick grid. An alert of direction `none` has no entry, stop and target: they are None,
    all five; see `plan`. `seq` counts the admitted alerts of the contract from 1 without a gap; it is 0 until
    admission and for what was refused. `confidence` is a measured precision or None, never a guess.
    `context` is what was known of the contract from the bulletins of days before; None where that is
    nothing. It is no part of the id. `outlook` is the range that is expected next, `chance` how often its
    target comes first; where one of them is None, `unmeasured` says why under its name. `level` is an
    operator's own: then the alert is for its owner alone.
    """

    id: str
    version: int
    instrument: str
    contract: str
    symbol: str
    timeframe: str
    pattern: Pattern
    direction: Direction
    severity: Severity
    candle: Candle
    price: float
    tick_size: float
    entry_min: float | None
    entry_max: float | None
    stop_loss: float | None
    take_profit: float | None
    risk_reward: float | None
    confidence: float | None
    detected_at: float
    candle_closed_at: int
    expires_at: int
    reason: Mapping[str, float | int | str]
    config_digest: str
    seq: int = 0
    context: Context | None = None
    outlook: Outlook | None = None
    chance: Chance | None = None
    opportunity: Opportunity | None = None
    attention: Attention | None = None
    worth: Worth | None = None
    unmeasured: Mapping[str, str] = field(default_factory=dict)
    level: OwnLevel | None = None

    @property
    def plan(self) -> Plan | None:
        """Return entry, stop and target, None where the alert names no side."""
        stop, target, ratio = self.stop_loss, self.take_profit, self.risk_reward
        if (
            self.entry_min is None
            or self.entry_max is None
            or stop is None
            or target is None
            or ratio is None
        ):
            return None
        return Plan(self.entry_min, self.entry_max, stop, target, ratio)

    @property
    def decide_by(self) -> float:
        """When it expires for its operators (epoch seconds): a replayed one lives from its detection."""
        return max(self.expires_at, self.detected_at + self.expires_at - self.candle_closed_at)


def alert_id(
    contract: str, timeframe: str, pattern: str, direction: str, candle_time: int, level: str | None = None
) -> str:
    """Return the SHA-256 (hex) that a retry, a replay and a second bridge arrive at alike.

    `level` is the id of an operator's own level: each has an alert of its own on a candle.
    """
    own = (level,) if level else ()
    return _sha256(contract, timeframe, pattern, direction, str(candle_time), *own)


def similarity_key(alert: Alert, band_ticks: int, beside: int = 0) -> str:
    """Return the SHA-256 (hex) shared by alerts of one contract, pattern, side and price band.

    A band is `band_ticks` ticks wide and starts at a multiple of its width; `beside` -1 or 1 names the band
    below or above. Two prices less than a width apart may stand on both sides of a border, so who looks for
    a similar alert asks for these too, and then compares prices. An operator's level is similar to itself
    alone, as it was armed.
    """
    band = math.floor(alert.price / (alert.tick_size * band_ticks) + 1e-9) + beside
    own = (alert.level.id, alert.level.crossing, repr(alert.level.since)) if alert.level else ()
    return _sha256(alert.contract, alert.pattern, alert.direction, str(band), *own)


def similar_prices(alert: Alert, band_ticks: int) -> tuple[float, float]:
    """Return the nearest prices below and above that are not similar: a band's width away."""
    width = band_ticks * alert.tick_size
    return to_tick(alert.price - width, alert.tick_size), to_tick(alert.price + width, alert.tick_size)


def raise_alert(
    signal: Signal,
    candle: Candle,
    origin: AlertOrigin,
    severity: Severity,
    levels: Levels | None,
    now: float,
    confidence: float | None = None,
    together: Mapping[str, Opportunity] = MappingProxyType({}),
    level: OwnLevel | None = None,
) -> Alert:
    """Give a signal its id, its prices on the tick grid and its life; without levels it has no plan.

    `together` has the opportunities of its window by alert id, `level` is the one that an operator set.

    The stop stays at least one tick outside the entry band and the target one tick beyond it, so that
    stop < entry < target holds also where the average true range is below a tick.
    """
    closed_at = signal.time + origin.timeframe_s
    plan = dict.fromkeys(PLANNED) if levels is None else asdict(_plan(signal, levels, origin.tick_size))
    said = signal.outlook if isinstance(signal.outlook, Outlook) else None
    chance = signal.chance if isinstance(signal.chance, Chance) else None
    named = origin.contract, origin.timeframe, signal.pattern, signal.direction, signal.time
    own = alert_id(*named, level.id if level else None)
    return Alert(
        id=own,
        version=VERSION,
        instrument=origin.instrument,
        contract=origin.contract,
        symbol=origin.symbol,
        timeframe=origin.timeframe,
        pattern=signal.pattern,
        direction=signal.direction,
        severity=severity,
        candle=candle,
        price=to_tick(signal.price, origin.tick_size),
        tick_size=origin.tick_size,
        **plan,
        confidence=confidence,
        detected_at=now,
        candle_closed_at=closed_at,
        expires_at=closed_at + origin.life_s,
        reason=dict(signal.reason),
        config_digest=origin.config_digest,
        outlook=said,
        chance=chance,
        opportunity=together.get(own),
        attention=attention_of(said, chance),
        worth=origin.worth,
        unmeasured={
            name: one.value
            for name, one in (("outlook", signal.outlook), ("chance", signal.chance))
            if isinstance(one, Unmeasured)
        },
        level=level,
    )


def level_alert(one: Reached, origin: AlertOrigin, now: float) -> Alert:
    """Return the alert of an operator's level that a candle reaches: without a side, for its owner alone."""
    own, before = one.own, one.before
    reason: dict[str, float | int | str] = {"crossing": own.crossing.value, "own_level": own.price}
    if own.crossing is Crossing.ROLLED:
        reason["contract_before"] = one.level.contract
    elif before is not None:
        reason["close_prior"] = before
    signal = Signal(one.candle.time, Pattern.PRICE_LEVEL, Direction.NONE, one.candle.close, 0.0, reason)
    return raise_alert(signal, one.candle, origin, Severity.HIGH, None, now, level=own)


def _plan(signal: Signal, levels: Levels, tick: float) -> Plan:
    price = to_tick(signal.price, tick)
    low = to_tick(signal.price - levels.entry_atr * signal.atr, tick)
    high = to_tick(signal.price + levels.entry_atr * signal.atr, tick)
    stop, target = _stop_and_target(signal, levels, tick, low, high)
    return Plan(low, high, stop, target, round(abs(target - price) / abs(price - stop), 2))


def _stop_and_target(
    signal: Signal, levels: Levels, tick: float, entry_min: float, entry_max: float
) -> tuple[float, float]:
    sign = signal.direction.sign
    stop = to_tick(signal.price - sign * levels.stop_atr * signal.atr, tick)
    target = to_tick(signal.price + sign * levels.target_atr * signal.atr, tick)
    if signal.direction is Direction.LONG:
        return min(stop, to_tick(entry_min - tick, tick)), max(target, to_tick(entry_max + tick, tick))
    return max(stop, to_tick(entry_max + tick, tick)), min(target, to_tick(entry_min - tick, tick))


def _sha256(*parts: str) -> str:
    return hashlib.sha256("|".join(parts).encode()).hexdigest()
