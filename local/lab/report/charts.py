"""The figures of shares and results."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from bokeh.models import BoxAnnotation, ColumnDataSource, HoverTool, LinearAxis, Range1d
from bokeh.plotting import figure

from local.lab.report.data import OUTCOMES, bars, running
from local.lab.report.style import BLUE, GREY, LINE, ORANGE, OUTCOME_COLOURS
from pregao.domain.calibration.barrier import STOP, TARGET, TIME

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bokeh.models import Model

    from local.lab.report.data import Columns, Say
    from pregao.domain.backtest.equity import Equity
    from pregao.domain.backtest.gates import Score

_HEIGHT = 330
_BIN_R = 0.25
_LOOKS = [
    ("star", LINE),
    ("square", BLUE),
    ("square", ORANGE),
    ("circle", BLUE),
    ("diamond", ORANGE),
    ("hex", GREY),
    ("plus", LINE),
    ("triangle", BLUE),
    ("inverted_triangle", ORANGE),
]
"""Mark and colour of each point, so that neighbours differ in both."""


def shares(scores: Sequence[tuple[str, Score]], capture: float, false_positives: float, say: Say) -> Model:
    """Draw capture against false positives with their intervals, and the corner that the gates ask for."""
    columns = bars(scores)
    looks = [_LOOKS[at % len(_LOOKS)] for at in range(len(columns["name"]))]
    columns |= {"marker": [mark for mark, _ in looks], "colour": [colour for _, colour in looks]}
    plot = figure(
        height=_HEIGHT + 60,
        sizing_mode="stretch_width",
        x_range=Range1d(0, 100),
        y_range=Range1d(0, 100),
        x_axis_label=say("captura % · capture %"),
        y_axis_label=say("falsos positivos % · false positives %"),
        tools="",
        toolbar_location=None,
        name="shares",
    )
    plot.add_layout(
        BoxAnnotation(left=100 * capture, top=100 * false_positives, fill_color=BLUE, fill_alpha=0.25)
    )
    source = ColumnDataSource(columns)
    plot.segment("x_low", "y", "x_high", "y", source=source, color=GREY)
    plot.segment("x", "y_low", "x", "y_high", source=source, color=GREY)
    seen = {"marker": "marker", "color": "colour", "line_color": "#fff", "legend_group": "name"}
    points = plot.scatter("x", "y", source=source, size=10, **seen)
    _legend_above(plot)
    said = [("", "@name, n @n"), (say("captura · capture"), "@x{0.0}%"), (say("falsos · false"), "@y{0.0}%")]
    plot.add_tools(HoverTool(renderers=[points], tooltips=said))
    return plot


def outcomes(alerts: Columns, say: Say) -> Model:
    """Draw how many alerts ended with which result in R after costs, by how they ended."""
    results = alerts["r"]
    low, high = (float(results.min()), float(results.max())) if len(results) else (-1.0, 1.0)
    edges = np.arange(np.floor(low / _BIN_R), np.ceil(high / _BIN_R) + 2) * _BIN_R
    plot = figure(
        height=_HEIGHT,
        sizing_mode="stretch_width",
        x_axis_label=say("R por alerta, com custos · R per alert, after costs"),
        y_axis_label=say("alertas · alerts"),
        tools="",
        toolbar_location=None,
        name="outcomes",
    )
    bottom = np.zeros(len(edges) - 1)
    for touched in (STOP, TIME, TARGET):
        counts = np.histogram(results[alerts["touched"] == touched], edges)[0]
        plot.quad(
            left=edges[:-1],
            right=edges[1:],
            bottom=bottom,
            top=bottom + counts,
            fill_color=OUTCOME_COLOURS[touched],
            line_color="#14181f",
            legend_label=f"{say(OUTCOMES[touched])}: {int(counts.sum())}",
        )
        bottom = bottom + counts
    _legend_above(plot)
    plot.y_range.start = 0
    return plot


def hours(by_hour: Mapping[str, Score], say: Say) -> Model:
    """Draw both shares by the hour at the exchange, with their intervals."""
    names = sorted(by_hour)
    plot = figure(
        height=_HEIGHT,
        sizing_mode="stretch_width",
        x_range=names,
        y_range=Range1d(0, 100),
        x_axis_label=say("hora · hour"),
        y_axis_label="%",
        tools="",
        toolbar_location=None,
        name="hours",
    )
    kinds = (
        ("captura · capture", "capture", BLUE, -0.2),
        ("falsos positivos · false positives", "false_positives", ORANGE, 0.2),
    )
    for label, name, colour, aside in kinds:
        found = [(hour, getattr(by_hour[hour], name)) for hour in names]
        known = [(hour, share) for hour, share in found if share.whole]
        at, heights = [(hour, aside) for hour, _ in known], [100 * one.part / one.whole for _, one in known]
        plot.vbar(x=at, width=0.36, top=heights, color=colour, legend_label=say(label))
        low, high = ([100 * one.interval[end] for _, one in known] for end in (0, 1))
        plot.segment(at, low, at, high, color=LINE)
    _legend_above(plot)
    return plot


def equity_figure(equity: Equity, wall: np.ndarray, split_wall: int | None, say: Say) -> Model:
    """Draw the running result in R and in points, the fall from the highest point shaded.

    `wall` is the exchange's clock of each end of a trade, `split_wall` that of the split, in seconds.
    """
    r, peak = running(equity.r)
    points, _ = running(equity.points)
    when = 1000.0 * np.concatenate((wall[:1], wall)) if len(wall) else np.zeros(1)
    plot = figure(
        height=_HEIGHT,
        sizing_mode="stretch_width",
        x_axis_type="datetime",
        y_range=_padded(r),
        y_axis_label="R",
        tools="",
        toolbar_location=None,
        name="equity",
    )
    plot.varea(when, r, peak, fill_color=ORANGE, fill_alpha=0.25, legend_label=say("queda · drawdown"))
    plot.line(when, r, color=BLUE, line_width=2, legend_label="R")
    plot.extra_y_ranges = {"points": _padded(points)}
    dashed = {"color": GREY, "line_dash": "dashed", "legend_label": say("pontos · points")}
    plot.line(when, points, y_range_name="points", **dashed)
    plot.add_layout(LinearAxis(y_range_name="points", axis_label=say("pontos · points")), "right")
    if split_wall is not None:
        plot.vspan(x=[1000.0 * split_wall], line_color=LINE, line_dash="dashed")
    _legend_above(plot)
    plot.xaxis.ticker.desired_num_ticks = 5
    return plot


def _padded(values: np.ndarray) -> Range1d:
    margin = 0.05 * float(np.ptp(values)) or 1.0
    return Range1d(float(values.min()) - margin, float(values.max()) + margin)


def _legend_above(plot: figure) -> None:
    """Put the legend outside, where it hides nothing."""
    plot.add_layout(plot.legend[0], "above")
    plot.legend.update(padding=0, spacing=0, ncols=2, label_text_font_size="11px", label_height=16)
