"""Digests tampered with, and files that no writer of ours wrote: findings, no exception and no silence."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
from dataclasses import replace
from datetime import timedelta

import pytest

from pregao.domain.archive import read_key
from pregao.domain.audit import DAYS, canonical
from pregao.domain.hour_digest import HOUR, PREFIX, Signed, digest_key, read_signed
from tests.archive_fakes import FakeSigner
from tests.audited import RUNS, Folder
from tests.forger import OTHERS, Depth, Forger, Pen, named


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return Folder(tmp_path_factory.mktemp("archive"), 1)


@pytest.fixture
def files(folder):
    return dict(folder.audit.objects)


@pytest.fixture
def dice(request):
    return random.Random(request.node.name)


def digests_of(files):
    return sorted(key for key in files if key.startswith(PREFIX))


class TestTaken:
    def test_one_or_some_in_the_middle(self, folder, files, dice):
        keys = digests_of(files)
        for _ in range(RUNS):
            start = dice.randrange(1, len(keys) - 1)
            gone = keys[start : min(start + dice.randint(1, 5), len(keys) - 1)]
            assert folder.holding({key: files[key] for key in files if key not in gone}).findings, gone

    def test_the_first_ones(self, folder, files, dice):
        keys = digests_of(files)
        for _ in range(RUNS):
            gone = keys[: dice.randint(1, len(keys))]
            assert folder.holding({key: files[key] for key in files if key not in gone}).findings, gone

    def test_the_last_ones(self, folder, files):
        """By the clock as soon as it is two hours; a single one at once by who noted its hash."""
        keys, noted = digests_of(files), folder.holding(files).newest
        assert folder.holding(files, seen=[noted]).findings == []
        for count in [1, 2, 3, *random.Random(0).sample(range(4, len(keys)), RUNS), len(keys)]:
            left = {key: files[key] for key in files if key not in keys[-count:]}
            assert folder.holding(left, seen=[noted]).findings
            assert folder.holding(left).findings or count == 1

    def test_everything_and_begun_anew_with_the_same_key(self, folder, files):
        """What nobody can see who comes for the first time, who was here before does."""
        noted = folder.holding(files).newest
        anew = Forger(files, random.Random(0))
        name = next(one for one in anew.ended(3) if not one[1].startswith(DAYS))
        (first, *rest) = anew.chains[name]
        anew.rewrite({name: [first | {"alert_id": "another"}, *rest]}, Depth.DAYS, rename=True)
        anew.resign(Pen.TRUE)
        assert folder.holding(anew.files).findings == []
        assert folder.holding(anew.files, seen=[noted]).findings


class TestRewritten:
    def test_an_older_one_in_the_place_of_a_newer(self, folder, files, dice):
        keys = digests_of(files)
        for _ in range(RUNS):
            one, other = dice.sample(keys, 2)
            assert folder.holding(files | {one: files[other]}).findings, (one, other)

    def test_an_older_one_as_the_newest(self, folder, files, dice):
        keys = digests_of(files)
        following = digest_key(read_signed(files[keys[-1]]).read().start + HOUR)
        for _ in range(RUNS):
            assert folder.holding(files | {following: files[dice.choice(keys)]}).findings

    @pytest.mark.parametrize("signer", [OTHERS, FakeSigner()], ids=["another key", "an old signature"])
    def test_objects_left_out_or_put_in(self, folder, files, dice, signer):
        full = [key for key in digests_of(files) if read_signed(files[key]).read().objects]
        for _ in range(RUNS):
            key = dice.choice(full)
            signed = read_signed(files[key])
            digest = signed.read()
            less = dice.choice([[], digest.objects[1:], [*digest.objects, digest.objects[0]]])
            forged = replace(digest, objects=less)
            signature = signed.signature
            if signer is OTHERS:
                forged = replace(forged, public_key=dice.choice([signer.public_key(), digest.public_key]))
                signature = signer.sign(forged.to_sign()).hex()
            assert folder.holding(files | {key: Signed(forged.payload(), signature).to_bytes()}).findings

    def test_a_byte(self, folder, files, dice):
        """But for those that say how an object is packed: what comes out is the same."""
        attested = sorted({*Forger(files, dice).listed(), *digests_of(files)})
        for _ in range(3 * RUNS):
            key = dice.choice(attested)
            body = bytearray(files[key])
            at = dice.randrange(len(body))
            body[at] ^= 1 << dice.randrange(8)
            findings = folder.holding(files | {key: bytes(body)}).findings
            assert findings or gzip.decompress(body) == gzip.decompress(files[key]), (key, at)

    def test_cut_short_or_longer(self, folder, files, dice):
        for _ in range(RUNS):
            key = dice.choice(sorted(files))
            body = files[key]
            other = dice.choice([b"", body[: dice.randrange(len(body))], body + b"x", body * 2])
            assert folder.holding(files | {key: other}).findings, key


DEEP = b"[" * 100_000 + b"]" * 100_000
LINES = {
    "not a record": b"7",
    "a list": b"[1, 2]",
    "nothing": b"",
    "no JSON": b"{",
    "not UTF-8": b'{"seq": 1, "note": "\xff\xfe"}',
    "UTF-16": '{"seq": 1}'.encode("utf-16"),
    "deep": DEEP,
    "deep inside": b'{"seq":1,"prev_hash":"","hash":"","kind":' + DEEP + b"}",
    "a huge number": b'{"seq":' + b"9" * 5_000 + b"}",
    "infinite": b'{"hash":"' + b"0" * 64 + b'","kind":"alert","prev_hash":"","seq":1e999}',
    "not a number": b'{"hash" :"","kind":"alert","n":NaN,"prev_hash":"","seq":1}',
    "infinite inside": b'{"hash" :"","kind":"alert","n":1e999,"prev_hash":"","seq":1}',
    "half a character": b'{"hash" :"","kind":"alert","n":"\\ud800","prev_hash":"","seq":1}',
    "numbers as text": b'{"hash":"","kind":"alert","prev_hash":"","seq":"1"}',
    "true for one": b'{"hash":"","kind":"alert","prev_hash":"","seq":true}',
}


@pytest.fixture
def key(files):
    """An object of one record, signed."""
    return next(one for one in sorted(files) if (parts := read_key(one)) and parts.first == parts.last == 1)


class TestStrange:
    @pytest.mark.parametrize("line", LINES.values(), ids=LINES)
    def test_lines(self, folder, files, key, line):
        """In a signed object, and in one of their own name on which no digest says a word."""
        body = gzip.compress(line + b"\n")
        beside = named(key.replace("main", "other"), 1, 1, body)
        assert folder.holding(files | {key: body}).findings
        assert folder.holding(files | {beside: body}).findings

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"\x1f\x8b",
            b"no gzip",
            gzip.compress(b"{}")[:-4],
            gzip.compress(b"\n" * 10**7),
            b"\x1f\x8b" * 99,
        ],
    )
    def test_bodies(self, folder, files, key, body):
        assert folder.holding(files | {key: body}).findings
        assert folder.holding(files | {key.replace("main", "other"): body}).findings

    def test_a_name_twice_in_a_record(self, folder, files, dice):
        """Two readers would read two things; at an open chain's end nothing else speaks against it."""
        forger = Forger(files, dice)
        is_open = (
            one for one, records in forger.chains.items() if records[-1]["kind"] not in {"close", "day"}
        )
        name = next(is_open)
        record, at = dict(forger.chains[name][-1]), forger.keys[name][-1]
        record |= {"seq": record["seq"] + 1, "prev_hash": record.pop("hash")}
        twice = canonical(record).replace(b'"kind":', b'"decision":"executed","decision":"rejected","kind":')
        mark = hashlib.sha256(twice).hexdigest().encode()
        body = gzip.compress(twice.replace(b'"instrument"', b'"hash":"' + mark + b'","instrument"') + b"\n")
        findings = folder.holding(files | {named(at, record["seq"], 1, body): body}).findings
        assert [one.what for one in findings] == ["is not written as any record of ours is"]

    @pytest.mark.parametrize(
        "name",
        [
            "x",
            "README.md",
            "digest/x",
            "digest/year=2026/month=11/day=24/2026-11-24T99Z.json",
            "table=x/year=2026/month=11/day=24/instrument=WIN/WINZ26.main.000000001-000000001.{sha}.jsonl.gz",
            "table=alertas_audit/year=2026/month=11/day=99/instrument=WIN/WINZ26.main.000000001-000000001.{sha}.jsonl.gz",
            "table=alertas_audit/year=9999/month=12/day=31/instrument=_days/_days.main.000000001-000000001.{sha}.jsonl.gz",
            "table=alertas_audit/year=2026/month=11/day=24/instrument=WIN/W#1.main.000000001-000000001.{sha}.jsonl.gz",
            "table=alertas_audit/year=2026/month=11/day=24/instrument=WIN/W.main.000000001-999999999.{sha}.jsonl.gz",
            "table=alertas_audit/year=٢٠٢٦/month=11/day=24/instrument=WIN/W.main.000000001-000000001.{sha}.jsonl.gz",
            "table=alertas_audit/year=2026/month=11/day=24/instrument=_days/_days.x.000000001-000000001.{sha}.jsonl.gz",
        ],
    )
    def test_names(self, folder, files, key, name):
        assert folder.holding(files | {name.format(sha=read_key(key).sha256): files[key]}).findings

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"{}",
            b"[]",
            b"null",
            DEEP,
            b"\xff",
            b'{"payload": "{}", "signature": "00"}',
            b'{"payload": "{}", "signature": "zz"}',
            b'{"payload": {"a": 1}, "signature": ""}',
            json.dumps({"payload": DEEP.decode(), "signature": "00"}).encode(),
        ],
    )
    def test_digests(self, folder, files, dice, content):
        assert folder.holding(files | {dice.choice(digests_of(files)): content}).findings

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("start", "9999-12-31T23:00:00Z"),
            ("start", "2026-11-24T10:00:00"),
            ("start", 7),
            ("objects", None),
            ("objects", [{"key": 1}]),
            ("objects", [7]),
            ("before", [1]),
            ("before", "x"),
            ("public_key", None),
            ("more", 1),
        ],
    )
    def test_payloads(self, folder, files, dice, field, value):
        """Signed by another key, so that nothing but the reading stands between them and the checks."""
        key = dice.choice(digests_of(files))
        payload = json.dumps(json.loads(read_signed(files[key]).payload) | {field: value}, sort_keys=True)
        signed = Signed(payload, OTHERS.sign(payload).hex())
        assert folder.holding(files | {key: signed.to_bytes()}).findings


