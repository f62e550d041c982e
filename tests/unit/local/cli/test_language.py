"""`pregao run` speaks the machine's language."""

from __future__ import annotations

import re
import string
from io import StringIO

import pytest
from rich.console import Console

from local.cli.shared.language import PORTUGUESE, Language, Speaker, spoken
from tests.cloud import ROOT


@pytest.mark.parametrize(
    ("env", "language"),
    [
        ({"LANG": "pt_BR.UTF-8"}, Language.PT_BR),
        ({"LANG": "pt_PT"}, Language.PT_BR),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "pt_BR.UTF-8"}, Language.PT_BR),
        ({"LANG": "pt_BR.UTF-8", "LC_MESSAGES": "C"}, Language.EN),
        ({"LC_ALL": "", "LANG": "pt_BR"}, Language.PT_BR),
        ({"LANG": "C.UTF-8"}, Language.EN),
        ({}, Language.EN),
    ],
)
def test_the_first_variable_that_is_set_decides(env, language):
    assert spoken(env) is language


def test_both_languages_take_the_same_values():
    for english, portuguese in PORTUGUESE.items():
        assert fields(english) == fields(portuguese), english


def test_every_step_of_the_stack_has_its_words():
    source = (ROOT / "local" / "stack" / "up.py").read_text(encoding="utf-8")
    steps = re.findall(r'progress\("([^"]+)"\)', source)
    assert len(steps) >= 4
    assert set(steps) <= set(PORTUGUESE)


def test_a_sentence_is_said_in_one_line_however_long():
    out = StringIO()
    say = Speaker(Console(file=out, width=40), Language.PT_BR)
    say(
        "the operators' page, signed in as {operator}: {url}", operator="[ana]", url="http://127.0.0.1:8137/x"
    )
    assert out.getvalue() == "· página dos operadores, já como [ana]: http://127.0.0.1:8137/x\n"


def fields(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
