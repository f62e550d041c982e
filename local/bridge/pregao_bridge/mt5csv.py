"""A file exported by MetaTrader 5 (TAB, <DATE> <TIME> ..., the server's wall clock) as columns."""

from __future__ import annotations

import csv
from calendar import timegm
from datetime import datetime
from typing import TYPE_CHECKING

from pregao_bridge.batch import Columns
from pregao_bridge.serverzone import parse

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pregao_bridge.serverzone import ServerZone

_TIMES = ("%Y.%m.%d %H:%M:%S", "%Y.%m.%d %H:%M")
_MARKS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}


class FileError(Exception):
    """A file that cannot be replayed; the message is `file:line: what is wrong; remedy`."""


def read(path: Path, server_zone: str) -> Columns:
    """Return the candles, times in epoch seconds UTC; `server_zone` is the wall clock of the file's times.

    Raises FileError for what is no number or no time, and for times that do not ascend.
    """
    encoding = _MARKS.get(path.read_bytes()[:2], "utf-8-sig")
    rows: list[tuple[float, ...]] = []
    server = parse(server_zone)
    with path.open(encoding=encoding, newline="") as file:
        for number, row in enumerate(csv.DictReader(file, delimiter="\t"), start=2):
            candle = _candle(row, server, f"{path}:{number}")
            if rows and candle[0] <= rows[-1][0]:
                raise FileError(f"{path}:{number}: not later than the line before; export it again")
            rows.append(candle)
    if not rows:
        raise FileError(f"{path}: no candles; export it again from MetaTrader 5 (Symbols, Bars, Export bars)")
    time, *prices, ticks, volume, spread = (list(column) for column in zip(*rows, strict=True))
    whole = ([int(value) for value in column] for column in (ticks, volume, spread))
    return Columns([int(at) for at in time], *prices, *whole)


def _candle(row: Mapping[str, str], server: ServerZone, place: str) -> tuple[float, ...]:
    try:
        at = server.utc(timegm(_time(f"{row['<DATE>']} {row['<TIME>']}").timetuple()))
        prices = tuple(float(row[f"<{name}>"]) for name in ("OPEN", "HIGH", "LOW", "CLOSE"))
        return (at, *prices, *(float(row[f"<{name}>"]) for name in ("TICKVOL", "VOL", "SPREAD")))
    except KeyError as error:
        raise FileError(f"{place}: no column {error}; export it from MetaTrader 5 with its header") from error
    except (TypeError, ValueError) as error:
        raise FileError(f"{place}: {error}; correct or remove the line") from error


def _time(text: str) -> datetime:
    try:
        return datetime.strptime(text, _TIMES[0])  # noqa: DTZ007 its zone is the caller's
    except ValueError:
        return datetime.strptime(text, _TIMES[1])  # noqa: DTZ007
