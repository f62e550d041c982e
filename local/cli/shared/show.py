"""How an alert looks in a terminal."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.text import Text

from pregao.domain.delivery.duty import DESK_ZONE
from pregao.domain.feeds.told import Kind
from pregao.domain.text.words import word

if TYPE_CHECKING:
    from local.load.listener import Frame
    from pregao.domain.alerts.alert import Alert

COLOURS = {"long": "bold green", "short": "bold red", "none": "bold cyan"}
FEEDS = {
    Kind.SILENT: ("■", "bold yellow"),
    Kind.STILL_SILENT: ("■", "bold yellow"),
    Kind.RECOVERED: ("▶", "green"),
    Kind.ROLLED: ("↷", "dim"),
    Kind.SET_ASIDE: ("✕", "yellow"),
    Kind.FLAPPING: ("≈", "bold yellow"),
    Kind.FLAPPING_DIGEST: ("≈", "yellow"),
    Kind.STEADY: ("▶", "green"),
}
"""Sign and style of what is told of a feed."""


def show(console: Console, frame: Frame, language: str) -> None:
    """Print one alert: a headline, and the numbers under it."""
    from pregao.domain.text.alert_context import context_rows
    from pregao.domain.text.email import ARROWS, facts, headline, listed_line
    from pregao.wire.alert_v1 import load_alert_frame
    from pregao.wire.server_frames_v1 import Listed

    alert = load_alert_frame({name: value for name, value in frame.items() if name != "listed"})
    line = Text.assemble(
        (f"{_clock(alert)} ", "dim"),
        (f"{ARROWS[alert.direction]} {headline(alert, language)}", COLOURS[alert.direction]),
        (f"  [{word(alert.severity, language)}]", "yellow"),
    )
    console.print(line, soft_wrap=True, style="dim" if frame.get("listed") else "")
    if frame.get("listed"):
        said = listed_line(Listed.model_validate(frame["listed"]), language)
        console.print(Text(f"      {said}", "yellow"), soft_wrap=True)
    rows = facts(alert, language)
    told = [label for label, _ in rows].index(word("severity", language))
    numbers = " · ".join(f"{label} {value}" for label, value in rows[1:told])
    if numbers:
        console.print(Text(f"      {numbers}", "dim"), soft_wrap=True)
    for label, value in context_rows(alert, language):
        console.print(Text(f"      {label}: {value}", "dim"), soft_wrap=True)
    console.print(Text(f"      {rows[-1][1]}", "dim"), soft_wrap=True)


def show_feed(console: Console, frame: Frame, language: str) -> None:
    """Print what became of a feed: one line, and the bridge's own words where there are some."""
    from pregao.domain.text.feed_notices import feed_line
    from pregao.wire.server_frames_v1 import FeedFrame

    notice = FeedFrame.model_validate(frame).notice()
    at = f"{datetime.fromtimestamp(notice.at, DESK_ZONE):%d/%m %H:%M} "
    sign, style = FEEDS[notice.kind]
    line = Text.assemble((at, "dim"), (f"{sign} {feed_line(notice, language)}", style))
    console.print(line, soft_wrap=True)
    if notice.detail:
        console.print(Text(f"      {word('bridge_says', language)}: {notice.detail}", "dim"), soft_wrap=True)


def _clock(alert: Alert) -> str:
    return f"{datetime.fromtimestamp(alert.candle_closed_at, DESK_ZONE):%d/%m %H:%M}"
