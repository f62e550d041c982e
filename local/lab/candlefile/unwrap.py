"""From the bytes of a file to its lines: what is compressed is unpacked, what is a workbook is opened."""

from __future__ import annotations

import gzip
import io
import re
import zipfile
import zlib
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from local.errors import HistoryError
from local.lab.candlefile.facts import Lines
from local.lab.candlefile.layout import is_header

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from local.lab.candlefile.facts import Choices

CELL = "\x1f"
"""Stands between the cells of a workbook's row; no cell contains it."""

_MOST_BYTES = 2 << 30
_HEADER_WITHIN = 30
_GZIP, _ZIP, _OLE = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_FOREIGN = {
    b"PAR1": "a Parquet file",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"\x28\xb5\x2f\xfd": "a Zstandard archive",
    b"%PDF": "a PDF document",
    b"{\\rtf": "an RTF document",
}


def lines_of(path: Path, choices: Choices) -> Lines:
    """Return the lines that hold the candles.

    Raises HistoryError for an empty file, an archive that is cut or holds several files, a workbook with
    several sheets of candles of which none is chosen, and what is no candle file at all.
    """
    raw = _unpacked(path, path.read_bytes())
    if raw.startswith((_ZIP, _OLE)):
        return _sheet(path, raw, choices)
    if choices.sheet is not None:
        raise HistoryError(path, 1, "the file is text and has no sheets; leave --sheet out")
    for magic, name in _FOREIGN.items():
        if raw.startswith(magic):
            raise HistoryError(path, 1, f"the file is {name}; export the candles as text or .xlsx")
    return _text_lines(path, raw)


def _unpacked(path: Path, raw: bytes) -> bytes:
    notes = 0
    while raw.startswith(_GZIP) or (raw.startswith(_ZIP) and not _is_workbook(path, raw)):
        raw = _gunzipped(path, raw) if raw.startswith(_GZIP) else _unzipped(path, raw)
        notes += 1
        if notes > 3:
            raise HistoryError(path, 1, "archives within archives; unpack the file first")
    return raw


def _gunzipped(path: Path, raw: bytes) -> bytes:
    try:
        with gzip.open(io.BytesIO(raw)) as opened:
            found = opened.read(_MOST_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise HistoryError(path, 1, f"the gzip archive is damaged or cut ({error}); pack it again") from error
    return _within_limit(path, found)


def _is_workbook(path: Path, raw: bytes) -> bool:
    names = _archive(path, raw).namelist()
    return any(name.startswith("xl/") or name == "content.xml" for name in names)


def _archive(path: Path, raw: bytes) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(raw))
    except zipfile.BadZipFile as error:
        raise HistoryError(path, 1, f"the zip archive is damaged or cut ({error}); pack it again") from error


def _unzipped(path: Path, raw: bytes) -> bytes:
    archive = _archive(path, raw)
    names = [name for name in archive.namelist() if _is_content(name)]
    if len(names) != 1:
        told = f"it holds {', '.join(names[:5])}" if names else "it holds no file"
        raise HistoryError(path, 1, f"the zip archive must hold one file, {told}; unpack it")
    if archive.getinfo(names[0]).flag_bits & 1:
        raise HistoryError(path, 1, f"{names[0]} in the zip archive has a password; unpack it")
    try:
        with archive.open(names[0]) as opened:
            found = opened.read(_MOST_BYTES + 1)
    except (zipfile.BadZipFile, EOFError, zlib.error, NotImplementedError) as error:
        raise HistoryError(path, 1, f"the zip archive is damaged or cut ({error}); pack it again") from error
    return _within_limit(path, found)


def _is_content(name: str) -> bool:
    parts = name.split("/")
    return not (name.endswith("/") or parts[0] == "__MACOSX" or parts[-1].startswith("."))


def _within_limit(path: Path, found: bytes) -> bytes:
    if len(found) > _MOST_BYTES:
        raise HistoryError(path, 1, "the archive unpacks to more than 2 GB; split the file")
    return found


def _text_lines(path: Path, raw: bytes) -> Lines:
    if not raw.strip(b"\xff\xfe\xef\xbb\xbf\x00 \t\r\n"):
        raise HistoryError(path, 1, "the file is empty; export the candles again")
    encoding, text = _decoded(path, raw)
    text = text.removesuffix("\x1a")  # the end mark of old programs
    nul = text.find("\x00")
    if nul >= 0:
        line = text.count("\n", 0, nul) + 1
        raise HistoryError(path, line, "zero bytes: no text, or damaged in writing; export the candles again")
    ended = text.endswith(("\n", "\r"))
    if "\r" in text:
        text = re.sub("\r+\n|\r", "\n", text)
    texts = _without_line_quotes(text).rstrip("\n").split("\n")
    numbers: Sequence[int] = range(1, len(texts) + 1)
    if not all(texts) or any(map(str.isspace, texts)):
        numbers = [at for at, line in enumerate(texts, 1) if line and not line.isspace()]
        texts = [texts[at - 1] for at in numbers]
    return Lines(path, texts, numbers, encoding, ended, notes=())


