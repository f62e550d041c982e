"""What each word of the command does; every one returns an exit code."""

from __future__ import annotations

import random
import sys
import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from pregao_bridge import running
from pregao_bridge.assemble import RETRY
from pregao_bridge.backfill import Backfill, Span
from pregao_bridge.check import Check
from pregao_bridge.config import Config, FeedName, load
from pregao_bridge.exits import HEALTHY, MISCONFIGURED, RUNNING, SICK
from pregao_bridge.findings import Finding, as_json, as_text
from pregao_bridge.keys import BridgeKeys, KeysError
from pregao_bridge.lock import Running
from pregao_bridge.markets import open_market
from pregao_bridge.post import HttpPoster
from pregao_bridge.running import stop_on_signals
from pregao_bridge.service import definition, manage
from pregao_bridge.skew import Skew
from pregao_bridge.standing import Standing
from pregao_bridge.state import StateDir
from pregao_bridge.tables import ConfigError
from pregao_bridge.words import say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from pathlib import Path


class Stop(Exception):
    """The command ends before it began; the message says why, `code` is the exit code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


@contextmanager
def told(config: Config) -> Iterator[None]:
    """Put what prevents a command into the configured language."""
    try:
        yield
    except Running as other:
        said = say("running", config.language, state=config.state, pid=other.pid)
        raise Stop(said, RUNNING) from other
    except KeysError as error:
        raise Stop(say("no_keys", config.language, place=error.place), MISCONFIGURED) from error


def run(file: Path) -> int:
    """Run the bridge."""
    config = load(file)
    with told(config):
        return running.run(config)


def check(file: Path, language: str | None, *, machine: bool) -> int:
    """Look at everything and print it; a configuration that cannot be read is a finding like another."""
    try:
        config = load(file)
    except ConfigError as error:
        spoken = language or "pt-BR"
        found = [Finding(ok=False, name=say("n_configuration", spoken), seen=str(error))]
    else:
        spoken, skew = language or config.language, Skew()
        found = Check(config, spoken, lambda: open_market(config, skew)[0], skew).findings()
    _print(as_json(found) if machine else as_text(found, spoken))
    return HEALTHY if all(one.ok for one in found) else SICK


def backfill(asked: argparse.Namespace) -> int:
    """Post history, or write down that refused candles are to be passed over."""
    config = load(asked.config)
    StateDir(config.state).make()
    if asked.skip_refused is not None:
        return _pass_over(config, asked.skip_refused)
    span = Span(asked.first, asked.last or asked.first)
    if span.last < span.first:
        raise ConfigError(f"--to {span.last} is before --from {span.first}")
    with told(config), StateDir(config.state).lock("backfill"):
        return _post_history(config, span, asked.symbol)


def service(verb: str, file: Path, *, show: bool) -> int:
    """Manage the start at log-on; the configuration is read first, so that what starts can run."""
    config = file.resolve()
    if verb == "install":
        load(config)
    if show or sys.platform != "win32":
        _print(definition(config))
        return HEALTHY
    return manage(verb, config)


def _post_history(config: Config, span: Span, symbol: str | None) -> int:
    stop, skew = threading.Event(), Skew()
    stop_on_signals(stop)
    # A file's candles have all closed: as fast as it goes.
    feeds = _named(config, symbol)
    past = replace(config, replay=config.replay and replace(config.replay, speed=1e12))
    market, _ = open_market(past, skew)
    poster = HttpPoster(
        config.cloud.candles,
        config.cloud.region,
        BridgeKeys(config.cloud.profile),
        retry=RETRY,
        sleep=stop.wait,
        skew=skew,
        stopped=stop.is_set,
    )
    try:
        runs = (
            Backfill(
                name,
                config.bridge_id,
                market.source(name.symbol, name.timeframe),
                poster,
                StateDir(config.state).room(name),
                span=span,
                zone=config.terminal.exchange_zone,
                language=config.language,
                skew=skew,
                stop=stop,
                draw=random.random,
                tell=_print,
            )
            for name in feeds
        )
        return HEALTHY if all(one.run() for one in runs) else SICK
    finally:
        market.close()
        poster.close()


def _pass_over(config: Config, symbol: str) -> int:
    for name in _named(config, symbol):
        room = StateDir(config.state).room(name)
        reasons, newest = room.reasons(), room.pass_over()
        if newest is None:
            _print(say("nothing_held", config.language, feed=name))
        else:
            shown = Standing(name, utc_offset_s=room.utc_offset_s()).local(newest)
            _print(say("will_pass_over", config.language, feed=name, newest=shown, reason=reasons[0]))
    return HEALTHY


def _named(config: Config, symbol: str | None) -> list[FeedName]:
    feeds = [name for name in config.feeds if symbol in {None, name.symbol}]
    if not feeds:
        known = ", ".join(map(str, config.feeds))
        raise Stop(say("no_feed", config.language, symbol=symbol, feeds=known), MISCONFIGURED)
    return feeds


def _print(line: str) -> None:
    if sys.stdout is not None:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
