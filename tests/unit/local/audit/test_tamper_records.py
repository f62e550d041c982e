"""Records and objects tampered with, at random places, in every way: each time it shows, and only then."""

from __future__ import annotations

import random
from copy import deepcopy
from itertools import product

import pytest

from local.audit import verify
from pregao.domain.audit.archive_objects import read_key
from pregao.domain.audit.chain import DAYS, TABLES, ChainName
from pregao.domain.audit.hourly_digest import PREFIX
from tests.audited import DAYS as WEEK
from tests.audited import RUNS, Folder, honest
from tests.forger import Depth, Forger, Pen

AUDITS = 4
WAYS = [
    (depth, pen)
    for depth, pen in product(Depth, Pen)
    if not (pen is Pen.TRUE and depth is Depth.DAYS)  # that is the archive of another history
]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("archives")
    return [Folder(root, seed) for seed in range(AUDITS)]


def tampered(folders, tamper, ways=WAYS):
    """Let `tamper` loose on an audit many times, in every way; each must be found."""
    dice, done = random.Random(tamper.__qualname__), 0
    while done < RUNS:
        folder = dice.choice(folders)
        forger = Forger(folder.audit.objects, dice)
        depth, pen = ways[done % len(ways)]
        said = tamper(forger, dice, depth)
        if forger.files == folder.audit.objects:
            continue  # mended back to what it was
        forger.resign(pen)
        assert folder.holding(forger.files).findings, (said, depth, pen)
        done += 1


def some_chain(forger, dice, least=1):
    """A chain of a day that is ended, signed and followed by another."""
    names = [name for name in forger.ended(WEEK - 1) if len(forger.chains[name]) >= least]
    return dice.choice(names)


