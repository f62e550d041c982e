"""The page around the figures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from bokeh.embed import components
from bokeh.resources import Resources
from bokeh.themes import Theme
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from local.lab.report.candles import candle_figures
from local.lab.report.charts import equity_figure, hours, outcomes, shares
from local.lab.report.data import drawn
from local.lab.report.style import BLUE, FAINT, GREY, GROUND, LINE, ORANGE, PANEL, TEXT
from pregao.domain.detectors.prices import local_seconds
from pregao.domain.text.words import word

if TYPE_CHECKING:
    from datetime import date

    from local.lab.judged import Judgement
    from local.lab.report.data import Drawn
    from pregao.domain.backtest.gates import Score, Share

GATES = {
    "capture": "captura · capture",
    "false_positives": "falsos positivos · false positives",
    "win_rate": "acerto · win rate",
}
SAMPLES = {
    "whole": "tudo · whole",
    "in_sample": "dentro da amostra · in sample",
    "out_of_sample": "fora da amostra · out of sample",
}
BREAKDOWNS = {
    "pattern": "padrão · pattern",
    "direction": "lado · side",
    "hour": "hora · hour",
    "month": "mês · month",
}
COLOURS = {"blue": BLUE, "orange": ORANGE, "grey": GREY, "faint": FAINT} | {
    "ground": GROUND,
    "panel": PANEL,
    "text": TEXT,
    "line": LINE,
}
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Facts:
    """What was judged: names for the page's head."""

    symbol: str
    files: tuple[str, ...]
    timeframe: str
    config_digest: str


def write(path: Path, judged: Judgement, facts: Facts) -> None:
    """Write the page, complete in itself: it loads nothing. Raises OSError."""
    path.write_text(render(judged, facts), encoding="utf-8")


def render(judged: Judgement, facts: Facts) -> str:
    """Return the page as HTML."""
    content = drawn(judged, judged.rules.cost_points)
    script, divs = components(_figures(judged, content), theme=_theme())
    page: str = _template().render(
        facts=facts,
        judged=judged,
        period=_period(content),
        equity=judged.equity.plain(),
        titles={"gates": GATES, "samples": SAMPLES, "breakdowns": BREAKDOWNS},
        breakdowns=_worded(judged.breakdowns),
        colours=COLOURS,
        bokeh="\n".join(Resources(mode="inline", components=["bokeh"]).js_raw),
        script=script,
        divs=divs,
    )
    return page


def _figures(judged: Judgement, content: Drawn) -> dict[str, Any]:
    split_wall = None if judged.split is None else _midnight(judged.split)
    wall = content.candles["wall"]
    split_at = None if split_wall is None else int(np.searchsorted(wall, split_wall))
    candles, overview = candle_figures(content, split_at)
    named = [(SAMPLES[name].split(" · ")[0], score) for name, score in judged.samples.items()]
    for kind in ("pattern", "direction"):
        named += [(word(name, "pt-BR"), score) for name, score in judged.breakdowns[kind].items()]
    ends = local_seconds(judged.equity.time, judged.parts[0].series.timezone)
    return {
        "candles": candles,
        "overview": overview,
        "shares": shares(named, judged.rules.gates.capture, judged.rules.gates.false_positives),
        "outcomes": outcomes(content.alerts),
        "hours": hours(judged.breakdowns["hour"]),
        "equity": equity_figure(judged.equity, ends, split_wall),
    }


def _midnight(day: date) -> int:
    """Return a date's first second on the wall clock that the figures use."""
    return int(np.datetime64(day, "s").astype(np.int64))


def _period(content: Drawn) -> tuple[str, str] | None:
    wall = content.candles["wall"]
    days = [str(np.datetime64(int(wall[at]) // _DAY_S, "D")) for at in (0, -1)] if len(wall) else None
    return (days[0], days[1]) if days else None


def _worded(breakdowns: Mapping[str, Mapping[str, Score]]) -> dict[str, dict[str, Score]]:
    return {
        kind: {_both(name): score for name, score in scores.items()} for kind, scores in breakdowns.items()
    }


def _both(name: str) -> str:
    words = dict.fromkeys((word(name, "pt-BR"), word(name, "en")))
    return " · ".join(words)


def _percent(share: Share) -> str:
    return "-" if share.value is None else f"{100 * share.value:.1f} %"


def _interval(share: Share) -> str:
    low, high = share.interval
    return f"{100 * low:.0f} - {100 * high:.0f}, n {share.whole}" if share.whole else "n 0"


def _beside(share: Share) -> str:
    """Write the baseline and the lift over it in percentage points."""
    if share.baseline is None or share.lift is None or share.lift_interval is None:
        return ""
    low, high = share.lift_interval
    return f"base {100 * share.baseline:.1f} %, {100 * share.lift:+.1f} ({100 * low:+.1f} {100 * high:+.1f})"


@cache
def _template() -> Any:
    folder = FileSystemLoader(Path(__file__).parent)
    found = Environment(loader=folder, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    found.filters |= {"percent": _percent, "interval": _interval, "beside": _beside}
    return found.get_template("page.html.j2")


def _theme() -> Theme:
    """Return how all figures look: the page's ground, quiet grids."""
    quiet = {"grid_line_color": FAINT}
    axis = {
        "axis_label_text_color": TEXT,
        "axis_label_text_font_style": "normal",
        "major_label_text_color": TEXT,
        "axis_line_color": FAINT,
        "major_tick_line_color": FAINT,
        "minor_tick_line_color": None,
    }
    legend = {
        "background_fill_color": PANEL,
        "background_fill_alpha": 0.8,
        "label_text_color": TEXT,
        "border_line_color": None,
    }
    ground = {"background_fill_color": PANEL, "border_fill_color": PANEL, "outline_line_color": None}
    return Theme(json={"attrs": {"Plot": ground, "Grid": quiet, "Axis": axis, "Legend": legend}})
