"""The options that say how a candle file is to be read; every command that reads one has them."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any, ParamSpec, TypeVar

import typer

from local.lab.candlefile.facts import Choices, DateOrder, Decimal, Reading, Stamps

P = ParamSpec("P")
R = TypeVar("R")

OPTIONS: dict[str, Any] = {
    "dates": Annotated[
        DateOrder | None, typer.Option(help="ordem da data no arquivo · order of the file's dates")
    ],
    "clock": Annotated[
        str | None,
        typer.Option(
            help="relógio do arquivo · the file's clock: utc, server, America/New_York, America/New_York+7"
        ),
    ],
    "stamps": Annotated[
        Stamps | None,
        typer.Option(help="a hora é a abertura ou o fim da vela · times are openings or ends"),
    ],
    "decimal": Annotated[Decimal | None, typer.Option(help="marca decimal do arquivo · decimal mark")],
    "sheet": Annotated[str | None, typer.Option(help="planilha do Excel · the workbook's sheet")],
}


def reads_candles(command: Callable[P, R]) -> Callable[..., R]:
    """Give a command the options in place of its parameter `choices`."""

    @wraps(command)
    def wrapped(*args: Any, **kwargs: Any) -> R:
        said = {name: kwargs.pop(name) for name in OPTIONS if name in kwargs}
        return command(*args, **(kwargs | {"choices": Choices(**said)} if said else kwargs))

    told = inspect.signature(command, eval_str=True)
    kept = [one for name, one in told.parameters.items() if name != "choices"]
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for name, annotation in OPTIONS.items()
    ]
    vars(wrapped)["__signature__"] = told.replace(parameters=[*kept, *added])
    wrapped.__annotations__ = {one.name: one.annotation for one in (*kept, *added)}
    return wrapped


def tell(reading: Reading) -> None:
    """Say on stderr, in one line, how a file was understood."""
    from local.lab.candlefile.account import one_line  # help does without numpy

    sys.stderr.write(f"· {one_line(reading)}\n")
