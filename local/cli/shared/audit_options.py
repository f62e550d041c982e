"""What the words of `pregao audit` share: days, an operator, an instrument, an alert, a folder or a stack."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from local.cli.paths import CONFIG, STATE
from local.cli.shared.moments import a_day
from pregao.domain.audit.archive_days import ArchiveError, Days, Files
from pregao.domain.text.words import counted

CACHE = STATE / "archive"
Day = datetime | None
OneDay = Annotated[
    Day, typer.Option("--day", parser=a_day, metavar="DATE", help="um dia só, UTC · one day, UTC")
]
FirstDay = Annotated[
    Day, typer.Option("--from", parser=a_day, metavar="DATE", help="primeiro dia, UTC · first day, UTC")
]
LastDay = Annotated[
    Day, typer.Option("--to", parser=a_day, metavar="DATE", help="último dia, UTC · last day, UTC")
]
Whose = Annotated[
    str,
    typer.Option("--operator", help="nome, id ou pseudônimo · a name, an id or a pseudonym (op-3f9c21ab)"),
]
Which = Annotated[
    str,
    typer.Option(
        "--instrument", help="ativo, contrato ou símbolo · instrument, contract, symbol (WIN, WINZ26)"
    ),
]
State = Annotated[
    str,
    typer.Option(
        "--state", help="só as linhas num estado · rows in one state: confirmed, timed_out, muted …"
    ),
]
AlertId = Annotated[
    str, typer.Option("--alert", help="id do alerta, ou seu começo · the alert's id or its beginning")
]
ConfigDir = Annotated[
    Path, typer.Option("--config-dir", help="pasta com operators.yaml · folder of the map of names")
]
MAP = CONFIG
"""Where the map of names lies unless told otherwise."""


def days_of(first: Day, last: Day, day: Day) -> Days:
    """Return the days asked about, all where none is named; raises ArchiveError."""
    if day and (first or last):
        raise ArchiveError(
            "--day é um dia só; para vários, --from e --to · --day is one day; for several say"
            " --from and --to"
        )
    every = Days()
    low, high = _date(day or first, every.first), _date(day or last, every.last)
    if not every.first <= low <= every.last or not every.first <= high <= every.last:
        raise ArchiveError(f"dias só de · days only from {every.first} até · to {every.last}")
    if low > high:
        raise ArchiveError(
            f"--from {low} é depois de --to {high}: primeiro o primeiro dia"
            f" · --from {low} is after --to {high}: the first day first"
        )
    return Days(low, high)


def _date(given: Day, otherwise: date) -> date:
    return given.date() if given else otherwise


def root_of(folder: Path) -> Path:
    """Return the copy's root at or in a folder; says where it is. Raises ArchiveError."""
    from pregao.aws.archive.files import archive_root

    root = archive_root(folder)
    if root != folder:
        _said(f"· a cópia está em · the copy is in {root}")
    return root


def files_of(folder: Path | None, stack: str | None, days: Days) -> tuple[Path, Files]:
    """Return the copy's root and the objects of those days, of a folder or of a stack's bucket.

    Raises ArchiveError, StackError.
    """
    from pregao.aws.archive.files import files_in

    if folder is not None and stack is not None:
        raise ArchiveError("--folder ou --stack, não os dois · --folder or --stack, not both")
    if folder is None:
        return _copied(stack, days)
    root = root_of(folder)
    return root, files_in(root, days)


def _copied(stack: str | None, days: Days) -> tuple[Path, Files]:
    from local.audit.archive_copy import copy_days
    from local.stack.deployed import deployed

    console = Console(stderr=True, highlight=False)
    with console.status("· arquivo · archive") as status:
        copied = copy_days(
            deployed(stack, STATE),
            days,
            CACHE,
            datetime.now(UTC),
            lambda done, of: status.update(f"· arquivo · archive: {done}/{of}"),
        )
    if copied.fetched:
        every = Days()
        whole = days.first <= every.first and days.last >= every.last  # a question may look beyond both ends
        extent = "tudo · all" if whole else f"cópia parcial · a partial copy: {days}"
        _said(f"· {counted(copied.fetched, 'object')} → {copied.folder} ({extent})")
    for key in copied.strange:
        _said(f"· {key}: não é do arquivo, ignorado · no object of the archive, left out")
    return copied.folder, copied.files


def _said(text: str) -> None:
    Console(stderr=True, highlight=False).print(text, markup=False, soft_wrap=True)
