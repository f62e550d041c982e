"""Which market a configuration means: its terminal, or a file that stands for one."""

from __future__ import annotations

import time
from importlib import import_module
from typing import TYPE_CHECKING

from pregao_bridge import mt5csv
from pregao_bridge.pace import Clock
from pregao_bridge.replaymarket import ReplayMarket
from pregao_bridge.tables import ConfigError

if TYPE_CHECKING:
    from pregao_bridge.config import Config, Replay, TerminalSettings
    from pregao_bridge.market import Market
    from pregao_bridge.skew import Skew


def open_market(config: Config, skew: Skew) -> tuple[Market, Clock]:
    """Return the market and its clock. Raises ConfigError for a file that cannot be replayed."""
    if config.replay is not None:
        return _replay(config, config.replay)
    return _terminal(config.terminal), Clock(lambda: time.time() - skew.noticeable)


def _terminal(settings: TerminalSettings) -> Market:
    # Brought when it is meant: a replay needs nothing of it.
    terminal, link = (import_module(f"pregao_bridge.{name}") for name in ("terminal", "link"))
    login = link.Login(
        path=settings.path, login=settings.login, server=settings.server, portable=settings.portable
    )
    where = terminal.Where(
        settings.exchange_zone, settings.utc_offset_s, settings.clock_symbol, settings.server_zone
    )
    market: Market = terminal.Mt5Market(login=login, where=where)
    return market


def _replay(config: Config, replay: Replay) -> tuple[Market, Clock]:
    timeframes = {feed.seconds for feed in config.feeds}
    if len(timeframes) > 1:
        raise ConfigError(f"{config.file}: feeds: a replay has the timeframe of its file; name one only")
    try:
        columns = mt5csv.read(replay.file, config.terminal.server_zone or config.terminal.exchange_zone)
    except (mt5csv.FileError, UnicodeError) as error:
        raise ConfigError(f"{config.file}: source.replay: {error}") from error
    market = ReplayMarket(columns, timeframes.pop(), config.terminal.exchange_zone, replay.speed)
    return market, Clock(market.now, replay.speed)
