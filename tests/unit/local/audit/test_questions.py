"""The officer's questions on a week of the real stories: page, command and SQL alike, equal to plain loops.

Midnight falls between an alert and its delivery, a day is without an alert, a name has changed, a person was
taken out of the map.
"""

from __future__ import annotations

import json
from copy import copy
from dataclasses import replace
from datetime import date, timedelta

import pytest
from typer.testing import CliRunner

from local.cli.audit import app
from local.cli.audit_questions import QUESTIONS
from pregao.aws.archive.files import files_in
from pregao.aws.archive.sql import ArchiveSql
from pregao.domain.audit.archive_days import Days
from pregao.domain.audit.chain import TABLES
from pregao.domain.audit.closed_days import whole_days
from pregao.domain.audit.named_queries import named_query
from pregao.domain.audit.people import People, Person
from pregao.domain.text.audit_words import COLUMNS
from pregao.flow.compliance import BadQuestion
from tests.audited import honest
from tests.fakes import PLENTY, Store
from tests.officers import compliance, desk_config, officer_token
from tests.simulation import DESK
from tests.unit.local.audit.archives import Truth

AUDIT = honest(2)
KINDS = ("alert", "feed", "outcome", "delivery", "action")
RECORDS = {table: [one for one in AUDIT.store.records[table] if one["kind"] in KINDS] for table in TABLES}
EVERY = sorted({one["day"] for some in RECORDS.values() for one in some})
FIRST, LAST = EVERY[0], EVERY[-1]
WEEK = [(date.fromisoformat(FIRST) + timedelta(n)).isoformat() for n in range(7)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("archive")
    for key, body in AUDIT.objects.items():
        (root / key).parent.mkdir(parents=True, exist_ok=True)
        (root / key).write_bytes(body)
    return root


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """Ask as the compliance page does; the days are not closed, so it asks the tables."""
    return asking(AUDIT, tmp_path_factory.mktemp("kept"))


def asking(audit, kept, names=None):
    served = compliance(audit.objects, audit.store, audit.as_of.timestamp(), kept, desk_config(names))

    def ask(question, first, last, **query):
        said = served(officer_token(), question, {"from": first, "to": last, **query}, PLENTY)
        assert set(said["columns"]) <= set(COLUMNS), "each has its heading"
        return [tuple(row) for row in said["rows"]]

    return ask


EVERYTHING = Truth(RECORDS)
"""What loops say of all records, those too that the archive does not have yet: the page knows them."""


@pytest.fixture(scope="module")
def archived(folder):
    """What loops say of the records that the archive has by now."""
    with ArchiveSql(files_in(folder, Days())) as sql:
        there = {one: {hashed for (hashed,) in sql.run(f"SELECT hash FROM {one}").rows} for one in TABLES}  # noqa: S608
    return Truth({table: [one for one in RECORDS[table] if one["hash"] in there[table]] for table in TABLES})


@pytest.fixture
def known(monkeypatch):
    """Put a map of names beside the records: the names by id, of those who are still in it."""

    def use(names):
        people = People([Person(one.audit_id, one.id, names[one.id]) for one in DESK if one.id in names])
        monkeypatch.setattr("local.audit.people.people_in", lambda _folder: people)

    return use


def ask(folder, *words):
    said = CliRunner().invoke(app, [*words, "--folder", str(folder), "--format", "json"])
    assert said.exit_code == 0, said.output + str(said.exception)
    return [tuple(one.values()) for one in json.loads(said.stdout)]


def by_sql(folder, name, first, last, **given):
    query, asked = named_query(name), Days(date.fromisoformat(first), date.fromisoformat(last))
    with ArchiveSql(files_in(folder, query.reads(asked))) as sql:
        return list(sql.ask(query.sql, query.values(asked, given)).rows)


def test_the_week_has_what_the_questions_are_about(archived):
    """Else empty is compared with empty."""
    assert {"alert", "feed", "outcome"} == {one["kind"] for one in RECORDS["alertas_audit"]}
    for name in ("unanswered", "suppressed", "silences"):
        assert getattr(archived, name)(FIRST, LAST), name
    assert {1, 2} < {one[10] for one in archived.outcomes(FIRST, LAST)}, "an outcome that was corrected"
    days = {one["day"] for one in archived.alerts}
    assert set(WEEK[:5]) - days, "a day without an alert"
    later = {one["alert_id"]: one["day"] for one in archived.alerts}
    assert any(later.get(one["alert_id"], "9") < one["day"] for one in archived.deliveries), "midnight"


@pytest.mark.parametrize("name", ["unanswered", "suppressed", "silences", "outcomes", "decisions", "latency"])
def test_questions_of_days(folder, archived, page, name):
    for first, last in [*((day, day) for day in EVERY), (FIRST, LAST)]:
        told = getattr(_until(archived, last), name)(first, last)
        assert sorted(ask(folder, name, "--from", first, "--to", last)) == sorted(told)
        assert sorted(by_sql(folder, name, first, last)) == sorted(told)
    for first, last in ((EVERY[1], EVERY[1]), (FIRST, LAST)):  # midnight falls into the first
        known = getattr(_until(EVERYTHING, last), name)(first, last)
        assert sorted(page(name, first, last)) == sorted(known)


def _until(archived, last):
    """Leave deliveries out that came later than two days after the last, as the question says it does."""
    end = (date.fromisoformat(last) + timedelta(2)).isoformat()
    then = copy(archived)
    then.deliveries = [one for one in archived.deliveries if one["day"] <= end]
    return then


def test_who_was_not_reached(folder, archived, page):
    for day in EVERY:
        rows = ask(folder, "unreached", "--day", day)
        assert {(row[2], row[-1]) for row in rows} == archived.unreached(day, day)
    rows = page("unreached", FIRST, LAST)
    assert {(row[2], row[-1]) for row in rows} == EVERYTHING.unreached(FIRST, LAST)


@pytest.mark.parametrize("operator", [one.id for one in DESK])
def test_the_page_knows_what_somebody_was_shown_by_any_of_their_names(page, tmp_path, operator):
    (one,) = [each for each in DESK if each.id == operator]
    told = EVERYTHING.shown(FIRST, LAST, one.audit_id)
    for surname in ("Souza", "Lima"):
        asked = asking(AUDIT, tmp_path, {each.id: f"{each.name} {surname}" for each in DESK})
        assert asked("shown", FIRST, LAST, operator=f"{one.name.upper()} {surname}") == told
    erased = asking(AUDIT, tmp_path, {each.id: each.name for each in DESK if each is not one})
    assert erased("shown", FIRST, LAST, operator=one.audit_id) == told
    with pytest.raises(BadQuestion, match=f"nobody is called '{one.name}'"):
        erased("shown", FIRST, LAST, operator=one.name)


def test_the_page_answers_closed_days_from_the_archive_as_the_command_does(tmp_path):
    """Of days that are closed the tables are not asked; the command reads the same objects."""
    audit = honest(2, compacts=True)
    for key, body in audit.objects.items():
        (tmp_path / key).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / key).write_bytes(body)
    closed = sorted({day for _, day in whole_days(audit.objects)})
    bare = replace(audit, store=Store())
    asked = asking(bare, tmp_path / "kept")
    first, last = closed[0], closed[-3]  # a question looks two days further
    for name in ("unanswered", "suppressed", "silences", "decisions", "unreached", "outcomes", "latency"):
        rows = asked(name, first, last)
        assert rows == ask(tmp_path, name, "--from", first, "--to", last), name
        assert rows or name in ("silences", "latency"), name


