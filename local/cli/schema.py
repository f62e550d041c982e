"""`pregao schema`: the JSON Schema of what crosses a border."""

from __future__ import annotations

from typing import Annotated

import typer

from local.cli.paths import ROOT

PUBLISHED = ROOT / "infra" / "schemas"
GENERATED = ROOT / "local" / "console" / "src" / "generated"
CONTRACTS = " | ".join(sorted(path.stem for path in PUBLISHED.glob("*.json")))
"""Those of the folder, for the help: it does without the models."""


def schema(
    name: Annotated[str | None, typer.Argument(help=f"contrato · contract: {CONTRACTS}")] = None,
    write: Annotated[
        bool,
        typer.Option(
            "--write",
            help="grava todos, e o que o console usa · writes them, and what the console uses",
        ),
    ] = False,
) -> None:
    """Mostra o esquema JSON de um contrato · prints the JSON Schema of a contract."""
    from pregao.wire.schemas import (
        NAMES,
        shared_with_the_compliance_page,
        shared_with_the_page,
        written,
    )

    if write:
        for path, text in [
            *((PUBLISHED / f"{one}.json", written(one)) for one in NAMES),
            (GENERATED / "shared.json", shared_with_the_page()),
            (GENERATED / "audit.json", shared_with_the_compliance_page()),
        ]:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            typer.echo(f"· {path.relative_to(ROOT)}")
    elif name in NAMES:
        typer.echo(written(name), nl=False)
    else:
        raise typer.BadParameter(f"{', '.join(NAMES)}; todos com · all of them with --write")
