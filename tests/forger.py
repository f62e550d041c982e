"""Somebody who may write to everything but the key: rewrites an archive as deep as they care to.

`rewrite` takes chains as they should read and makes the objects say so: with stale hashes, with the record's
own hash mended, the rest of its chain, the days behind it. `resign` makes new digests for what is there.
"""

from __future__ import annotations

import enum
import gzip
import hashlib
import json
import random
from collections import defaultdict
from copy import deepcopy
from dataclasses import asdict, replace
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from pregao.domain.audit import merkle
from pregao.domain.audit.archive_objects import MAIN, Listed, read_key
from pregao.domain.audit.chain import CLOSE, DAYS, GENESIS, ChainName, Tail, canonical, line, link
from pregao.domain.audit.hourly_digest import PREFIX, Before, HourDigest, Signed, read_signed, sha256_of
from tests.archive_fakes import FakeSigner

Name = tuple[str, str]  # table, chain
Chains = dict[Name, list[dict[str, Any]]]
OTHERS = FakeSigner(ec.generate_private_key(ec.SECP256R1()))
PLACE = ("chain", "day", "seq", "prev_hash", "hash")


class Depth(enum.IntEnum):
    """How far a forgery goes."""

    LINE = 0
    HASH = 1
    CHAIN = 2
    DAYS = 3


class Pen(enum.Enum):
    """What becomes of the digests."""

    NONE = "left as they are"
    STALE = "rewritten under their old signatures"
    OTHER = "signed by another key"
    CLAIMED = "signed by another key that says it is the right one"
    TRUE = "signed by the right key: its owner was deceived"


class Forger:
    """An archive's objects as somebody's own; `files` is what became of them."""

    def __init__(self, objects: dict[str, bytes], dice: random.Random) -> None:
        self.files, self.dice = dict(objects), dice
        self.keys: dict[Name, list[str]] = defaultdict(list)
        self.chains: Chains = defaultdict(list)
        for key in sorted(objects):
            parts = read_key(key)
            if parts:
                self.keys[parts.table, parts.chain].append(key)
                self.chains[parts.table, parts.chain] += records_of(objects[key])
        self.moved: dict[str, str | None] = {}

    def ended(self, days: int) -> list[Name]:
        """The chains of the first days, which are signed, ended and followed by another day."""
        first = sorted({ChainName.parse(chain).day for _, chain in self.chains})[:days]
        return sorted(name for name in self.chains if ChainName.parse(name[1]).day in first)

    def listed(self) -> set[str]:
        """The objects that digests list."""
        digests = [read_signed(body).read() for key, body in self.files.items() if key.startswith(PREFIX)]
        return {one.key for digest in digests for one in digest.objects}

    def rewrite(self, chains: Chains, depth: Depth, *, rename: bool) -> None:
        """Make the objects of these chains say this."""
        for name, records in sorted(chains.items()):
            written = _mended(name, records, depth)
            self._put(name, written, rename=rename)
            if depth is Depth.DAYS and not name[1].startswith(DAYS):
                self._day(name, written, rename=rename)
            elif depth is Depth.DAYS and written:
                self._later_days(name, written[0]["hash"], rename=rename)

    def _day(self, name: Name, written: list[dict[str, Any]], *, rename: bool) -> None:
        table, chain = name
        own = (table, str(ChainName(DAYS, ChainName.parse(chain).day)))
        record = deepcopy(self.chains[own][0])
        record["chains"].pop(chain, None)
        if written and written[-1]["kind"] == CLOSE:
            close = written[-1]
            record["chains"][chain] = {name: close[name] for name in ("count", "root", "hash")}
        (linked,) = _mended(own, [record], Depth.CHAIN)
        self._put(own, [linked], rename=rename)
        self._later_days(own, linked["hash"], rename=rename)

    def _later_days(self, name: Name, before: str, *, rename: bool) -> None:
        later = sorted(one for one in self.chains if one[0] == name[0] and one[1].startswith(DAYS))
        for one in later[later.index(name) + 1 :]:
            record = {**self.chains[one][0], "prev_hash": before}
            (linked,) = _mended(one, [record], Depth.CHAIN)
            self._put(one, [linked], rename=rename)
            before = linked["hash"]

    def _put(self, name: Name, records: list[dict[str, Any]], *, rename: bool) -> None:
        """Cut a chain as it was cut; what is more goes to the end, what is less leaves objects out."""
        self.chains[name] = records
        keys, start = self.keys[name], 0
        for key in keys:
            parts = read_key(key)
            last = key == keys[-1]
            some = records[start:] if last else records[start : start + parts.last - parts.first + 1]
            self.files.pop(key, None)
            self.moved[key] = None
            if some:
                body = packed(some)
                self.moved[key] = named(key, start + 1, len(some), body) if rename else key
                self.files[self.moved[key]] = body
            start += len(some)
        self.keys[name] = [self.moved[key] for key in keys if self.moved[key]]

    def insert(self, like: str, record: dict[str, Any], **parts: Any) -> None:
        """Put an object of one record beside another: `parts` of its name differ, all hashes are in order."""
        said = {**asdict(read_key(like)), **parts}
        name = ChainName.parse(said["chain"])
        year, month, date = name.day.split("-")
        folder = f"table={said['table']}/year={year}/month={month}/day={date}/instrument={said['instrument']}"
        place = {"chain": said["chain"], "day": name.day, "seq": said["first"]}
        (forged,) = _mended(("", ""), [{**record, **place}], Depth.HASH)
        body = packed([forged])
        head = f"{folder}/{name.contract}.{name.lane or MAIN}.0-0.sha256.jsonl.gz"
        self.files[named(head, said["first"], 1, body)] = body

    def remove(self, keys: list[str]) -> None:
        """Delete objects."""
        for key in keys:
            del self.files[key]
            self.moved[key] = None

    def resign(self, pen: Pen) -> None:
        """Make the digests list what is there now, each behind the one before."""
        if pen is Pen.NONE:
            return
        signer = FakeSigner() if pen is Pen.TRUE else OTHERS
        before: Before | None = None
        mine, same = pen in (Pen.TRUE, Pen.STALE), True
        for key in sorted(one for one in self.files if one.startswith(PREFIX)):
            signed, digest = _read(self.files[key])
            same = same and mine and not any(one.key in self.moved for one in digest.objects)
            if same:  # nothing before it was touched either: it holds as it is
                before = signed.sealed().before
                continue
            listed = [self._listed(one) for one in digest.objects]
            digest = replace(digest, objects=[one for one in listed if one], before=before)
            if pen is Pen.OTHER:
                digest = replace(digest, public_key=signer.public_key())
            signature = signed.signature if pen is Pen.STALE else signer.sign(digest.to_sign()).hex()
            self.files[key] = Signed(digest.payload(), signature).to_bytes()
            before = Before(digest.key, sha256_of(digest.payload()), signature)

    def _listed(self, one: Listed) -> Listed | None:
        if one.key not in self.moved:
            return one
        key = self.moved[one.key]
        while key in self.moved and self.moved[key] != key:  # rewritten twice
            key = self.moved[key]
        if key is None:
            return None
        parts, plain = read_key(key), gzip.decompress(self.files[key])
        return Listed(
            key,
            parts.table,
            parts.chain,
            parts.first,
            parts.last,
            hashlib.sha256(plain).hexdigest(),
            merkle.root(plain.splitlines()).hex(),
        )


