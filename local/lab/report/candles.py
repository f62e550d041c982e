"""The figure a trader knows: candles, alerts on them, each with its target and its stop."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from bokeh.models import (
    ColumnDataSource,
    CustomJS,
    CustomJSTickFormatter,
    HoverTool,
    Range1d,
    RangeTool,
    WheelZoomTool,
)
from bokeh.plotting import figure

from local.lab.report.style import BLUE, FAINT, GREY, LINE, ORANGE, OUTCOME_COLOURS
from pregao.domain.calibration.barrier import STOP, TARGET

if TYPE_CHECKING:
    from bokeh.models import Model

    from local.lab.report.data import Columns, Drawn, Say

SHOWN = 230
"""Candles in view at first: two sessions of M5."""
OVERVIEW_POINTS = 2000

_TICK = """
const wall = candles.data.wall, at = Math.round(tick)
if (at < 0 || at >= wall.length) return ""
const [, year, month, day, clock] = /^..(..)-(..)-(..)T(.....)/.exec(new Date(wall[at] * 1000).toISOString())
return `${day}/${month}` + (spans_days ? `/${year}` : `\\n${clock}`)
"""

# Prices follow what is in view; alerts' marks stand a little beyond the candles, hence the margin.
_FOLLOW = """
const { high, low } = candles.data
const first = Math.max(0, Math.floor(x.start)), last = Math.min(high.length - 1, Math.ceil(x.end))
let top = -Infinity, bottom = Infinity
for (let at = first; at <= last; at++) {
  if (high[at] > top) top = high[at]
  if (low[at] < bottom) bottom = low[at]
}
if (top >= bottom) {
  const margin = 0.12 * (top - bottom) || Math.abs(top) * 1e-4
  y.setv({ start: bottom - margin, end: top + margin })
}
"""


def candle_figures(drawn: Drawn, split_at: int | None, say: Say) -> tuple[Model, Model]:
    """Return the figure and, under it, the whole history with the window that moves it.

    `split_at` is the index of the first candle out of sample.
    """
    candles = ColumnDataSource(drawn.candles)
    count = len(drawn.candles["wall"])
    x, y = Range1d(max(0, count - SHOWN) - 0.5, count - 0.5), Range1d(*_prices_in_view(drawn.candles))
    follow = CustomJS(args={"candles": candles, "x": x, "y": y}, code=_FOLLOW)
    x.js_on_change("start", follow)
    x.js_on_change("end", follow)
    plot = figure(
        height=430,
        sizing_mode="stretch_width",
        x_range=x,
        y_range=y,
        tools="xpan,xwheel_zoom,xbox_zoom,reset,save",
        active_drag="xpan",
        y_axis_location="right",
        name="candles",
    )
    plot.toolbar.active_scroll = plot.select_one(WheelZoomTool)
    plot.toolbar.logo = None
    plot.xaxis.formatter = CustomJSTickFormatter(args={"candles": candles, "spans_days": False}, code=_TICK)
    plot.yaxis.formatter.use_scientific = False
    plot.xaxis.ticker.desired_num_ticks = 5
    _sessions(plot, drawn.candles, split_at)
    _bodies(plot, drawn.candles)
    _alerts(plot, drawn.alerts, say)
    return plot, _overview(drawn.candles, candles, x)


def _prices_in_view(candles: Columns) -> tuple[float, float]:
    if not len(candles["wall"]):
        return 0.0, 1.0
    bottom, top = float(candles["low"][-SHOWN:].min()), float(candles["high"][-SHOWN:].max())
    margin = 0.12 * (top - bottom) or abs(top) * 1e-4
    return bottom - margin, top + margin


def _sessions(plot: figure, candles: Columns, split_at: int | None) -> None:
    plot.vspan(x=np.flatnonzero(candles["session"]) - 0.5, line_color=FAINT, line_width=1)
    if split_at is not None:
        plot.vspan(x=[split_at - 0.5], line_color=LINE, line_width=2, line_dash="dashed")


def _bodies(plot: figure, candles: Columns) -> None:
    """Draw wicks, and bodies in two colours: rising ones hollow, so that colour is not alone."""
    at = np.arange(len(candles["wall"]), dtype=np.int32)
    plot.segment(at, candles["high"], at, candles["low"], color=GREY)
    rising = candles["close"] >= candles["open"]
    for which, fill in ((rising, "#14181f"), (~rising, GREY)):
        plot.vbar(
            at[which], 0.7, candles["open"][which], candles["close"][which], fill_color=fill, line_color=GREY
        )


def _alerts(plot: figure, alerts: Columns, say: Say) -> None:
    for level, colour, touched in (("target", BLUE, TARGET), ("stop", ORANGE, STOP)):
        reached = alerts["touched"] == touched
        for which, dash in ((reached, "solid"), (~reached, "dotted")):
            plot.segment(
                alerts["x"][which],
                alerts[level][which],
                np.maximum(alerts["exit_x"], alerts["x"] + 1)[which],
                alerts[level][which],
                color=colour,
                line_dash=dash,
                line_width=1.5,
            )
    columns = {name: value for name, value in alerts.items() if name not in {"long", "touched"}}
    columns["marker"] = ["triangle" if long else "inverted_triangle" for long in alerts["long"].tolist()]
    columns["colour"] = [OUTCOME_COLOURS[touched] for touched in alerts["touched"].tolist()]
    source = ColumnDataSource(columns, name="alerts")
    marks = plot.scatter("x", "y", source=source, size=11, marker="marker", color="colour", line_color="#fff")
    plot.add_tools(
        HoverTool(
            renderers=[marks],
            tooltips=[
                ("", "@side · @pattern"),
                (say("vela · candle"), "@when"),
                (say("preço · price"), "@price{0,0.[00000]}"),
                (say("alvo · target"), "@target{0,0.[00000]}"),
                ("stop", "@stop{0,0.[00000]}"),
                (say("fim · outcome"), "@outcome (@r{+0.00} R)"),
            ],
        )
    )


def _overview(columns: Columns, candles: ColumnDataSource, x: Range1d) -> Model:
    """Draw the whole history's closes, thinned, with the window in view."""
    count = len(columns["wall"])
    step = max(1, count // OVERVIEW_POINTS)
    plot = figure(
        height=90,
        sizing_mode="stretch_width",
        tools="",
        toolbar_location=None,
        y_axis_location=None,
        name="overview",
    )
    plot.line(np.arange(0, count, step), columns["close"][::step], color=LINE)
    plot.xaxis.formatter = CustomJSTickFormatter(args={"candles": candles, "spans_days": True}, code=_TICK)
    plot.ygrid.grid_line_color = None
    plot.xaxis.ticker.desired_num_ticks = 5
    window = RangeTool(x_range=x)
    window.overlay.fill_color = BLUE
    window.overlay.fill_alpha = 0.25
    plot.add_tools(window)
    return plot
