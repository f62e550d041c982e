"""A screen that comes while a feed is silent, on the real stack: told at once, in words, also of the end."""

from __future__ import annotations

import re
import time
from datetime import date

import pytest
from playwright.sync_api import expect

from local.lab.market import synthesize
from tests.browser.conftest import browser
from tests.browser.console_screen import built
from tests.e2e.desk import dump, post, token_of
from tests.e2e.test_console import screen
from tests.e2e.test_feeds import beat, live, stack, watch

__all__ = ["browser", "screen", "stack"]  # fixtures; the stack's currency market never closes

pytestmark = [pytest.mark.emulator, built]


def minutes_ago(count):
    """When a candle opened that closed so many minutes ago."""
    return int(time.time()) // 60 * 60 - 60 * (count + 1)


def test_a_silence_of_before_and_its_end(stack, screen):
    candles = synthesize(7, 5, date(2026, 3, 2)).candles
    assert beat(stack, condition="broker_lost", detail="last_error -10005")[0] == 202
    assert post(stack, dump(live(candles, minutes_ago(3))))[0] == 202
    for _ in range(2):
        watch(stack)

    screen.page.goto(f"{screen.url}/#token={token_of(stack, 'ana')}")
    screen.online()
    banner = screen.page.locator(".banners")
    told = r"Sem dados de EURUSD M1 há (?:[3-9]|\d\d) min \(o terminal não está conectado à corretora\)"
    expect(banner).to_contain_text(
        re.compile(told)
    )  # from three minutes on, as long as the page took to open
    assert screen.told("feed-EURUSD M1").startswith("sem dados há ")
    assert "(o terminal não está conectado à corretora)" in screen.told("bridge-mesa-1")
    screen.shoot("console-silence-on-the-stack")

    assert beat(stack)[0] == 202
    assert post(stack, dump(live(candles, minutes_ago(0))))[0] == 202
    for _ in range(2):
        watch(stack)
    expect(banner).to_be_empty(timeout=20_000)
    expect(screen.page.get_by_role("log")).to_contain_text("Dados de volta: EURUSD M1")
