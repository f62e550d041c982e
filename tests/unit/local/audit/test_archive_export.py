"""Exports read back: every record and value is there, nothing in a cell is a formula."""

from __future__ import annotations

import csv
import json
import re
from itertools import starmap

import duckdb
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.audit import archive_export
from local.audit.archive_export import Format, columns, export
from local.audit.archive_files import Days, files_in
from local.audit.archive_schema import TABLES
from local.audit.archive_sql import ArchiveSql
from local.audit.csv_escape import CELL, harmless, harmless_sql
from local.errors import ArchiveError
from tests.unit.local.audit.archives import Maker, put


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    maker = Maker(5).hostile_notes()
    return maker, maker.write(tmp_path_factory.mktemp("archive"))


def written(root, kind, out, tables=tuple(TABLES), *, force=False):
    with ArchiveSql(files_in(root, Days())) as archive:
        return export(archive, tables, kind, out, force=force, tell=lambda *_: None)


def flat(table, record):
    """Return a record as one row: structures opened, the free reason as JSON of texts."""
    row = dict.fromkeys(columns(table))

    def open_up(value, path):
        if isinstance(value, dict) and path != ("alert", "reason"):
            for name, one in value.items():
                open_up(one, (*path, name))
        elif "_".join(path) in row:
            row["_".join(path)] = value

    open_up(record, ())
    if isinstance(row.get("alert_reason"), dict):
        row["alert_reason"] = {key: str(value) for key, value in row["alert_reason"].items()}
    return row


def told(maker, table):
    return sorted((flat(table, one) for one in maker.records[table]), key=place)


def place(row):
    return row["chain"], row["seq"]


def opened(row):
    reason = row.get("alert_reason")
    return {**row, "alert_reason": json.loads(reason)} if isinstance(reason, str) else row


def recorded(text):
    """Take the marks away that `harmless` set: one at the beginning, one behind each separator."""
    return re.sub(r"([;,\t\r\n])'([=+\-@'\"\uff1d\uff0b\uff0d\uff20])", r"\1\2", text.removeprefix("'"))


@pytest.mark.parametrize("table", TABLES)
def test_csv_holds_every_record(made, tmp_path, table):
    maker, root = made
    rows = written(root, Format.CSV, tmp_path / "out")
    assert rows[tmp_path / "out" / f"{table}.csv"] == len(maker.records[table])
    with (tmp_path / "out" / f"{table}.csv").open(newline="", encoding="utf-8") as file:
        found = sorted(({**row, "seq": int(row["seq"])} for row in csv.DictReader(file)), key=place)
    for row, record in zip(found, told(maker, table), strict=True):
        assert list(row) == list(record)
        for name, value in record.items():
            assert same(row[name], value), name


def same(cell, value):
    if value is None:
        return cell == ""
    if isinstance(value, bool):
        return cell == str(value).lower()
    if isinstance(value, dict):
        return json.loads(cell) == value
    return recorded(cell) == value if isinstance(value, str) else float(cell) == value


@pytest.mark.parametrize("table", TABLES)
def test_parquet_holds_every_record_as_it_is(made, tmp_path, table):
    maker, root = made
    written(root, Format.PARQUET, tmp_path / "one.parquet", [table])
    answer = duckdb.sql(f"FROM read_parquet('{tmp_path / 'one.parquet'}')")
    found = sorted((dict(zip(answer.columns, row, strict=True)) for row in answer.fetchall()), key=place)
    assert list(map(opened, found)) == told(maker, table)


def test_excel_has_a_sheet_for_each_table_and_no_formula(made, tmp_path):
    maker, root = made
    assert written(root, Format.XLSX, tmp_path / "audit.xlsx") == {
        tmp_path / "audit.xlsx": sum(map(len, maker.records.values()))
    }
    book = openpyxl.load_workbook(tmp_path / "audit.xlsx")
    assert book.sheetnames == list(TABLES)
    for table in TABLES:
        assert {cell.data_type for row in book[table].iter_rows() for cell in row} <= {"s", "n", "b"}
        names, *rows = book[table].values
        found = sorted((opened(dict(zip(names, row, strict=True))) for row in rows), key=place)
        for row, record in zip(found, told(maker, table), strict=True):
            assert list(row) == list(record)
            assert all(starmap(excel_has, ((row[name], value) for name, value in record.items())))


def excel_has(cell, value):
    if isinstance(value, str) and len(value) > CELL:
        return cell == f"({len(value)} characters: too long for a cell; see csv or parquet)"
    if isinstance(value, str):
        return re.sub(r"_x([0-9A-F]{4})_", lambda hit: chr(int(hit[1], 16)), cell) == value
    return cell == value


