"""`pregao tune`: which parameters come nearest to the gates, found in sample, confirmed out of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from local.cli.backtest import FAILED, tell
from local.cli.paths import CONFIG
from local.cli.shared.candle_options import reads_candles
from local.cli.shared.candle_options import tell as tell_reading
from local.cli.shared.moments import a_day
from local.lab import yaml_patch as edited
from local.lab.candlefile.facts import BY_EVIDENCE, Choices
from pregao.domain.text.words import counted

if TYPE_CHECKING:
    from local.lab.frontier import Point
    from pregao.domain.backtest.rules import Gates

SIGNIFICANT = 0.05
"""The p-value, corrected for the number of trials, that the chosen point may have at most."""


class Objective(StrEnum):
    """What the chosen point is best at."""

    GATES = "gates"
    CAPTURE = "capture"
    PRECISION = "precision"
    WIN_RATE = "win_rate"


@reads_candles
def tune(
    files: Annotated[
        list[Path], typer.Argument(exists=True, dir_okay=False, help="arquivos de velas · files of candles")
    ],
    symbol: Annotated[str, typer.Option(help="símbolo do feed · the feed's symbol, e.g. WIN$N")],
    split: Annotated[
        datetime,
        typer.Option(
            parser=a_day, metavar="DATE", help="daqui em diante só confirma · only confirms from here"
        ),
    ],
    specs: Annotated[
        list[str],
        typer.Option("--grid", help="detectors.level_break.lookback=10,20,40; repetível · repeatable"),
    ],
    objective: Annotated[
        Objective, typer.Option(help="o que vale mais · what counts most")
    ] = Objective.GATES,
    out: Annotated[
        Path | None, typer.Option(help="grava alertas.yaml com o escolhido · alertas.yaml with the chosen")
    ] = None,
    config_dir: Annotated[Path, typer.Option(help="pasta da configuração · configuration folder")] = CONFIG,
    choices: Choices = BY_EVIDENCE,
) -> None:
    """Varre detectores só dentro da amostra e confirma fora dela · sweeps in sample, confirms out of sample.

    Stops e alvos não são varridos. Código 0 quando o escolhido passa em todos os critérios fora da amostra e
    a expectativa dentro dela é mais que a sorte do melhor de todos, 1 quando não, 2 para o que é recusado.

    Stops and targets are not swept. Exit code 0 when the chosen point passes every gate out of sample and its
    expectancy in sample is more than the luck of the best of all points, 1 when not, 2 for what is refused.
    """
    from local.lab.frontier import Sweep, corrected, grid, pareto, sweep
    from local.lab.judged import Period, judge_histories, read_files
    from pregao.config import reader

    points = grid(specs)
    config = reader.load(config_dir, points[0])
    rules = reader.load_backtest(config_dir, config)
    instrument = config.instrument_for(symbol).of_feed(symbol)
    by = rules.rules(instrument)
    warmup = config.detectors_for(instrument.name).warmup
    inside = read_files(files, instrument, Period(until=split.date()), warmup, choices, tell_reading)
    console = Console(highlight=False)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        bar = progress.add_task("dentro da amostra · in sample", total=len(points))
        work = Sweep(tuple(inside), symbol, config_dir, by)
        found = sweep(work, points, lambda: progress.advance(bar))
    best = pareto(found)
    chosen = _chosen(best, objective, by.gates)
    console.print(_frontier(best, chosen, len(found)))
    if chosen.shortfall(by.gates) > 0:
        console.print(
            "✗ nenhum ponto passa dentro da amostra · no point meets the gates in sample", style="red"
        )
    console.print(f"escolhido · chosen: {' '.join(chosen.overrides)}", style="bold", soft_wrap=True)
    luck = corrected(found, chosen)
    _tell_luck(console, luck, len(found))
    tuned = reader.load(config_dir, chosen.overrides)
    whole = read_files(files, instrument, Period(), warmup, choices)
    judged = judge_histories(whole, instrument, tuned.detectors_for(instrument.name), rules, split.date())
    tell(judged)
    if out:
        edited.write(config_dir / "alertas.yaml", out, chosen.overrides)
        console.print(f"· {out}", soft_wrap=True)
    raise typer.Exit(0 if judged.passed and luck <= SIGNIFICANT else FAILED)


def _tell_luck(console: Console, luck: float, trials: int) -> None:
    mark, colour = ("✓", "green") if luck <= SIGNIFICANT else ("✗", "red")
    console.print(
        f"{mark} p {luck:.3f} (limite · gate {SIGNIFICANT}): sorte do melhor · luck of the best of {trials}"
        " (White's reality check, in sample)",
        style=colour,
    )


def _chosen(best: Sequence[Point], objective: Objective, gates: Gates) -> Point:
    """Return the frontier's point that is best at the objective, among equals the nearest to the gates."""
    at = {Objective.CAPTURE: 0, Objective.PRECISION: 1, Objective.WIN_RATE: 2}
    if objective is Objective.GATES:
        return min(best, key=lambda point: point.shortfall(gates))
    return max(best, key=lambda point: (point.merits[at[objective]], -point.shortfall(gates)))


def _frontier(best: Sequence[Point], chosen: Point, swept: int) -> Table:
    table = Table(title=f"fronteira · frontier: {counted(swept, 'point')}", title_justify="left")
    table.add_column("", overflow="fold")
    for name in ("captura\ncapture", "falsos positivos\nfalse positives", "acerto\nwin rate"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("R", justify="right", no_wrap=True)
    for point in best:
        mark = "▶ " if point is chosen else ""
        names = "\n".join(one.removeprefix("detectors.") for one in point.overrides)
        false = point.right[1] - point.right[0], point.right[1]
        shares = map(_percent, (point.captured, false, point.won))
        table.add_row(mark + names, *shares, f"{point.expectancy:+.3f}")
    return table


def _percent(counted: tuple[int, int]) -> str:
    part, whole = counted
    return f"{part / whole:.1%}\nn {whole}" if whole else "-"