class TestLate:
    """What a digest should have listed long ago."""

    def test_objects_taken_off_the_list_before_the_hour_was_signed(self, folder, files, dice):
        """All of a contract's day from some hour on, its end and its day's too: nothing else can tell."""
        forger = Forger(files, dice)
        signed = forger.ended(5)
        name = [one for one in signed if not one[1].startswith(DAYS)][-1]
        day = name[1].split("#")[1]
        off = [*forger.keys[name], *forger.keys[name[0], f"{DAYS}#{day}"]]
        for key in off:
            forger.moved[key] = None
        forger.resign(Pen.TRUE)
        findings = folder.holding(forger.files).findings
        assert {one.where for one in findings} >= set(off)
        assert all("no digest lists it" in one.what for one in findings)

    def test_a_tables_days_that_stop_while_the_digests_go_on(self, folder, files, dice):
        forger = Forger(files, dice)
        keys = [key for key in files if (parts := read_key(key)) and parts.table == "acao_operador_audit"]
        forger.remove([key for key in keys if key.split("/day=")[1][:2] >= "26"])
        forger.resign(Pen.TRUE)
        (finding,) = folder.holding(forger.files).findings
        assert finding.where == "acao_operador_audit _days#2026-11-26"

    def test_an_old_copy(self, folder, files):
        later = replace(folder.audit, as_of=folder.audit.as_of + timedelta(hours=3))
        fresh, folder.audit = folder.audit, later
        try:
            (finding,) = folder.holding(files).findings
        finally:
            folder.audit = fresh
        assert "was it copied at another time?" in finding.what
