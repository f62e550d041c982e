"""The archive's objects: stretches of chains as gzip JSON Lines, named by what they hold.

``table=alertas_audit/year=2026/month=11/day=25/instrument=WIN/WINZ26.main.000000001-000000040.<sha256>.jsonl.gz``
holds the records 1 to 40 of the chain WINZ26#2026-11-25, a line each in canonical form; the SHA-256 is that
of the uncompressed bytes. The same records are the same object under the same name, whoever writes it.
"""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pregao.domain.audit import merkle
from pregao.domain.audit.chain import TABLES, ChainName, Record, line

MAIN = "main"
"""The lane, in an object's name, of a chain that has none."""
_KEY = re.compile(
    rf"table=(?P<table>{'|'.join(TABLES)})/year=(?P<year>20\d\d)/month=(?P<month>\d\d)/day=(?P<day>\d\d)"
    r"/instrument=(?P<instrument>[\w-]+)"
    r"/(?P<contract>[\w-]+)\.(?P<lane>[\w-]+)\.(?P<first>\d{9})-(?P<last>\d{9})"
    r"\.(?P<sha256>[0-9a-f]{64})\.jsonl\.gz",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Listed:
    """An object as a digest lists it: where, which records, and the two hashes that bind its bytes.

    `sha256` is of the uncompressed bytes, `root` the Merkle root over the lines (hex both).
    """

    key: str
    table: str
    chain: str
    first: int
    last: int
    sha256: str
    root: str

    @property
    def count(self) -> int:
        """How many records it holds."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Stretch:
    """An object of the archive, ready to be put."""

    listed: Listed
    body: bytes


@dataclass(frozen=True, slots=True)
class KeyParts:
    """What an object's name says."""

    table: str
    chain: str
    day: str
    instrument: str
    first: int
    last: int
    sha256: str

    @property
    def said(self) -> tuple[str, str, int, int, str]:
        """What a digest says of the object, too."""
        return self.table, self.chain, self.first, self.last, self.sha256


def stretch(table: str, records: Sequence[Record]) -> Stretch:
    """Pack consecutive records of one chain (at least one)."""
    lines = [line(one) for one in records]
    plain = b"".join(one + b"\n" for one in lines)
    sha256 = hashlib.sha256(plain).hexdigest()
    head, tail = records[0], records[-1]
    first, last = int(head["seq"]), int(tail["seq"])
    listed = Listed(
        key=_key(
            table, ChainName.parse(head["chain"]), head["instrument"], f"{first:09d}-{last:09d}.{sha256}"
        ),
        table=table,
        chain=head["chain"],
        first=first,
        last=last,
        sha256=sha256,
        root=merkle.root(lines).hex(),
    )
    return Stretch(listed, gzip.compress(plain, mtime=0))


def _key(table: str, name: ChainName, instrument: str, rest: str) -> str:
    year, month, day = name.day.split("-")
    folder = f"table={table}/year={year}/month={month}/day={day}/instrument={instrument}"
    return f"{folder}/{name.contract}.{name.lane or MAIN}.{rest}.jsonl.gz"


def read_key(key: str) -> KeyParts | None:
    """Return what an object's name says, None where it is no name of ours."""
    found = _KEY.fullmatch(key)
    if not found:
        return None
    lane = "" if found["lane"] == MAIN else found["lane"]
    day = f"{found['year']}-{found['month']}-{found['day']}"
    try:
        date.fromisoformat(day)
    except ValueError:
        return None  # a thirty-second day
    return KeyParts(
        found["table"],
        str(ChainName(found["contract"], day, lane)),
        day,
        found["instrument"],
        int(found["first"]),
        int(found["last"]),
        found["sha256"],
    )
