"""The rehearsal walks the page as it stands, and says all that the emulator makes otherwise."""

from __future__ import annotations

import ast
import inspect
import re

import pytest

from local.stack.deploy import LOCKING_OUT, OF_VERSIONS, for_the_emulator
from local.stack.errors import StackError
from local.stack.ministack.differences import DIFFERENCES, STRIPPED
from tests.cloud import ROOT, template
from tests.rehearsal import __main__ as rehearsal
from tests.rehearsal.page import commands, said

PAGE = (
    "```\nmake deploy ENV=dev \\\n  MAIL_FROM=a@b.example   # first\ncurl <Url> [SET=more]\n```\n`make no`\n"
)


def named_in(file):
    return {
        node.name
        for node in ast.walk(ast.parse((ROOT / file).read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    }


@pytest.mark.parametrize("one", DIFFERENCES, ids=lambda one: one.what)
def test_what_the_emulator_cannot_show_a_test_reads(one):
    file, _, name = one.read_by.partition("::")
    assert name in named_in(file)
    assert len(one.why) > 10


def test_each_condition_that_is_taken_out_is_on_the_list():
    told = " ".join(one.what for one in DIFFERENCES if one.how == STRIPPED)
    assert {key for key in LOCKING_OUT if key in told} == set(LOCKING_OUT)


def test_nothing_else_is_taken_out_of_the_template():
    """Every difference between the template and its form for the emulator, by what was there."""
    gone = set(differing(template(), for_the_emulator(template())))
    assert gone == {
        "Action sqs:SendMessage",
        "Alias",
        "Condition aws:PrincipalArn",
        "Condition aws:SecureTransport",
        "Condition s3:if-none-match",
        "Dashboard",
        "Stream",
        "Versions",
        "ses:SendEmail",
    }
    assert len(gone) <= len(DIFFERENCES)


def kind(before, after):
    """Name a change that is on the list; None for any other."""
    match before, after:
        case {"Type": "DynamoDB"}, {"Type": "Schedule"}:
            return "Stream"
        case {"Action": "ses:SendEmail"}, {"Resource": "*"}:
            return "ses:SendEmail"
        case {"Action": "sqs:SendMessage"}, {"Action": ["sqs:SendMessage", "sqs:SendMessageBatch"]}:
            return "Action sqs:SendMessage"
        case {"Ref": str(name)}, {"Fn::GetAtt": _} if name.endswith(".Alias"):
            return "Alias"
    return None


def differing(before, after):
    """Yield the kind of each difference; what is of no kind known here comes as it is."""
    if known := kind(before, after):
        yield known
    elif isinstance(before, dict):
        yield from ("Versions" if one in OF_VERSIONS else one for one in set(before) - set(after))
        for one in set(before) & set(after):
            yield from differing(before[one], after[one])
    elif isinstance(before, list):
        gone = [one for one in before if isinstance(one, dict) and locks_out(one)]
        yield from (f"Condition {key}" for one in gone for key in locks_out(one))
        for one, other in zip([one for one in before if one not in gone], after, strict=True):
            yield from differing(one, other)
    elif before != after:
        yield str(before)


def locks_out(statement):
    return [key for key in LOCKING_OUT if key in str(statement.get("Condition", ""))]


def test_a_command_is_the_page_s_own():
    assert list(commands(PAGE)) == ["make deploy ENV=dev MAIL_FROM=a@b.example", "curl <Url> [SET=more]"]
    assert said(PAGE, "curl", {"<Url>": "http://here"}) == "curl http://here"


@pytest.mark.parametrize(("beginning", "values"), [("make no", {}), ("curl", {"<HttpUrl>": "x"})])
def test_a_walk_that_the_page_left_behind_says_so(beginning, values):
    with pytest.raises(StackError, match=r"docs/DEPLOY.md"):
        said(PAGE, beginning, values)


def test_what_the_walk_says_stands_on_the_page():
    """So a page that changes is seen here, not after a walk of minutes."""
    asked = re.findall(r'said\(\s*PAGE,\s*"([^"]+)"', inspect.getsource(rehearsal))
    assert len(asked) >= 5
    for beginning in asked:
        assert said(rehearsal.PAGE, beginning, {})
