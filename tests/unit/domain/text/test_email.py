"""What an e-mail says of an alert: with a side its prices and what they are worth, without one the range."""

from __future__ import annotations

import re
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest

from pregao.domain.alerts.alert import Opportunity, Worth
from pregao.domain.alerts.signal import Direction, Outlook, Pattern
from pregao.domain.delivery.alert_state import AlertState, Phase
from pregao.domain.delivery.ring_decision import Ring, RingDecision, Why
from pregao.domain.text.email import Way, act_page, facts, headline, listed_line, render_mail, why
from pregao.domain.text.sms import render_sms
from tests.fakes import CANDLE, NOW, an_alert, an_operator, still_open

WAY = Way("https://x/act/t")
RANGED = an_alert(pattern=Pattern.UNUSUAL_RANGE)
"""Usual 350; 401 to 698 are expected."""


def mail(alert, language="pt-BR", state=None):
    operator = an_operator(language=language)
    return render_mail(alert, operator, "pregao@x", "no_screen", WAY, state or still_open(alert))


class TestWithoutSide:
    def test_it_says_what_to_expect(self):
        made = mail(RANGED)
        about = "↕ WINZ26 @ 131.250 · Amplitude incomum · espere 400-700 pontos nos próximos 60 min"
        assert made.subject == f"[Pregão] {about}"
        said = "Amplitude esperada: espere 400-700 pontos nos próximos 60 min (80 %; o usual é 350)"
        assert said in made.text
        assert "expect 400-700 points in the next 60 min" in mail(RANGED, "en").subject

    def test_it_offers_no_order(self):
        for text in (mail(RANGED).text, mail(RANGED).html):
            for word in ("Stop", "Alvo", "Entrada", "COMPRA", "VENDA", "d=executed"):
                assert word not in text
            for decision in ("rejected", "watching", "false_alarm"):
                assert f"d={decision}" in text

    def test_where_the_range_is_not_known_it_says_why(self):
        unknown = replace(RANGED, outlook=None, unmeasured={"outlook": "no_model"})
        assert "Amplitude esperada: não medida: há pregões de menos" in mail(unknown).text
        assert headline(unknown, "pt-BR") == "WINZ26 @ 131.250 · Amplitude incomum"

    def test_one_that_is_decided_says_so_first(self):
        decided = AlertState(Phase.DECIDED, NOW + 3, "watching", "Bruno")
        assert mail(RANGED, state=decided).subject.startswith("[Pregão] Decidido: ↕ WINZ26")

    def test_of_a_currency_the_range_is_told_in_its_own_numbers(self):
        euro = an_alert(
            pattern=Pattern.UNUSUAL_RANGE,
            contract="EURUSD",
            tick_size=0.00001,
            price=1.08215,
            outlook=Outlook(12, 0.00081, 0.0015, 0.0007, 0.8),
        )
        assert headline(euro, "en").endswith("expect 8.1-15.0 pips in the next 60 min")

    def test_a_way_between_prices_is_told_in_the_markets_unit(self):
        reason = {"level": 1.0817, "margin": 0.00007, "atr": 0.000144}
        euro = an_alert(contract="EURUSD", tick_size=0.00001, price=1.08215, reason=reason)
        assert "0,7 pips" in why(euro, "pt-BR")
        assert "1.4 pips" in why(euro, "en")
        assert "35 pts" in why(an_alert(reason={"margin": 35.0}), "pt-BR")

    def test_its_sms_tells_no_stop(self):
        text = render_sms(RANGED, an_operator(), "+1", still_open(RANGED)).text
        assert text.startswith("Pregao: WINZ26 @ 131.250 - Amplitude incomum - espere 400-700 pontos")
        assert "Stop" not in text


class TestMoney:
    """Per contract, from the alert's price to its stop and target."""

    @pytest.mark.parametrize("side", [Direction.LONG, Direction.SHORT])
    def test_a_stop_costs_and_a_target_earns(self, side):
        alert = an_alert(direction=side, worth=Worth(0.2, "BRL"))  # 180 points either way
        told = dict(facts(alert, "pt-BR"))
        assert told["Stop"].endswith("(-R$ 36,00 por contrato)")
        assert told["Alvo"].endswith("(+R$ 36,00 por contrato)")
        assert dict(facts(alert, "en"))["Target"].endswith("(+R$ 36.00 per contract)")

    def test_other_money_has_its_own_sign(self):
        alert = an_alert(worth=Worth(100_000.0, "USD"), tick_size=0.00001, price=1.08215)
        assert "US$" in dict(facts(alert, "en"))["Stop"]

    def test_an_older_alert_tells_prices_alone(self):
        assert dict(facts(an_alert(), "pt-BR"))["Stop"] == "131.070"

    def test_a_range_beside_a_side_is_told_too(self):
        alert = an_alert(outlook=RANGED.outlook)
        assert dict(facts(alert, "en"))["Expected range"].startswith("expect 400-700 points")


