"""`pregao backtest`: measures the alerts on historical candles against the gates."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from local.cli.paths import CONFIG
from local.cli.shared.candle_options import reads_candles
from local.cli.shared.candle_options import tell as tell_reading
from local.cli.shared.moments import a_day
from local.lab.candlefile.facts import BY_EVIDENCE, Choices
from pregao.domain.text.words import counted

if TYPE_CHECKING:
    from local.lab.judged import Judgement
    from pregao.config.loaded import Config
    from pregao.domain.backtest.gates import Score, Share
    from pregao.domain.backtest.sample import SizeScore
    from pregao.domain.market.candles import Candles

FAILED = 1
BACKTEST = "backtest."


class Language(StrEnum):
    """What the page may be written in."""

    PT = "pt-BR"
    EN = "en"


WORTH_TELLING = 200
"""Cases that an hour's coverage needs to be told."""
SAMPLES = {
    "whole": "tudo · whole",
    "in_sample": "dentro · in sample",
    "out_of_sample": "fora · out of sample",
}


@reads_candles
def backtest(
    files: Annotated[
        list[Path], typer.Argument(exists=True, dir_okay=False, help="arquivos de velas · files of candles")
    ],
    symbol: Annotated[str, typer.Option(help="símbolo do feed · the feed's symbol, e.g. WIN$N")],
    since: Annotated[
        datetime | None,
        typer.Option("--from", parser=a_day, metavar="DATE", help="primeiro pregão · first session judged"),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            "--to", parser=a_day, metavar="DATE", help="até antes deste dia · up to before this day"
        ),
    ] = None,
    split: Annotated[
        datetime | None,
        typer.Option(
            parser=a_day, metavar="DATE", help="daqui em diante é fora da amostra · out of sample from here"
        ),
    ] = None,
    overrides: Annotated[
        list[str] | None,
        typer.Option("--set", help="detectors.level_break.lookback=40; repetível · repeatable"),
    ] = None,
    config_dir: Annotated[Path, typer.Option(help="pasta da configuração · configuration folder")] = CONFIG,
    json_out: Annotated[
        Path | None, typer.Option("--json", help="escreve tudo em JSON · write it all as JSON")
    ] = None,
    html_out: Annotated[
        Path | None, typer.Option("--html", help="escreve uma página com gráficos · a page with figures")
    ] = None,
    language: Annotated[
        Language, typer.Option("--lang", help="língua da página · the page's language")
    ] = Language.PT,
    choices: Choices = BY_EVIDENCE,
) -> None:
    """Julga os alertas na história · judges the alerts on history: capture, false positives, win rate.

    Cada parcela ao lado da sua base, os mesmos alertas em outros dias na mesma hora. Código 0 quando todos os
    critérios passam, 1 quando um falha, 2 quando um arquivo ou a configuração é recusado.

    Each share stands beside its baseline, the same alerts on other days at the same clock. Exit code 0 when
    every gate passes, 1 when one fails, 2 when a file or the configuration is refused.
    """
    from local.lab.judged import Period, judge_histories, read_files
    from pregao.config import reader

    for one in overrides or ():
        if one.startswith(BACKTEST):
            raise typer.BadParameter(
                f"{one}: como um backtest julga não é um --set; edite backtest.yaml"
                " · how a backtest judges is no --set; edit backtest.yaml for a report of another kind",
                param_hint="--set",
            )
    config = reader.load(config_dir, overrides or ())
    rules = reader.load_backtest(config_dir, config)
    instrument = config.instrument_for(symbol).of_feed(symbol)
    settings = config.detectors_for(instrument.name)
    period = Period(_day(since), _day(until))
    histories = read_files(files, instrument, period, settings.warmup, choices, tell_reading)
    judged = judge_histories(histories, instrument, settings, rules, _day(split))
    tell(judged)
    if judged.candles < settings.warmup:
        sys.stderr.write(
            f"· {counted(judged.candles, 'candle')}; o aquecimento pede · the warm-up needs"
            f" {settings.warmup}\n"
        )
    if json_out:
        facts = {"symbol": symbol, "files": [file.name for file in files], "config_digest": config.digest}
        _write(json_out, facts | judged.plain())
    if html_out:
        _draw(html_out, files, symbol, config, judged, language)
    raise typer.Exit(0 if judged.passed else FAILED)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def _write(path: Path, content: Mapping[str, object]) -> None:
    try:
        path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error.strerror}", param_hint="--json") from error


def _timeframe(histories: Sequence[Candles]) -> int:
    """Return the timeframe in seconds: all have the same, and --from may have left nothing of some."""
    from local.lab.history import timeframe_of

    return timeframe_of(max(histories, key=len))


