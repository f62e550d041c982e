"""Named and typed questions to a folder of archived objects, against loops over the same records."""

from __future__ import annotations

import gzip
import shutil
from datetime import date

import numpy as np
import pytest

from pregao.aws.archive import sql as archive_sql
from pregao.aws.archive.files import archive_root, files_in
from pregao.aws.archive.sql import ArchiveSql
from pregao.domain.audit.archive_days import ArchiveError, Days
from pregao.domain.audit.archive_schema import KINDS, TABLES
from pregao.domain.audit.named_queries import named_queries, named_query
from tests.unit.local.audit.archives import DAYS, HOSTILE, OPERATORS, Maker, Truth, put

RANGES = [
    ("2028-02-28", "2028-02-28"),
    ("2028-02-29", "2028-02-29"),
    ("2028-02-28", "2028-03-01"),
    ("2028-12-31", "2029-01-01"),
    ("2028-01-01", "2029-12-31"),
    ("2028-06-01", "2028-06-30"),
    ("2029-01-03", "2029-02-27"),
]
SEEDS = range(2)


@pytest.fixture(scope="module", params=SEEDS)
def made(request, tmp_path_factory):
    maker = Maker(request.param)
    return maker, maker.write(tmp_path_factory.mktemp("archive"))


def days(first, last):
    return Days(date.fromisoformat(first), date.fromisoformat(last))


def answer(root, name, first, last, **given):
    """Ask as the command does: only the objects of the days that the query says it reads."""
    query, asked = named_query(name), days(first, last)
    with ArchiveSql(files_in(root, query.reads(asked))) as archive:
        found = archive.ask(query.sql, query.values(asked, given))
        return found.columns, list(found.rows)


@pytest.mark.parametrize(("first", "last"), RANGES)
@pytest.mark.parametrize("operator", [OPERATORS[0], "op-nobody"])
def test_shown(made, first, last, operator):
    maker, root = made
    _, rows = answer(root, "shown", first, last, operator=operator)
    assert rows == Truth(maker.records).shown(first, last, operator)


@pytest.mark.parametrize("name", ["latency", "silences", "unanswered", "suppressed"])
@pytest.mark.parametrize(("first", "last"), RANGES)
def test_ranges(made, name, first, last):
    maker, root = made
    _, rows = answer(root, name, first, last)
    assert rows == getattr(Truth(maker.records), name)(first, last)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (range(1, 101), (100, 50, 95, 99, 100)),
        (range(1, 21), (20, 10, 19, 20, 20)),
        ([7, 7, 7, 900], (4, 7, 900, 900, 900)),
        ([3.5], (1, 3.5, 3.5, 3.5, 3.5)),
    ],
)
def test_percentiles_are_the_nearest_rank(tmp_path, values, told):
    linked = {
        "chain": f"W#{DAYS[0]}",
        "day": DAYS[0],
        "instrument": "WIN",
        "kind": "delivery",
        "status": "received",
    }
    records = [{**linked, "seq": n, "since_close_ms": value} for n, value in enumerate(values, 1)]
    put(tmp_path, "entrega_audit", DAYS[0], "WIN", records)
    (tmp_path / "table=alertas_audit").mkdir(exist_ok=True)
    assert answer(tmp_path, "latency", DAYS[0], DAYS[0])[1] == [(DAYS[0], "WIN", *told)]


@pytest.mark.parametrize(("first", "last"), RANGES)
def test_unreached(made, first, last):
    maker, root = made
    columns, rows = answer(root, "unreached", first, last)
    named = [dict(zip(columns, row, strict=True)) for row in rows]
    pairs = [(one["operator"], one["alert_id"]) for one in named]
    assert len(pairs) == len(set(pairs))
    assert set(pairs) == Truth(maker.records).unreached(first, last)
    assert {one["why"] for one in named} <= {None, "quiet hours", "no such mailbox"}


def test_every_alert_has_its_story(made):
    maker, root = made
    for one in maker.dice.sample(Truth(maker.records).alerts, 12):
        columns, rows = answer(root, "alert", one["day"], one["day"], alert=one["alert_id"])
        assert columns[:5] == ["happened_at", "kind", "operator", "channel", "outcome"]
        assert [row[:5] for row in rows] == Truth(maker.records).alert(one["alert_id"])