class TestOpportunity:
    def test_those_that_agree_and_the_other_side_are_told(self):
        both = an_alert(opportunity=Opportunity("f" * 64, ("a", "b"), ("c",)))
        assert "Oportunidade: 2 concordam, 1 do lado oposto: conflito" in mail(both).text
        assert "Opportunity: 2 agree, 1 of the other side: a conflict" in mail(both, "en").text
        assert "Oportunidade" not in mail(an_alert(opportunity=Opportunity("f" * 64))).text

    def test_why_it_did_not_ring(self):
        below = RingDecision(Ring.LISTED, Why.BELOW, 0.81, 1.2)
        assert listed_line(below, "pt-BR").endswith("orçamento de toques (0,810 < 1,200)")
        assert listed_line(RingDecision(Ring.LISTED, Why.JOINS, 0.8, 1.2), "en") == (
            "listed, not rung: its opportunity was told before"
        )


class TestAnExchangeElsewhere:
    """Times are those of the instrument's exchange, as on the card, and say so."""

    NEW_YORK = ZoneInfo("America/New_York")
    ALERT = an_alert(reason={"pivot_time": CANDLE})

    def test_every_time_of_an_e_mail(self):
        made = render_mail(
            self.ALERT, an_operator(), "a@b", "no_screen", WAY, still_open(self.ALERT), zone=self.NEW_YORK
        )
        for said in (
            "Vela: M5 23/11/2026, abriu 09:00, fechou 09:05 New York",
            "Situação: Aberto até 23/11/2026 09:10:00 New York",
            "pivô às 09:00 New York",
        ):
            assert said in made.text

    def test_of_the_page(self):
        decided = AlertState(Phase.DECIDED, NOW + 3, "watching", "Bruno")
        page = act_page(self.ALERT, an_operator(), decided, zone=self.NEW_YORK)
        assert "por Bruno, 23/11/2026 09:05:03 New York" in page
        assert "fechou 09:05 New York" in page

    def test_and_of_an_sms(self):
        text = render_sms(an_alert(), an_operator(), "+1", still_open(an_alert()), self.NEW_YORK).text
        assert "M5 09:05 New York, até 09:10 New York" in text


class TestChart:
    """Widths in percent of the price axis, which rises to the right."""

    @staticmethod
    def strips(html):
        rows = re.findall(r"<tr>\s*((?:<td width=\"\d+%\" height.*?</td>\s*)+)</tr>", html, re.DOTALL)
        return [
            [
                (int(width), colour)
                for width, colour in re.findall(
                    r'<td width="(\d+)%".*?>(?:<div.*?background:(#\w+)"></div>)?</td>', row
                )
            ]
            for row in rows
        ]

    @pytest.mark.parametrize("side", [Direction.LONG, Direction.SHORT])
    def test_stop_entry_and_target_stand_in_the_order_of_their_prices(self, side):
        alert = an_alert(direction=side)
        candle, levels = self.strips(mail(alert).html)
        assert sum(width for width, _ in candle) == sum(width for width, _ in levels) == 100
        stop, target = "#b2341a", "#0a7a58"
        drawn = [colour for _, colour in levels if colour]
        expected = [stop, "#5b6675", target]
        assert drawn == (expected if side is Direction.LONG else expected[::-1])

    def test_without_a_side_the_expected_range_stands_beside_the_usual(self):
        usual, expected = self.strips(mail(RANGED).html)
        assert [width for width, colour in usual if colour] == [50]  # 350 of 700
        assert [width for width, colour in expected if colour] == [57, 43]  # 400, and up to 700
        assert "o usual é 350" in mail(RANGED).html

    def test_where_nothing_is_open_or_known_there_is_none(self):
        unknown = replace(RANGED, outlook=None, unmeasured={"outlook": "no_model"})
        decided = AlertState(Phase.DECIDED, NOW + 3, "watching", "Bruno")
        assert self.strips(mail(unknown).html) == self.strips(mail(an_alert(), state=decided).html) == []
