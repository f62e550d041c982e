"""`pregao detect`: what the detectors say of a file of candles, without any admission."""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table

from local.cli.candle_options import reads_candles
from local.cli.candle_options import tell as tell_reading
from local.cli.paths import CONFIG
from local.lab.candlefile.facts import BY_EVIDENCE, Choices
from local.lab.history import judged_candles, read_for
from pregao.config.reader import load
from pregao.domain.alerts.signal import Direction, Pattern
from pregao.domain.detectors.scan import scan

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pregao.domain.alerts.signal import Signal


@reads_candles
def detect(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="arquivo de velas · a file of candles")
    ],
    symbol: Annotated[str, typer.Option(help="símbolo do feed · the feed's symbol, e.g. WIN$N")],
    config_dir: Annotated[Path, typer.Option(help="pasta da configuração · configuration folder")] = CONFIG,
    overrides: Annotated[
        list[str] | None, typer.Option("--set", help="detectors.engulfing.trend_atr=2; repeatable")
    ] = None,
    json_out: Annotated[
        str, typer.Option("--json", help="onde escrever os sinais, - é a tela · where signals go")
    ] = "-",
    choices: Choices = BY_EVIDENCE,
) -> None:
    """Mostra o que os detectores dizem de cada vela · one JSON line per signal of a file of candles.

    Exit code 0; 2 when the file, the configuration or the symbol is refused.
    """
    config = load(config_dir, overrides or ())
    instrument = config.instrument_for(symbol)
    settings = config.detectors_for(instrument.name)
    reading = read_for(file, instrument, symbol, choices)
    tell_reading(reading)
    candles = judged_candles(reading)
    told = Console(stderr=True)
    if len(candles) < settings.warmup:
        told.print(
            f"{file}: {len(candles)} velas, o aquecimento pede {settings.warmup}: nenhum sinal · "
            f"candles, the warm-up is {settings.warmup}: no signal",
            soft_wrap=True,
        )
    signals = scan(candles, instrument, settings)
    _write(json_out, signals)
    told.print(_summary(signals, len(candles)))


def _write(out: str, signals: Sequence[Signal]) -> None:
    text = "".join(f"{_line(signal)}\n" for signal in signals)
    if out == "-":
        sys.stdout.write(text)
        return
    try:
        Path(out).write_text(text, encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{out}: {error.strerror}", param_hint="--json") from error


def _line(signal: Signal) -> str:
    """Return one signal as JSON; time in epoch seconds UTC, prices in the instrument's own numbers."""
    facts = {
        "time": signal.time,
        "pattern": signal.pattern,
        "direction": signal.direction,
        "price": signal.price,
        "reason": dict(signal.reason),
    }
    return json.dumps(facts)


def _summary(signals: Sequence[Signal], candles: int) -> Table:
    counts = Counter((signal.pattern, signal.direction) for signal in signals)
    table = Table(title=f"{candles} velas · candles: {len(signals)} sinais · signals")
    table.add_column("padrão · pattern")
    for name in ("compra · long", "venda · short", "total"):
        table.add_column(name, justify="right")
    for pattern in Pattern:
        long, short = counts[pattern, Direction.LONG], counts[pattern, Direction.SHORT]
        table.add_row(pattern, str(long), str(short), str(long + short))
    return table
