"""`pregao-bridge check`: all that a bridge needs, looked at once, from the configuration to the cloud."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING

import urllib3

from pregao_bridge.clocks import CallTimer
from pregao_bridge.cloud.heartbeat import HeartbeatSender, Posts
from pregao_bridge.cloud.signed import BridgeKeys, Keys, KeysError, SignedHttp
from pregao_bridge.config import ConfigError
from pregao_bridge.feed.publisher import LATE_TIMEFRAMES
from pregao_bridge.feed.spool import Spool
from pregao_bridge.feed.status import REFUSED, FeedStatus
from pregao_bridge.files import CursorError
from pregao_bridge.logs import Notices
from pregao_bridge.market import BACKLOG, HISTORY, Condition, Health, MarketFault
from pregao_bridge.state import StateDir
from pregao_bridge.texts import named, of_condition, of_signature, of_skew, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pregao_bridge.batch import Window
    from pregao_bridge.clocks import Skew
    from pregao_bridge.cloud.signed import Answer
    from pregao_bridge.config import Config, FeedName
    from pregao_bridge.market import Market, Source
    from pregao_bridge.state import FeedDirectory

_WIDTH = 20
APART = 3
"""So many feeds that are sick of one thing still have a line each."""


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One thing looked at: its name, what was seen, and for a sick one what to do."""

    ok: bool
    name: str
    seen: str
    remedy: str = ""


def as_text(findings: Sequence[CheckResult], language: str) -> str:
    """Return a line for each, the remedy under what is sick, and the sum.

    Feeds that are sick of one thing are one line: a terminal that is not there is so for a hundred of them.
    """
    lines: list[str] = []
    findings = [one for _, same in groupby(findings, key=_cause) for one in _together(list(same))]
    for one in findings:
        mark = "OK" if one.ok else say("bad", language)
        lines.append(f"{mark:<6}{one.name:<{_WIDTH}}{one.seen}".rstrip())
        if one.remedy:
            lines.append(f"      → {one.remedy}")
    sick = sum(not one.ok for one in findings)
    lines.append(say("some_sick", language, count=sick) if sick else say("all_well", language))
    return "\n".join(lines)


def _cause(one: CheckResult) -> tuple[str, ...]:
    return (one.name,) if one.ok or one.remedy else ("", one.seen)


def _together(same: Sequence[CheckResult]) -> Sequence[CheckResult]:
    if len(same) <= APART:
        return same
    return [replace(same[0], name=f"{same[0].name} … {same[-1].name} ({len(same)})")]


def as_json(findings: Sequence[CheckResult]) -> str:
    """Return {"healthy", "findings": [{"ok", "name", "seen", "remedy"}]}."""
    healthy = all(one.ok for one in findings)
    found = {"healthy": healthy, "findings": [asdict(one) for one in findings]}
    return json.dumps(found, ensure_ascii=False, indent=1)


def ask(
    config: Config,
    http: Posts | None,
    health: Health,
    statuses: Sequence[FeedStatus],
    skew: Skew,
    language: str,
    clock: Callable[[], float],
) -> list[CheckResult]:
    """Return whether the cloud takes a heartbeat, and whether the clocks agree; without keys no `http`."""
    name = say("n_cloud", language)
    if http is None:
        return [CheckResult(ok=False, name=name, seen=say("untried", language))]
    heartbeats = HeartbeatSender(
        config.bridge_id,
        config.cloud.heartbeats,
        http,
        statuses,
        interval_s=config.heartbeat_s,
        skew=skew,
        timer=CallTimer(),
        notices=Notices("check", language),
        clock=clock,
    )
    heartbeats.report(health)
    try:
        answer = http.post(config.cloud.heartbeats, heartbeats.body())
    except urllib3.exceptions.HTTPError as error:
        seen = say("unreached", language, url=config.cloud.url, cause=type(error).__name__)
        return [CheckResult(ok=False, name=name, seen=seen, remedy=say("see_network", language))]
    return [_answered(name, answer, config, skew, language), *_clocks(skew, language)]


def _answered(name: str, answer: Answer, config: Config, skew: Skew, language: str) -> CheckResult:
    if 200 <= answer.status < 300:
        seen = say("answered", language, url=config.cloud.url, ms=f"{answer.elapsed * 1000:.0f}")
        return CheckResult(ok=True, name=name, seen=seen)
    seen = f"{config.cloud.heartbeats}: HTTP {answer.status}"
    if answer.status in {401, 403}:
        trouble = of_signature(language, answer.status, skew)
        seen, cure = f"{config.cloud.heartbeats}: {trouble.what}", trouble.remedy
    else:
        cure = say("see_url" if answer.status == 404 else "tell_administrator", language)
    return CheckResult(ok=False, name=name, seen=seen, remedy=cure)


