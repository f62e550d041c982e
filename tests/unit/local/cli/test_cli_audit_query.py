"""`pregao audit query` and `pregao audit export` as a person runs them."""

from __future__ import annotations

import csv
import io
import json

import pytest
import typer
from typer.testing import CliRunner

from local.audit.archive_schema import TABLES
from local.audit.named_queries import named_queries
from local.cli.audit_query import TableName, export, query
from local.cli.shared import answer
from local.cli.shared.errors import EXPECTED, tell
from tests.unit.local.audit.archives import DAYS, OPERATORS, Maker, Truth

DAY = "2028-02-29"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    maker = Maker(2).hostile_notes()
    return maker, maker.write(tmp_path_factory.mktemp("archive"))


@pytest.fixture
def pregao(made):
    """Run words as the command line does, over the folder; returns exit code, stdout and stderr."""
    app = typer.Typer()
    app.command()(query)
    app.command()(export)

    def run(*words, folder=made[1]):
        done = CliRunner().invoke(app, [*words, *(("--folder", str(folder)) if folder else ())])
        if isinstance(done.exception, EXPECTED):
            return tell(done.exception), done.stdout, str(done.exception)
        return done.exit_code, done.stdout, done.stderr

    return run


def test_without_a_name_the_questions_are_listed(pregao):
    code, out, _ = pregao("query")
    assert code == 0
    for one in named_queries().values():
        assert one.name in out
        assert one.pt in out
        assert one.en in out
    assert "shown --operator" in out


def test_a_question_by_name_as_json(made, pregao):
    code, out, _ = pregao("query", "shown", "--operator", OPERATORS[0], "--day", DAY, "--format", "json")
    assert code == 0
    assert [tuple(one.values()) for one in json.loads(out)] == Truth(made[0].records).shown(
        DAY, DAY, OPERATORS[0]
    )


def test_a_day_is_answered_with_what_came_after_it(made, pregao):
    """Receipts behind midnight and decisions of the next day are looked for too."""
    truth, told = Truth(made[0].records), []
    for day in DAYS:
        _, out, _ = pregao("query", "unanswered", "--day", day, "--format", "json")
        told += [tuple(one.values()) for one in json.loads(out)]
    assert told == [row for day in DAYS for row in truth.unanswered(day, day)]


def test_from_and_to_are_days_and_both_are_in(made, pregao):
    _, out, _ = pregao("query", "unanswered", "--from", "2028-02-28", "--to", DAY, "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    truth = Truth(made[0].records).unanswered("2028-02-28", DAY)
    assert [row["alert_id"] for row in rows] == [row[-1] for row in truth]


def test_a_table_holds_the_same_in_lines(made, pregao):
    code, out, _ = pregao("query", "suppressed", "--from", "2028-01-01")
    assert code == 0
    for verdict, pattern, *_ in Truth(made[0].records).suppressed("2028-01-01", "2099-12-31"):
        assert any(verdict in line and pattern in line for line in out.splitlines())


def test_typed_sql_sees_the_days_asked_for(made, pregao):
    sql = "SELECT count(*) AS n FROM alertas_audit WHERE kind = 'alert'"
    _, out, _ = pregao("query", sql, "--from", DAY, "--to", "2028-03-01", "--format", "json")
    told = sum(one["day"] in (DAY, "2028-03-01") for one in Truth(made[0].records).alerts)
    assert json.loads(out) == [{"n": told}]


def test_nothing_found_is_said(pregao):
    assert pregao("query", "shown", "--operator", "op-nobody")[:2] == (0, "· nada · nothing\n")
    assert json.loads(pregao("query", "shown", "--operator", "op-nobody", "--format", "json")[1]) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["shwon", "--day", DAY], "did you mean shown"),
        (["zzz", "--day", DAY], "did you mean alert or latency"),
        (["shown", "--day", DAY], "asks for --operator"),
        (["alert", "--day", DAY], "asks for --alert"),
        (["latency", "--day", DAY, "--to", DAY], "--day is one day"),
        (["latency", "--from", DAY, "--to", "2028-02-28"], "no days from"),
        (["latency", "--from", "1999-12-31"], "no days from"),
        (["SELECT nothing FROM alertas_audit"], "the archive cannot answer"),
        (["DROP VIEW alertas_audit"], "one SELECT statement"),
        (["SELECT * FROM read_text('/etc/passwd')"], "the archive cannot answer"),
        (["latency", "--stack", "pregao"], "not both"),
    ],
)
def test_a_mistake_is_one_message_with_its_remedy(pregao, words, said):
    code, out, err = pregao("query", *words)
    assert (code, out) == (2, "")
    assert said in err


@pytest.mark.parametrize("day", ["2027-02-29", "29/02/2028", "today"])
def test_a_day_that_is_none_is_a_usage_error(pregao, day):
    code, _, err = pregao("query", "latency", "--day", day)
    assert code == 2
    assert day in err


def test_a_folder_that_is_no_archive_is_named(pregao, tmp_path):
    code, _, err = pregao("query", "latency", folder=tmp_path)
    assert code == 2
    assert "holds no table of the archive" in err


def test_the_sql_for_athena_has_its_values_in_it(pregao):
    code, out, _ = pregao("query", "shown", "--operator", "o'b?", "--day", "2028-03-01", "--sql", folder=None)
    assert code == 0
    assert "?" not in out.replace("'o''b?'", "")
    assert "BETWEEN '2028-02-29' AND '2028-03-02'" in out
    assert "operator = 'o''b?'" in out


def test_a_note_in_a_csv_is_no_formula_and_in_a_terminal_no_command(made, pregao):
    sql = "SELECT note FROM acao_operador_audit WHERE note IS NOT NULL AND length(note) < 100"
    _, out, _ = pregao("query", sql, "--format", "csv")
    notes = {row["note"] for row in csv.DictReader(io.StringIO(out))}
    assert any("cmd|" in note for note in notes)
    assert not any(note.startswith(("=", "+", "-", "@")) for note in notes)
    assert "\x1b" not in pregao("query", sql)[1]


def test_a_narrow_terminal_gets_row_under_row(monkeypatch, pregao):
    monkeypatch.setattr(answer.Console, "is_terminal", True)
    _, out, _ = pregao("query", "shown", "--operator", OPERATORS[0])
    assert "── 1" in out
    assert max(map(len, out.splitlines())) <= 90


def test_a_long_table_ends_and_says_so(monkeypatch, pregao):
    monkeypatch.setattr(answer, "ROWS", 3)
    _, out, _ = pregao("query", "SELECT seq FROM entrega_audit")
    assert "the first 3 rows" in out


def test_export_writes_a_file_a_table_and_says_how_much(made, pregao, tmp_path):
    code, out, _ = pregao("export", "--out", str(tmp_path / "out"), "--from", DAY, "--to", DAY)
    assert code == 0
    for table in TABLES:
        count = sum(one["day"] == DAY for one in made[0].records[table])
        assert f"{table}.csv: {count} registros · records" in out
        assert (tmp_path / "out" / f"{table}.csv").is_file()
    code, _, err = pregao("export", "--out", str(tmp_path / "out"))
    assert (code, "--force" in err) == (2, True)


def test_export_of_one_table_is_one_file(pregao, tmp_path):
    words = ["--out", str(tmp_path / "one.xlsx"), "--format", "xlsx", "--table", "acao_operador_audit"]
    assert pregao("export", *words)[0] == 0
    assert [path.name for path in tmp_path.iterdir()] == ["one.xlsx"]


def test_the_tables_of_the_command_are_the_archives():
    assert [str(one) for one in TableName] == list(TABLES)
