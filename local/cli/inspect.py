"""`pregao inspect`: how a candle file is understood, before anything is judged on it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from local.cli.paths import CONFIG
from local.cli.shared.candle_options import reads_candles
from local.errors import HistoryError
from local.lab.candlefile.facts import BY_EVIDENCE, Choices, Reading


@reads_candles
def inspect(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="arquivo de velas · a file of candles")
    ],
    symbol: Annotated[str, typer.Option(help="símbolo do feed · the feed's symbol, e.g. WIN$N")],
    json_out: Annotated[
        bool, typer.Option("--json", help="JSON em vez da tabela · instead of a table")
    ] = False,
    write: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False,
            help="grava como entendido, no formato do MetaTrader 5 · writes the file as understood",
        ),
    ] = None,
    config_dir: Annotated[Path, typer.Option(help="pasta da configuração · configuration folder")] = CONFIG,
    choices: Choices = BY_EVIDENCE,
) -> None:
    """Mostra como um arquivo de velas é lido · shows how a candle file is read, and what was doubtful.

    Código 0; 2 quando o arquivo, a configuração ou o símbolo é recusado. Um arquivo que pode ser lido de dois
    modos é recusado com os dois e a opção que decide.

    Exit code 0; 2 when the file, the configuration or the symbol is refused. A file that can be read in two
    ways is refused with both and the option that decides.
    """
    from local.lab.candlefile import account  # help does without numpy, DuckDB and the configuration
    from local.lab.history import read_for
    from pregao.config.reader import load

    reading = read_for(file, load(config_dir).instrument_for(symbol), symbol, choices)
    if write is not None:
        _write(reading, write)
    if json_out:
        typer.echo(json.dumps(account.plain(reading), ensure_ascii=False))
        return
    _show(file, account.rows(reading))


def _show(file: Path, rows: Iterable[tuple[str, str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(show_header=False, box=None, title=str(file), title_justify="left")
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for label, value in rows:
        table.add_row(label, value, style="yellow" if "doubt" in label else None)
    Console(highlight=False).print(table)


def _write(reading: Reading, out: Path) -> None:
    from local.lab.mt5file import write_mt5

    if out.exists() and out.samefile(reading.path):
        raise HistoryError(out, 1, "--write would overwrite the file that is read; name another")
    try:
        write_mt5(reading.candles, out, reading.market.timezone)
    except OSError as error:
        raise typer.BadParameter(f"{out}: {error.strerror}", param_hint="--write") from error
