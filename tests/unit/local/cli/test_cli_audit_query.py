"""`pregao audit query` and `pregao audit export` as a person runs them."""

from __future__ import annotations

import csv
import io
import json
import shutil
from datetime import date

import openpyxl
import pytest
import typer
from typer.testing import CliRunner

from local.audit.archive_export import sha256_of
from local.audit.keys import to_pem
from local.cli.audit_query import TableName, export, query
from local.cli.paths import CONFIG
from local.cli.shared import answer
from local.cli.shared.errors import expected, tell
from pregao.domain.audit.archive_schema import TABLES
from pregao.domain.audit.named_queries import named_queries
from tests.archive_fakes import der, private_key
from tests.unit.local.audit.archives import DAYS, OPERATORS, Maker, Truth

DAY, EVER = "2028-02-29", "2099-12-31"


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
        if isinstance(done.exception, expected()):
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


@pytest.fixture
def desk(tmp_path):
    """A map of names: two people of the archive, one of whom has a name with an accent."""
    for name in ("alertas.yaml", "calendar.yaml"):
        shutil.copy(CONFIG / name, tmp_path)
    people = zip(("ana", "ze"), OPERATORS, ("Ana Souza", "José Araújo"), strict=False)
    entries = "".join(
        f'  - {{id: {id_}, audit_id: {audit_id}, name: "{name}", email: {id_}@mesa.example}}\n'
        for id_, audit_id, name in people
    )
    (tmp_path / "operators.yaml").write_text(f"operators:\n{entries}", encoding="utf-8")
    return str(tmp_path)


@pytest.mark.parametrize("asked", [OPERATORS[1], "ze", "José Araújo", "jose araujo", "JOSÉ", "op-00000002"])
def test_an_operator_is_asked_for_by_name_id_or_pseudonym(made, pregao, desk, asked):
    words = ("query", "shown", "--operator", asked, "--to", EVER, "--config-dir", desk, "--format", "json")
    code, out, err = pregao(*words)
    assert code == 0, err
    found = [tuple(one.values()) for one in json.loads(out)]
    assert found == Truth(made[0].records).shown(DAYS[0], EVER, OPERATORS[1])
    assert found


def test_somebody_whom_the_map_forgot_is_asked_for_by_the_pseudonym(made, pregao, desk):
    words = ("--operator", OPERATORS[2], "--config-dir", desk, "--format", "json")
    code, out, _ = pregao("query", "shown", *words)
    assert code == 0
    assert len(json.loads(out)) == len(Truth(made[0].records).shown("2000-01-01", "2099-12-31", OPERATORS[2]))


def test_an_operator_whom_nobody_knows_is_refused_with_those_who_are_known(pregao, desk):
    code, out, err = pregao("query", "shown", "--operator", "carlos", "--config-dir", desk)
    assert (code, out) == (2, "")
    assert "nobody is called 'carlos'" in err
    assert f"José Araújo (ze, {OPERATORS[1]})" in err
    assert f"{OPERATORS[2]} (só nos registros · in the records alone)" in err
    code, _, err = pregao("query", "shown", "--operator", "op-0", "--config-dir", desk)
    assert (code, "more than one operator" in err) == (2, True)


def test_every_word_takes_an_operator_and_an_instrument(made, pregao, desk, tmp_path):
    """The same narrowing for named questions, SQL and exports."""
    truth, operator = Truth(made[0].records), OPERATORS[0]
    narrowed = ("--operator", "ana", "--instrument", "WDO", "--config-dir", desk)
    mine = [one for one in truth.deliveries if (one["operator"], one["instrument"]) == (operator, "WDO")]
    _, out, err = pregao(
        "query", "SELECT hash FROM entrega_audit WHERE kind = 'delivery'", *narrowed, "--format", "json"
    )
    assert {one["hash"] for one in json.loads(out)} == {one["hash"] for one in mine}, err
    alerts = {one["alert_id"] for one in mine}
    _, out, _ = pregao("query", "unanswered", *narrowed, "--format", "json")
    decided = {one["alert_id"] for one in truth.actions if one["operator"] == operator}
    assert {one["alert_id"] for one in json.loads(out)} == alerts - decided
    out_dir = tmp_path / "out"
    assert pregao("export", "--out", str(out_dir), *narrowed)[0] == 0
    text = {table: (out_dir / f"{table}.csv").read_text(encoding="utf-8") for table in TABLES}
    rows = {table: list(csv.DictReader(io.StringIO(one, newline=""))) for table, one in text.items()}
    assert {one["hash"] for one in rows["entrega_audit"]} == {one["hash"] for one in mine}
    assert {one["alert_id"] for one in rows["alertas_audit"]} == alerts
    code, _, err = pregao("query", "suppressed", *narrowed)
    assert (code, "leave --operator out" in err) == (2, True)