def _clocks(skew: Skew, language: str) -> list[CheckResult]:
    name = say("n_clock", language)
    if skew.seconds is None:
        return []
    if skew.noticeable:
        trouble = of_skew(language, skew.noticeable)
        return [CheckResult(ok=False, name=name, seen=trouble.what, remedy=trouble.remedy)]
    return [CheckResult(ok=True, name=name, seen=say("clock_right", language))]


LOADS = 5
"""Looks, a second apart, at a history on its way."""


@dataclass(frozen=True, slots=True)
class Around:
    """`running`: a bridge has the directory; `terminal` is its condition; the offset is the exchange's."""

    language: str
    running: bool
    terminal: Condition
    now: float
    utc_offset_s: int
    sleep: Callable[[float], None]


def look(
    name: FeedName, source: Source, directory: FeedDirectory, around: Around
) -> tuple[FeedStatus, CheckResult]:
    """Return how the feed stands and what to say of it."""
    status = FeedStatus(name, utc_offset_s=around.utc_offset_s)
    try:
        status.accepted = directory.cursor.read()
        spool = Spool(directory.spool_file)
    except CursorError as error:
        return status, CheckResult(ok=False, name=str(name), seen=str(error))
    place = spool.newest or status.accepted
    status.newest, status.waiting = place, len(spool)
    try:
        # The known candle again: what proves that the terminal gives any.
        window = _window(source, place and place - name.seconds, around.sleep)
    except MarketFault as fault:
        status.market, status.detail = fault.condition, fault.detail
        return status, _fault(name, fault, around)
    _see(status, window, place)
    return status, _judge(status, directory, around)


def _window(source: Source, place: int | None, sleep: Callable[[float], None]) -> Window | None:
    for _ in range(LOADS - 1):
        try:
            return source.window(place, HISTORY, BACKLOG)
        except MarketFault as fault:
            if fault.condition is not Condition.LOADING:
                raise
            sleep(1.0)
    return source.window(place, HISTORY, BACKLOG)


def _see(status: FeedStatus, window: Window | None, place: int | None) -> None:
    if window is not None:
        status.newest, status.contract = window.columns.time[-1], window.contract
        status.utc_offset_s = window.utc_offset_s
        # Before its first post a feed has nothing behind it: it begins with what it is given.
        status.waiting += window.after(place).new if status.accepted is not None else 0


def _fault(name: FeedName, fault: MarketFault, around: Around) -> CheckResult:
    trouble = of_condition(fault.condition, fault.detail, fault.code, around.language)
    if fault.condition in {Condition.LOADING, Condition.NO_TRADES}:
        return CheckResult(ok=True, name=str(name), seen=trouble.what)
    cured = fault.condition is around.terminal  # the terminal's line has the remedy
    cure = "" if cured else trouble.remedy
    return CheckResult(ok=False, name=str(name), seen=trouble.what, remedy=cure)


def _judge(status: FeedStatus, directory: FeedDirectory, around: Around) -> CheckResult:
    name, reasons, language = str(status.name), directory.reasons(), around.language
    if reasons:
        status.posting, status.trouble = REFUSED, reasons[0]
        seen = say("refused_seen", language, reason=reasons[0])
        cure = say("held", language, symbol=status.name.symbol)
        return CheckResult(ok=False, name=name, seen=seen, remedy=cure)
    seen = _places(status, language)
    if status.waiting and _behind(status, around.now):
        cure = say("wait_for_cloud" if around.running else "start_bridge", language)
        waiting = say("waiting", language, count=status.waiting)
        return CheckResult(ok=False, name=name, seen=f"{seen}; {waiting}", remedy=cure)
    return CheckResult(ok=True, name=name, seen=seen)


def _places(status: FeedStatus, language: str) -> str:
    parts = [say("contract", language, contract=status.contract)] if status.contract else []
    if status.newest:
        parts.append(say("newest", language, time=status.local(status.newest)))
    if status.accepted:
        parts.append(say("accepted_up_to", language, time=status.local(status.accepted)))
    else:
        parts.append(say("none_yet", language))
    return ", ".join(parts)