def test_the_makers_records_hold_what_the_questions_are_about(made):
    """Else the tests above compare empty with empty."""
    maker, _ = made
    truth, every = Truth(maker.records), RANGES[4]
    assert truth.shown(*every, OPERATORS[0])
    for name in ("latency", "silences", "unanswered", "suppressed", "unreached"):
        assert getattr(truth, name)(*every), name


def test_some_receipts_come_on_the_day_after():
    receipts = [one for seed in SEEDS for one in Maker(seed).records["entrega_audit"] if "received_at" in one]
    assert any(one["day"] != one["received_at"][:10] for one in receipts)


def test_an_alert_shown_before_midnight_is_not_shown_again_by_its_receipt(tmp_path):
    """Sent at 23:59:59 of one day and confirmed on the next: it was shown on the first."""
    maker = Maker(0, days=[])
    maker.named = {"alert_id": "a", "instrument": "WIN", "contract": "WINZ28"}
    for moment, status, more in (
        ("2028-02-29T23:59:59.500000+00:00", "sent", {}),
        ("2028-03-01T00:00:30.000000+00:00", "received", {"received_at": "2028-03-01T00:00:00.100000+00:00"}),
    ):
        record = {"kind": "delivery", "operator": "op-1", "channel": "websocket", "status": status, **more}
        linked = {"chain": f"WINZ28#{moment[:10]}", "seq": 1, "day": moment[:10], "recorded_at": moment}
        put(tmp_path, "entrega_audit", moment[:10], "WIN", [{**maker.named, **linked, **record}])
    _, rows = answer(tmp_path, "shown", "2028-02-29", "2028-02-29", operator="op-1")
    assert [(row[0], row[2]) for row in rows] == [
        ("2028-02-29T23:59:59.500000+00:00", "2028-03-01T00:00:00.100000+00:00")
    ]
    assert answer(tmp_path, "shown", "2028-03-01", "2028-03-01", operator="op-1")[1] == []


def test_an_alert_tried_before_midnight_is_not_unreached_again_on_the_next_day(tmp_path):
    """Sent at 23:59:59 of one day, its e-mail bounced on the next: it was missed once, on the first."""
    for moment, channel, status in (
        ("2028-02-29T23:59:59.500000+00:00", "websocket", "sent"),
        ("2028-03-01T00:00:30.000000+00:00", "email", "bounced"),
    ):
        record = {
            "kind": "delivery",
            "operator": "op-1",
            "channel": channel,
            "status": status,
            "alert_id": "a",
        }
        linked = {
            "chain": f"W#{moment[:10]}",
            "seq": 1,
            "day": moment[:10],
            "recorded_at": moment,
            "contract": "W",
        }
        put(tmp_path, "entrega_audit", moment[:10], "WIN", [{**linked, **record}])
    assert len(answer(tmp_path, "unreached", "2028-02-29", "2028-02-29")[1]) == 1
    assert answer(tmp_path, "unreached", "2028-03-01", "2028-03-01")[1] == []


def test_an_empty_archive_answers_every_question_with_nothing(tmp_path):
    (tmp_path / "table=alertas_audit").mkdir()
    for name in named_queries():
        columns, rows = answer(tmp_path, name, *RANGES[0], operator="op-1", alert="a")
        assert columns
        assert rows == []


def test_a_table_has_the_same_columns_with_and_without_objects(made, tmp_path):
    _, root = made
    (tmp_path / "table=alertas_audit").mkdir()
    for table in TABLES:
        described = []
        for folder in (root, tmp_path):
            with ArchiveSql(files_in(folder, Days())) as archive:
                described.append([row[:2] for row in archive.run(f"DESCRIBE {table}").rows])
        assert described[0] == described[1]


