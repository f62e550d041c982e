"""`pregao bulletin`: what a file of B3's daily bulletin says, and into a stack with it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path  # typer reads the annotations when the command runs
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from local.cli.paths import CONFIG, STATE
from local.cli.shared.options import Stack
from local.stack.errors import StackError
from pregao import clock
from pregao.domain.market.bulletin import Bulletin, Fate, fate_of
from pregao.domain.text.words import counted, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local.stack.deployed import Deployed
    from pregao.aws.tables.market.bulletin_book import BulletinBook
    from pregao.config.loaded import Config

NOT_STORED = 1
WITHIN_S = 60.0
PIPED = 140
"""Columns of the table where no terminal says how many it has."""
HEADS = (
    "contrato\ncontract",
    "dia\nday",
    "ajuste\nsettlement",
    "st",
    "anterior\nbefore",
    "contratos\nvolume",
    "negócios\ntrades",
    "em aberto\nopen interest",
    "mínimo\nlow",
    "máximo\nhigh",
    "último\nlast",
)

Files = Annotated[
    list[Path],
    typer.Argument(
        exists=True,
        dir_okay=False,
        help="arquivos da B3 · PR…zip, SPRD…zip, XML, TradeInformationConsolidatedFile",
    ),
]


def bulletin(
    files: Files,
    as_json: Annotated[bool, typer.Option("--json", help="uma linha JSON por contrato · JSON lines")] = False,
    put: Annotated[bool, typer.Option("--put", help="guarda na pilha · stores them in the stack")] = False,
    stack: Stack = None,
    config_dir: Annotated[Path, typer.Option(help="pasta da configuração · configuration folder")] = CONFIG,
) -> None:
    """Mostra o boletim diário da B3 · shows what files of B3's daily bulletin say of our contracts.

    Todos são conferidos antes de guardar o primeiro. Código 2 quando um é recusado, 1 quando não foi
    guardado.

    All files are checked before any is stored. Exit code 2 when one is refused, 1 when it was not stored.
    """
    from local.stack.deployed import deployed
    from pregao.config.reader import load
    from pregao.wire.bulletin.contract_v1 import dump_bulletin

    loaded, now = load(config_dir), clock.now()
    found = {file: _read(file, loaded, now) for file in files}
    for one in found.values():
        if as_json:
            sys.stdout.writelines(json.dumps(dump_bulletin(each)) + "\n" for each in one)
        else:
            Console(highlight=False, width=None if sys.stdout.isatty() else PIPED).print(_table(one))
    if put:
        _put(found, deployed(stack, STATE))


def _read(file: Path, loaded: Config, now: float) -> Sequence[Bulletin]:
    from pregao.flow.bulletin import read_checked

    with file.open("rb") as opened:
        return read_checked(opened, str(file), loaded, now)


def _table(found: Sequence[Bulletin]) -> Table:
    table = Table(*HEADS)
    for column in table.columns[2:]:
        column.justify = "right"
    for one in sorted(found, key=lambda one: -(one.volume or 0)):
        table.add_row(*_cells(one))
    return table


def _cells(one: Bulletin) -> Iterator[str]:
    price, count = partial(_number, decimals=3), partial(_number, decimals=0)
    yield from (one.contract, one.trade_date.isoformat())
    yield from (price(one.settlement), one.settlement_status or "-", price(one.previous_settlement))
    yield from map(count, (one.volume, one.trades, one.open_interest))
    yield from map(price, (one.low, one.high, one.last))


def _number(value: float | None, decimals: int) -> str:
    if value is None:
        return "-"
    text = number(value, decimals, "pt-BR")
    return text.rstrip("0").rstrip(",") if decimals else text


def _put(found: dict[Path, Sequence[Bulletin]], there: Deployed) -> None:
    from pregao.aws.tables.market.bulletin_book import BulletinBook

    if "BulletinBucket" not in there.outputs:
        raise StackError(
            "a pilha não tem BulletinBucket; implante esta versão do template"
            " · the stack has no BulletinBucket; deploy this version of the template"
        )
    s3: Any = there.client("s3")
    book = BulletinBook(there.client("dynamodb"), there.outputs["AdmissionTable"])
    for file in found:
        s3.upload_file(str(file), there.outputs["BulletinBucket"], file.name)
    deadline = time.monotonic() + WITHIN_S
    for file, bulletins in found.items():
        while not all(_stands(one, book) for one in bulletins):
            if time.monotonic() > deadline:
                sys.stderr.write(
                    f"pregao: {file} is not stored yet; the log of the function bulletin says why\n"
                )
                raise typer.Exit(NOT_STORED)
            time.sleep(0.5)
        typer.echo(f"· {file.name}: {counted(len(bulletins), 'contract')}")


def _stands(one: Bulletin, book: BulletinBook) -> bool:
    """Tell whether this bulletin, or one made later, is what the stack knows of its day."""
    stands = book.between(one.contract, one.trade_date, one.trade_date)
    return bool(stands) and fate_of(one, stands[0]) in (Fate.UNCHANGED, Fate.OLDER)