def test_rows_in_a_state_are_the_same_on_page_and_command(folder, page):
    for name, state in (("suppressed", "duplicate"), ("silences", "silent"), ("unanswered", "timed_out")):
        rows = ask(folder, name, "--state", state, "--day", FIRST)
        assert rows == page(name, FIRST, FIRST, state=state)
        assert rows, name
    assert ask(folder, "suppressed", "--state", "muted") == []


def test_a_state_of_a_question_that_has_none_is_refused(folder):
    said = CliRunner().invoke(app, ["latency", "--state", "open", "--folder", str(folder)])
    assert "have no state" in str(said.exception)


@pytest.mark.parametrize("operator", [one.id for one in DESK])
def test_what_somebody_was_shown_by_any_of_their_names(folder, archived, operator, known):
    """By id, pseudonym, the name of then and the name of now: records hold the pseudonym alone."""
    (one,) = [each for each in DESK if each.id == operator]
    told = archived.shown(FIRST, LAST, one.audit_id)
    assert told
    span = ("--from", FIRST, "--to", LAST)
    for surname in ("Souza", "Lima"):
        known({each.id: f"{each.name} {surname}" for each in DESK})
        for asked in (operator, one.audit_id, f"{one.name} {surname}", f"{one.name.upper()} {surname[:2]}"):
            assert ask(folder, "shown", "--operator", asked, *span) == told
    said = CliRunner().invoke(app, ["shown", "--operator", f"{one.name} Souza", "--folder", str(folder)])
    assert f"{one.name} Lima ({one.id}, {one.audit_id})" in str(said.exception)
    assert by_sql(folder, "shown", FIRST, LAST, operator=one.audit_id) == told


def test_a_person_who_was_erased_is_asked_for_by_pseudonym_and_by_no_name(folder, archived, known):
    gone, stays = DESK
    known({stays.id: stays.name})
    assert ask(folder, "shown", "--operator", gone.audit_id) == archived.shown(FIRST, LAST, gone.audit_id)
    said = CliRunner().invoke(app, ["shown", "--operator", gone.name, "--folder", str(folder)])
    assert f"{gone.audit_id} (só nos registros · in the records alone)" in str(said.exception)


def test_every_alerts_story(folder, archived, page):
    for one in archived.alerts[::7]:
        rows = ask(folder, "alert", one["alert_id"][:16])
        assert [row[:5] for row in rows] == archived.alert(one["alert_id"])
    told = page("alert", FIRST, LAST, alert=one["alert_id"][:16])
    assert [row[:5] for row in told] == EVERYTHING.alert(one["alert_id"])


def test_outcomes_that_are_not_on_record_are_said_to_be_none(folder, archived):
    """The last day's alerts have none yet."""
    asked = ["outcomes", "--day", LAST, "--folder", str(folder), "--format", "json"]
    said = CliRunner().invoke(app, asked)
    rows = json.loads(said.stdout)
    admitted = [
        one["alert_id"] for one in archived.alerts if one["verdict"] == "admitted" and one["day"] == LAST
    ]
    assert sorted(one["alert_id"] for one in rows) == sorted(admitted)
    assert {one["outcomes"] for one in rows} == {0}
    assert "no outcome is on record" in said.stderr


def test_a_holiday_is_a_nothing_that_was_searched(folder, archived):
    """Its day's record says that there was none: exit code 0, and what was searched."""
    quiet = next(day for day in WEEK[:5] if day not in {one["day"] for one in archived.alerts})
    said = CliRunner().invoke(app, ["unanswered", "--day", quiet, "--folder", str(folder)])
    assert said.exit_code == 0
    assert "nothing; procurado em" in said.stdout
    assert "1 dia · day" in said.stdout


def test_each_question_is_a_word_with_its_help():
    for name in (*QUESTIONS, "alert"):
        said = CliRunner().invoke(app, [name, "--help"])
        assert said.exit_code == 0
        assert "--day" in said.stdout
