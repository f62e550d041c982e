"""The backtest's page as a trader opens it."""

from __future__ import annotations

import pytest

from local.lab.report.page import render
from tests.unit.local.lab.test_report import MARKET, facts, judged

FIGURE = "Bokeh.documents.map(one => one.get_model_by_name('candles')).find(one => one)"


@pytest.fixture(scope="module")
def page():
    return render(judged(MARKET), facts())


@pytest.mark.parametrize("width", [390, 1366])
def test_it_is_drawn_whole_and_loads_nothing(look, page, width):
    seen = look(page, width, "dark")
    seen.page.wait_for_function(f"window.Bokeh && {FIGURE}")
    seen.shoot(f"report-{width}")
    assert not seen.overflows()
    assert (seen.complaints, seen.requests) == ([], [])
    assert seen.page.locator("canvas").count() >= 6


def test_prices_follow_the_candles_in_view(look, page):
    seen = look(page, 1366)
    seen.page.wait_for_function(f"window.Bokeh && {FIGURE}")
    top, bottom = MARKET.high[300:400].max(), MARKET.low[300:400].min()
    seen.page.evaluate(f"{FIGURE}.x_range.setv({{start: 300, end: 399}})")
    low, high = seen.page.evaluate(f"(one => [one.start, one.end])({FIGURE}.y_range)")
    margin = 0.12 * (top - bottom)
    assert (low, high) == pytest.approx((bottom - margin, top + margin), abs=1)


def test_an_alert_tells_its_numbers_when_pointed_at(look, page):
    seen = look(page, 1366)
    seen.page.wait_for_function(f"window.Bokeh && {FIGURE}")
    x, y = seen.page.evaluate("""() => {
      const inside = view => (view.child_views ?? []).map(find).find(one => one)
      const find = view => view.model.name === "candles" ? view : inside(view)
      const view = [...Bokeh.index.roots].map(find).find(one => one)
      const source = [...view.model.document._all_models.values()].find(one => one.name === "alerts")
      const last = source.data.x.length - 1, box = view.el.getBoundingClientRect()
      return [box.x + view.frame.x_scale.compute(source.data.x[last]),
              box.y + view.frame.y_scale.compute(source.data.y[last])]
    }""")
    seen.page.mouse.wheel(0, y - 300)
    seen.still()
    seen.page.mouse.move(x, 300)
    seen.page.wait_for_function("""() => {
      const texts = [], walk = root => {
        for (const one of root.querySelectorAll("*")) {
          if (one.shadowRoot) walk(one.shadowRoot)
          if (one.className?.includes?.("bk-tooltip-row")) texts.push(one.textContent)
        }
      }
      walk(document)
      return texts.some(one => one.includes("alvo")) && texts.some(one => one.includes("2026-"))
    }""")