@pytest.mark.parametrize("asked", ["WIN", "win", "WINFUT", "WINZ28"])
def test_an_instrument_goes_by_its_names(made, pregao, asked):
    sql = "SELECT hash FROM alertas_audit WHERE kind = 'alert'"
    _, out, err = pregao("query", sql, "--instrument", asked, "--format", "json")
    mine = {one["hash"] for one in Truth(made[0].records).alerts if one["instrument"] == "WIN"}
    assert {one["hash"] for one in json.loads(out)} == mine, err


def test_an_instrument_that_nobody_knows_is_refused(pregao):
    code, _, err = pregao("query", "latency", "--instrument", "XYZ")
    assert (code, "'XYZ'" in err and "no such instrument" in err, "WDO, WIN" in err) == (2, True, True)


def test_nothing_says_what_was_searched(made, pregao, desk):
    """A day with records, of which none answers; JSON stays JSON and the rest goes to stderr."""
    words = ("query", "alert", "--alert", "f" * 64, "--day", DAY)
    code, out, _ = pregao(*words)
    alerts = sum("2028-02-29" <= one["day"] <= "2028-03-02" for one in made[0].records["alertas_audit"])
    assert code == 0
    assert out.startswith("· nada · nothing; ")
    assert f"alertas_audit ({alerts} registros" in out
    assert "entrega_audit (" in out
    assert "1 dia · day, 2028-02-29/2028-02-29" in out
    code, out, err = pregao(*words, "--format", "json")
    assert (code, json.loads(out)) == (0, [])
    assert "searched" in err


@pytest.mark.parametrize(("today", "told"), [(DAY, True), ("2028-03-02", False)])
def test_of_a_day_that_is_over_nothing_is_on_its_way(pregao, monkeypatch, today, told):
    monkeypatch.setattr("local.cli.audit_query._today", lambda: date.fromisoformat(today))
    _, out, err = pregao("query", "alert", "--alert", "f" * 64, "--day", DAY)
    assert "nothing" in out
    assert ("within minutes" in err) is told


def test_what_was_not_searched_is_no_nothing(pregao):
    """Days that the archive does not have: exit code 1; some of them missing: named beside the answer."""
    code, out, err = pregao("query", "latency", "--day", "2031-01-01")
    assert (code, out) == (1, "")
    assert "nothing was searched" in err
    code, out, err = pregao("query", "latency", "--from", "2028-02-27", "--to", DAY, "--format", "json")
    assert code == 0
    assert json.loads(out)
    assert "nothing of: 1 dia · day: 2028-02-27" in err
    assert "2028-02-27" in err


def test_the_beginning_of_an_alerts_id_is_enough(made, pregao):
    truth = Truth(made[0].records)
    one = truth.alerts[0]["alert_id"]
    _, out, err = pregao("query", "alert", "--alert", one[:12], "--format", "json")
    assert len(json.loads(out)) == len(truth.alert(one)), err
    start = next(s for s in "0123456789abcdef" if sum(a["alert_id"].startswith(s) for a in truth.alerts) > 1)
    code, _, err = pregao("query", "alert", "--alert", start)
    assert (code, "alerts begin with" in err) == (2, True)
    assert pregao("query", "alert", "--alert", "zzzz")[0] == 2