def test_a_full_sheet_goes_on_in_the_next(made, tmp_path, monkeypatch):
    maker, root = made
    monkeypatch.setattr(archive_export, "ROWS_OF_A_SHEET", 50)
    written(root, Format.XLSX, tmp_path / "audit.xlsx", ["entrega_audit"])
    book = openpyxl.load_workbook(tmp_path / "audit.xlsx")
    count = len(maker.records["entrega_audit"])
    assert book.sheetnames == [
        "entrega_audit",
        *(f"entrega_audit {n}" for n in range(2, -(-count // 49) + 1)),
    ]
    found = [row for sheet in book for row in list(sheet.values)[1:]]
    assert len(found) == len(set(found)) == count


@pytest.mark.parametrize("kind", Format)
def test_days_without_a_record_are_files_with_a_header(tmp_path, kind):
    (tmp_path / "table=alertas_audit").mkdir()
    out = tmp_path / ("out.xlsx" if kind is Format.XLSX else "out")
    written(tmp_path, kind, out)
    if kind is Format.XLSX:
        sheets = openpyxl.load_workbook(out)
        assert [next(iter(sheet.values)) for sheet in sheets] == [tuple(columns(table)) for table in TABLES]
    else:
        for table in TABLES:
            answer = duckdb.sql(f"FROM '{out / f'{table}.{kind}'}'")
            assert answer.columns == list(columns(table))
            assert answer.fetchall() == []


@pytest.mark.parametrize("kind", Format)
def test_what_is_there_is_replaced_only_when_told_so(made, tmp_path, kind):
    _, root = made
    out = tmp_path / f"one.{kind}"
    out.write_text("mine")
    with pytest.raises(ArchiveError, match="--force"):
        written(root, kind, out, ["alertas_audit"])
    assert out.read_text() == "mine"
    written(root, kind, out, ["alertas_audit"], force=True)
    assert out.stat().st_size > 100
    assert [path.name for path in tmp_path.iterdir()] == [out.name]


@pytest.mark.parametrize("kind", Format)
def test_an_export_that_fails_leaves_what_was_there(made, tmp_path, kind):
    """The second table's object is damaged: nothing of the first is seen, nothing unfinished stays."""
    maker, _ = made
    root = maker.write(tmp_path / "archive")
    min(root.glob("table=entrega_audit/**/*.jsonl.gz")).write_bytes(b"damaged")
    (tmp_path / "to").mkdir()
    with pytest.raises(ArchiveError, match="damaged"):
        written(root, kind, tmp_path / "to" / "out")
    assert list((tmp_path / "to").iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "tables", "out", "said"),
    [
        (Format.CSV, list(TABLES), "file", "is a file"),
        (Format.CSV, ["alertas_audit"], "folder", "is a folder"),
        (Format.XLSX, list(TABLES), "folder", "is a folder"),
        (Format.CSV, list(TABLES), "none/out", "there is no folder"),
    ],
)
def test_a_place_that_cannot_be_is_named(made, tmp_path, kind, tables, out, said):
    _, root = made
    (tmp_path / "file").write_text("mine")
    (tmp_path / "folder").mkdir()
    with pytest.raises(ArchiveError, match=said):
        written(root, kind, tmp_path / out, tables, force=True)
    assert (tmp_path / "file").read_text() == "mine"


TEXTS = st.text(alphabet=st.sampled_from("=+-@'\";,\t\r\n a\uff1d1")) | st.text()


@given(TEXTS)
def test_no_cell_is_a_formula_wherever_the_line_is_split(text):
    cells = re.split(r"[;,\t\r\n]", harmless(text))
    assert not [cell for cell in cells if re.match(r"[=+\-@\uff1d\uff0b\uff0d\uff20]", cell)]
    assert not [cell for cell in cells[1:] if cell.startswith('"')]


@given(TEXTS)
def test_the_marks_can_be_taken_away(text):
    assert recorded(harmless(text)) == text


def test_the_database_sets_the_same_marks():
    @given(TEXTS.filter(lambda text: "\0" not in text))
    def alike(text):
        assert database.execute(f"SELECT {harmless_sql('$1')}", [text]).fetchone() == (harmless(text),)

    with duckdb.connect() as database:
        alike()


def test_bookkeeping_is_not_exported(tmp_path):
    put(
        tmp_path,
        "alertas_audit",
        "2028-02-29",
        "WIN",
        [{"kind": "close", "chain": "W#1", "seq": 1, "count": 0}],
    )
    assert written(tmp_path, Format.CSV, tmp_path / "out")[tmp_path / "out" / "alertas_audit.csv"] == 0
