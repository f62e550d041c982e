"""`pregao config check`: is the configuration sound, and what is in it."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from local.cli.paths import CONFIG
from pregao import clock
from pregao.domain.alerts.signal import DETECTED

if TYPE_CHECKING:
    from pregao.config.loaded import Config

app = typer.Typer(help="A configuração · look at the configuration.", no_args_is_help=True)
NOTICE = timedelta(days=60)
"""How long before its end a calendar is mentioned."""


@app.command()
def check(
    directory: Annotated[Path, typer.Argument(help="pasta da configuração · configuration folder")] = CONFIG,
) -> None:
    """Confere a configuração e mostra o resumo · check the configuration, print its digest and a summary.

    Código 0; 2 com todos os problemas, cada um com arquivo, linha e caminho.

    Exit code 0; 2 with every problem, each with file, line and path.
    """
    from pregao.config.reader import load, load_backtest

    config = load(directory, addresses=undeliverable)
    load_backtest(directory, config)
    typer.echo(_summary(config))
    for line in ending(config, datetime.fromtimestamp(clock.now(), UTC).date()):
        sys.stderr.write(f"{line}\n")


def undeliverable(address: str) -> str | None:
    """Say why SES can deliver nothing to an address, as far as it shows; None where it may."""
    from email_validator import EmailNotValidError, validate_email  # a tenth of a second that `--help` spares

    from pregao.config.models import ascii_address

    try:
        found = validate_email(address, allow_smtputf8=False, check_deliverability=False, strict=True)
    except EmailNotValidError as wrong:
        return f"{wrong} Mend it".replace(". Mend", "; mend")
    same = found.ascii_domain.lower() == ascii_address(address).rpartition("@")[2].lower()
    return None if same else f"there are two ways to read its domain; write {found.ascii_domain}"


def ending(config: Config, today: date) -> list[str]:
    """Tell which calendars in use end soon: after that, holidays would be taken for trading days."""
    used = {entry.calendar for entry in (*config.instruments.values(), *config.families.values())}
    return [
        f"· calendário · calendar {name}: known until {one.known_until}; add the next year to calendar.yaml"
        for name, one in config.calendars.items()
        if name in used and one.known_until - today < NOTICE
    ]


def _summary(config: Config) -> str:
    patterns = (pattern for pattern in DETECTED if config.detectors.of(pattern).enabled)
    calendars = ", ".join(f"{name} até · until {one.known_until}" for name, one in config.calendars.items())
    return "\n".join(
        (
            f"digest                 {config.digest}",
            f"ativos · instruments   {', '.join([*config.instruments, *config.families])}",
            f"padrões · patterns     {', '.join(patterns)}",
            f"calendários · calendars {calendars}",
            f"operadores · operators {', '.join(operator.id for operator in config.operators) or '-'}",
        )
    )
