"""Live tables tampered with past their writers, on moto: each chain that was touched is named."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from datetime import timedelta
from decimal import Decimal

import pytest

from local.audit.verify_stack import verify_tables
from pregao.aws.tables.audit.day_book import DayBook
from pregao.aws.tables.dynamo import from_item, to_item
from pregao.domain.audit.chain import ALERTAS, CLOSE, DAYS, TABLES, ChainName, Tail, link, stamp
from tests.audited import RUNS, honest
from tests.cloud import STATE, moto_dynamo

BUCKET = "audit"
AUDIT = honest(2)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    """The tables as they were, the archive's copy, and a way to tamper for a while."""
    folder = tmp_path_factory.mktemp("copy")
    for key, body in AUDIT.objects.items():
        (folder / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / key).write_bytes(body)
    with moto_dynamo() as dynamo:
        live = Live(dynamo, folder)
        for (table, chain), records in AUDIT.store.chains.items():
            for record in records:
                dynamo.put_item(TableName=table, Item=to_item(record))
            if records and not chain.startswith(DAYS):
                live.enlist(table, chain)
        yield live


class Live:
    """The tables and what a verification finds in them."""

    def __init__(self, dynamo, folder):
        self.dynamo, self.folder = dynamo, folder
        self.days = DayBook(dynamo, STATE["admission"], {table: table for table in TABLES})

    def enlist(self, table, chain):
        key = {"pk": f"CHAINS#{table}#{ChainName.parse(chain).day}", "sk": chain}
        self.dynamo.put_item(TableName=STATE["admission"], Item=to_item(key))

    def findings(self, as_of=AUDIT.as_of):
        return verify_tables(self.days, self.folder, as_of)

    def put(self, table, record):
        self.dynamo.put_item(TableName=table, Item=to_item(record))

    def delete(self, table, record):
        self.dynamo.delete_item(
            TableName=table, Key=to_item({name: record[name] for name in ("chain", "seq")})
        )

    @contextmanager
    def tampered(self, table, *, put=(), delete=()):
        """Write and delete past every condition; afterwards all is as before."""
        there = {(one["chain"], one["seq"]): one for one in [*put, *delete]}
        before = {
            at: self.dynamo.get_item(TableName=table, Key=to_item({"chain": at[0], "seq": at[1]})).get("Item")
            for at in there
        }
        for one in delete:
            self.delete(table, one)
        for one in put:
            self.put(table, one)
        yield
        for at, item in before.items():
            self.delete(table, there[at])
            if item:
                self.put(table, from_item(item))


def some_chains(dice):
    """Chains of ended days, several times in another order."""
    today = AUDIT.as_of.date().isoformat()
    names = sorted(name for name, records in AUDIT.store.chains.items() if records and today not in name[1])
    for _ in range(max(1, RUNS // 20)):
        yield dice.sample(names, 20)


def all_found(tables, chains, tamper):
    """Tamper with each of the chains at the same time; each must be named."""
    with ExitStack() as until:
        for table, chain in chains:
            until.enter_context(tables.tampered(table, **tamper(table, chain)))
        named = {tuple(one.where.split(" ")[:2]) for one in tables.findings()}
    assert set(chains) <= named


class TestTables:
    def test_honest_ones(self, tables):
        assert tables.findings() == []

    def test_a_record_edited(self, tables, dice):
        def tamper(table, chain):
            record = dice.choice(AUDIT.store.chains[table, chain])
            field = dice.choice(sorted(set(record) - {"chain", "seq"}))
            other = dice.choice([-7, Decimal("1E+100"), {"a"}, b"x", [], {"deep": {"a": {1, 2}}}])
            return {"put": [{**record, field: other}]}

        for chains in some_chains(dice):
            all_found(tables, chains, tamper)

    def test_a_record_edited_and_all_behind_it_mended(self, tables, dice):
        def tamper(table, chain):
            records = AUDIT.store.chains[table, chain]
            at = dice.randrange(len(records))
            before = Tail(chain, at, records[at]["prev_hash"])
            return {"put": link([{**records[at], "note": "forged"}, *records[at + 1 :]], before)[0]}

        for chains in some_chains(dice):
            all_found(tables, chains, tamper)

    def test_records_deleted(self, tables, dice):
        def tamper(table, chain):
            records = AUDIT.store.chains[table, chain]
            start = dice.randrange(len(records))
            return {"delete": records[start : dice.choice([start + 1, len(records)])]}

        for chains in some_chains(dice):
            all_found(tables, chains, tamper)

    def test_records_put_in_behind_the_end(self, tables, dice):
        def tamper(table, chain):
            last = AUDIT.store.chains[table, chain][-1]
            tail = Tail.of(last)
            return {"put": link([{**last, "kind": dice.choice(["alert", CLOSE])}], tail)[0]}

        for chains in some_chains(dice):
            all_found(tables, [one for one in chains if not one[1].startswith(DAYS)], tamper)

    def test_chains_that_stand_on_no_list(self, tables, dice):
        put = []
        for number in range(20):
            _, chain = dice.choice(sorted(name for name in AUDIT.store.chains if AUDIT.store.chains[name]))
            last = AUDIT.store.records[ALERTAS][0]
            put += link([last], Tail(f"X{number}#{ChainName.parse(chain).day}"))[0]
        with tables.tampered(ALERTAS, put=put):
            named = {one.where.split(" ")[1] for one in tables.findings()}
        assert {one["chain"] for one in put} <= named

    def test_chains_with_no_name_of_ours(self, tables):
        record = {**AUDIT.store.records[ALERTAS][0], "chain": "nonsense"}
        with tables.tampered(ALERTAS, put=[record]):
            assert [one.what for one in tables.findings()] == ["is no chain of ours"]

    def test_what_never_got_into_the_archive_is_told_when_it_is_late(self, tables):
        """The same records are not yet missed an hour after they were written."""
        now = AUDIT.as_of - timedelta(hours=1)
        record = {**AUDIT.store.records[ALERTAS][0], "recorded_at": stamp(now.timestamp())}
        put, _ = link([record], Tail(f"NEW#{AUDIT.as_of:%Y-%m-%d}"))
        mine = f"{ALERTAS} {put[0]['chain']} 1"
        with tables.tampered(ALERTAS, put=put):
            assert mine not in {one.where for one in tables.findings()}
            late = tables.findings(AUDIT.as_of + timedelta(hours=2))
        assert mine in {one.where for one in late}
        assert all("is not in the archive" in one.what for one in late)
