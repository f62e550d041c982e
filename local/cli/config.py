"""`pregao config check`: is the configuration sound, and what is in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from local.cli.paths import CONFIG
from pregao.config_files import Config, load, load_backtest
from pregao.domain.signal import Pattern


def check(
    directory: Annotated[Path, typer.Argument(help="pasta da configuração · configuration folder")] = CONFIG,
) -> None:
    """Confere a configuração e mostra o resumo · check the configuration, print its digest and a summary.

    Exit code 0; 2 with every problem, each with file, line and path.
    """
    config = load(directory)
    load_backtest(directory, config)
    typer.echo(_summary(config))


def _summary(config: Config) -> str:
    patterns = (pattern for pattern in Pattern if config.detectors.settings().of(pattern).enabled)
    return "\n".join(
        (
            f"digest                 {config.digest}",
            f"ativos · instruments   {', '.join(config.instruments)}",
            f"padrões · patterns     {', '.join(patterns)}",
            f"operadores · operators {', '.join(operator.id for operator in config.operators) or '-'}",
        )
    )