def test_names_stand_beside_pseudonyms_in_a_table_alone(pregao, desk):
    _, out, _ = pregao("query", "SELECT DISTINCT operator FROM entrega_audit", "--config-dir", desk)
    assert f"{OPERATORS[1]} José Araújo" in out
    _, out, _ = pregao(
        "query", "SELECT DISTINCT operator FROM entrega_audit", "--config-dir", desk, "--format", "csv"
    )
    assert "José" not in out


def test_export_takes_a_day(made, pregao, tmp_path):
    code, out, _ = pregao("export", "--out", str(tmp_path / "out"), "--day", DAY)
    count = sum(one["day"] == DAY for one in made[0].records["alertas_audit"])
    assert (code, f"alertas_audit.csv: {count} registros" in out) == (0, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["shwon", "--day", DAY], "no query is called so; shown?"),
        (["zzz", "--day", DAY], "no query is called so; accesses, alert,"),
        (["shown", "--day", DAY], "pede · asks for --operator"),
        (["alert", "--day", DAY], "pede · asks for --alert"),
        (["latency", "--day", DAY, "--to", DAY], "--day is one day"),
        (["latency", "--from", DAY, "--to", "2028-02-28"], "the first day first"),
        (["latency", "--from", "1999-12-31"], "days only from"),
        (
            ["latency", "--day", "31/02/2026"],
            "não é um dia que exista",
        ),
        (["decisions", "--day", DAY, "--state", "confirmd"], "executed (executado), rejected (rejeitado)"),
        (["latency", "--from", "ontem"], "2026-11-25, 25/11/2026"),
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


@pytest.mark.parametrize("day", ["2027-02-29", "31/02/2028", "today"])
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


def test_an_export_of_days_that_are_not_there_writes_nothing(pregao, tmp_path):
    words = ["--out", str(tmp_path / "no.xlsx"), "--format", "xlsx"]
    code, out, err = pregao("export", *words, "--from", "2031-02-03", "--to", "2031-02-04")
    assert (code, out) == (1, "")
    assert "nada foi exportado · nothing was exported" in err
    assert "2031-02-03, 2031-02-04" in err
    assert not list(tmp_path.iterdir())


def test_export_of_one_table_is_one_file(pregao, tmp_path):
    words = ["--out", str(tmp_path / "one.xlsx"), "--format", "xlsx", "--table", "acao_operador_audit"]
    code, out, _ = pregao("export", *words)
    assert code == 0
    assert {path.name for path in tmp_path.iterdir()} == {"one.xlsx", "one.xlsx.sha256"}
    assert sha256_of(tmp_path / "one.xlsx") in out


def test_the_tables_of_the_command_are_the_archives():
    assert [str(one) for one in TableName] == list(TABLES)


def test_the_cover_says_what_when_by_whom_and_whether_it_was_verified(pregao, desk, tmp_path):
    out = tmp_path / "month.xlsx"
    words = ["--out", str(out), "--format", "xlsx", "--day", DAY, "--operator", "José", "--config-dir", desk]
    assert pregao("export", *words)[0] == 0
    cover = dict(row[:2] for row in openpyxl.load_workbook(out)["Capa"].values if row[0])
    assert cover["Dias (UTC)"] == "29/02/2028"
    assert cover["Operador"] == f"José Araújo ({OPERATORS[1]})"
    assert "UTC" in cover["Exportado em"]
    assert cover["Exportado por"]
    assert "não conferido" in cover["Conferência"]
    assert "month.xlsx.sha256" in cover["SHA-256 deste arquivo"]
    key = tmp_path / "key.pem"
    key.write_bytes(to_pem(der(private_key())))
    code, said, err = pregao("export", *words, "--force", "--key", str(key), "--lang", "en")
    cover = dict(row[:2] for row in openpyxl.load_workbook(out)["Cover"].values if row[0])
    assert "DOES NOT HOLD" in cover["Verification"], "its digests are not signed"
    assert cover["Verification"] in said
    assert code == 1, err
