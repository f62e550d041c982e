"""The ports of the archive: DayBook, ArchiveBook, Vault, Signer, each on the fake and on the real adapter."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

import boto3
import pytest
from moto import mock_aws

from local.audit.keys import of_der
from pregao.aws.signer import Signer
from pregao.aws.tables.audit.archive_book import ArchiveBook
from pregao.aws.vault import Vault
from pregao.domain.audit.archive_objects import read_key, stretch
from pregao.domain.audit.chain import ALERTAS, DAYS, ENTREGA, GENESIS, Tail, close_record, day_record, link
from pregao.domain.audit.closed_days import pack, read_closed
from pregao.domain.audit.hourly_digest import HourDigest, Signed, hour_of
from pregao.flow.ports.audit import Closed, EndedDay, Place
from pregao.flow.ports.refusals import Contended
from tests.archive_fakes import FakeArchiveBook, FakeSigner, FakeVault
from tests.cloud import REGION, STATE, moto_dynamo
from tests.fakes import CANDLE, NOW, admitted, an_alert

DAY = "2026-11-23"
CHAIN = f"WINZ26#{DAY}"
EMPTY = f"{DAYS}#{DAY}"


def listed(first=1, last=2):
    records, _ = link(
        [{"kind": "alert", "instrument": "WIN", "n": n} for n in range(first, last + 1)],
        Tail(CHAIN, first - 1),
    )
    return stretch(ALERTAS, records).listed


class TestDayBook:
    def test_lists_the_chains_of_a_day_and_reads_them(self, world):
        alerts = [admitted(world.admission, an_alert(CANDLE + 300 * n)) for n in range(3)]
        admitted(world.admission, an_alert(contract="WDOZ26", price=5_500.0, tick_size=0.5))
        assert world.days.chains(ALERTAS, DAY) == ["WDOZ26#2026-11-23", CHAIN]
        assert world.days.chains(ALERTAS, "2026-11-24") == world.days.chains(ENTREGA, DAY) == []
        records = world.days.records(ALERTAS, CHAIN)
        assert [one["alert_id"] for one in records] == [one.id for one in alerts]
        assert [one["seq"] for one in world.days.records(ALERTAS, CHAIN, 2, 3)] == [2, 3]
        assert [one["seq"] for one in world.days.records(ALERTAS, CHAIN, 3)] == [3]
        assert world.days.newest(ALERTAS, CHAIN) == 3
        assert world.days.newest(ALERTAS, "WINZ26#2026-11-24") == 0
        assert world.days.records(ALERTAS, "WINZ26#2026-11-24") == []

    def test_a_chain_closes_once(self, world):
        admitted(world.admission, an_alert())
        records = world.days.records(ALERTAS, CHAIN)
        (close,), _ = link([close_record(records, NOW)], Tail(CHAIN, 1, records[0]["hash"]))
        world.days.close_chain(ALERTAS, close)
        with pytest.raises(Contended):
            world.days.close_chain(ALERTAS, close)
        assert world.days.records(ALERTAS, CHAIN)[-1]["kind"] == "close"

    def test_a_day_ends_once_and_is_remembered(self, world):
        assert world.days.ended() == {}
        (record,), _ = link([day_record(ALERTAS, {}, NOW)], Tail(EMPTY, 0, GENESIS))
        world.days.end_day(ALERTAS, record)
        assert world.days.ended() == {ALERTAS: EndedDay(DAY, record["hash"])}
        with pytest.raises(Contended):
            world.days.end_day(ALERTAS, record)
        assert world.days.newest(ALERTAS, EMPTY) == 1
        assert EMPTY not in world.days.chains(ALERTAS, DAY)


@pytest.fixture(params=["fake", "moto"])
def book(request):
    if request.param == "fake":
        yield FakeArchiveBook()
        return
    with moto_dynamo() as dynamo:
        yield ArchiveBook(dynamo, STATE["admission"])


class TestPlaces:
    def test_a_stretch_is_planned_then_archived(self, book):
        assert book.place(ALERTAS, CHAIN) == Place()
        book.plan(ALERTAS, CHAIN, 0, 2)
        assert book.place(ALERTAS, CHAIN) == Place(0, 2)
        book.archived(listed(1, 2), NOW)
        assert book.place(ALERTAS, CHAIN) == Place(2)
        assert list(book.pending(NOW + 1)) == [listed(1, 2)]
        assert list(book.pending(NOW)) == []

    def test_nobody_plans_another_stretch_meanwhile(self, book):
        book.plan(ALERTAS, CHAIN, 0, 2)
        book.plan(ALERTAS, CHAIN, 0, 2)  # the same again: a lost answer
        for after, upto in [(0, 3), (2, 3), (1, 2)]:
            with pytest.raises(Contended):
                book.plan(ALERTAS, CHAIN, after, upto)
        book.archived(listed(1, 2), NOW)
        with pytest.raises(Contended):
            book.plan(ALERTAS, CHAIN, 0, 4)
        book.plan(ALERTAS, CHAIN, 2, 4)

    def test_archived_twice_is_once(self, book):
        book.plan(ALERTAS, CHAIN, 0, 2)
        book.archived(listed(1, 2), NOW)
        book.archived(listed(1, 2), NOW + 5)
        assert list(book.pending(NOW + 1)) == [listed(1, 2)]

    def test_what_was_not_planned_is_not_archived(self, book):
        with pytest.raises(Contended):
            book.archived(listed(1, 2), NOW)
        book.plan(ALERTAS, CHAIN, 0, 2)
        with pytest.raises(Contended):
            book.archived(listed(1, 3), NOW)

    def test_tables_and_chains_are_apart(self, book):
        book.plan(ALERTAS, CHAIN, 0, 2)
        assert book.place(ENTREGA, CHAIN) == book.place(ALERTAS, "WDOZ26#2026-11-23") == Place()

    def test_whole_days(self, book):
        assert book.whole(ALERTAS) is None
        book.made_whole(ALERTAS, DAY)
        assert (book.whole(ALERTAS), book.whole(ENTREGA)) == (DAY, None)


class TestClosedDays:
    """Objects of closed days: in order, each once, and they wait for a digest as others do."""

    def part(self, first, last, of, day=DAY):
        packed = pack(ALERTAS, day, b"{}\n" * (last - first + 1), first - 1, of)
        return packed.listed, Closed(day, last, of)

    def test_a_day_is_noted_part_by_part(self, book):
        assert book.closed(ALERTAS) is None
        for part in (self.part(1, 2, 3), self.part(3, 3, 3), self.part(1, 1, 1, "2026-11-24")):
            book.compacted(*part, NOW)
            assert book.closed(ALERTAS) == part[1]
        assert len(book.pending(NOW + 1)) == 3
        assert book.closed(ENTREGA) is None

    def test_noted_twice_is_once(self, book):
        for _ in range(2):
            book.compacted(*self.part(1, 2, 3), NOW)
        assert [one.last for one in book.pending(NOW + 1)] == [2]

    def test_what_is_not_next_is_refused(self, book):
        with pytest.raises(Contended):
            book.compacted(*self.part(3, 3, 3), NOW)
        book.compacted(*self.part(1, 2, 3), NOW)
        for other in (self.part(1, 1, 1, "2026-11-24"), self.part(2, 3, 3), self.part(3, 3, 4)):
            with pytest.raises(Contended):
                book.compacted(*other, NOW)
        book.compacted(*self.part(3, 3, 3), NOW)
        with pytest.raises(Contended):
            book.compacted(*self.part(1, 1, 1, "2026-11-22"), NOW)

    def test_its_name_tells_what_it_holds(self):
        one, _ = self.part(1, 2, 3)
        parts = read_closed(one.key)
        assert parts.said == (one.table, one.chain, one.first, one.last, one.sha256)
        assert (parts.day, parts.of) == (DAY, 3)
        for key in (one.key + "x", one.key.replace("/day=23/", "/day=32/"), one.key.removeprefix("closed/")):
            assert read_closed(key) is None
        assert read_key(one.key) is None


class TestSeals:
    FIRST = hour_of(NOW)

    def digest(self, last, objects=()):
        start = last.start + timedelta(hours=1)
        return Signed(HourDigest(start, objects, last.before, "f" * 64).payload(), "aa")

    def test_the_first_hour_is_noted_for_good(self, book):
        first = book.sealed(self.FIRST)
        assert (first.start, first.before) == (self.FIRST, None)
        assert book.sealed(self.FIRST + timedelta(hours=9)) == first

    def test_what_is_sealed_waits_no_more(self, book):
        first = book.sealed(self.FIRST)
        book.plan(ALERTAS, CHAIN, 0, 2)
        book.archived(listed(1, 2), NOW)
        book.plan(ALERTAS, CHAIN, 2, 3)
        book.archived(listed(3, 3), NOW)
        signed = self.digest(first, [listed(1, 2)])
        book.seal(signed, first)
        book.seal(signed, first)
        assert book.sealed(self.FIRST) == signed.sealed()
        assert list(book.pending(NOW + 1)) == [listed(3, 3)]

    def test_many_at_once(self, book):
        first = book.sealed(self.FIRST)
        many = [replace(listed(), key=f"k{n}") for n in range(120)]
        book.seal(self.digest(first, many), first)
        assert len(book.sealed(self.FIRST).before.sha256) == 64

    def test_a_digest_follows_the_newest_alone(self, book):
        first = book.sealed(self.FIRST)
        second = self.digest(first)
        book.seal(second, first)
        book.seal(self.digest(second.sealed()), second.sealed())
        with pytest.raises(Contended):
            book.seal(self.digest(first, [listed()]), first)


@pytest.fixture(params=["fake", "moto"])
def vault(request):
    if request.param == "fake":
        yield FakeVault()
        return
    with mock_aws():
        s3 = boto3.client("s3", region_name=REGION)
        s3.create_bucket(Bucket="audit")
        yield Vault(s3, "audit")


def test_many_objects_are_read_in_their_order(vault):
    keys = [f"table=x/{number}" for number in range(20)]
    for key in keys:
        vault.put(key, key.encode())
    assert list(vault.get_all(keys[::-1])) == [key.encode() for key in keys[::-1]]
    with pytest.raises(KeyError):
        list(vault.get_all([*keys, "table=x/none"]))


def test_a_vault_is_written_once(vault):
    key = "table=alertas_audit/x.jsonl.gz"
    assert vault.put(key, b"first")
    assert not vault.put(key, b"second")
    assert vault.get(key) == b"first"
    with pytest.raises(KeyError):
        vault.get("nothing")


@pytest.fixture(params=["fake", "moto"])
def signer(request):
    """With the public key's DER form."""
    if request.param == "fake":
        fake = FakeSigner()
        yield fake, fake.known()
        return
    with mock_aws():
        kms = boto3.client("kms", region_name=REGION)
        key = kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
        yield Signer(kms, key), of_der(kms.get_public_key(KeyId=key)["PublicKey"])