def _without_line_quotes(text: str) -> str:
    """Undo a spreadsheet's quotes around whole lines."""
    if not text.startswith('"'):
        return text
    lines = text.split("\n")
    if text.count('"') != 2 * sum(1 for line in lines if line.strip()):
        return text
    bare = [line.strip() for line in lines]
    if any(line and not (line.startswith('"') and line.endswith('"')) for line in bare):
        return text
    return "\n".join(line[1:-1] for line in bare)


def _decoded(path: Path, raw: bytes) -> tuple[str, str]:
    """Return the encoding's name and the text; the last character of a cut file is left out."""
    name = _encoding(raw)
    try:
        text = raw.decode(name)
    except UnicodeDecodeError as error:
        if error.end < len(raw) - 1 or error.start < len(raw) - 4:
            line = raw[: error.start].count(b"\n") + 1
            raise HistoryError(path, line, f"the text is no {name}; save it as UTF-8") from error
        text = raw[: error.start].decode(name)
    return name, text.lstrip("\ufeff")


def _encoding(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    even, odd = raw[:200:2].count(0), raw[1:200:2].count(0)
    if even != odd and not min(even, odd):  # every second byte of such a text is zero
        return "utf-16-le" if odd else "utf-16-be"
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError as error:
        return (
            "utf-8" if error.start >= len(raw) - 4 and error.reason == "unexpected end of data" else "cp1252"
        )
    return "utf-8"


def _sheet(path: Path, raw: bytes, choices: Choices) -> Lines:
    from python_calamine import CalamineError, load_workbook  # only who has a workbook waits for it

    try:
        book = load_workbook(io.BytesIO(raw))
        sheets = {
            name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names
        }
    except CalamineError as error:
        raise HistoryError(path, 1, f"the workbook cannot be read ({error}); save it again") from error
    name = _chosen(path, sheets, choices.sheet)
    rows = [(at, _row(cells)) for at, cells in enumerate(sheets[name], 1)]
    kept = [(at, row) for at, row in rows if row.strip(CELL + " ")]
    if not kept:
        raise HistoryError(path, 1, f"the sheet {name!r} is empty; name another with --sheet")
    return Lines(
        path, [row for _, row in kept], [at for at, _ in kept], "workbook", separator=CELL, sheet=name
    )


def _chosen(path: Path, sheets: dict[str, list[list[Any]]], asked: str | None) -> str:
    if asked is not None:
        if asked in sheets:
            return asked
        raise HistoryError(path, 1, f"no sheet {asked!r}; --sheet is one of {', '.join(map(repr, sheets))}")
    found = [name for name, rows in sheets.items() if _has_candles(rows)]
    if len(found) > 1:
        told = ", ".join(map(repr, found))
        raise HistoryError(path, 1, f"several sheets hold candles: {told}; say which with --sheet")
    filled = found or [name for name, rows in sheets.items() if rows]
    if len(filled) != 1:
        told = ", ".join(map(repr, sheets))
        raise HistoryError(path, 1, f"no sheet of {told} has a header with open, high, low, close; add one")
    return filled[0]


def _has_candles(rows: list[list[Any]]) -> bool:
    return any(is_header([str(cell) for cell in row]) for row in rows[:_HEADER_WITHIN])


def _row(cells: Sequence[Any]) -> str:
    return CELL.join(_cell(cell) for cell in cells)


def _cell(value: Any) -> str:
    """Write a cell as text: numbers with a decimal point, dates year first, to the whole second."""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, float):
        return repr(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    if isinstance(value, datetime):
        return f"{_to_second(value):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return _clock(value)
    if isinstance(value, time):
        return _clock(
            timedelta(
                hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond
            )
        )
    return str(value).replace(CELL, " ").replace("\n", " ").replace("\r", " ").replace('"', "'")


def _to_second(value: datetime) -> datetime:
    return (value + timedelta(milliseconds=500)).replace(microsecond=0)


def _clock(value: timedelta) -> str:
    seconds = round(value.total_seconds())
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}:{seconds % 60:02d}"
