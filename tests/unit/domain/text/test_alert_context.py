"""What is known of a contract, in an operator's words: e-mail, page, terminal; the SMS stays as it is."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

from local.cli.shared.show import show
from pregao.domain.alerts.signal import Chance
from pregao.domain.market.bulletin import Context
from pregao.domain.text.alert_context import context_rows
from pregao.domain.text.email import Way, act_page, facts, render_mail
from pregao.domain.text.sms import render_sms
from pregao.wire.alert_v1 import dump_alert, load_alert
from tests.fakes import CONTEXT, an_alert, an_operator, still_open

ALERT = an_alert(context=CONTEXT)
OPEN = still_open(ALERT)
PORTUGUESE = ("Ajuste de 19/11", "130.180 (alerta 0,82 % acima); contratos em aberto 1.234.567 (+2,1 %)")
ENGLISH = ("Settlement of 19/11", "130,180 (alert 0.82 % above); open interest 1,234,567 (+2.1 %)")


@pytest.mark.parametrize(("language", "row"), [("pt-BR", PORTUGUESE), ("en", ENGLISH)])
def test_everywhere_an_operator_reads_before_the_reason(language, row):
    operator = an_operator(language=language)
    assert context_rows(ALERT, language) == [row]
    assert facts(ALERT, language)[-2] == row
    mail = render_mail(ALERT, operator, "a@b", "no_receipt", Way("https://mesa.example"), OPEN)
    assert f"{row[0]}: {row[1]}" in mail.text
    for page in (mail.html, act_page(ALERT, operator, OPEN)):
        assert row[0] in page
        assert row[1] in page
    told = Console(file=io.StringIO(), width=200)
    show(told, json.loads(dump_alert(ALERT)), language)
    assert f"      {row[0]}: {row[1]}\n" in told.file.getvalue()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"settlement_distance_pct": -0.004}, "130.180 (alerta 0,00 % abaixo); "),
        ({"settlement_distance_pct": 0.0}, "130.180 (alerta no ajuste); "),
        ({"settlement_distance_pct": None}, "130.180; "),
        ({"settlement": 5175.139}, "5.175,139 (alerta 0,82 % acima); "),
        ({"open_interest_change": -12_000}, "contratos em aberto 1.234.567 (-1,0 %)"),
        ({"open_interest_change": None}, "em aberto 1.234.567"),
        ({"open_interest_change": 1_234_567}, "em aberto 1.234.567"),
        ({"open_interest": None}, "130.180 (alerta 0,82 % acima)"),
    ],
)
def test_what_is_not_known_is_left_out(changes, told):
    ((label, value),) = context_rows(an_alert(context=replace(CONTEXT, **changes)), "pt-BR")
    assert label == "Ajuste de 19/11"
    assert told in value
    assert value.strip("; ") == value


def test_without_a_settlement_it_is_a_bulletin():
    context = Context("2026-11-19", open_interest=5)
    assert context_rows(an_alert(context=context), "pt-BR") == [("Boletim de 19/11", "contratos em aberto 5")]
    assert context_rows(an_alert(context=context), "en") == [("Bulletin of 19/11", "open interest 5")]


@pytest.mark.parametrize("context", [None, Context("2026-11-19"), Context("2026-11-19", volume=3)])
def test_nothing_to_tell_is_no_row(context):
    assert context_rows(an_alert(context=context), "pt-BR") == []
    assert facts(an_alert(context=context), "pt-BR") == facts(an_alert(), "pt-BR")


def test_an_sms_stays_as_it_is():
    operator = an_operator()
    assert render_sms(ALERT, operator, "+55", OPEN) == render_sms(an_alert(), operator, "+55", OPEN)


class TestWire:
    @pytest.mark.parametrize("context", [CONTEXT, Context("2026-11-19"), None])
    def test_comes_back_as_it_was(self, context):
        alert = an_alert(context=context)
        assert load_alert(dump_alert(alert)) == alert

    def test_an_alert_of_before_there_was_a_context_is_read(self):
        plain = json.loads(dump_alert(ALERT))
        del plain["context"]
        assert load_alert(json.dumps(plain)) == an_alert()

    def test_it_is_no_part_of_the_id(self):
        assert ALERT.id == an_alert().id


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [(0.48, 0.5, "49 % (48-50 %; 504 cases"), (0.4981, 0.5019, "50.0 % (49.8-50.2 %; 504 cases")],
)
def test_an_interval_is_told_with_two_ends(low, high, told):
    chance = Chance((low + high) / 2, low, high, 504, 0.41, "2026-11-26")
    assert any(value.startswith(told) for _, value in facts(an_alert(chance=chance), "en"))
