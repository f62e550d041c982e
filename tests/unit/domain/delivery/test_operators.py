"""Who should see an alert, and how it reads."""

from __future__ import annotations

import re
from datetime import date

import pytest

from local.lab.market import synthesize
from pregao.domain.alerts.signal import Direction, Severity
from pregao.domain.delivery.alert_state import DECISIONS
from pregao.domain.delivery.operators import Interest, Recipient, Screen, all_concerned, recipients
from pregao.domain.detectors.scan import scan
from pregao.domain.detectors.settings import DetectorSettings
from pregao.domain.text.email import Way, facts, headline, render_mail, why
from pregao.domain.text.words import LANGUAGES, number, word
from tests.fakes import an_alert, an_operator, still_open
from tests.unit.domain.detectors.market import WIN

LINK = "https://mesa.example/act/e30.e30"
ALERT = an_alert()
OPEN = still_open(ALERT)


@pytest.mark.parametrize(
    ("interest", "covered"),
    [
        (Interest(), True),
        (Interest(("WIN",)), True),
        (Interest(("WINZ26",)), True),
        (Interest(("WIN$N",)), True),
        (Interest(("WDO", "WIN")), True),
        (Interest(("WDO",)), False),
        (Interest(()), False),
        (Interest(patterns=("level_break",)), True),
        (Interest(patterns=("engulfing",)), False),
        (Interest(min_severity=Severity.HIGH), True),
        (Interest(min_severity=Severity.CRITICAL), False),
    ],
)
def test_what_an_interest_covers(interest, covered):
    assert interest.covers(ALERT) is covered


def test_an_operator_gets_it_on_the_screens_that_asked_for_it():
    ana, bruno = an_operator("ana"), an_operator("bruno", interest=Interest(("WDO",)))
    carla = an_operator("carla")
    one, two = Screen("1", "ana", Interest()), Screen("2", "ana", Interest(("WDO",)))
    foreign = Screen("3", "nobody", Interest())
    others = Screen("4", "bruno", Interest())
    found = recipients(ALERT, [ana, bruno, carla], [one, two, foreign, others])
    assert found == [Recipient(ana, [one]), Recipient(carla, [])]


def test_whoever_may_have_one_of_several_alerts_is_concerned():
    """Whatever their screens asked for: the list of the day has what concerns them."""
    desk = [an_operator("ana"), an_operator("bruno", interest=Interest(("WDO",)))]
    dollar = an_alert(instrument="WDO", contract="WDOZ26", symbol="WDO$N")
    assert all_concerned([ALERT], desk) == {"ana"}
    assert all_concerned([ALERT, dollar], desk) == {"ana", "bruno"}
    assert all_concerned([], desk) == frozenset()


class TestMail:
    def test_says_what_a_trader_needs_in_both_languages(self):
        alert = an_alert(price=5_432.5, tick_size=0.5, direction=Direction.SHORT)
        assert headline(alert, "pt-BR") == "VENDA WINZ26 @ 5.432,5 · Rompimento de nível"
        assert headline(alert, "en") == "SHORT WINZ26 @ 5,432.5 · Level break"

    def test_a_measured_precision_is_told_an_unknown_one_is_not(self):
        assert ("Precisão medida", "27 %") in facts(an_alert(confidence=0.273), "pt-BR")
        assert "Precisão medida" not in dict(facts(an_alert(), "pt-BR"))

    def test_a_candle_is_told_by_its_open_and_its_close_as_on_the_card(self):
        assert ("Vela", "M5 23/11/2026, abriu 11:00, fechou 11:05") in facts(ALERT, "pt-BR")

    def test_the_reason_is_in_words_with_prices_on_the_grid_and_the_desks_clock(self):
        reason = {"rsi": 38.204, "pivot_time": 1_795_446_000, "pivot_price": 127_120.0, "run": 2}
        assert why(an_alert(reason=reason), "pt-BR") == (
            "IFR 38,20, pivô às 12:00, preço do pivô 127.120, velas seguidas 2"
        )

    def test_every_number_a_detector_gives_has_words(self):
        market = synthesize(5, 6, date(2026, 3, 2)).candles
        keys = {key for signal in scan(market, WIN, DetectorSettings()) for key in signal.reason}
        assert len(keys) > 15
        assert not [key for key in keys - {"z"} if word(key, "pt-BR") == key]

    @pytest.mark.parametrize("language", LANGUAGES)
    def test_text_and_html_say_the_same(self, language):
        mail = render_mail(ALERT, an_operator(language=language), "a@b", "no_screen", Way(LINK), OPEN)
        for _, value in facts(ALERT, language):
            assert value in mail.text
            assert value in mail.html

    def test_a_trader_gets_a_button_per_decision_a_viewer_only_looks(self):
        trader = render_mail(ALERT, an_operator(), "a@b", "no_screen", Way(LINK), OPEN)
        viewer = render_mail(ALERT, an_operator(role="viewer"), "a@b", "no_screen", Way(LINK), OPEN)
        for one in DECISIONS:
            assert f'href="{LINK}?d={one}"' in trader.html
            assert f"{LINK}?d={one}" in trader.text
        assert f'href="{LINK}"' in viewer.html
        assert "?d=" not in viewer.html + viewer.text

    def test_with_a_console_the_alert_opens_there_and_decisions_stay_signed_links(self):
        mail = render_mail(ALERT, an_operator(), "a@b", "no_screen", Way(LINK, "https://page.example"), OPEN)
        assert f'href="https://page.example/#alert={ALERT.id}"' in mail.html
        assert f'href="{LINK}?d=executed"' in mail.html
        assert f'href="{LINK}"' not in mail.html

    def test_html_is_tables_and_inline_styles_without_anything_to_load(self):
        html = render_mail(ALERT, an_operator(), "a@b", "no_screen", Way(LINK), OPEN).html
        assert not re.search(r"<(img|link|script|div[^>]+flex)|src=|@import|url\(", html)
        assert "prefers-color-scheme: dark" in html
        assert "width=device-width" in html

    def test_html_of_a_strange_feed_is_escaped(self):
        mail = render_mail(
            an_alert(reason={"<b>": "<script>"}), an_operator(), "a@b", "no_screen", Way(LINK), OPEN
        )
        assert "<script>" not in mail.html
        assert "&lt;script&gt;" in mail.html


def test_numbers():
    assert number(1_234_567.891, 2, "pt-BR") == "1.234.567,89"
    assert number(1_234_567.891, 2, "en") == "1,234,567.89"
    assert number(-0.5, 1, "pt-BR") == "-0,5"