@cache
def _read(content: bytes) -> tuple[Signed, HourDigest]:
    signed = read_signed(content)
    return signed, signed.read()


def records_of(body: bytes) -> list[dict[str, Any]]:
    """The records of an object."""
    return [json.loads(one) for one in gzip.decompress(body).splitlines()]


def packed(records: list[dict[str, Any]]) -> bytes:
    """An object that holds these records, whatever they are."""
    return gzip.compress(b"".join(canonical(one) + b"\n" for one in records), mtime=0)


def named(key: str, first: int, count: int, body: bytes) -> str:
    """The name of an object that holds so many records from a number on, beside another."""
    head = key.rsplit(".", 4)[0]
    sha256 = hashlib.sha256(gzip.decompress(body)).hexdigest()
    return f"{head}.{first:09d}-{first + count - 1:09d}.{sha256}.jsonl.gz"


def _mended(name: Name, records: list[dict[str, Any]], depth: Depth) -> list[dict[str, Any]]:
    if depth is Depth.LINE:
        return records
    if depth is Depth.HASH:
        return [{**one, "hash": _hash(one)} for one in records]
    before = records[0].get("prev_hash", GENESIS) if records and name[1].startswith(DAYS) else GENESIS
    tail = Tail(name[1], 0, before)
    plain = [{key: value for key, value in one.items() if key not in PLACE} for one in records]
    closed = bool(plain) and plain[-1].get("kind") == CLOSE
    linked, tail = link(plain[:-1] if closed else plain, tail)
    if closed:
        root = merkle.root(line(one) for one in linked).hex()
        ends, _ = link([{**plain[-1], "count": len(linked), "root": root}], tail)
        linked += ends
    return linked


def _hash(record: dict[str, Any]) -> str:
    return hashlib.sha256(
        canonical({key: value for key, value in record.items() if key != "hash"})
    ).hexdigest()
