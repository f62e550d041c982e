"""An operator's own price levels: listed, set, moved, paused, removed; each change is audited."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pregao.config.loaded import Config, UnknownSymbol
from pregao.domain.alerts.price_level import Crossing, Often, PriceLevel, level_id
from pregao.domain.audit.records import level_record
from pregao.domain.feeds.feed import FeedKey
from pregao.flow.ports.levels import FeedNow, LevelBook, Owned
from pregao.flow.ports.refusals import Contended
from pregao.flow.steps.answer import Answer
from pregao.flow.steps.audit.append import Pause, append
from pregao.wire.level_request_v1 import Asked, LevelRefused, Why, read_change, read_new
from pregao.wire.token_v1 import TokenRefused

if TYPE_CHECKING:
    from pregao.domain.audit.chain import Record, Tail
    from pregao.domain.delivery.operators import Operator
    from pregao.domain.market.instrument import Instrument
    from pregao.flow.authorize import Authorize


class State(StrEnum):
    """How a level stands."""

    ARMED = "armed"
    RANG = "rang"
    """Once, and it did."""
    PAUSED = "paused"
    ROLLED = "rolled"
    """Its contract is over; resumed, it is of the new one."""
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Levels:
    """Dependencies of the operators' levels; `clock` gives epoch seconds, `refused` hears why."""

    config: Config
    operators: Sequence[Operator]
    authorize: Authorize
    book: LevelBook
    pause: Pause
    clock: Callable[[], float]
    refused: Callable[[str], None]

    def answer(
        self, method: str, headers: Mapping[str, str], path: Mapping[str, str] | None, body: bytes
    ) -> Answer:
        """Answer one request; `headers` by their names in small letters, `path` may name a level's id."""
        told = self._told(method, headers, (path or {}).get("id"), body.decode(errors="replace"))
        if told.refused:
            self.refused(told.refused)
        return told

    def _told(self, method: str, headers: Mapping[str, str], level: str | None, body: str) -> Answer:
        try:
            return self._answer(method, self._who(headers), level, body)
        except TokenRefused as refused:
            return Answer(401, {"error": refused.cause}, refused.cause)
        except LevelRefused as refused:
            return Answer(refused.status, {"error": refused.why, "reasons": [str(refused)]}, refused.why)
        except Contended:
            return Answer(503, {"error": "busy", "reasons": ["tente outra vez · try again"]}, "busy")

    def _who(self, headers: Mapping[str, str]) -> Operator:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        asked = token.strip() if scheme.lower() == "bearer" else None
        named = self.authorize(asked, headers.get("origin")).operator
        return next(one for one in self.operators if one.id == named)

    def _answer(self, method: str, who: Operator, level: str | None, body: str) -> Answer:
        match method:
            case "GET":
                return Answer(200, self._listed(who))
            case "POST":
                return Answer(201, self._set(who, read_new(body)))
            case "PATCH" if level:
                return Answer(200, self._changed(who, level, read_change(body)))
            case "DELETE" if level:
                return Answer(200, self._removed(who, level))
        raise LevelRefused(Why.UNKNOWN)

    def _listed(self, who: Operator) -> dict[str, Any]:
        owned, now = self.book.owned(who.audit_id), self.clock()
        feeds = self.book.feeds(dict.fromkeys(map(_feed, owned.levels)))
        told = [_told(one, feeds.get(_feed(one)), now) for one in owned.levels]
        return {"levels": told, "at_most": self.config.levels.per_operator}

    def _set(self, who: Operator, asked: Asked) -> dict[str, Any]:
        feed = self._asked_feed(asked)

        def change(owned: Owned, known: Mapping[FeedKey, FeedNow], now: float) -> PriceLevel:
            if len(owned.levels) >= self.config.levels.per_operator:
                raise LevelRefused(Why.TOO_MANY, str(self.config.levels.per_operator))
            level = PriceLevel(
                level_id(who.audit_id, now, len(owned.levels)),
                who.audit_id,
                *(feed[0], self._contract(feed, known, now), feed[1]),
                self._price(asked, feed, known),
                *(asked.crossing or Crossing.TOUCH, asked.often or Often.ONCE),
                *(now, now, self._expiry(asked, now)),
                asked.note or "",
                alert_id=asked.alert_id,
            )
            if any(_same(one, level) for one in owned.levels):
                raise LevelRefused(Why.SAME)
            return level

        return self._write(who, "set", {feed}, change, lambda owned, one: [*owned.levels, one])

    def _changed(self, who: Operator, level: str, asked: Asked) -> dict[str, Any]:
        owned = self.book.owned(who.audit_id)
        feed = _feed(_of(owned, level))

        def change(owned: Owned, known: Mapping[FeedKey, FeedNow], now: float) -> PriceLevel:
            return self._as_asked(_of(owned, level), asked, known, now)

        event = {True: "paused", False: "resumed", None: "moved"}[asked.paused]
        return self._write(
            who,
            event,
            {feed},
            change,
            lambda owned, new: [new if one.id == new.id else one for one in owned.levels],
        )

    def _as_asked(
        self, level: PriceLevel, asked: Asked, known: Mapping[FeedKey, FeedNow], now: float
    ) -> PriceLevel:
        """Return a level as it is asked for; it is armed anew but where its note or its end alone changes."""
        feed = _feed(level)
        new = replace(
            level,
            price=level.price if asked.price is None else self._price(asked, feed, known),
            crossing=asked.crossing or level.crossing,
            often=asked.often or level.often,
            note=level.note if asked.note is None else asked.note,
            expires_at=level.expires_at if asked.expires_at is None else self._expiry(asked, now),
            paused=level.paused if asked.paused is None else asked.paused,
        )
        moved = (new.price, new.crossing, new.often) != (level.price, level.crossing, level.often)
        if not moved and asked.paused is not False:
            return new
        new = replace(new, armed_at=now, contract=self._contract(feed, known, now))
        ended = new.expires_at <= now and asked.paused is False
        return replace(new, expires_at=self._expiry(asked, now)) if ended else new

    def _removed(self, who: Operator, level: str) -> dict[str, Any]:
        feed = _feed(_of(self.book.owned(who.audit_id), level))
        return self._write(
            who,
            "removed",
            {feed},
            lambda owned, _known, _now: _of(owned, level),
            lambda owned, gone: [one for one in owned.levels if one.id != gone.id],
        )

    def _write(
        self,
        who: Operator,
        event: str,
        feeds: set[FeedKey],
        change: Callable[[Owned, Mapping[FeedKey, FeedNow], float], PriceLevel],
        after: Callable[[Owned, PriceLevel], list[PriceLevel]],
    ) -> dict[str, Any]:
        """Change an operator's list; returns the level as it stands then. Raises Contended, LevelRefused."""
        owned, known = Owned(), dict[FeedKey, FeedNow]()
        level: PriceLevel

        def chain(now: float) -> Tail:
            nonlocal owned, known, level
            owned, known = self.book.owned(who.audit_id), dict(self.book.feeds(feeds))
            level = change(owned, known, now)
            return self.book.tail(level.contract, now)

        def build(now: float) -> list[Record]:
            return [level_record(event, level, now)]

        def commit(records: Sequence[Record], tail: Tail) -> PriceLevel:
            self.book.change(who.audit_id, owned, after(owned, level), known, records[0], tail)
            return level

        written = append(chain, build, commit, self)
        return {"level": _told(written, None, self.clock())}

    def _asked_feed(self, asked: Asked) -> FeedKey:
        traded, timeframes = self.config.traded(), self.config.delivery.timeframes
        if asked.instrument not in traded:
            raise LevelRefused(Why.INSTRUMENT, ", ".join(traded))
        if asked.timeframe not in timeframes:
            raise LevelRefused(Why.TIMEFRAME, ", ".join(timeframes))
        return asked.instrument, asked.timeframe

    def _instrument(self, feed: FeedKey) -> Instrument:
        """Return a feed's instrument, which may have left the configuration since a level was set."""
        try:
            return self.config.instrument_for(feed[0])
        except UnknownSymbol as unknown:
            raise LevelRefused(Why.INSTRUMENT, ", ".join(self.config.traded())) from unknown

    def _contract(self, feed: FeedKey, known: Mapping[FeedKey, FeedNow], now: float) -> str:
        """Return the contract that a feed posts, else the front one."""
        if feed in known:
            return known[feed].contract
        instrument = self._instrument(feed)
        return instrument.contract_on(instrument.local_date(int(now)))

    def _price(self, asked: Asked, feed: FeedKey, known: Mapping[FeedKey, FeedNow]) -> float:
        """Return the price on the tick grid; far from the last one it is a slip of the keyboard."""
        price = self._instrument(feed).round_to_tick(asked.price or 0.0)
        last = known[feed].close if feed in known else None
        if price <= 0 or (last and not last / 2 <= price <= last * 2):
            raise LevelRefused(Why.FAR, f"{price:g} / {last or 0:g}")
        return price

    def _expiry(self, asked: Asked, now: float) -> float:
        rules = self.config.levels
        if asked.expires_at is None:
            return now + rules.life_days * 86_400
        if not now < asked.expires_at <= now + rules.longest_days * 86_400:
            raise LevelRefused(Why.EXPIRY, str(rules.longest_days))
        return asked.expires_at


