"""Every code that a record can hold has its words; what is counted agrees."""

from __future__ import annotations

import ast
import inspect

import pytest

from local.audit import verify, verify_closed, verify_day, verify_stack
from local.audit.finding_words import PORTUGUESE, in_both, in_portuguese
from local.audit.workbook import known_columns
from pregao.aws.tables.alerts import admission_book
from pregao.domain.alerts import admission
from pregao.domain.alerts.admission import Verdict
from pregao.domain.alerts.outcome import Outcome
from pregao.domain.alerts.price_level import Crossing, Often
from pregao.domain.alerts.signal import Direction, Pattern, Severity
from pregao.domain.audit import digest_row, hourly_digest, verification
from pregao.domain.audit.archive_schema import KINDS
from pregao.domain.audit.named_queries import named_queries
from pregao.domain.delivery.alert_state import DECISIONS
from pregao.domain.delivery.operators import Channel, Status
from pregao.domain.delivery.ring_decision import Ring, Why
from pregao.domain.feeds.told import Cause, Filled, Kind
from pregao.domain.text.audit_words import (
    CODED,
    CODES,
    DESK,
    FILTERS,
    REASON,
    ROW_STATES,
    fields_told,
    in_words,
    name_told,
    row_told,
    state_of,
)
from pregao.domain.text.words import NOUNS, counted

WRITTEN = {
    "kind": [one for some in KINDS.values() for one in some],
    "pattern": Pattern,
    "direction": Direction,
    "severity": Severity,
    "verdict": Verdict,
    "channel": Channel,
    "status": Status,
    "step": [*Verdict, *Status, *DECISIONS, "TIMEOUT"],
    "decision": [*DECISIONS, "TIMEOUT"],
    "result": Outcome,
    "attention": Ring,
    "ring_why": Why,
    "feed_event": Kind,
    "feed_cause": Cause,
    "feed_filled": Filled,
    "crossing": Crossing,
    "often": Often,
    "question": [*named_queries(), "page", "proof"],
}


@pytest.mark.parametrize("vocabulary", WRITTEN)
def test_every_code_that_is_written_has_its_words(vocabulary):
    assert {str(one) for one in WRITTEN[vocabulary]} <= set(CODES[vocabulary])


def test_every_vocabulary_that_a_column_names_is_one():
    known = {*CODES, REASON, DESK, FILTERS}
    assert set(CODED.values()) <= known
    assert {one.vocabulary for one in known_columns("pt").values()} <= {*known, ""}


def sentences(*modules):
    """The English sentences in these modules' findings and judgements, {} for what differs."""
    for module in modules:
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            match node:
                case ast.Call(func=ast.Name(id="Finding" | "Judgement"), args=[_, what, *_]):
                    yield from spelled(what)
                case ast.Assign(targets=[ast.Name(id="what" | "reason" | "ANOTHER_KEY")], value=what):
                    yield from spelled(what)
                case ast.FunctionDef(name="_difference"):
                    for one in ast.walk(node):
                        if isinstance(one, ast.Return) and one.value is not None:
                            yield from spelled(one.value)
                case ast.Call(func=ast.Name(id="ValueError"), args=[what]) if module in READERS:
                    yield from spelled(what)


READERS = (verification, hourly_digest)


def spelled(node):
    match node:
        case ast.Constant(value=str(text)) if text:
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(one.value if isinstance(one, ast.Constant) else "12" for one in parts)
        case ast.IfExp(body=first, orelse=second):
            yield from (*spelled(first), *spelled(second))


def test_every_finding_is_told_in_portuguese():
    found = set(
        sentences(verification, digest_row, hourly_digest, verify, verify_day, verify_closed, verify_stack)
    )
    assert len(found) > 40
    for one in found:
        assert in_portuguese(one) == PORTUGUESE[one.replace("12", "{}")].replace("{}", "12")


def test_every_reason_of_a_verdict_is_told_in_portuguese():
    found = {*sentences(admission, admission_book), "first sighting, all claims free"}
    found |= {f"alert ab12 took this pattern's token {end}" for end in ("within 60 s", "of this level")}
    found |= {f"seen before, then {verdict}" for verdict in Verdict}
    found -= {"seen before, then 12"}
    assert len(found) > 10
    assert [one for one in found if in_words(REASON, one, "pt-BR") == one] == []
    assert [one for one in found if in_words(REASON, one, "en") != one] == []


def test_a_person_s_own_words_stay():
    columns = ("kind", "outcome", "detail")
    assert row_told(columns, ("action", "executed", "decided"), "pt-BR") == [
        "decisão",
        "executado",
        "decided",
    ]
    assert row_told(columns, ("delivery", "withheld", "decided"), "pt-BR")[1:] == ["retido", "já decidido"]


def test_a_state_is_known_by_its_code_and_by_its_words():
    for question, codes in ROW_STATES.items():
        for code in codes:
            assert {state_of(question, one) for one in (code, *CODES["state"][code])} == {code}
    assert state_of("decisions", "Executado ") == "executed"
    assert state_of("decisions", "confirmed") == state_of("decisions", "") == ""


def test_who_is_no_person_is_told_so():
    assert name_told("", "op-unknown", "pt-BR") == "fora da mesa"
    assert name_told("Ana Souza", "op-7d1f20c4", "pt-BR") == "Ana Souza"


def test_fields_are_told_in_words():
    assert fields_told(FILTERS, {"from": "2026-11-01"}, "pt-BR") == "de = 2026-11-01"
    assert fields_told(DESK, {"mean": "1.5"}, "pt-BR") == "média = 1.5"
    assert fields_told("", {"mean": "1.5"}, "pt-BR") == "mean = 1.5"


@pytest.mark.parametrize("noun", NOUNS)
def test_what_is_counted_agrees_with_its_number(noun):
    (one, several), (one_en, several_en) = NOUNS[noun]
    assert counted(1, noun) == f"1 {one} · {one_en}"
    assert counted(0, noun) == f"0 {several} · {several_en}"
    assert (counted(2, noun, "pt"), counted(2, noun, "en")) == (f"2 {several}", f"2 {several_en}")
    assert one != several


def test_a_finding_that_nobody_translated_stays():
    assert in_both("of the future") == "of the future"
    assert in_both("was written 2 times") == "foi escrito 2 vezes · was written 2 times"
