"""Exports read back: every record and value is there, nothing in a cell is a formula."""

from __future__ import annotations

import csv
import json
import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.audit import workbook
from local.audit.archive_export import Format, columns, export, sealed, sha256_of
from local.audit.workbook import Cover, known_columns
from pregao.aws.archive.files import files_in
from pregao.aws.archive.sql import ArchiveSql
from pregao.domain.audit.archive_days import ArchiveError, Days
from pregao.domain.audit.archive_schema import TABLES
from pregao.domain.audit.csv_escape import CELL, harmless, harmless_sql
from pregao.domain.text.audit_words import name_told
from tests.unit.local.audit.archives import Maker, put


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    maker = Maker(5).hostile_notes()
    return maker, maker.write(tmp_path_factory.mktemp("archive"))


def written(root, kind, out, tables=tuple(TABLES), *, force=False, cover=None):
    with ArchiveSql(files_in(root, Days())) as archive:
        told = {"force": force, "tell": lambda *_: None, "cover": cover or Cover()}
        return export(archive, tables, kind, out, **told)


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


NAMES = {"op-00000001": "Ana Souza"}
COVER = Cover([("Dias", "todos")], lambda audit_id: NAMES.get(audit_id, ""))


def sheets_of(book, table):
    """Return the rows of a table's two kinds of sheets as one dictionary a record, by header."""
    found = {}
    for sheet in book:
        if sheet.title.partition(" ")[0] == table:
            heads, *rows = sheet.values
            for row in rows:
                told = dict(zip(heads, row, strict=True))
                found.setdefault((told["Cadeia"], told["Número"]), {}).update(told)
    return [one for _, one in sorted(found.items())]


def test_every_column_is_explained_in_both_languages():
    every = {name for table in TABLES for name in columns(table)}
    for language in ("pt", "en"):
        known = known_columns(language)
        assert set(known) == every
        assert all(one.head and one.meaning for one in known.values())
        assert len({one.head for one in known.values()}) == len(known)


def test_excel_holds_every_record_and_no_formula(made, tmp_path):
    maker, root = made
    assert written(root, Format.XLSX, tmp_path / "audit.xlsx", cover=COVER) == {
        tmp_path / "audit.xlsx": sum(map(len, maker.records.values()))
    }
    book = openpyxl.load_workbook(tmp_path / "audit.xlsx")
    assert book.sheetnames == [
        "Capa",
        *(name for table in TABLES for name in (table, f"{table} téc")),
        "Colunas",
    ]
    for table in TABLES:
        for sheet in (book[table], book[f"{table} téc"]):
            assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "b", "d"}
        found = sheets_of(book, table)
        for row, record in zip(found, told(maker, table), strict=True):
            for name, value in record.items():
                assert excel_has(row, known_columns("pt")[name], value), name


def excel_has(row, column, value):
    if column.form in ("utc", "epoch"):
        there, utc = row[f"{column.head} (mesa)"], row[f"{column.head} (UTC)"]
        if value is None:
            return there is utc is None
        text = isinstance(value, str)
        moment = datetime.fromisoformat(value) if text else datetime.fromtimestamp(value, UTC)
        on_desk = moment.astimezone(ZoneInfo("America/Sao_Paulo")).replace(tzinfo=None)
        near = timedelta(milliseconds=1)
        return abs(utc - moment.replace(tzinfo=None)) < near and abs(there - on_desk) < near
    cell = row[column.head]
    if column.form == "date":
        return cell == (value and datetime.fromisoformat(value))
    if column.form == "operator":
        beside = "Operador" if column.name == "operator" else "Quem olhou"
        return cell == value and row[beside] == (name_told(NAMES.get(value), value, "pt") if value else None)
    if isinstance(value, dict):
        return set(cell.split("; ")) == {f"{name} = {one}" for name, one in value.items()}
    if isinstance(value, str) and len(value) > CELL:
        return cell == f"({len(value)} characters: too long for a cell; see csv or parquet)"
    if isinstance(value, str):
        return re.sub(r"_x([0-9A-F]{4})_", lambda hit: chr(int(hit[1], 16)), cell) == value
    return cell == value


def test_excel_is_a_file_to_work_with(made, tmp_path):
    """Filters, a frozen header, widths, formats, technical columns apart, a cover and what columns mean."""
    _, root = made
    written(root, Format.XLSX, tmp_path / "audit.xlsx", cover=COVER)
    book = openpyxl.load_workbook(tmp_path / "audit.xlsx")
    for table in TABLES:
        sheet = book[table]
        assert sheet.auto_filter.ref == sheet.dimensions
        assert sheet.freeze_panes == "A2"
        widths = {one.width for one in sheet.column_dimensions.values()}
        assert len(widths) > 2
        assert max(widths) <= 61
        heads = [cell.value for cell in sheet[1]]
        assert not {"Hash", "Hash anterior", "Janela (base64)"} & set(heads)
        formats = {head: cell.number_format for head, cell in zip(heads, sheet[2], strict=True)}
        assert formats["Registrado em (mesa)"] == "dd/mm/yyyy hh:mm:ss.000"
        assert formats["Dia (UTC)"] == "dd/mm/yyyy"
    heads, *rows = book["Colunas"].values
    assert heads == ("Aba", "Coluna", "No registro", "O que é")
    explained = {(row[0], row[1]) for row in rows}
    assert all((table, cell.value) in explained for table in TABLES for cell in book[table][1])
    cover = dict(row[:2] for row in book["Capa"].values if row[0])
    assert cover["Dias"] == "todos"
    assert cover["entrega_audit"].endswith(" registros")