def test_partition_columns_are_the_folders(made):
    _, root = made
    with ArchiveSql(files_in(root, Days())) as archive:
        for table in TABLES:
            asked = f"SELECT DISTINCT year || '-' || month || '-' || day_of_month, day FROM {table}"  # noqa: S608
            for folder, day in archive.ask(asked).rows:
                assert folder == day


def test_every_record_and_value_comes_through(made):
    maker, root = made
    with ArchiveSql(files_in(root, Days())) as archive:
        for table, kinds in KINDS.items():
            listed = ", ".join(f"'{one}'" for one in kinds)
            sql = f"SELECT * FROM {table} WHERE kind IN ({listed}) ORDER BY chain, seq"  # noqa: S608
            found = archive.ask(sql)
            rows = [dict(zip(found.columns, row, strict=True)) for row in found.rows]
            told = sorted(maker.records[table], key=lambda one: (one["chain"], one["seq"]))
            assert len(rows) == len(told)
            for row, record in zip(rows, told, strict=True):
                if "feed" in record:
                    row["feed"] = {key: value for key, value in row["feed"].items() if value is not None}
                elif table == "alertas_audit":
                    reason = {key: str(value) for key, value in record["alert"]["reason"].items()}
                    record = {**record, "alert": {**record["alert"], "reason": reason}}  # noqa: PLW2901
                    for part in ("alert", "evidence"):
                        row[part] = {key: value for key, value in row[part].items() if value is not None}
                assert {key: row[key] for key in record} == record
    assert {one["note"] for one in maker.records["acao_operador_audit"] if "note" in one} & set(HOSTILE)


@pytest.mark.parametrize(("first", "last"), RANGES)
def test_only_folders_of_the_days_asked_for_are_read(made, first, last):
    _, root = made
    asked = days(first, last)
    for table, paths in files_in(root, asked).items():
        every = sorted(root.glob(f"table={table}/**/*.jsonl.gz"))
        assert sorted(paths) == [path for path in every if first <= "-".join(folder(path)) <= last]


def folder(path):
    return [part.partition("=")[2] for part in path.parts[-5:-2]]


def test_a_day_is_not_found_by_listing_the_others(made, monkeypatch):
    """Damaged objects of other days do not disturb, and no other day's folder is opened."""
    _, root = made
    opened = []
    glob = type(root).glob
    monkeypatch.setattr(type(root), "glob", lambda self, pattern: opened.append(self) or glob(self, pattern))
    files_in(root, days("2028-02-29", "2028-02-29"))
    names = {part for path in opened for part in path.relative_to(root).parts if "=" in part}
    assert {name for name in names if not name.startswith("table")} == {"year=2028", "month=02", "day=29"}


def test_the_root_of_a_copy_is_found(tmp_path):
    """At the folder, one or more levels below it; a part of a copy names the root above."""
    with pytest.raises(ArchiveError, match="holds no table of the archive"):
        archive_root(tmp_path)
    inside = tmp_path / "archive" / "pregao-audit-1"
    put(inside, "alertas_audit", DAYS[0], "WIN", [{"chain": "W#1", "seq": 1}])
    for folder in (tmp_path, tmp_path / "archive", inside):
        assert archive_root(folder) == inside
    with pytest.raises(ArchiveError, match="its root is"):
        archive_root(inside / "table=alertas_audit")
    put(tmp_path / "archive" / "other", "alertas_audit", DAYS[0], "WIN", [{"chain": "W#1", "seq": 1}])
    with pytest.raises(ArchiveError, match="2 copies"):
        archive_root(tmp_path)


def test_unfinished_copies_are_no_objects(tmp_path):
    path = put(tmp_path, "alertas_audit", DAYS[0], "WIN", [{"chain": "W#1", "seq": 1}])
    (path.parent / ".copy-abc").write_bytes(b"")
    (path.parent / f"{path.name}.tmp").write_bytes(b"")
    (path.parent / "notes.jsonl.gz").write_bytes(b"no hash in the name")
    assert files_in(tmp_path, Days())["alertas_audit"] == [path]


def truncated(content):
    return content[:-12]


def not_gzip(_content):
    return b"plain text"


def half_a_line(content):
    return gzip.compress(gzip.decompress(content)[:-20])


