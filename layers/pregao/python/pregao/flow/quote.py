"""Last prices, told to the screens that follow their instruments. Nothing is kept and nothing judged."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pregao.config.loaded import Config, UnknownSymbol
from pregao.domain.market.quote import Quote
from pregao.flow.steps.broadcast import post_all
from pregao.flow.steps.in_time import Failures, TimeLeft
from pregao.wire.frames_v1 import quote_frame
from pregao.wire.quote_v1 import QuotesRefused, QuotesV1, QuoteV1, read_quotes

if TYPE_CHECKING:
    from pregao.flow.ports.screens import Screens
    from pregao.flow.steps.bridge_identity import BridgeIdentities

WANTED_S = 60.0
"""How long (seconds) a symbol stays wanted after a post of it found a screen that follows it."""


@dataclass(frozen=True, slots=True)
class Quoting:
    """Dependencies of `quote`; a replay's quotes are told if `allow_replay`. `clock` gives epoch seconds."""

    config: Config
    allow_replay: bool
    bridges: BridgeIdentities
    screens: Screens
    pool: Executor
    clock: Callable[[], float]


@dataclass(frozen=True, slots=True)
class Told:
    """How many frames were tried, and until when which symbols are wanted further (epoch seconds).

    A symbol that is not named is followed by nobody any more.
    """

    frames: int
    wanted: Mapping[str, float]
    now: float


def quote(body: str | bytes, signer: str | None, deps: Quoting, time: TimeLeft) -> Told:
    """Tell one post of a bridge; `signer` is the principal that signed it.

    Raises QuotesRefused, ForeignBridge; an ExceptionGroup where a screen could not be posted to for another
    reason than its own.
    """
    now = deps.clock()
    post = read_quotes(body, now=now, allow_replay=deps.allow_replay)
    known = _known(post, deps.config)
    deps.bridges.check(post.bridge_id, signer)
    following = [(one, one.following(now)) for one in deps.screens.everyone()]
    frames = {one.instrument: quote_frame(one) for one in known.values()}
    posts = [
        (screen.connection_id, [frames[name] for name in sorted(frames.keys() & follows)])
        for screen, follows in following
        if not frames.keys().isdisjoint(follows)
    ]
    failures = Failures()
    post_all(posts, deps.screens, deps.pool, time, failures)
    failures.tell("not every screen was told the price")
    followed = frozenset[str]().union(*(follows for _, follows in following))
    wanted = {symbol: now + WANTED_S for symbol, one in known.items() if one.instrument in followed}
    return Told(sum(len(some) for _, some in posts), wanted, now)


def _known(post: QuotesV1, config: Config) -> dict[str, Quote]:
    """Return the quotes by symbol, under their instrument and contract."""
    found: dict[str, Quote] = {}
    reasons: list[str] = []
    for row, one in enumerate(post.quotes):
        try:
            found[one.symbol] = _resolved(one, post.synthetic, config)
        except _Unknown as unknown:
            reasons.append(f"quotes.{row}.{unknown}")
    instruments: Sequence[str] = [one.instrument for one in found.values()]
    reasons += [f"quotes: {name} comes twice" for name in {*instruments} if instruments.count(name) > 1]
    if reasons:
        raise QuotesRefused("symbol", reasons)
    return found


class _Unknown(Exception):
    """A symbol of no instrument, or a contract that is none of its instrument's."""


def _resolved(one: QuoteV1, synthetic: bool, config: Config) -> Quote:
    try:
        instrument = config.instrument_for(one.symbol)
    except UnknownSymbol as unknown:
        raise _Unknown(f"symbol: {unknown}") from unknown
    contract = one.contract or instrument.contract_on(instrument.local_date(int(one.time)))
    if not instrument.owns_contract(contract):
        raise _Unknown(f"contract: {contract!r} is no contract of {instrument.name}")
    return Quote(instrument.name, contract, one.time, one.bid, one.ask, one.last, synthetic)