class TestHonest:
    def test_a_week_holds(self, folders):
        for folder in folders:
            done = folder.holding(folder.audit.objects)
            assert done.findings == []
            assert done.records > 200
            assert done.unsealed > 0

    @pytest.mark.parametrize("seed", range(AUDITS, AUDITS + RUNS // 2))
    def test_and_so_do_many(self, tmp_path, seed):
        assert Folder(tmp_path, seed).holding(honest(seed).objects).findings == []

    def test_after_each_of_the_archives_runs(self, folders):
        """Also right after it was away, and when one died half way: an alarm that passes is one too many."""
        for folder in folders:
            for files, as_of in folder.audit.before[:: max(1, 60 // RUNS)]:
                assert folder.holding(files, as_of).findings == [], as_of

    def test_also_in_parallel(self, folders, monkeypatch):
        monkeypatch.setattr(verify, "DIGESTS_AT_ONCE", 20)
        folder = folders[0]
        one, two = (folder.holding(folder.audit.objects, workers=workers) for workers in (1, 2))
        assert (one, one.findings) == (two, [])


def changed(value, dice):
    """Something else in its place."""
    if isinstance(value, dict) and value:
        name = dice.choice(sorted(value))
        return {**value, name: changed(value[name], dice)}
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + dice.choice([1, -1, 0.5, 10**20])
    return dice.choice([f"{value}x", "", 7, None, {"a": 1}])


class TestEdited:
    def test_a_field(self, folders):
        def tamper(forger, dice, depth):
            name = some_chain(forger, dice)
            records = deepcopy(forger.chains[name])
            one = dice.choice(records)
            field = dice.choice(sorted(one))
            one[field] = changed(one[field], dice)
            forger.rewrite({name: records}, depth, rename=dice.random() < 0.7)
            return name, field

        tampered(folders, tamper)

    def test_a_field_taken_out_or_put_in(self, folders):
        def tamper(forger, dice, depth):
            name = some_chain(forger, dice)
            records = deepcopy(forger.chains[name])
            one = dice.choice(records)
            field = dice.choice(["more", *set(one) - {"instrument", "contract", "kind"}])
            if one.pop(field, None) is None:
                one[field] = 1
            forger.rewrite({name: records}, depth, rename=dice.random() < 0.7)
            return name, field

        tampered(folders, tamper)

    def test_two_records_change_places(self, folders):
        def tamper(forger, dice, depth):
            name = some_chain(forger, dice, 2)
            records = deepcopy(forger.chains[name])
            a, b = dice.sample(range(len(records)), 2)
            records[a], records[b] = records[b], records[a]
            if dice.random() < 0.5:
                records[a]["seq"], records[b]["seq"] = records[b]["seq"], records[a]["seq"]
            forger.rewrite({name: records}, depth, rename=dice.random() < 0.7)
            return name, a, b

        tampered(folders, tamper)


class TestDeleted:
    def test_records_in_the_middle_or_at_the_end(self, folders):
        def tamper(forger, dice, depth):
            name = some_chain(forger, dice, 2)
            records = deepcopy(forger.chains[name])
            start = dice.randrange(len(records))
            del records[start : start + dice.randint(1, 3)]
            forger.rewrite({name: records}, depth, rename=dice.random() < 0.7)
            return name, start

        tampered(folders, tamper)

    def test_the_end_and_closed_again(self, folders):
        def tamper(forger, dice, depth):
            ended = [one for one in forger.ended(WEEK - 1) if not one[1].startswith(DAYS)]
            name = dice.choice([one for one in ended if len(forger.chains[one]) > 2])
            records = deepcopy(forger.chains[name])
            keep = dice.randrange(1, len(records) - 1)
            forger.rewrite({name: [*records[:keep], records[-1]]}, depth, rename=True)
            return name, keep

        tampered(folders, tamper, [way for way in WAYS if way[0] >= Depth.CHAIN])

    @pytest.mark.parametrize("what", ["object", "last object", "chain", "day", "day of all", "table", "all"])
    def test_objects(self, folders, what):
        def tamper(forger, dice, _depth):
            name = some_chain(forger, dice)
            table, day = name[0], ChainName.parse(name[1]).day
            parts = {key: read_key(key) for key in forger.files if not key.startswith(PREFIX)}
            of_day = [key for key, one in parts.items() if ChainName.parse(one.chain).day == day]
            gone = {
                "object": [dice.choice(forger.keys[name])],
                "last object": forger.keys[name][-1:],
                "chain": forger.keys[name],
                "day": [key for key in of_day if parts[key].table == table],
                "day of all": of_day,
                "table": [key for key, one in parts.items() if one.table == table],
                "all": list(parts),
            }[what]
            forger.remove(list(gone))
            return name

        tampered(folders, tamper)


class TestPutIn:
    def test_a_record(self, folders):
        def tamper(forger, dice, depth):
            name = some_chain(forger, dice)
            records = deepcopy(forger.chains[name])
            more = deepcopy(dice.choice(records)) | {"kind": dice.choice(["alert", "close", "delivery"])}
            records.insert(dice.randrange(len(records) + 1), more)
            forger.rewrite({name: records}, depth, rename=dice.random() < 0.7)
            return name

        tampered(folders, tamper)

    @pytest.mark.parametrize("what", ["behind the close", "chain", "day record", "day", "table"])
    def test_an_object_that_no_digest_lists(self, folders, what):
        """Everything in it is in order; it is not where it should be."""

        def tamper(forger, dice, _depth):
            ended = [
                one for one in forger.ended(WEEK - 1) if one[1].startswith(DAYS) == (what == "day record")
            ]
            name = dice.choice(ended)
            key, last = forger.keys[name][-1], deepcopy(forger.chains[name][-1])
            contract, day = ChainName.parse(name[1]).contract, ChainName.parse(name[1]).day
            behind = {"first": last["seq"] + 1}
            alone = {"first": 1, "chain": f"{contract}#{day}#lane{dice.randrange(99)}"}
            parts = {
                "behind the close": behind,
                "day record": dice.choice([behind, alone]),
                "chain": alone,
                "day": {"first": 1, "chain": f"{contract}#{dice.choice(['2026-11-22', '2026-08-01'])}"},
                "table": alone | {"table": dice.choice(TABLES)},
            }[what]
            before = last["hash"] if parts == behind else "0" * 64
            forger.insert(key, last | {"prev_hash": before, "kind": dice.choice(["alert", "close"])}, **parts)
            return name, parts

        tampered(folders, tamper, [(Depth.LINE, Pen.NONE)])


class TestMoved:
    def test_objects_change_names(self, folders):
        """Between tables, days, instruments and contracts."""

        def tamper(forger, dice, _depth):
            a, b = dice.sample([key for key in forger.files if not key.startswith(PREFIX)], 2)
            forger.files[a], forger.files[b] = forger.files[b], forger.files[a]
            return a, b

        tampered(folders, tamper, [(Depth.LINE, Pen.NONE)])

    def test_an_object_lies_elsewhere_too_or_instead(self, folders):
        def tamper(forger, dice, _depth):
            name = some_chain(forger, dice)
            key = dice.choice(forger.keys[name])
            other = dice.choice(
                [
                    key.replace(name[0], dice.choice(TABLES)),
                    key.replace("month=11/day=2", "month=12/day=2"),
                    key.replace("instrument=", "instrument=X"),
                    key.replace(".main.", ".fallback."),
                    key.replace(".00000000", ".00000001", 1),
                ]
            )
            forger.files[other] = forger.files[key]
            if dice.random() < 0.5 and other != key:
                del forger.files[key]
            return key, other

        tampered(folders, tamper, [(Depth.LINE, Pen.NONE)])
