"""A file of B3's daily bulletin: XML or CSV, bare or in the zip in a zip in which B3 delivers it."""

from __future__ import annotations

import errno
import io
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from typing import IO, Any, BinaryIO

from pregao.domain.market.bulletin import Bulletin
from pregao.wire.bulletin.fields import BulletinRefused
from pregao.wire.bulletin.price_report import read_xml
from pregao.wire.bulletin.trade_information import read_csv

LARGEST_ZIP = 200_000_000
"""Bytes; what Lambda's disk holds twice."""
LARGEST_XML = 4_000_000_000
"""Bytes, which pass by; a day of all instruments has some hundred millions."""
LARGEST_CSV = 64_000_000
"""Bytes; a line of it is held whole."""
DEEPEST = 3
MOST_ENTRIES = 1000
_BROKEN = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError)
"""What a spoilt, cut or encrypted zip makes zipfile raise; OSError for a place before its begin."""


def read_bulletin(file: BinaryIO, name: str, wanted: Callable[[str], bool]) -> list[Bulletin]:
    """Return the bulletins of the wanted contracts; raises BulletinRefused naming file and line.

    Of several files in a zip the last by name is the newest. The file is sought in, and read as a stream.
    """
    found = _read(file, name, wanted, DEEPEST)
    if not found:
        raise BulletinRefused(name, 1, "it holds no contract of an instrument of alertas.yaml")
    return found


def _read(file: IO[bytes], name: str, wanted: Callable[[str], bool], depth: int) -> list[Bulletin]:
    begin = file.read(4)
    file.seek(0)
    if begin.startswith(b"PK"):
        return _read_zip(file, name, wanted, depth)
    return _read_text(file, name, wanted)


def _read_text(file: IO[bytes], name: str, wanted: Callable[[str], bool]) -> list[Bulletin]:
    bounded = _bounded(file, name, LARGEST_XML)
    begin = bounded.peek(64)[:64].lstrip(b"\xef\xbb\xbf\xff\xfe \r\n\t")
    if not begin:
        raise BulletinRefused(name, 1, "it is empty")
    if begin.startswith((b"<", b"\0<")):
        return read_xml(bounded, name, wanted)
    return read_csv(_bounded(bounded, name, LARGEST_CSV), name, wanted)


def _read_zip(file: IO[bytes], name: str, wanted: Callable[[str], bool], depth: int) -> list[Bulletin]:
    if not depth:
        raise BulletinRefused(name, 1, f"zips in zips, more than {DEEPEST} deep")
    try:
        with zipfile.ZipFile(file) as packed:
            newest = _newest(packed, name)
            with packed.open(newest) as inside:
                within = f"{name}/{newest.filename}"
                if not newest.filename.lower().endswith(".zip"):
                    return _read_text(inside, within, wanted)
                with tempfile.TemporaryFile() as copy:
                    _copy(_bounded(inside, within, LARGEST_ZIP), copy)
                    return _read(copy, within, wanted, depth - 1)
    except _BROKEN as broken:
        raise BulletinRefused(name, 1, f"it is cut short or no zip: {broken}") from broken
    except OSError as broken:
        if broken.errno != errno.EINVAL:
            raise
        raise BulletinRefused(name, 1, "it is cut short or no zip") from broken


def _newest(packed: zipfile.ZipFile, name: str) -> zipfile.ZipInfo:
    """Return the last file by name: of XML where there is any, else of CSV, else of zips."""
    entries = packed.infolist()
    if len(entries) > MOST_ENTRIES:
        raise BulletinRefused(name, 1, f"{len(entries)} files in one zip")
    for kind in (".xml", ".csv", ".txt", ".zip"):
        of_kind = [one for one in entries if one.filename.lower().endswith(kind)]
        if of_kind:
            return max(of_kind, key=lambda one: one.filename)
    raise BulletinRefused(name, 1, "no .xml, .csv or .zip in it")


def _copy(source: BinaryIO, target: IO[bytes]) -> None:
    while piece := source.read(1 << 20):
        target.write(piece)
    target.seek(0)


def _bounded(source: IO[bytes], name: str, most: int) -> io.BufferedReader:
    return io.BufferedReader(_Bounded(source, name, most))


class _Bounded(io.RawIOBase):
    """A stream that is refused when it gives more bytes than there can be: a zip says what it likes."""

    def __init__(self, source: IO[bytes], name: str, most: int) -> None:
        super().__init__()
        self._source, self._name, self._left, self._most = source, name, most, most

    def readable(self) -> bool:
        """Tell that it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer; returns how many bytes it got. Raises BulletinRefused."""
        piece = self._source.read(len(buffer))
        self._left -= len(piece)
        if self._left < 0:
            raise BulletinRefused(self._name, 1, f"more than {self._most} bytes")
        buffer[: len(piece)] = piece
        return len(piece)
