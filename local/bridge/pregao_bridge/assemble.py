"""A configuration -> a runner with all its parts."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from pregao_bridge.batch import Stream
from pregao_bridge.feedrun import FeedRun
from pregao_bridge.intake import Intake
from pregao_bridge.keys import BridgeKeys
from pregao_bridge.late import Late
from pregao_bridge.markets import open_market
from pregao_bridge.notices import Notices
from pregao_bridge.outlet import Outlet
from pregao_bridge.pace import Gate
from pregao_bridge.post import HttpPoster, Retry
from pregao_bridge.pulse import Pulse
from pregao_bridge.runner import Runner
from pregao_bridge.setaside import Sifted
from pregao_bridge.signed import SignedHttp
from pregao_bridge.skew import Skew
from pregao_bridge.standing import Standing
from pregao_bridge.state import StateDir
from pregao_bridge.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pregao_bridge.batch import Faulty
    from pregao_bridge.config import Config, FeedName
    from pregao_bridge.feed import Posts, Source
    from pregao_bridge.pace import Clock
    from pregao_bridge.signed import Keys

RETRY = Retry(tries=3, cap_s=2.0, longest_s=10.0)
"""Short: the loop has other feeds to look after, and goes on trying by itself."""
BEAT_S = 10.0
"""Seconds that a heartbeat waits for its answer."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the feeds of one bridge share."""

    config: Config
    poster: Posts
    clock: Clock
    gate: Gate
    skew: Skew
    watch: Watch
    draw: Callable[[], float] = random.random
    changed: Callable[[], None] = lambda: None
    """Called when the set-aside candles of a feed have changed: the cloud is to hear of it at once."""

    def feed(self, name: FeedName, source: Source, late: Source | None = None) -> FeedRun:
        """Return a feed of the bridge; `late` is asked for late candles. Raises CursorError."""
        config = self.config
        standing = Standing(name, utc_offset_s=config.exchange_offset_s(self.clock.now()))
        room = StateDir(config.state).room(name)
        taken, given, kept = (Notices(str(name), config.language) for _ in range(3))
        stream = Stream(config.bridge_id, name.symbol, name.timeframe)

        def sifted(one: Source) -> Sifted:
            tell = partial(tell_set_aside, standing, kept)
            return Sifted(one, name.seconds, room.set_aside(), now=self.clock.now, tell=tell)

        first = sifted(source)
        intake = Intake(first, standing, clock=self.clock, watch=self.watch, notices=taken, draw=self.draw)
        outlet = Outlet(
            stream,
            self.poster,
            standing,
            room.path,
            clock=self.clock,
            gate=self.gate,
            skew=self.skew,
            notices=given,
            draw=self.draw,
            always_historical=config.replay is not None,
            set_aside=first.set_aside,
        )
        late_ones = Late(
            room.late,
            sifted(late or source),
            stream,
            self.poster,
            clock=self.clock,
            watch=self.watch,
            notices=kept,
            draw=self.draw,
        )
        return FeedRun(standing, intake, outlet, room, first, late_ones, kept, self.changed)


def tell_set_aside(standing: Standing, notices: Notices, faulty: Sequence[Faulty]) -> None:
    """Say in the log that candles were set aside: the newest with its reason, and how many."""
    newest = max(faulty, key=lambda one: one.time)
    notices.warn("set_aside", count=len(faulty), newest=standing.local(newest.time), reason=newest.reason)


def assemble(config: Config, stop: threading.Event) -> Runner:
    """Return a runner. Raises ConfigError, KeysError, CursorError."""
    keys: Keys = BridgeKeys(config.cloud.profile)
    skew, watch = Skew(), Watch()
    market, clock = open_market(config, skew)
    poster = HttpPoster(
        config.cloud.candles,
        config.cloud.region,
        keys,
        retry=RETRY,
        sleep=stop.wait,
        skew=skew,
        stopped=stop.is_set,
    )
    soon = threading.Event()
    parts = Parts(config, poster, clock, Gate(), skew, watch, changed=soon.set)
    feeds = [
        parts.feed(name, *(market.source(name.symbol, name.timeframe) for _ in range(2)))
        for name in config.feeds
    ]
    pulse = Pulse(
        config.bridge_id,
        config.cloud.heartbeats,
        SignedHttp(config.cloud.region, keys, skew=skew, read_s=BEAT_S),
        [feed.standing for feed in feeds],
        interval_s=config.heartbeat_s,
        skew=skew,
        watch=watch,
        notices=Notices("cloud", config.language),
        soon=soon,
    )
    return Runner(
        market,
        feeds,
        pulse,
        clock=clock,
        skew=skew,
        watch=watch,
        terminal=Notices("terminal", config.language),
        machine=Notices("machine", config.language),
        health_s=config.heartbeat_s,
        stop=stop,
    )