def _behind(status: FeedStatus, now: float) -> bool:
    """Whether the oldest candle that waits should have gone out by now."""
    seconds = status.name.seconds
    return status.accepted is None or now - (status.accepted + seconds) > (LATE_TIMEFRAMES + 1) * seconds


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
        self._statuses: list[FeedStatus] = []
        self._health = Health(Condition.NOT_STARTED)

    def findings(self) -> list[CheckResult]:
        """Look at everything and return what was seen, in the order in which it should be put right."""
        found = [self._configuration()]
        state, running = self._directory()
        found.append(state)
        http, seen = self._connection()
        found.append(seen)
        try:
            market = self._open_market()
        except ConfigError as error:
            return [*found, self._failed("terminal", str(error), "see_readme")]
        try:
            found += self._market(market, running=running)
        finally:
            market.close()
        told = self._statuses, self._skew, self._language, self._clock
        return [*found, *ask(self._config, http, self._health, *told)]

    def _configuration(self) -> CheckResult:
        feeds = ", ".join(map(str, self._config.feeds))
        return self._passed("configuration", f"{self._config.file}: {self._config.bridge_id}, {feeds}")

    def _directory(self) -> tuple[CheckResult, bool]:
        state = StateDir(self._config.state)
        try:
            state.make()
            pid = state.lock().holder()
        except OSError as error:
            return self._failed("directory", f"{state.path}: {error.strerror}", "write_state"), False
        runs = say("not_running" if pid is None else "runs", self._language, pid=pid)
        return self._passed("directory", f"{state.path}: {runs}"), pid is not None

    def _connection(self) -> tuple[Posts | None, CheckResult]:
        try:
            keys = BridgeKeys(self._config.cloud.profile)
        except KeysError as error:
            said = say("no_keys_short", self._language, place=error.place)
            return None, self._failed("keys", said, "write_keys")
        seen = f"{keys.place}: {keys.access_key[:4]}…{keys.access_key[-4:]}"
        return self._connect(self._config, keys, self._skew), self._passed("keys", seen)

    def _market(self, market: Market, *, running: bool) -> list[CheckResult]:
        sources = [(name, market.source(name.symbol, name.timeframe)) for name in self._config.feeds]
        self._health, now = market.health(), self._clock()
        found = self._terminal(self._health)
        offset = self._config.exchange_offset_s(now)
        around = Around(self._language, running, self._health.condition, now, offset, self._sleep)
        for name, source in sources:
            status, finding = look(name, source, StateDir(self._config.state).room(name), around)
            self._statuses.append(status)
            found.append(finding)
        return found

    def _terminal(self, health: Health) -> list[CheckResult]:
        known = [f"build {health.build}"] if health.build else []
        known += [health.server] if health.server else []
        known += [f"ping {health.ping_ms:.0f} ms"] if health.ping_ms is not None else []
        unsure = health.condition is Condition.CLOCK_UNSURE  # the next line's trouble
        stands = named(Condition.LIVE, "", self._language)
        if not unsure:
            stands = named(health.condition, health.detail, self._language)
        seen = ", ".join([stands, *known])
        if health.condition not in FINE and not unsure:
            cure = of_condition(health.condition, "", health.code, self._language).remedy
            return [CheckResult(ok=False, name=say("n_terminal", self._language), seen=seen, remedy=cure)]
        return [self._passed("terminal", seen), self._server_clock(health)]

    def _server_clock(self, health: Health) -> CheckResult:
        if health.utc_offset_s is None or health.condition is Condition.CLOCK_UNSURE:
            seen = health.detail or say("unmeasured", self._language)
            cure = of_condition(Condition.CLOCK_UNSURE, "", health.code, self._language).remedy
            return CheckResult(ok=False, name=say("n_server_clock", self._language), seen=seen, remedy=cure)
        hours, minutes = divmod(abs(health.utc_offset_s) // 60, 60)
        sign = "-" if health.utc_offset_s < 0 else "+"
        return self._passed("server_clock", f"UTC{sign}{hours:02d}:{minutes:02d}")

    def _passed(self, name: str, seen: str) -> CheckResult:
        return CheckResult(ok=True, name=say(f"n_{name}", self._language), seen=seen)

    def _failed(self, name: str, seen: str, cure: str) -> CheckResult:
        return CheckResult(
            ok=False, name=say(f"n_{name}", self._language), seen=seen, remedy=say(cure, self._language)
        )
