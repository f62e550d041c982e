"""A small chart of one alert, for e-mails and the page that a link opens.

It is made of tables and colours, since many mail clients show no picture. Prices rise to the right. What is
drawn stands as text beside it: nothing is told by colour alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from string import Template
from typing import TYPE_CHECKING

from pregao.domain.market.candle import decimals_of, to_tick
from pregao.domain.text.words import distance, number, way, word

if TYPE_CHECKING:
    from pregao.domain.alerts.alert import Alert, Plan
    from pregao.domain.alerts.signal import Outlook

_STOP, _ENTRY, _TARGET, _INK = "#b2341a", "#5b6675", "#0a7a58", "#7c8796"
_THIN, _THICK = 2, 14

_TABLE = Template("""\
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="table-layout:fixed"><tr>
$cells</tr></table>
""")
_CELL = Template("""\
<td width="$width%" height="16" valign="middle" style="width:$width%;font-size:0;line-height:0">$mark</td>
""")
_MARK = Template('<div style="height:${height}px;background:$colour"></div>')
_LABEL = Template("""\
<td class="quiet" width="$width%" align="$align" valign="top" style="width:$width%;padding:2px 0;\
font-size:12px;line-height:1.35;color:#5b6675">$text</td>
""")
_CAPTION = Template("""\
<p class="quiet" style="margin:0 0 4px;font-size:12px;line-height:1.4;color:#5b6675">$text</p>
""")


@dataclass(frozen=True, slots=True)
class _Span:
    """A stretch of the axis from `start` to `end`, in the instrument's own numbers, and how it is painted."""

    start: float
    end: float
    colour: str
    height: int


def alert_chart(alert: Alert, language: str) -> str:
    """Return the chart as HTML: the candle over stop, entry and target; without a side the ranges.

    Empty where an alert has neither.
    """
    if alert.plan is not None:
        return f'<div style="padding:2px 0 8px">{_planned(alert, alert.plan, language)}</div>\n'
    if alert.outlook is not None:
        return f'<div style="padding:2px 0 8px">{_ranges(alert, alert.outlook, language)}</div>\n'
    return ""


def _planned(alert: Alert, plan: Plan, language: str) -> str:
    candle = alert.candle
    bottom, top = sorted((candle.open, candle.close))
    ends = [plan.stop_loss, plan.take_profit, candle.low, candle.high]
    below, above = (plan.stop_loss, plan.take_profit)[:: alert.direction.sign]
    paints = (_STOP, _TARGET)[:: alert.direction.sign]
    seen = [
        _Span(candle.low, bottom, _INK, _THIN),
        _Span(bottom, top, _INK, _THICK),
        _Span(top, candle.high, _INK, _THIN),
    ]
    levels = [
        _Span(below, plan.entry_min, paints[0], 8),
        _Span(plan.entry_min, plan.entry_max, _ENTRY, _THICK),
        _Span(plan.entry_max, above, paints[1], 8),
    ]
    caption = _CAPTION.substitute(text=escape(word("chart_planned", language)))
    strips = (_strip(one, min(ends), max(ends)) for one in (seen, levels))
    return caption + "".join(strips) + _labels(alert, plan, language)


def _labels(alert: Alert, plan: Plan, language: str) -> str:
    entry = "-".join(_price(alert, one, language) for one in (plan.entry_min, plan.entry_max))
    texts = [
        (word("stop", language), _price(alert, plan.stop_loss, language)),
        (word("entry", language), entry),
        (word("target", language), _price(alert, plan.take_profit, language)),
    ][:: alert.direction.sign]
    cells = (
        _LABEL.substitute(width=width, align=align, text=f"{escape(name)}<br>{escape(price)}")
        for (name, price), align, width in zip(texts, ("left", "center", "right"), (30, 40, 30), strict=True)
    )
    return _TABLE.substitute(cells="".join(cells))


def _ranges(alert: Alert, outlook: Outlook, language: str) -> str:
    """Return two bars from nothing: the usual range, and the expected one from its low to its high end."""
    tick = alert.tick_size
    low, high, usual = (to_tick(one, tick) for one in (outlook.low, outlook.high, outlook.usual))
    most = max(high, usual)
    ends = f"{way(low, tick, language)}-{distance(high, tick, language)}"
    bars = (
        (f"{word('usual_is', language)} {distance(usual, tick, language)}", [_Span(0, usual, _ENTRY, 8)]),
        (f"{word('expect', language)} {ends}", [_Span(0, low, _TARGET, 8), _Span(low, high, _TARGET, _THIN)]),
    )
    return "".join(_CAPTION.substitute(text=escape(text)) + _strip(spans, 0, most) for text, spans in bars)


def _strip(spans: Sequence[_Span], low: float, high: float) -> str:
    """Return spans, in order and apart, as cells of one row whose ends are `low` and `high`.

    Nothing where the two are the same.
    """
    if high <= low:
        return ""
    cells: list[str] = []
    reached = 0
    for span in spans:
        start, end = (round(100 * (one - low) / (high - low)) for one in (span.start, span.end))
        if end <= start:
            continue
        mark = _MARK.substitute(height=span.height, colour=span.colour)
        cells += [_CELL.substitute(width=start - reached, mark="")] if start > reached else []
        cells.append(_CELL.substitute(width=end - start, mark=mark))
        reached = end
    cells += [_CELL.substitute(width=100 - reached, mark="")] if reached < 100 else []
    return _TABLE.substitute(cells="".join(cells))


def _price(alert: Alert, price: float, language: str) -> str:
    return number(price, decimals_of(alert.tick_size), language)
