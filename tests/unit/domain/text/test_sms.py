"""GSM 03.38 over its whole table, and an alert that fits one SMS."""

from __future__ import annotations

import sys
import unicodedata

import pytest

from pregao.domain.alerts.signal import Direction, Pattern
from pregao.domain.delivery.alert_state import AlertState, Phase
from pregao.domain.text.gsm7 import BASIC, EXTENDED, ONE_SMS, fit, septets, transliterate
from pregao.domain.text.sms import render_sms
from pregao.domain.text.words import LANGUAGES, word
from tests.fakes import NOW, an_alert, an_operator, still_open

OPEN = still_open(an_alert())

# Unicode's mapping of the default alphabet, 0x00 to 0x7F in order, 16 code points a line.
CODE_POINTS = """
    0040 00A3 0024 00A5 00E8 00E9 00F9 00EC 00F2 00C7 000A 00D8 00F8 000D 00C5 00E5
    0394 005F 03A6 0393 039B 03A9 03A0 03A8 03A3 0398 039E 001B 00C6 00E6 00DF 00C9
    0020 0021 0022 0023 00A4 0025 0026 0027 0028 0029 002A 002B 002C 002D 002E 002F
    0030 0031 0032 0033 0034 0035 0036 0037 0038 0039 003A 003B 003C 003D 003E 003F
    00A1 0041 0042 0043 0044 0045 0046 0047 0048 0049 004A 004B 004C 004D 004E 004F
    0050 0051 0052 0053 0054 0055 0056 0057 0058 0059 005A 00C4 00D6 00D1 00DC 00A7
    00BF 0061 0062 0063 0064 0065 0066 0067 0068 0069 006A 006B 006C 006D 006E 006F
    0070 0071 0072 0073 0074 0075 0076 0077 0078 0079 007A 00E4 00F6 00F1 00FC 00E0
"""
TABLE = [int(point, 16) for point in CODE_POINTS.split()]
ESCAPED = {0x0A: 0x0C, 0x14: 0x5E, 0x28: 0x7B, 0x29: 0x7D, 0x2F: 0x5C} | {
    0x3C: 0x5B,
    0x3D: 0x7E,
    0x3E: 0x5D,
    0x40: 0x7C,
    0x65: 0x20AC,
}
ESCAPE = 0x1B


def every_character():
    return (chr(point) for point in range(sys.maxunicode + 1) if not 0xD800 <= point <= 0xDFFF)


class TestAlphabet:
    def test_it_is_the_standard_s_position_by_position(self):
        assert [ord(one) for one in BASIC] == TABLE
        assert [ord(one) for one in EXTENDED] == list(ESCAPED.values())

    def test_each_of_its_characters_stays_and_counts(self):
        for point in TABLE:
            if point != ESCAPE:
                assert (transliterate(chr(point)), septets(chr(point))) == (chr(point), 1), hex(point)
        for point in ESCAPED.values():
            assert (transliterate(chr(point)), septets(chr(point))) == (chr(point), 2), hex(point)

    def test_whatever_is_written_comes_out_in_it(self):
        known = {*TABLE, *ESCAPED.values()} - {ESCAPE}
        for one in every_character():
            written = transliterate(one)
            assert written, hex(ord(one))
            assert {ord(part) for part in written} <= known, hex(ord(one))
            assert (written == one) == (ord(one) in known) or unicodedata.normalize("NFC", one) != one

    def test_portuguese_keeps_what_it_can(self):
        assert transliterate("áâãàéêíóôõúüçÁÂÃÀÉÊÍÓÔÕÚÜÇ") == "aaaàéeiooouücAAAAÉEIOOOUÜÇ"
        said = transliterate("Pregão: Divergência · \u201cnível\u201d \u2013 5\xa0%")
        assert said == 'Pregao: Divergencia - "nivel" - 5 %'

    def test_a_letter_in_two_parts_is_one(self):
        assert transliterate("e\u0301a\u0303") == "éa"

    @pytest.mark.parametrize("text", ["ã", "ç", "\x1b", "▲", "€ã"])
    def test_what_is_outside_of_it_is_not_counted(self, text):
        with pytest.raises(ValueError, match=r"GSM 03\.38"):
            septets(text)


class TestFit:
    def test_a_text_that_fits_stays(self):
        assert fit("a" * ONE_SMS) == "a" * ONE_SMS
        assert fit("€" * 80) == "€" * 80

    def test_a_longer_one_is_cut_and_no_character_in_half(self):
        assert fit("a" * 161) == "a" * 160
        assert fit("a" * 159 + "€") == "a" * 159
        assert fit("€" * 81) == "€" * 80

    def test_cut_is_what_follows_too(self):
        assert fit("a€b", 2) == "a"


class TestRender:
    def test_says_what_a_trader_needs_in_both_languages(self):
        said = render_sms(an_alert(), an_operator(), "+5511987654321", OPEN)
        assert said.to == "+5511987654321"
        assert said.text == (
            "Pregao: COMPRA WINZ26 @ 131.250 - Rompimento de nivel."
            " Stop 131.070, Alvo 131.430. M5 11:05, até 11:10"
        )
        english = render_sms(an_alert(), an_operator(language="en"), "+1", OPEN).text
        assert english.startswith(
            "Pregao: LONG WINZ26 @ 131,250 - Level break. Stop 131,070, Target 131,430."
        )

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("pattern", list(Pattern))
    @pytest.mark.parametrize("direction", list(Direction))
    def test_is_one_message_whole_whatever_the_alert(self, language, pattern, direction):
        plain = {"pattern": pattern, "direction": direction, "tick_size": 0.00001, "price": 1_234_567.12345}
        text = render_sms(an_alert(**plain), an_operator(language=language), "+1", OPEN).text
        assert septets(text) <= ONE_SMS
        assert text.endswith(("M5 11:05, até 11:10", "M5 11:05, until 11:10"))

    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("pattern", list(Pattern))
    def test_one_that_is_over_is_one_message_whole_too(self, language, pattern):
        plain = {"pattern": pattern, "tick_size": 0.00001, "price": 1_234_567.12345}
        decided = AlertState(Phase.DECIDED, NOW + 3, "false_alarm", "Maria Aparecida dos Santos")
        for state in (decided, AlertState(Phase.EXPIRED, NOW + 300)):
            text = render_sms(an_alert(**plain), an_operator(language=language), "+1", state).text
            assert septets(text) <= ONE_SMS
            assert text.endswith(transliterate(word(pattern, language)))

    def test_a_name_without_end_is_cut(self):
        assert septets(render_sms(an_alert(contract="é" * 200), an_operator(), "+1", OPEN).text) == ONE_SMS
