"""Digests tampered with: taken away, rewritten, replayed, kept from listing what they should."""

from __future__ import annotations

import gzip
import random
from dataclasses import replace
from datetime import timedelta

import pytest

from local.audit import verify
from pregao.domain.audit.archive_objects import read_key
from pregao.domain.audit.chain import DAYS
from pregao.domain.audit.hourly_digest import HOUR, PREFIX, Signed, digest_key, read_signed
from tests.archive_fakes import FakeSigner
from tests.audited import RUNS, Folder
from tests.forger import OTHERS, Depth, Forger, Pen


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return Folder(tmp_path_factory.mktemp("archive"), 1)


@pytest.fixture(autouse=True, params=[7, 2_000], ids=["in parts", "at once"])
def _parts(request, monkeypatch):
    monkeypatch.setattr(verify, "DIGESTS_AT_ONCE", request.param)


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
