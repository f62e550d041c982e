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

from local.cli.paths import CONFIG
from local.cli.shared.candle_options import reads_candles
from local.cli.shared.candle_options import tell as tell_reading
from local.lab.candlefile.facts import BY_EVIDENCE, Choices
from pregao.domain.alerts.signal import Direction, Pattern, Unmeasured
from pregao.domain.text.words import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pregao.domain.alerts.signal import Chance, Outlook, Signal
    from pregao.domain.calibration.odds import Chances
    from pregao.domain.calibration.size import Size


@reads_candles
def detect(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="arquivo de velas · a file of candles")
    ],
    symbol: Annotated[str, typer.Option(help="símbolo do feed · the feed's symbol, e.g. WIN$N")],
    config_dir: Annotated[Path, typer.Option(help="pasta da configuração · configuration folder")] = CONFIG,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", help="detectors.engulfing.trend_atr=2; repetível · repeatable"),
    ] = None,
    json_out: Annotated[
        str, typer.Option("--json", help="onde escrever os sinais, - é a tela · where signals go")
    ] = "-",
    plain: Annotated[
        bool,
        typer.Option(
            "--plain",
            help="só os sinais, sem amplitude esperada, chance e amplitude incomum"
            " · signals alone: no expected range, no chance, no unusual range",
        ),
    ] = False,
    choices: Choices = BY_EVIDENCE,
) -> None:
    """Mostra o que os detectores dizem de cada vela · one JSON line per signal of a file of candles.

    Código 0; 2 quando o arquivo, a configuração ou o símbolo é recusado.

    Exit code 0; 2 when the file, the configuration or the symbol is refused.
    """
    from local.lab.history import judged_candles, read_for
    from pregao.config.reader import load
    from pregao.domain.calibration.odds import chances
    from pregao.domain.calibration.size import sizes
    from pregao.domain.detectors.prices import Series
    from pregao.domain.detectors.scan import columns, scan

    config = load(config_dir, overrides or ())
    instrument = config.instrument_for(symbol).of_feed(symbol)
    settings = config.detectors_for(instrument.name)
    reading = read_for(file, instrument, symbol, choices)
    tell_reading(reading)
    candles = judged_candles(reading)
    told = Console(stderr=True)
    if len(candles) < settings.warmup:
        told.print(
            f"{file}: {counted(len(candles), 'candle')}; o aquecimento pede · the warm-up needs"
            f" {settings.warmup}:"
            " nenhum sinal · no signal",
            soft_wrap=True,
        )
    signals = scan(candles, instrument, settings)
    if plain:
        _write(json_out, [_plain(signal) for signal in signals])
        told.print(_summary(signals, None, len(candles)))
        return
    series = Series(candles, instrument.tick_size, instrument.timezone, instrument.contract_on)
    size = sizes(series, columns(candles, instrument, settings).atr, settings)
    patterns = dict.fromkeys(signal.pattern for signal in signals)
    by_levels = {levels: chances(series, instrument, levels) for levels in map(settings.levels, patterns)}
    told_with = {pattern: by_levels[settings.levels(pattern)] for pattern in patterns}
    _write(json_out, _lines(signals, size, told_with))
    told.print(_summary(signals, size, len(candles)))


def _write(out: str, lines: Sequence[Mapping[str, object]]) -> None:
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    if out == "-":
        sys.stdout.write(text)
        return
    try:
        Path(out).write_text(text, encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{out}: {error.strerror}", param_hint="--json") from error


def _lines(
    signals: Sequence[Signal], size: Size, told_with: Mapping[Pattern, Chances]
) -> list[dict[str, object]]:
    """Return every signal as JSON values by time, those without a side after the others of a candle.

    Time in epoch seconds UTC, prices and ranges in the instrument's own numbers.
    """
    import numpy as np

    times = size.series.candles.time
    rows = np.searchsorted(times, [signal.time for signal in signals]).tolist()
    found = [
        (
            row,
            _plain(signal) | _chance(told_with[signal.pattern].at(row)),
        )
        for row, signal in zip(rows, signals, strict=True)
    ]
    for row in np.flatnonzero(size.fires).tolist():
        price = float(size.series.candles.close[row])
        line = _line(int(times[row]), Pattern.UNUSUAL_RANGE, Direction.NONE, price, size.reason(row))
        found.append((row, line | {"chance": None}))
    found.sort(key=lambda one: one[0])
    return [line | {"outlook": _outlook(size, row)} for row, line in found]


def _plain(signal: Signal) -> dict[str, object]:
    return _line(signal.time, signal.pattern, signal.direction, signal.price, signal.reason)


def _line(
    time: int, pattern: str, direction: str, price: float, reason: Mapping[str, object]
) -> dict[str, object]:
    facts = {"time": time, "pattern": pattern, "direction": direction, "price": price}
    return facts | {"reason": dict(reason)}


def _chance(chance: Chance | Unmeasured) -> dict[str, object]:
    """Return the chance, or null and why."""
    if isinstance(chance, Unmeasured):
        return {"chance": None, "unmeasured": {"chance": chance.value}}
    return {"chance": _fields(chance)}


def _outlook(size: Size, row: int) -> dict[str, object] | None:
    outlook = size.outlook(row)
    return _fields(outlook) if outlook else None


def _fields(flat: Chance | Outlook) -> dict[str, object]:
    """Return what `asdict` does of values that hold no others, in a tenth of its time."""
    return {name: getattr(flat, name) for name in flat.__dataclass_fields__}


def _summary(signals: Sequence[Signal], size: Size | None, candles: int) -> Table:
    """Count signals by pattern; `size` is None where unusual ranges were not asked for."""
    counts = Counter((signal.pattern, signal.direction) for signal in signals)
    unusual = 0 if size is None else int(size.fires.sum())
    table = Table(title=f"{counted(candles, 'candle')}: {counted(len(signals) + unusual, 'signal')}")
    table.add_column("padrão · pattern")
    for name in ("compra · long", "venda · short", "total"):
        table.add_column(name, justify="right")
    for pattern in (one for one in Pattern if one.sided):
        long, short = counts[pattern, Direction.LONG], counts[pattern, Direction.SHORT]
        table.add_row(pattern, str(long), str(short), str(long + short))
    if size is not None:
        table.add_row(Pattern.UNUSUAL_RANGE, "-", "-", str(unusual))
    return table
