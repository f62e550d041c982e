"""Closed days' objects tampered with: taken away, edited, replaced, put in; and what is no tampering."""

from __future__ import annotations

import gzip
import hashlib
import json
import random

import pytest

from pregao.domain.audit.archive_objects import read_key
from pregao.domain.audit.chain import ALERTAS, canonical
from pregao.domain.audit.closed_days import PREFIX, read_closed
from pregao.domain.audit.hourly_digest import PREFIX as DIGESTS
from pregao.domain.audit.hourly_digest import read_signed
from tests.audited import RUNS, Folder
from tests.forger import Depth, Forger, Pen, packed, records_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return Folder(tmp_path_factory.mktemp("archive"), 1, compacts=True)


def closed_of(files):
    """The closed days' objects that digests list."""
    digests = [read_signed(body).read() for key, body in files.items() if key.startswith(DIGESTS)]
    return sorted(one.key for digest in digests for one in digest.objects if one.key.startswith(PREFIX))


def renamed(key, body):
    """The name that an object of the same place would have with that content."""
    plain = gzip.decompress(body)
    parts, count = read_closed(key), plain.count(b"\n")
    sha256 = hashlib.sha256(plain).hexdigest()
    return key.rsplit("/", 1)[0] + f"/{parts.first:09d}-{count:09d}.{count:09d}.{sha256}.jsonl.gz"


def forged(body, dice):
    """A closed day with one record changed, its hash made anew; left out; or there twice."""
    records = records_of(body)
    at = dice.randrange(len(records))
    how = dice.choice(["changed", "left out", "twice"])
    if how == "left out" and len(records) > 1:
        del records[at]
    elif how == "twice":
        records.insert(at, records[at])
    else:
        plain = {**records[at], "recorded_at": "2026-11-24T00:00:00.000000+00:00"}
        del plain["hash"]
        records[at] = {**plain, "hash": hashlib.sha256(canonical(plain)).hexdigest()}
    return packed(records)