def test_what_is_read_is_in_words_and_codes_are_on_the_technical_sheet(tmp_path):
    linked = {"chain": "W#2028-02-29", "seq": 1, "day": "2028-02-29", "instrument": "WIN", "hash": "h"}
    withheld = {"kind": "delivery", "channel": "websocket", "status": "withheld", "cause": "off_duty"}
    put(tmp_path, "entrega_audit", "2028-02-29", "WIN", [linked | withheld])
    decided = {"kind": "action", "decision": "executed", "note": "decided"}
    put(tmp_path, "acao_operador_audit", "2028-02-29", "WIN", [linked | decided])
    late = {"verdict": "stale", "verdict_reason": "12 s after the candle closed", "pattern": "of the future"}
    put(tmp_path, "alertas_audit", "2028-02-29", "WIN", [linked | late | {"kind": "alert"}])
    written(tmp_path, Format.XLSX, tmp_path / "audit.xlsx", cover=COVER)
    book = openpyxl.load_workbook(tmp_path / "audit.xlsx")
    assert only(book["entrega_audit"], "Tipo", "Canal", "Situação", "Causa") == [
        "entrega",
        "tela",
        "retido",
        "fora do expediente",
    ]
    assert only(book["entrega_audit téc"], "Tipo", "Canal", "Situação", "Causa") == list(withheld.values())
    assert only(book["acao_operador_audit"], "Decisão", "Nota") == ["executado", "decided"]
    assert only(book["acao_operador_audit téc"], "Decisão") == ["executed"]
    assert only(book["alertas_audit"], "Veredito", "Motivo do veredito", "Padrão") == [
        "velho",
        "12 s depois do fechamento da vela",
        "of the future",
    ]
    told = {(row[0], row[1]): row[3] for row in book["Colunas"].values}
    assert "executed: executado" in told["acao_operador_audit téc", "Decisão"]
    assert dict(row[:2] for row in book["Capa"].values if row[0])["entrega_audit"] == "1 registro"


def only(sheet, *heads):
    """The values of a sheet's only row under these headings."""
    names, row = sheet.values
    there = dict(zip(names, row, strict=True))
    return [there[head] for head in heads]


def test_a_number_ends_where_it_was_meant_to(tmp_path):
    linked = {"chain": "W#2028-02-29", "seq": 1, "day": "2028-02-29", "instrument": "WIN", "kind": "delivery"}
    record = {**linked, "hash": "h", "latency_ms": 128.34934199999998}
    put(tmp_path, "entrega_audit", "2028-02-29", "WIN", [record])
    written(tmp_path, Format.XLSX, tmp_path / "audit.xlsx", ["entrega_audit"], cover=COVER)
    (row,) = sheets_of(openpyxl.load_workbook(tmp_path / "audit.xlsx"), "entrega_audit")
    assert row["Da detecção (ms)"] == 128.349342


@pytest.mark.parametrize("kind", Format)
def test_an_edited_export_is_told(made, tmp_path, kind):
    _, root = made
    out = tmp_path / f"one.{kind}"
    written(root, kind, out, ["entrega_audit"])
    noted = sha256_of(out)
    assert sealed(out)
    assert sealed(out, noted)
    content = out.read_bytes()
    out.write_bytes(content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])
    assert not sealed(out)
    (tmp_path / f"one.{kind}.sha256").write_text(f"{sha256_of(out)}  one.{kind}\n")
    assert sealed(out)
    assert not sealed(out, noted)
    (tmp_path / f"one.{kind}.sha256").unlink()
    with pytest.raises(ArchiveError, match="--sha256"):
        sealed(out)


def test_a_full_sheet_goes_on_in_the_next(made, tmp_path, monkeypatch):
    maker, root = made
    monkeypatch.setattr(workbook, "ROWS_OF_A_SHEET", 50)
    written(root, Format.XLSX, tmp_path / "audit.xlsx", ["entrega_audit"])
    book = openpyxl.load_workbook(tmp_path / "audit.xlsx")
    count = len(maker.records["entrega_audit"])
    more = range(2, -(-count // 49) + 1)
    named = {f"entrega_audit{kind} {n}" for n in more for kind in ("", " téc")}
    assert named < set(book.sheetnames)
    assert len(sheets_of(book, "entrega_audit")) == count


@pytest.mark.parametrize("kind", Format)
def test_days_without_a_record_are_files_with_a_header(tmp_path, kind):
    (tmp_path / "table=alertas_audit").mkdir()
    out = tmp_path / ("out.xlsx" if kind is Format.XLSX else "out")
    written(tmp_path, kind, out)
    if kind is Format.XLSX:
        book = openpyxl.load_workbook(out)
        for table in TABLES:
            assert len(list(book[table].values)) == 1
            assert "Registrado em (UTC)" in next(iter(book[table].values))
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
    assert {path.name for path in tmp_path.iterdir()} == {out.name, f"{out.name}.sha256"}


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
