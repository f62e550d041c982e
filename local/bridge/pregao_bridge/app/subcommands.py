"""The words of the command that do one thing and end; every one returns an exit code."""

from __future__ import annotations

import random
import sys
import threading
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from pregao_bridge.app.check import Check, CheckResult, as_json, as_text
from pregao_bridge.app.exits import HEALTHY, MISCONFIGURED, SICK, Stop, show, translated
from pregao_bridge.app.run import RETRY, open_market, stopped_by_signals
from pregao_bridge.app.service import definition, manage
from pregao_bridge.clocks import Skew
from pregao_bridge.cloud.signed import BridgeKeys, HttpPoster
from pregao_bridge.config import LANGUAGES, Config, ConfigError, FeedName, load
from pregao_bridge.feed.backfill import Backfill, OneCandle, Span
from pregao_bridge.feed.set_aside import SetAside
from pregao_bridge.feed.status import FeedStatus
from pregao_bridge.state import StateDir
from pregao_bridge.texts import say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from pathlib import Path


def check(file: Path, language: str | None, *, machine: bool) -> int:
    """Look at everything and print it."""
    found, spoken = findings(file, language)
    show(as_json(found) if machine else as_text(found, spoken))
    return HEALTHY if all(one.ok for one in found) else SICK


def findings(file: Path, language: str | None) -> tuple[list[CheckResult], str]:
    """Return what was found, and the language; a configuration with a mistake is a finding too."""
    try:
        config = load(file)
    except ConfigError as error:
        spoken = language or LANGUAGES[0]
        return [CheckResult(ok=False, name=say("n_configuration", spoken), seen=str(error))], spoken
    spoken, skew = language or config.language, Skew()
    return Check(config, spoken, lambda: open_market(config, skew)[0], skew).findings(), spoken


def backfill(asked: argparse.Namespace) -> int:
    """Post history, or write down that refused candles are to be passed over."""
    config = load(asked.config)
    StateDir(config.state).make()
    if asked.skip_refused is not None:
        return _pass_over(config, asked.skip_refused)
    span = Span(asked.first, asked.last or asked.first)
    if span.last < span.first:
        raise ConfigError(
            f"--to {span.last} é antes de --from {span.first}"
            f" · --to {span.last} is before --from {span.first}"
        )
    with translated(config), StateDir(config.state).lock("backfill"), _posting(config) as start:
        return HEALTHY if all(start(name, span).run() for name in _named(config, asked.symbol)) else SICK


def set_aside(asked: argparse.Namespace) -> int:
    """Show the candles that were set aside, or try them again."""
    config = load(asked.config)
    StateDir(config.state).make()
    names = _named(config, asked.symbol)
    if asked.verb == "list":
        for name in names:
            _list_set_aside(config, name)
        return HEALTHY
    with translated(config), StateDir(config.state).lock("backfill"), _posting(config) as start:
        return HEALTHY if all(_retry(config, name, start) for name in names) else SICK


def service(verb: str, file: Path, *, only_show: bool) -> int:
    """Manage the start at log-on; the configuration is read first, so that what starts can run."""
    config = file.resolve()
    if verb == "install":
        load(config)
    if only_show or sys.platform != "win32":
        show(definition(config))
        return HEALTHY
    return manage(verb, config)


Start = Callable[[FeedName, Span | OneCandle], Backfill]


@contextmanager
def _posting(config: Config) -> Iterator[Start]:
    """Open the market and the way to the cloud; what is yielded begins a feed's stretch of history."""
    stop, skew = threading.Event(), Skew()
    # A file's candles have all closed: as fast as it goes.
    past = replace(config, replay=config.replay and replace(config.replay, speed=1e12))
    market, clock = open_market(past, skew)
    poster = HttpPoster(
        config.cloud.candles,
        config.cloud.region,
        BridgeKeys(config.cloud.profile),
        retry=RETRY,
        sleep=stop.wait,
        skew=skew,
        stopped=stop.is_set,
    )

    def start(name: FeedName, span: Span | OneCandle) -> Backfill:
        return Backfill(
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
            tell=show,
            now=clock.now,
        )

    with stopped_by_signals(stop):
        try:
            yield start
        finally:
            market.close()
            poster.close()


def _list_set_aside(config: Config, name: FeedName) -> None:
    kept = SetAside(StateDir(config.state).room(name).set_aside_file).all()
    if not kept:
        show(say("none_set_aside", config.language, feed=name))
    for one in kept:
        shown = FeedStatus(name, utc_offset_s=config.exchange_offset_s(one.time)).local(one.time)
        show(say("listed_set_aside", config.language, feed=name, time=shown, reason=one.reason))


def _retry(config: Config, name: FeedName, start: Start) -> bool:
    """Ask the terminal for each set-aside candle again and post the good ones; False when cut short."""
    aside = SetAside(StateDir(config.state).room(name).set_aside_file)
    if not aside.all():
        _list_set_aside(config, name)
    for one in aside.all():
        aside.forget(one.time)  # judged anew, whoever refused it
        run = start(name, OneCandle(one.time))
        whole = run.run()
        still = any(other.time == one.time for other in aside.all())
        if not whole and not still:
            aside.keep([one])
        if not whole:
            return False
        if not still and not run.posted:
            shown = FeedStatus(name, utc_offset_s=config.exchange_offset_s(one.time)).local(one.time)
            show(say("gone_set_aside", config.language, feed=name, time=shown))
    return True


def _pass_over(config: Config, symbol: str) -> int:
    for name in _named(config, symbol):
        directory = StateDir(config.state).room(name)
        reasons, newest = directory.reasons(), directory.pass_over()
        if newest is None:
            show(say("nothing_held", config.language, feed=name))
        else:
            shown = FeedStatus(name, utc_offset_s=directory.utc_offset_s()).local(newest)
            show(say("will_pass_over", config.language, feed=name, newest=shown, reason=reasons[0]))
    return HEALTHY


def _named(config: Config, symbol: str | None) -> list[FeedName]:
    feeds = [name for name in config.feeds if symbol in {None, name.symbol}]
    if not feeds:
        known = ", ".join(map(str, config.feeds))
        raise Stop(say("no_feed", config.language, symbol=symbol, feeds=known), MISCONFIGURED)
    return feeds
