"""Which kind of candle file this is, told by its content and never by its name."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING

from local.errors import HistoryError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

KNOWN = (
    "MetaTrader 5 export (<DATE> <TIME> <OPEN> ... with tabs)",
    "MetaTrader 5 script without header (2023.08.30 18:00:00,o,h,l,c,tick volume,volume)",
    "copy_rates CSV (time,open,high,low,close,tick_volume,spread,real_volume)",
    "Profit export (Ativo,Data,Hora,Abertura,Máximo,Mínimo,Fechamento,...)",
    "Data;Open;High;Low;Close;Candle",
)
"""What the reader knows, for the message that refuses the rest."""

_ROLES = {
    "date": "date", "data": "date", "time": "time", "hora": "time", "datetime": "date",
    "open": "open", "abertura": "open", "high": "high", "maximo": "high", "maxima": "high",
    "low": "low", "minimo": "low", "minima": "low", "close": "close", "fechamento": "close",
    "tickvol": "tick_volume", "tick_volume": "tick_volume", "negocios": "tick_volume",
    "vol": "real_volume", "real_volume": "real_volume", "quantidade": "real_volume",
    "spread": "spread", "ativo": "symbol", "symbol": "symbol",
}  # fmt: skip
_NEEDED = ("date", "open", "high", "low", "close")
_HEADERLESS = re.compile(r"\d{4}\.\d{2}\.\d{2}[ ,;\t]\d{1,2}:\d{2}(:\d{2})?[,;\t]")
_HEADERLESS_ROLES = ("open", "high", "low", "close", "tick_volume", "real_volume", "spread")


@dataclass(frozen=True, slots=True)
class Layout:
    """Where each column stands: `columns` maps a role to its index among `width` fields of a line.

    `portuguese`: the header is Profit's, so a point may group thousands.
    """

    columns: Mapping[str, int]
    width: int
    delimiter: str
    header: bool
    portuguese: bool = False


def decode(path: Path) -> str:
    """Return the text of a file in UTF-8 (with BOM or without), UTF-16 or Latin-1.

    Raises HistoryError for an empty file and for UTF-16 cut in the middle of a character.
    """
    raw = path.read_bytes()
    if not raw.strip(b"\xff\xfe\xef\xbb\xbf\x00 \t\r\n"):
        raise HistoryError(path, 1, "the file is empty; export the candles again")
    try:
        return raw.decode(_encoding(raw)).lstrip("\ufeff")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        message = "the file is cut in the middle of a character; export it again"
        raise HistoryError(path, line, message) from error


def recognise(path: Path, line: int, first: str) -> Layout:
    """Return the layout that the first line announces. Raises HistoryError naming the formats known."""
    delimiter = max("\t;,", key=first.count)
    if _HEADERLESS.match(first):
        return _headerless(first, delimiter)
    names = [_plain(field) for field in first.split(delimiter)]
    columns = {_ROLES[name]: at for at, name in enumerate(names) if name in _ROLES}
    if "date" not in columns and "time" in columns:  # copy_rates: its `time` is the whole stamp
        columns["date"] = columns.pop("time")
    if any(role not in columns for role in _NEEDED):
        known = "; ".join(KNOWN)
        raise HistoryError(path, line, f"unknown format {first[:60]!r}; formats read: {known}")
    return Layout(columns, len(names), delimiter, header=True, portuguese="abertura" in names)


def _headerless(first: str, delimiter: str) -> Layout:
    fields = first.split(delimiter)
    apart = ":" not in fields[0]
    start = 2 if apart else 1
    roles = ("date", "time")[:start] + _HEADERLESS_ROLES
    return Layout(dict(zip(roles, range(len(fields)), strict=False)), len(fields), delimiter, header=False)


def _plain(field: str) -> str:
    """Return a header name without brackets, quotes, accents and capitals."""
    folded = unicodedata.normalize("NFKD", field.strip(" <>\"'\r").casefold())
    return "".join(letter for letter in folded if not unicodedata.combining(letter))


def _encoding(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    head = raw[:200]
    if b"\x00" in head:
        return "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return "latin-1"
    return "utf-8"