@pytest.mark.parametrize("payload", ["a", "é\n", "x" * 4096])
def test_what_is_signed_is_verified_by_the_public_key(signer, payload):
    signs, known = signer
    signature, fingerprint = signs.sign(payload).hex(), signs.public_key()
    assert known(payload, signature, fingerprint)
    assert not known(payload + " ", signature, fingerprint)
    assert not known(payload, signature, "0" * 64)
    assert not known(payload, "00", fingerprint)


def test_an_objects_name_tells_what_it_holds():
    one = listed(3, 7)
    parts = read_key(one.key)
    assert one.key.startswith(
        "table=alertas_audit/year=2026/month=11/day=23/instrument=WIN/WINZ26.main.000000003-000000007."
    )
    assert (parts.table, parts.chain, parts.instrument) == (ALERTAS, CHAIN, "WIN")
    assert (parts.first, parts.last, parts.sha256) == (3, 7, one.sha256)
    records, _ = link([{"kind": "delivery", "instrument": "WIN"}], Tail(f"{CHAIN}#fallback"))
    assert read_key(stretch(ENTREGA, records).listed.key).chain == f"{CHAIN}#fallback"


@pytest.mark.parametrize(
    "key", ["", "digest/x", "table=a/year=2026/month=11/day=23/instrument=WIN/x.jsonl.gz", "../x"]
)
def test_other_names_are_none(key):
    assert read_key(key) is None


def test_the_same_records_are_the_same_object():
    records, _ = link([{"kind": "alert", "instrument": "WIN", "price": 1.0}], Tail(CHAIN))
    assert stretch(ALERTAS, records) == stretch(ALERTAS, [dict(records[0])])
    assert hashlib.sha256(stretch(ALERTAS, records).body).hexdigest()