def _feed(level: PriceLevel) -> FeedKey:
    return level.instrument, level.timeframe


def _of(owned: Owned, level: str) -> PriceLevel:
    found = next((one for one in owned.levels if one.id == level), None)
    if found is None:
        raise LevelRefused(Why.UNKNOWN)
    return found


def _same(one: PriceLevel, other: PriceLevel) -> bool:
    """Tell whether two levels would ring together."""
    told = [
        (it.instrument, it.contract, it.timeframe, it.price, it.crossing, it.often) for it in (one, other)
    ]
    return told[0] == told[1]


def _told(level: PriceLevel, feed: FeedNow | None, now: float) -> dict[str, Any]:
    """Return a level as the API tells it, without its owner's pseudonym."""
    armed = feed.armed.get(level.id) if feed else None
    rang = armed.rang if armed and (armed.rang or 0) >= level.armed_at else None
    told = asdict(level) | {"crossing": level.crossing.value, "often": level.often.value}
    told.pop("owner")
    return told | {"state": _state(level, feed, rang, now).value, "rang_at": rang}


def _state(level: PriceLevel, feed: FeedNow | None, rang: int | None, now: float) -> State:
    if level.paused:
        return State.PAUSED
    if feed and level.id not in feed.armed and feed.contract != level.contract:
        return State.ROLLED
    if rang is not None and level.often is Often.ONCE:
        return State.RANG
    return State.EXPIRED if level.expires_at <= now else State.ARMED
