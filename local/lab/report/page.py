"""The page around the figures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
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
from local.lab.report.data import PT, drawn, speaker
from local.lab.report.style import BLUE, FAINT, GREY, GROUND, LINE, ORANGE, PANEL, TEXT
from pregao.domain.detectors.prices import local_seconds
from pregao.domain.market.candle import decimals_of
from pregao.domain.text.words import number, word

if TYPE_CHECKING:
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
    language: str = PT


def write(path: Path, judged: Judgement, facts: Facts) -> None:
    """Write the page, complete in itself: it loads nothing. Raises OSError."""
    path.write_text(render(judged, facts), encoding="utf-8")


def render(judged: Judgement, facts: Facts) -> str:
    """Return the page as HTML."""
    say = speaker(facts.language)
    content = drawn(judged, judged.rules.cost_points, facts.language)
    script, divs = components(_figures(judged, content, facts.language), theme=_theme())
    page: str = _template().render(
        facts=facts,
        judged=judged,
        period=_period(content, facts.language),
        equity=judged.result,
        titles={
            name: {key: say(text) for key, text in words.items()}
            for name, words in (("gates", GATES), ("samples", SAMPLES), ("breakdowns", BREAKDOWNS))
        },
        breakdowns=_worded(judged.breakdowns, facts.language),
        rung=[(say("todos · all"), judged.score), (say("teriam tocado · would have rung"), judged.rung)],
        colours=COLOURS,
        bokeh="\n".join(Resources(mode="inline", components=["bokeh"]).js_raw),
        script=script,
        divs=divs,
        say=say,
        decimals=decimals_of(judged.parts[0].series.tick) + 1,
        **_formats(facts.language),
    )
    return page


def _formats(language: str) -> dict[str, Callable[..., str]]:
    """Return how the page writes shares, intervals and results in a language."""

    def percent(part: float | None, decimals: int = 1) -> str:
        return "-" if part is None else f"{number(100 * part, decimals, language)} %"

    def signed(value: float, decimals: int) -> str:
        return f"{'+' if value >= 0 else '-'}{number(abs(value), decimals, language)}"

    def interval(share: Share) -> str:
        low, high = share.interval
        cases = number(share.whole, 0, language)
        return f"{number(100 * low, 0, language)} - {number(100 * high, 0, language)}, n {cases}"

    def beside(share: Share) -> str:
        if share.baseline is None or share.lift is None or share.lift_interval is None:
            return ""
        low, high = (signed(100 * one, 1) for one in share.lift_interval)
        return f"base {percent(share.baseline)}, {signed(100 * share.lift, 1)} ({low} {high})"

    return {"percent": percent, "signed": signed, "interval": interval, "beside": beside}


def _figures(judged: Judgement, content: Drawn, language: str) -> dict[str, Any]:
    say = speaker(language)
    split_wall = None if judged.split is None else _midnight(judged.split)
    wall = content.candles["wall"]
    split_at = None if split_wall is None else int(np.searchsorted(wall, split_wall))
    candles, overview = candle_figures(content, split_at, say)
    named = [(say(SAMPLES[name]), score) for name, score in judged.samples.items()]
    for kind in ("pattern", "direction"):
        named += [(word(name, language), score) for name, score in judged.breakdowns[kind].items()]
    ends = local_seconds(judged.equity.time, judged.parts[0].series.timezone)
    return {
        "candles": candles,
        "overview": overview,
        "shares": shares(named, judged.rules.gates.capture, judged.rules.gates.false_positives, say),
        "outcomes": outcomes(content.alerts, say),
        "hours": hours(judged.breakdowns["hour"], say),
        "equity": equity_figure(judged.equity, ends, split_wall, say),
    }


def _midnight(day: date) -> int:
    """Return a date's first second on the wall clock that the figures use."""
    return int(np.datetime64(day, "s").astype(np.int64))


def _period(content: Drawn, language: str) -> tuple[str, str] | None:
    wall = content.candles["wall"]
    if not len(wall):
        return None
    first, last = (date.fromisoformat(str(np.datetime64(int(wall[at]) // _DAY_S, "D"))) for at in (0, -1))
    form = "%d/%m/%Y" if language == PT else "%Y-%m-%d"
    return first.strftime(form), last.strftime(form)


def _worded(breakdowns: Mapping[str, Mapping[str, Score]], language: str) -> dict[str, dict[str, Score]]:
    return {
        kind: {word(name, language): score for name, score in scores.items()}
        for kind, scores in breakdowns.items()
    }


@cache
def _template() -> Any:
    folder = FileSystemLoader(Path(__file__).parent)
    found = Environment(loader=folder, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
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
