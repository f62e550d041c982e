"""The chart: full from the first sight, coarser candles made of finer ones, what fired drawn over them."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from pregao.domain.alerts.signal import Direction, Outlook, Pattern
from tests.browser.console_screen import built, screen, serious_faults, server, until

__all__ = ["screen", "server"]  # fixtures

pytestmark = built


def written(value):
    """Return a price of WIN as the page writes it."""
    return f"{value:,.0f}".replace(",", ".")


def folded(candles, seconds):
    """Put candles together, written anew: by the opens they share."""
    made = {}
    for one in candles:
        made.setdefault(one["time"] // seconds * seconds, []).append(one)
    return [
        {
            "time": time,
            "open": parts[0]["open"],
            "high": max(one["high"] for one in parts),
            "low": min(one["low"] for one in parts),
            "close": parts[-1]["close"],
        }
        for time, parts in made.items()
    ]


def told(candle):
    """Return how the legend tells a candle of WIN."""
    names = {"Abe": "open", "Máx": "high", "Mín": "low", "Fec": "close"}
    return "  ".join(f"{name} {written(candle[key])}" for name, key in names.items())


@pytest.mark.parametrize(("timeframe", "seconds"), [("M15", 900), ("H1", 3600)])
def test_coarser_candles_are_made_of_the_posted_ones_and_grow(screen, server, timeframe, seconds):
    server.desk.timeframes = ["M1", "M5", "M15", "M30", "H1"]
    tab = screen().enter()
    tab.page.get_by_label("Tempo gráfico").select_option(timeframe)
    legend = tab.page.locator(".chart-legend")
    expect(legend).to_contain_text(f"WINZ26 {timeframe} (feito de M5)")
    expect(legend).to_contain_text(told(folded(server.desk.candles["WIN"], seconds)[-1]))
    last = server.desk.candles["WIN"][-1]
    for step in (1, 2, 3, 4):
        high = last["high"] + 40 * step
        server.desk.candle("WIN", last | {"time": last["time"] + 300 * step, "high": high, "close": high - 5})
        expect(legend).to_contain_text(told(folded(server.desk.candles["WIN"], seconds)[-1]))


@pytest.mark.parametrize("width", [375, 1366, 2560])
def test_the_chart_is_full_at_every_width_from_the_first_sight(screen, server, width):
    server.desk.timeframes = ["M5", "M15"]
    tab = screen(width, 1440 if width > 2000 else 768).enter()
    box = tab.page.locator(".chart-host").bounding_box()
    legend = tab.page.locator(".chart-legend")
    newest = told(server.desk.candles["WIN"][-1])
    expect(legend).to_contain_text(newest)

    def at(right):
        """Point at a place near the left border; returns what stands there."""
        tab.page.mouse.move(box["x"] + right, box["y"] + box["height"] / 2)
        return legend.inner_text()

    until(lambda: any(newest not in at(right) and "Abe" in at(right) for right in (12, 20)))
    tab.shoot(f"console-chart-{width}")


@pytest.mark.parametrize("timeframe", ["M5", "M15"])
def test_history_posted_while_the_page_is_open_is_read_with_the_next_candle(screen, server, timeframe):
    server.desk.timeframes = ["M5", "M15"]
    every = server.desk.candles["WIN"]
    server.desk.candles["WIN"] = every[:-60]
    tab = screen().enter()
    tab.page.get_by_label("Tempo gráfico").select_option(timeframe)
    seconds = 60 * int(timeframe[1:])
    legend = tab.page.locator(".chart-legend")
    expect(legend).to_contain_text(told(folded(every[:-60], seconds)[-1]))
    server.desk.candles["WIN"] = every  # a backfill, which no frame tells
    last = every[-1]
    server.desk.candle("WIN", last | {"time": last["time"] + 300, "close": last["close"] + 5})
    box = tab.page.locator(".chart-host").bounding_box()

    def at(left):
        tab.page.mouse.move(box["x"] + left, box["y"] + box["height"] / 2)
        return legend.inner_text()

    before = told(folded(every, seconds)[-3])
    until(
        lambda: any(
            before in at(left) for left in range(int(box["width"]) - 130, int(box["width"]) - 260, -4)
        )
    )


def test_a_divergence_shows_its_two_pivots_below_the_candles(screen, server):
    tab = screen(1920, 1080).enter()
    candles = server.desk.candles["WIN"]
    panes = tab.page.locator(".chart-host table tr")
    expect(panes).to_have_count(2)  # candles and the times below them
    one, other = candles[-20], candles[-4]
    reason = {
        "rsi": 38.2,
        "rsi_prior": 31.5,
        "pivot_time": other["time"],
        "prior_time": one["time"],
        "pivot_price": other["low"],
        "prior_price": one["low"],
    }
    alert = server.desk.ring(server.desk.alert(pattern=Pattern.RSI_DIVERGENCE, reason=reason))
    tab.row(alert).click()
    until(lambda: panes.count() > 2)
    tab.shoot("console-chart-divergence")
    level = server.desk.alert(reason={"level": candles[-9]["high"], "margin": 35.0, "atr": 70.0})
    server.desk.ring(level)
    tab.row(level).click()
    expect(panes).to_have_count(2)
    tab.shoot("console-chart-level")
    mean = sum(candle["close"] for candle in candles[-20:]) / 20
    bands = server.desk.alert(
        pattern=Pattern.VOLATILITY_EXTREME,
        direction=Direction.SHORT,
        reason={"z": 2.08, "mean": mean, "std": 56.0, "run": 2, "sigma": 2.0},
    )
    server.desk.ring(bands)
    tab.row(bands).click()
    tab.shoot("console-chart-bands")


def test_the_expected_range_opens_from_the_alert_s_close(screen, server):
    """Painted to the right of the candle, up and down; nothing of it where no range is told."""
    tab = screen(1920, 1080).enter()
    span = 60 * server.desk.alert().tick_size
    outlook = Outlook(horizon=12, low=span, high=3 * span, usual=2 * span, level=0.8)
    bare, told = (server.desk.alert(ago=ago, outlook=one) for ago, one in ((31, None), (30, outlook)))
    without, painted = (ringing(tab, server, one) for one in (bare, told))
    tab.shoot("console-chart-cone")
    assert painted > without + 1000
    tab.complaints.clear()  # the browser's own advice on reading pixels often


def ringing(tab, server, alert):
    """Ring an alert and look at its chart; returns how many pixels have the cone's colour."""
    server.desk.ring(alert)
    tab.row(alert).click()
    tab.still()
    return tab.page.evaluate(VIOLET)