class TestHonest:
    @pytest.mark.parametrize("every", [False, True])
    def test_a_week_holds(self, folder, files, every):
        done = folder.holding(files, every=every)
        assert done.findings == []
        assert len(closed_of(files)) >= 12
        plain = Forger({key: body for key, body in files.items() if not key.startswith(PREFIX)}, None)
        assert done.records == sum(map(len, plain.chains.values()))

    def test_after_each_of_the_archives_runs(self, folder):
        for files, as_of in folder.audit.before[:: max(1, 60 // RUNS)]:
            assert folder.holding(files, as_of).findings == [], as_of

    def test_without_the_small_objects_of_closed_days(self, folder, files):
        """They are attested by the digests and held in the closed days' objects: few are read for all."""
        whole, days = folder.holding(files), {read_closed(key).day for key in closed_of(files)}
        small = {key for key in files if (parts := read_key(key)) and parts.day in days}
        done = folder.holding({key: files[key] for key in files if key not in small})
        assert done.findings == []
        assert (done.records, done.objects) == (whole.records, whole.objects)
        assert len(small) > 3 * len(closed_of(files))

    def test_of_before_they_were_compacted(self, folder, files):
        """As a bucket of the version before, whose digests list no such object."""
        forger = Forger(files, random.Random(0))
        forger.remove([key for key in files if key.startswith(PREFIX)])
        forger.resign(Pen.TRUE)
        assert folder.holding(forger.files).findings == []


class TestTaken:
    def test_one_or_some_are_named_and_nothing_else(self, folder, files, dice):
        for _ in range(RUNS):
            gone = dice.sample(closed_of(files), dice.randint(1, 3))
            done = folder.holding({key: files[key] for key in files if key not in gone})
            assert [(one.where, one.what) for one in done.findings] == [
                (key, "is gone; a digest lists it") for key in sorted(gone)
            ]

    def test_a_small_object_is_missed_where_the_others_of_its_day_are(self, folder, files, dice):
        days = {read_closed(key).day for key in closed_of(files)}
        small = [
            key
            for key in Forger(files, dice).listed()
            if (parts := read_key(key)) and parts.day in days and parts.table == ALERTAS
        ]
        for _ in range(RUNS):
            key = dice.choice(sorted(small))
            beside = key.split("/instrument=")[0]
            if sum(one.startswith(beside) for one in files) == 1:
                continue
            (finding,) = folder.holding({one: files[one] for one in files if one != key}).findings
            assert finding.where == key


class TestChanged:
    def test_a_byte(self, folder, files, dice):
        """But for those that say how it is packed."""
        for _ in range(RUNS):
            key = dice.choice(closed_of(files))
            body = bytearray(files[key])
            body[dice.randrange(len(body))] ^= 1 << dice.randrange(8)
            findings = folder.holding(files | {key: bytes(body)}).findings
            if findings:
                assert [one.where for one in findings] == [key]
            else:
                assert gzip.decompress(body) == gzip.decompress(files[key])

    def test_other_records_under_its_name(self, folder, files, dice):
        for _ in range(RUNS):
            key = dice.choice(closed_of(files))
            (finding,) = folder.holding(files | {key: forged(files[key], dice)}).findings
            assert (finding.where, finding.what) == (key, "its content is not what its name says")

    def test_replaced_under_a_name_of_its_own(self, folder, files, dice):
        """The one that a digest lists is missed, and the other does not hold what digests list."""
        for _ in range(RUNS):
            key = dice.choice(closed_of(files))
            body = forged(files[key], dice)
            other = renamed(key, body)
            left = {one: files[one] for one in files if one != key} | {other: body}
            findings = folder.holding(left).findings
            assert key in {one.where for one in findings}
            assert {one.where.split(" line")[0] for one in findings} > {key}

    def test_put_beside_it(self, folder, files, dice):
        """A second one for the same day: told, and the day is read from its small objects."""
        for _ in range(RUNS):
            key = dice.choice(closed_of(files))
            body = forged(files[key], dice)
            done = folder.holding(files | {renamed(key, body): body})
            assert done.findings
            assert {one.where.split(" line")[0] for one in done.findings} <= {renamed(key, body)}

    def test_put_in_before_the_archive_did(self, folder, dice):
        """On a day that is not compacted yet, with one record changed in it."""
        objects, as_of = next(
            (files, at) for files, at in folder.audit.before if closed_of(files) and at.hour == 0
        )
        day = max(parts.day for key in objects if (parts := read_key(key)))
        forger = Forger(objects, dice)
        names = [name for name in forger.chains if name[0] == ALERTAS and day in name[1]]
        records = [one for name in names for one in forger.chains[name]]
        body = forged(packed(records), dice)
        like = next(key for key in objects if key.startswith(f"{PREFIX}table={ALERTAS}"))
        key = renamed(
            f"{PREFIX}table={ALERTAS}/year=2026/month=11/day={day[8:]}/{like.rsplit('/', 1)[1]}", body
        )
        assert folder.holding(objects | {key: body}, as_of).findings

    @pytest.mark.parametrize("content", [b"", b"\n", b"7\n", b"{\n", b"[" * 100_000 + b"\n"])
    def test_what_no_writer_of_ours_wrote(self, folder, files, content):
        key, body = closed_of(files)[0], gzip.compress(content)
        for name in (key, renamed(key, gzip.compress(content + b"\n"))):
            assert folder.holding(files | {name: body}).findings
        assert folder.holding(files | {key: b"no gzip"}).findings


class TestSmall:
    def test_one_that_was_changed_is_found_where_every_object_is_read(self, folder, files, dice):
        days = {(read_closed(key).table, read_closed(key).day) for key in closed_of(files)}
        small = [key for key in files if (p := read_key(key)) and (p.table, p.day) in days]
        for _ in range(RUNS):
            key = dice.choice(sorted(small))
            plain = gzip.decompress(files[key]).replace(b'"seq":', b'"seq": ')
            changed = files | {key: gzip.compress(plain)}
            assert {one.where.split(" line")[0] for one in folder.holding(changed, every=True).findings} == {
                key
            }

    def test_one_put_into_a_closed_day(self, folder, files, dice):
        closed = {(read_closed(key).table, read_closed(key).day) for key in closed_of(files)}
        forger = Forger(files, dice)
        like = next(key for key in files if (p := read_key(key)) and (p.table, p.day) in closed)
        forger.insert(like, json.loads(gzip.decompress(files[like]).splitlines()[0]), first=900, last=900)
        (added,) = forger.files.keys() - files.keys()
        (finding,) = folder.holding(forger.files).findings
        assert (finding.where, finding.what) == (added, "no digest lists it, though its day is closed")

    def test_a_history_written_anew_with_the_right_key_beside_the_closed_days(self, folder, files, dice):
        """Its small objects and digests hold; the closed day's object shows what stood there."""
        closed = {(read_closed(key).table, read_closed(key).day) for key in closed_of(files)}
        for _ in range(RUNS):
            forger = Forger(files, dice)
            names = [name for name in forger.ended(3) if (name[0], name[1].split("#")[1]) in closed]
            name = dice.choice([one for one in names if len(forger.chains[one]) > 1])
            (first, *rest) = forger.chains[name]
            forger.rewrite({name: [first | {"alert_id": "another"}, *rest]}, Depth.DAYS, rename=True)
            forger.resign(Pen.TRUE)
            assert folder.holding(forger.files).findings
