"""`pregao schema`: the JSON Schema of what crosses a border."""

from __future__ import annotations

from pathlib import Path  # typer reads the annotations when the command runs
from typing import Annotated

import typer

from local.cli.paths import ROOT
from pregao.wire.schemas import NAMES, written

PUBLISHED = ROOT / "infra" / "schemas"


def schema(
    name: Annotated[str | None, typer.Argument(help=" | ".join(NAMES))] = None,
    write: Annotated[
        bool, typer.Option("--write", help="grava todos em infra/schemas · writes all of them there")
    ] = False,
) -> None:
    """Mostra o esquema JSON de um contrato · prints the JSON Schema of a contract."""
    if write:
        for one in NAMES:
            typer.echo(f"· {_write(one, PUBLISHED)}")
    elif name in NAMES:
        typer.echo(written(name), nl=False)
    else:
        raise typer.BadParameter(f"there are {', '.join(NAMES)}, and --write for all of them")


def _write(name: str, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(written(name), encoding="utf-8")
    return path.relative_to(ROOT)
