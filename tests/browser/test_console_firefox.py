"""The console in Firefox: tests of the files beside this one, chosen where browsers differ.

Sockets and storage when a page goes, locks and channels between tabs, focus, layout, the chart's canvas.
`PREGAO_BROWSER=firefox make test T=tests/browser` runs all of them there; some need what only Chromium has
(a scheme or a reduced motion that a test sets, an audio output on a machine without one).
"""

# ruff: noqa: F401 what is imported is collected here

from __future__ import annotations

import pytest

from tests.browser.conftest import running
from tests.browser.console_screen import built, screen, server
from tests.browser.test_console import (
    test_a_cut_is_said_and_what_was_missed_is_recovered,
    test_a_decision_can_be_undone_and_is_sent_after_its_grace,
    test_a_hidden_tab_confirms_nothing_until_it_is_looked_at,
    test_a_line_that_died_without_a_word_is_left,
    test_a_live_alert_is_on_the_screen_and_confirmed,
    test_a_page_closed_inside_the_grace_still_says_what_was_decided,
    test_a_reload_goes_on_where_it_was,
    test_by_keyboard_alone,
    test_hostile_text_is_text,
    test_signing_in_by_name_and_what_a_wrong_one_is_told,
    test_two_tabs_come_back_with_all_of_it_once,
)
from tests.browser.test_console_away import test_without_an_audio_output_the_page_says_so
from tests.browser.test_console_chart import test_the_chart_is_full_at_every_width_from_the_first_sight
from tests.browser.test_console_day import (
    test_a_decision_inside_its_grace_survives_a_reload,
    test_a_phones_first_tap_brings_the_buttons_into_sight,
    test_at_twice_the_size_the_decision_is_in_sight,
    test_six_markets_fit,
    test_the_crosshair_names_prices_that_can_be_traded,
    test_the_focus_stays_on_the_card_after_a_decision,
)
from tests.browser.test_console_list import (
    test_a_thousand_alerts_are_all_reached_and_few_stand_in_the_page,
)
from tests.browser.test_console_phone import (
    tab,
    test_a_device_is_switched_on_by_a_click_that_says_what_for_and_taken_off_again,
    test_a_page_that_was_closed_meanwhile_tells_it_when_it_is_opened,
    test_a_phone_is_silent_until_a_time_seen_and_lifted,
)

pytestmark = [built, pytest.mark.long]


@pytest.fixture(scope="module")
def browser():
    with running("firefox") as one:
        yield one
