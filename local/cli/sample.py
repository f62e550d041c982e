"""`pregao sample`: a made-up candle file to try things with."""

from __future__ import annotations

from pathlib import Path  # typer reads the annotations when the command runs
from typing import Annotated

import typer
from rich import print as say

from local.cli.paths import CONFIG
from pregao.domain.market.sessions import TradingDays
from pregao.domain.text.words import counted


def trading_days() -> TradingDays:
    """Return the days of the configured mini index; raises ConfigError or UnknownSymbol."""
    from pregao.config.reader import load

    return load(CONFIG).instrument_for("WIN").sessions.days


def sample(
    out: Annotated[Path, typer.Argument(help="arquivo a escrever · file to write")],
    seed: Annotated[int, typer.Option(help="mesma semente, mesmo mercado · same seed, same market")] = 2026,
    sessions: Annotated[int, typer.Option(min=4, help="pregões; três são histórico · three are history")] = 4,
) -> None:
    """Gera pregões de WIN M5 com padrões plantados · makes WIN M5 sessions with planted patterns."""
    from local.lab import market

    out.parent.mkdir(parents=True, exist_ok=True)
    market.sample(out, trading_days(), seed, sessions)
    say(f"{out}: {counted(sessions, 'session')}, mini-índice M5 · mini index, M5")