VIOLET = """() => {
  let found = 0;
  for (const canvas of document.querySelectorAll(".chart-host canvas")) {
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    for (let at = 0; at < data.length; at += 4) {
      const [red, green, blue] = [data[at], data[at + 1], data[at + 2]];
      if (blue > green + 12 && red > green + 6) found += 1;
    }
  }
  return found;
}"""
"""Pixels with more red and blue than green: no other paint of the chart is so."""


def test_studies_are_turned_on_and_stay_on(screen, server):
    tab = screen(1920, 1080).enter()
    menu = tab.page.locator(".studies")
    menu.locator("summary").click()
    for name in ("VWAP", "Ontem", "Abertura 30 min", "IFR"):
        menu.get_by_role("button", name=name).click()
    expect(tab.page.locator(".chart-host table tr")).not_to_have_count(2)
    assert serious_faults(tab) == []
    tab.shoot("console-chart-studies")
    tab.page.reload()
    tab.online()
    expect(tab.page.locator(".chart-host table tr")).not_to_have_count(2)
    tab.page.locator(".studies summary").click()
    expect(tab.page.locator('.studies [aria-pressed="true"]')).to_have_count(5)  # and the volume


@pytest.mark.parametrize("width", [390, 1366])
def test_the_legend_hides_nothing_of_the_chart_on_a_phone(screen, server, width):
    tab = screen(width, 844).enter()
    alert = server.desk.alert(ago=3)
    server.desk.ring(alert)
    expect(tab.page.locator(".card .big")).to_be_visible()
    legend, host = (tab.page.locator(one).bounding_box() for one in (".chart-legend", ".chart-host"))
    assert legend["height"] < 24  # a line
    assert (legend["y"] + legend["height"] <= host["y"] + 2) is (width == 390)
    assert tab.page.evaluate("(e => e.scrollWidth <= e.clientWidth)(document.querySelector('.chart-legend'))")
    tab.shoot(f"console-chart-{width}")


def test_what_a_number_of_the_list_and_a_badge_of_the_card_mean_is_told(screen, server):
    tab = screen().enter()
    server.desk.ring(server.desk.alert(ago=3))
    assert "antes do stop" in tab.page.locator("th.c-precision").get_attribute("title")
    assert "não é a chance" in tab.page.locator(".card .badge").get_attribute("title").lower()
    tab.page.keyboard.press("?")
    expect(tab.page.get_by_role("dialog")).to_contain_text("Severidade: o peso")
