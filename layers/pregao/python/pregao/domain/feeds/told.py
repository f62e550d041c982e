"""What the desk was told of a feed: notices, the silence that it knows of, and what is counted of silences.

Times are epoch seconds UTC.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from pregao.domain.feeds.feed import Beat, FeedKey, Seen, SetAside


class Cause(StrEnum):
    """Why candles do not come, as far as the newest heartbeat tells.

    The words between `not_installed` and `failed` are the terminal's conditions, as the bridge names them.
    """

    BRIDGE_SILENT = "bridge_silent"
    NOT_INSTALLED = "not_installed"
    NOT_STARTED = "not_started"
    LOGGED_OUT = "logged_out"
    BROKER_LOST = "broker_lost"
    CLOCK_UNSURE = "clock_unsure"
    SYMBOL_MISSING = "symbol_missing"
    LOADING = "loading"
    NO_TRADES = "no_trades"
    FAILED = "failed"
    REFUSED = "refused"
    POSTING_FAILED = "posting_failed"
    SET_ASIDE = "set_aside"
    UNEXPLAINED = "unexplained"


class Kind(StrEnum):
    """What the desk is told of a feed."""

    SILENT = "silent"
    RECOVERED = "recovered"
    ROLLED = "rolled"
    SET_ASIDE = "set_aside"
    STILL_SILENT = "still_silent"
    """A silence that was told on the screens alone has become a long one."""
    FLAPPING = "flapping"
    """Its silences follow one another: from now on they are told on the screens, and by a digest."""
    FLAPPING_DIGEST = "flapping_digest"
    """How it was since the desk was told last."""
    STEADY = "steady"
    """It flaps no longer."""


class Filled(StrEnum):
    """What became of the candles of a silence, once it is over."""

    WHOLE = "whole"
    """All that the terminal has came in order."""
    BACKFILLED = "backfilled"
    """They came afterwards, marked as historical: nothing rang on them."""
    MISSING = "missing"
    """They have not come yet."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something to tell the desk; `since` is when it began, `at` when it was noticed.

    Of candles set aside `since` is the newest one's open, `count` how many are newly aside, and `detail` why.
    Of a feed that flaps `count` is how many silences began, and `missing` of the `expected` candles were not
    there when they were due.
    """

    kind: Kind
    instrument: str
    contract: str
    timeframe: str
    symbol: str
    since: float
    at: float
    cause: Cause | None = None
    detail: str | None = None
    filled: Filled | None = None
    previous: str | None = None
    count: int | None = None
    missing: int | None = None
    expected: int | None = None

    @property
    def id(self) -> str:
        """Return what tells this notice from all others, however often it is sent."""
        parts = (self.kind, self.instrument, self.timeframe, self.contract, f"{self.since}", f"{self.at}")
        return hashlib.sha256("|".join(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Outage:
    """A silence that the desk knows of; `newest` is the last candle before it, 0 where none ever came.

    `mailed` tells whether an e-mail tells of it; its end is e-mailed then too.
    """

    since: float
    newest: int
    cause: Cause
    mailed: bool = True


@dataclass(frozen=True, slots=True)
class Spell:
    """A silence as it is counted: `missing` candles from `missing_from` on were not there when they were due.

    `missing_from` is 0 while all candles came in time and only the heartbeats did not. `missing` is counted
    when the silence is over.
    """

    since: float
    noticed_at: float
    cause: Cause
    missing_from: int = 0
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Flapping:
    """That a feed's silences follow one another, since the first of them began.

    The desk was told of it last at `told_at` (0: not yet), of candles up to `counted_to`; `silences`,
    `missing` and `expected` are the sums of what it was told. No candle after `whole_from` was late.
    """

    since: float
    told_at: float = 0.0
    counted_to: int = 0
    whole_from: int = 0
    silences: int = 0
    missing: int = 0
    expected: int = 0


@dataclass(frozen=True, slots=True)
class FeedState:
    """What the desk was told of a feed: its contract, its silence, and what it is being told just now.

    Whoever tells has until `telling_until`; then somebody else does. `mailed` are the operators whose
    e-mail is out; `screens_only` tells that none goes out. `set_aside` holds by bridge which candles set
    aside the desk has been told of. `spells` are the newest silences: of a feed that flaps those since
    the desk was told last, of others those of an hour.
    `version` counts the changes from 1, 0 is before the first.
    """

    instrument: str
    timeframe: str
    contract: str = ""
    silent: Outage | None = None
    pending: Notice | None = None
    telling_until: float = 0.0
    mailed: tuple[str, ...] = ()
    set_aside: Mapping[str, SetAside] = field(default_factory=dict)
    version: int = 0
    screens_only: bool = False
    spells: tuple[Spell, ...] = ()
    flapping: Flapping | None = None

    @property
    def key(self) -> FeedKey:
        """Return the feed it is of."""
        return self.instrument, self.timeframe


@dataclass(frozen=True, slots=True)
class Feeds:
    """All that is known."""

    seen: Mapping[FeedKey, Seen] = field(default_factory=dict)
    beats: Sequence[Beat] = ()
    states: Mapping[FeedKey, FeedState] = field(default_factory=dict)
