"""`pregao-bridge check`: all that a bridge needs, looked at once, from the configuration to the cloud."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pregao_bridge.checkcloud import ask
from pregao_bridge.checkfeed import Around, look
from pregao_bridge.findings import Finding
from pregao_bridge.keys import BridgeKeys, KeysError
from pregao_bridge.market import Condition, Health
from pregao_bridge.signed import Keys, SignedHttp
from pregao_bridge.state import StateDir
from pregao_bridge.tables import ConfigError
from pregao_bridge.words import named, remedy, say

if TYPE_CHECKING:
    from collections.abc import Callable

    from pregao_bridge.config import Config
    from pregao_bridge.market import Market
    from pregao_bridge.pulse import Posts
    from pregao_bridge.skew import Skew
    from pregao_bridge.standing import Standing

FINE = frozenset({Condition.LIVE, Condition.NO_TRADES, Condition.LOADING})
"""No trades is any evening; loading ends by itself."""

ANSWER_S = 10.0


def connect(config: Config, keys: Keys, skew: Skew) -> Posts:
    """Return a way to the cloud."""
    return SignedHttp(config.cloud.region, keys, skew=skew, read_s=ANSWER_S)


class Check:
    """One look at everything."""

    def __init__(
        self,
        config: Config,
        language: str,
        open_market: Callable[[], Market],
        skew: Skew,
        *,
        connect: Callable[[Config, Keys, Skew], Posts] = connect,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`open_market` may raise ConfigError; `clock` in epoch seconds."""
        self._config, self._language, self._open_market = config, language, open_market
        self._skew, self._connect, self._sleep, self._clock = skew, connect, sleep, clock
        self._standings: list[Standing] = []
        self._health = Health(Condition.NOT_STARTED)

    def findings(self) -> list[Finding]:
        """Look at everything and return what was seen, in the order in which it should be put right."""
        found = [self._configuration()]
        state, running = self._directory()
        found.append(state)
        http, seen = self._connection()
        found.append(seen)
        try:
            market = self._open_market()
        except ConfigError as error:
            return [*found, self._sick("terminal", str(error), "see_readme")]
        try:
            found += self._market(market, running=running)
        finally:
            market.close()
        told = self._standings, self._skew, self._language, self._clock
        return [*found, *ask(self._config, http, self._health, *told)]

    def _configuration(self) -> Finding:
        feeds = ", ".join(map(str, self._config.feeds))
        return self._well("configuration", f"{self._config.file}: {self._config.bridge_id}, {feeds}")

    def _directory(self) -> tuple[Finding, bool]:
        state = StateDir(self._config.state)
        try:
            state.make()
            pid = state.lock().holder()
        except OSError as error:
            return self._sick("directory", f"{state.path}: {error.strerror}", "write_state"), False
        runs = say("not_running" if pid is None else "runs", self._language, pid=pid)
        return self._well("directory", f"{state.path}: {runs}"), pid is not None

    def _connection(self) -> tuple[Posts | None, Finding]:
        try:
            keys = BridgeKeys(self._config.cloud.profile)
        except KeysError as error:
            said = say("no_keys_short", self._language, place=error.place)
            return None, self._sick("keys", said, "write_keys")
        seen = f"{keys.place}: {keys.access_key[:4]}…{keys.access_key[-4:]}"
        return self._connect(self._config, keys, self._skew), self._well("keys", seen)

    def _market(self, market: Market, *, running: bool) -> list[Finding]:
        sources = [(name, market.source(name.symbol, name.timeframe)) for name in self._config.feeds]
        self._health, now = market.health(), self._clock()
        found = self._terminal(self._health)
        offset = self._config.exchange_offset_s(now)
        around = Around(self._language, running, self._health.condition, now, offset, self._sleep)
        for name, source in sources:
            standing, finding = look(name, source, StateDir(self._config.state).room(name), around)
            self._standings.append(standing)
            found.append(finding)
        return found

    def _terminal(self, health: Health) -> list[Finding]:
        known = [f"build {health.build}"] if health.build else []
        known += [health.server] if health.server else []
        known += [f"ping {health.ping_ms:.0f} ms"] if health.ping_ms is not None else []
        unsure = health.condition is Condition.CLOCK_UNSURE  # the next line's trouble
        stands = named(Condition.LIVE, "", self._language)
        if not unsure:
            stands = named(health.condition, health.detail, self._language)
        seen = ", ".join([stands, *known])
        if health.condition not in FINE and not unsure:
            cure = remedy(health.condition, health.code, self._language)
            return [Finding(ok=False, name=say("n_terminal", self._language), seen=seen, remedy=cure)]
        return [self._well("terminal", seen), self._server_clock(health)]

    def _server_clock(self, health: Health) -> Finding:
        if health.utc_offset_s is None or health.condition is Condition.CLOCK_UNSURE:
            seen = health.detail or say("unmeasured", self._language)
            cure = remedy(Condition.CLOCK_UNSURE, health.code, self._language)
            return Finding(ok=False, name=say("n_server_clock", self._language), seen=seen, remedy=cure)
        hours, minutes = divmod(abs(health.utc_offset_s) // 60, 60)
        sign = "-" if health.utc_offset_s < 0 else "+"
        return self._well("server_clock", f"UTC{sign}{hours:02d}:{minutes:02d}")

    def _well(self, name: str, seen: str) -> Finding:
        return Finding(ok=True, name=say(f"n_{name}", self._language), seen=seen)

    def _sick(self, name: str, seen: str, cure: str) -> Finding:
        return Finding(
            ok=False, name=say(f"n_{name}", self._language), seen=seen, remedy=say(cure, self._language)
        )
