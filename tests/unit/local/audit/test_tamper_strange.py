"""Files that no writer of ours wrote: findings, no exception and no silence."""

from __future__ import annotations

import gzip
import hashlib
import json

import pytest

from pregao.domain.audit.archive_objects import read_key
from pregao.domain.audit.chain import canonical
from pregao.domain.audit.hourly_digest import PREFIX, Signed, read_signed
from tests.audited import Folder
from tests.forger import OTHERS, Forger, named


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return Folder(tmp_path_factory.mktemp("archive"), 1)


def digests_of(files):
    return sorted(key for key in files if key.startswith(PREFIX))


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
            gzip.compress(b"{}", mtime=0)[:-4],
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
