"""Options that several words share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Stack = Annotated[
    str | None,
    typer.Option("--stack", help="pilha na conta AWS · a stack in the account, not the one here"),
]
Folder = Annotated[
    Path | None,
    typer.Option(
        "--folder",
        exists=True,
        file_okay=False,
        help="cópia do bucket · a copy of the bucket here",
    ),
]