def _draw(
    path: Path, files: Sequence[Path], symbol: str, config: Config, judged: Judgement, language: Language
) -> None:
    from local.lab.report import page  # Bokeh takes a second to import
    from local.load.replay import timeframe_name

    facts = page.Facts(
        symbol=symbol,
        files=tuple(file.name for file in files),
        timeframe=timeframe_name(_timeframe([part.series.candles for part in judged.parts])),
        config_digest=config.digest,
        language=language,
    )
    try:
        page.write(path, judged, facts)
    except OSError as error:
        raise typer.BadParameter(f"{path}: {error.strerror}", param_hint="--html") from error
    sys.stderr.write(f"· {path}: relatório · report\n")


def tell(judged: Judgement) -> None:
    """Print a judgement: shares beside their baselines, result, gates, the truth's digest, look-ahead."""
    console = Console(highlight=False)
    samples = {SAMPLES[name]: score for name, score in judged.samples.items()}
    rung = {"teriam tocado · would have rung": judged.rung}
    console.print(_table(counted(judged.candles, "candle"), samples | rung))
    for name, title in (("pattern", "padrão · pattern"), ("direction", "lado · side")):
        console.print(_table(title, judged.breakdowns[name]))
    console.print(_size_text(judged.size))
    console.print(_equity(judged))
    for gate in judged.gates:
        mark, colour = ("✓", "green") if gate.passed else ("✗", "red")
        console.print(Text(f"{mark} {gate.name}: {gate.why}", colour))
    truth = judged.rules.truth
    console.print(f"· verdade · truth {truth.digest[:12]}: {asdict(truth)}")
    if not truth.is_standard:
        console.print("✗ outra verdade que a do projeto não aprova · another truth never passes", style="red")
    if judged.unrung:
        console.print(
            f"· fora do pregão, não tocariam · out of session, never rung: {counted(judged.unrung, 'signal')}"
        )
    if judged.peeked is None:
        console.print("✓ sem espiar o futuro · no look-ahead: cut histories say the same", style="green")
    else:
        console.print(f"✗ a vela {judged.peeked} muda com o futuro · changes with the future", style="red")


def _table(title: str, scores: Mapping[str, Score]) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("", overflow="fold", min_width=11)
    for name in ("captura\ncapture", "falsos pos.\nfalse pos.", "acerto\nwin rate"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("R", justify="right", no_wrap=True)
    for name, score in scores.items():
        table.add_row(
            name,
            share_text(score.capture),
            share_text(score.false_positives),
            share_text(score.wins),
            expectancy_text(score),
        )
    return table


def share_text(share: Share) -> str:
    """Write a share in lines: `29.4% (28-31)`, `n 2685`, `base 28.9%`, `+0.5 (-1.2 2.2)`."""
    if share.value is None:
        return "-"
    low, high = share.interval
    found = f"{share.value:.1%} ({low * 100:.0f}-{high * 100:.0f})\nn {share.whole}"
    if share.baseline is None or share.lift is None or share.lift_interval is None:
        return found
    below, above = share.lift_interval
    return (
        f"{found}\nbase {share.baseline:.1%}\n{100 * share.lift:+.1f} ({100 * below:.1f} {100 * above:.1f})"
    )


def expectancy_text(score: Score) -> str:
    """Write the mean result per alert that was entered, and how many could not be."""
    one = score.expectancy
    return "-" if one.r is None else f"{one.r:+.3f}\nn {one.cases}\nmissed {score.missed}"


def _size_text(size: SizeScore) -> str:
    right, (came, candles) = share_text(size.right).replace("\n", ", "), size.base
    lines = [f"· unusual_range: {right}"]
    if candles and size.rings_per_session is not None:
        lines[0] += (
            f"; qualquer vela · any candle {came / candles:.1%}, {size.rings_per_session:.2f} por pregão"
        )
    if size.coverage[1]:
        part, told = size.coverage
        hours = [one for one in size.coverage_by_hour.values() if one[1] >= WORTH_TELLING]
        shares = [100 * one / cases for one, cases in hours]
        lines.append(
            f"· outlook 80 %: {part / told:.1%} cobertas · covered, n {told}"
            + (f"; por hora · by hour {min(shares):.0f}-{max(shares):.0f} %" if shares else "")
        )
    return "\n".join(lines)


def _equity(judged: Judgement) -> str:
    total = judged.result
    return (
        f"· resultado com custos · after costs: {total['r']} R, pontos · points {total['points']},"
        f" {total['money']} na moeda da conta · in the account's money,"
        f" alertas · alerts {total['trades']}; maior queda · max drawdown {total['max_drawdown_r']} R"
    )