@pytest.mark.parametrize("damage", [truncated, not_gzip, half_a_line])
def test_a_damaged_object_is_named(made, tmp_path, damage):
    _, root = made
    shutil.copytree(root, tmp_path / "copy")
    victim = sorted((tmp_path / "copy").glob("table=entrega_audit/**/WIN*.jsonl.gz"))[3]
    victim.write_bytes(damage(victim.read_bytes()))
    with pytest.raises(ArchiveError, match="pregao audit verify") as told:
        answer(tmp_path / "copy", "latency", "2028-01-01", "2029-12-31")
    assert str(victim) in str(told.value)


@pytest.fixture(scope="module")
def little(tmp_path_factory):
    maker = Maker(0, DAYS[:1])
    return maker, maker.write(tmp_path_factory.mktemp("little"))


@pytest.fixture
def room(little, tmp_path):
    maker, root = little
    (tmp_path / "outside.csv").write_text("top\nsecret\n")
    with ArchiveSql(files_in(root, Days())) as archive:
        yield archive, root, tmp_path, maker


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('{out}/outside.csv')",
        "SELECT * FROM read_text('{out}/outside.csv')",
        "SELECT * FROM '{out}/outside.csv'",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM glob('{out}/*')",
        "SELECT * FROM read_text('{root}/digest/year=2028/x.json')",
        "COPY (SELECT 1) TO '{out}/written.csv'",
        "COPY (SELECT 1) TO '{object}'",
        "COPY alertas_audit TO '{out}/written.parquet' (FORMAT parquet)",
        "EXPORT DATABASE '{out}/db'",
        "ATTACH '{out}/written.db' AS other",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET VARIABLE files_alertas_audit = ['/etc/passwd']",
        "RESET lock_configuration",
        "PRAGMA database_list",
        "CALL pragma_version()",
        "CREATE TABLE t (x int)",
        "DROP VIEW alertas_audit",
        "DELETE FROM alertas_audit",
        "CREATE OR REPLACE VIEW alertas_audit AS SELECT 1",
        "SELECT 1; DROP VIEW alertas_audit",
        "SELECT getenv('HOME')",
        "SELECT * FROM query('COPY (SELECT 1) TO ''{out}/written.csv''')",
        "WITH x AS (DELETE FROM alertas_audit RETURNING *) SELECT * FROM x",
        "SELECT * FROM read_csv('https://example.com/x.csv')",
        "no sql at all",
        "",
    ],
)
def test_a_typed_question_only_reads_the_archive(room, sql):
    archive, root, out, maker = room
    victim = min(root.glob("table=alertas_audit/**/*.jsonl.gz"))
    content = victim.read_bytes()
    with pytest.raises(ArchiveError):
        list(archive.ask(sql.format(out=out, root=root, object=victim)).rows)
    assert sorted(path.name for path in out.iterdir()) == ["outside.csv"]
    assert victim.read_bytes() == content
    (count,) = next(archive.ask("SELECT count(*) FROM alertas_audit WHERE kind = 'alert'").rows)
    assert count == len(Truth(maker.records).alerts)


def test_a_name_is_never_a_variable_of_this_process(little, monkeypatch):
    monkeypatch.setattr(archive_sql, "SPY", np.array([1, 2]), raising=False)
    with ArchiveSql(files_in(little[1], Days())) as archive:
        for ask in (archive.run, archive.ask):
            with pytest.raises(ArchiveError, match="SPY does not exist"):
                ask("SELECT * FROM SPY")


@pytest.mark.parametrize(
    "sql", ["SELECT 1", "FROM alertas_audit", "VALUES (1)", "WITH x AS (SELECT 2) TABLE x"]
)
def test_a_question_may_be_asked_in_any_way_of_asking(room, sql):
    archive, *_ = room
    assert list(archive.ask(sql).rows)


def test_hostile_words_are_values_not_sql(made):
    _, root = made
    for given in HOSTILE[:5]:
        assert answer(root, "shown", *RANGES[4], operator=given)[1] == []
        assert answer(root, "alert", *RANGES[4], alert=given)[1] == []
