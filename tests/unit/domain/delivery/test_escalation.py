"""domain/delivery/escalation: which step begins when, and how often a channel is tried."""

from __future__ import annotations

import pytest

from pregao.domain.delivery.escalation import (
    EMAIL_NOW,
    REPEATED_S,
    SETTLED_S,
    Retry,
    Start,
    first_step,
    settled_within,
    step_after,
)
from pregao.domain.delivery.operators import EMAIL_ALONE, Channel, Step

STEPS = (Step(Channel.PUSH), Step(Channel.TELEGRAM, 3), Step(Channel.EMAIL, 60))


def test_without_channels_of_their_own_an_operator_is_emailed_after_the_grace():
    assert first_step(EMAIL_ALONE, 10, screen=True) == Start(Channel.EMAIL, 10)
    assert first_step(EMAIL_ALONE, 10, screen=False) == EMAIL_NOW


def test_the_first_step_waits_for_a_screen_and_no_longer_than_that():
    assert first_step(STEPS, 10, screen=True) == Start(Channel.PUSH, 10)
    assert first_step(STEPS, 10, screen=False) == Start(Channel.PUSH, 0)


def test_each_step_waits_for_the_one_before_it():
    assert step_after(STEPS, Channel.PUSH, 10) == Start(Channel.TELEGRAM, 3)
    assert step_after(STEPS, Channel.TELEGRAM, 10) == Start(Channel.EMAIL, 60)


def test_behind_a_channel_that_is_no_step_any_more_comes_the_email():
    assert step_after(STEPS, Channel.SLACK, 10) == EMAIL_NOW
    assert step_after(EMAIL_ALONE, Channel.PUSH, 10) == EMAIL_NOW


@pytest.mark.parametrize(
    ("asked", "delay"),
    [(0.0, 5), (4.2, 5), (17.2, 18), (119.0, None)],
    ids=["unsaid", "less", "more", "late"],
)
def test_a_service_that_asks_for_patience_is_tried_no_earlier(asked, delay):
    assert Retry(3, 5, 120).next_delay(1, 10.0, asked) == delay


LONG = (Step(Channel.PUSH, 300), Step(Channel.TELEGRAM, 300), Step(Channel.SLACK), Step(Channel.EMAIL, 300))


@pytest.mark.parametrize(
    ("desk", "email", "seconds"),
    [
        ([], Retry(), SETTLED_S),
        ([EMAIL_ALONE, STEPS], Retry(), SETTLED_S),
        ([EMAIL_ALONE, LONG], Retry(), 910 + 300 + REPEATED_S),
        ([LONG], Retry(give_up_s=900), 910 + 900 + REPEATED_S),
    ],
    ids=["nobody", "short", "long", "long tries"],
)
def test_no_timer_counts_as_lost_before_the_longest_way_to_an_email_is_over(desk, email, seconds):
    assert settled_within(desk, 10, email) == seconds
