"""The chart in a message: the last candles and an alert's levels as a PNG, drawn by Pillow.

Up and down, stop and target are told by shape and word too, never by colour alone. Words are few and without
accents, which Pillow's own font lacks; the rest stands in the message. Pillow is in PhoneLayer alone and
imported with the first picture.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from typing import TYPE_CHECKING

from pregao.domain.market.candle import decimals_of
from pregao.domain.text.times import hour_minute
from pregao.domain.text.words import number, word

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont, ImageFont

    from pregao.domain.alerts.alert import Alert
    from pregao.domain.market.candle import Candle
    from pregao.domain.text.times import ZoneOf

SHOWN, LEAST = 60, 10
"""Candles of a picture; with fewer than the least there is none."""
WIDTH, HEIGHT = 800, 450
LEFT, RIGHT, TOP, BOTTOM = 16, 168, 44, 32
"""Pixels around the candles; the levels' names stand on the right."""
LARGEST = 50_000
"""Bytes; a picture over it is not sent."""
IN_TIME_S = 2.0
"""So long a note waits for its picture."""
PAPER, INK, GRID = "#ffffff", "#1c2733", "#e3e7ec"
UP, DOWN = "#0a7a58", "#b2341a"
COLOURS = 32
Candles = Callable[[str, str, int, int], Sequence["Candle"]]
"""The last candles of an instrument and timeframe that opened before a moment, at most so many."""

log = logging.getLogger(__name__)


class Pictures:
    """flow.ports.phone.Pictures over the candles that are kept."""

    def __init__(self, candles: Candles, zone_of: ZoneOf) -> None:
        self._candles = candles
        self._zone_of = zone_of
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="picture")
        self._newest: tuple[tuple[str, str], bytes] = (("", ""), b"")

    def of(self, alert: Alert, language: str) -> bytes:
        """Return the PNG; see flow.ports.phone. Nothing that goes wrong here holds a note up."""
        key = alert.id, language
        if self._newest[0] != key:  # of a desk's notes on one alert one draws
            try:
                self._newest = key, self._pool.submit(self._draw, alert, language).result(IN_TIME_S)
            except Exception:
                log.warning("no picture of alert %s", alert.id, exc_info=True)
                return b""
        return self._newest[1]

    def _draw(self, alert: Alert, language: str) -> bytes:
        until = alert.candle.time + 1
        known = [*self._candles(alert.instrument, alert.timeframe, until, SHOWN)]
        if not known or known[-1].time != alert.candle.time:
            known = [*known, alert.candle][-SHOWN:]  # it is kept a moment after it is judged
        if len(known) < LEAST:
            return b""
        drawn = draw(alert, known, language, self._zone_of(alert.instrument))
        return drawn if len(drawn) <= LARGEST else b""


def draw(alert: Alert, candles: Sequence[Candle], language: str, zone: ZoneInfo) -> bytes:
    """Return a PNG of candles, oldest first, and the levels of an alert on one of them.

    Up candles are hollow, down candles full; a triangle marks the alert's.
    """
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    paper, font = ImageDraw.Draw(image), ImageFont.load_default(15)
    levels = _levels(alert, language)
    prices = [price for one in candles for price in (one.low, one.high)] + [one for _, one, _ in levels]
    at = _Scale(min(prices), max(prices), len(candles))
    _axis(paper, font, candles, at, zone)
    decimals = decimals_of(alert.tick_size)
    for _name, price, colour in levels:
        paper.line((LEFT, at.y(price), WIDTH - RIGHT + 4, at.y(price)), fill=colour, width=2)
    for text, y, colour in _spread(
        [
            (f"{name} {number(price, decimals, language)}".strip(), at.y(price), colour)
            for name, price, colour in levels
        ]
    ):
        paper.text((WIDTH - RIGHT + 10, y), text, fill=colour, font=font, anchor="lm")
    for place, one in enumerate(candles):
        _candle(paper, one, at.x(place), at)
    _mark(paper, alert, candles, at)
    _title(paper, alert, language)
    out = BytesIO()
    image.quantize(COLOURS).save(out, "PNG", optimize=True)
    return out.getvalue()


class _Scale:
    """Where prices and candles stand on the paper, in pixels."""

    def __init__(self, low: float, high: float, count: int) -> None:
        margin = (high - low) * 0.04 or abs(high) * 0.01 or 1.0
        self.low, self.high = low - margin, high + margin
        self.step = (WIDTH - LEFT - RIGHT) / count

    def x(self, place: int) -> float:
        return LEFT + (place + 0.5) * self.step

    def y(self, price: float) -> float:
        return TOP + (self.high - price) / (self.high - self.low) * (HEIGHT - TOP - BOTTOM)


Level = tuple[str, float, str]
"""A name, a price, a colour."""


def _levels(alert: Alert, language: str) -> list[Level]:
    plan = alert.plan
    if plan is None:
        return [("", alert.price, INK)]
    return [
        (word("target", language), plan.take_profit, UP),
        (word("entry", language), alert.price, INK),
        (word("stop", language), plan.stop_loss, DOWN),
    ]


def _spread(labels: Sequence[tuple[str, float, str]]) -> list[tuple[str, float, str]]:
    """Move labels that would lie upon each other apart, the upper one first."""
    placed: list[tuple[str, float, str]] = []
    for text, y, colour in sorted(labels, key=lambda one: one[1]):
        least = placed[-1][1] + 18 if placed else y
        placed.append((text, max(y, least), colour))
    return placed


def _axis(
    paper: ImageDraw, font: FreeTypeFont | ImageFont, candles: Sequence[Candle], at: _Scale, zone: ZoneInfo
) -> None:
    for place in range(len(candles) - 1, -1, -12):
        x = at.x(place)
        paper.line((x, TOP, x, HEIGHT - BOTTOM), fill=GRID)
        told = hour_minute(candles[place].time, zone)[:5]  # the zone's mark stands in the text beside it
        paper.text((x, HEIGHT - BOTTOM + 8), told, fill=INK, font=font, anchor="mt")


def _candle(paper: ImageDraw, one: Candle, x: float, at: _Scale) -> None:
    up, half = one.close >= one.open, max(1.0, at.step * 0.32)
    colour = UP if up else DOWN
    top, bottom = at.y(max(one.open, one.close)), at.y(min(one.open, one.close))
    paper.line((x, at.y(one.high), x, at.y(one.low)), fill=colour)
    box = (x - half, top, x + half, max(bottom, top + 1))
    paper.rectangle(box, fill=PAPER if up else colour, outline=colour)


def _mark(paper: ImageDraw, alert: Alert, candles: Sequence[Candle], at: _Scale) -> None:
    """Mark the alert's candle: a triangle below it points up, for a short one above it points down."""
    place = next((n for n, one in enumerate(candles) if one.time == alert.candle.time), None)
    if place is None:
        return
    sign = -1 if alert.direction.sign < 0 else 1
    x, y = at.x(place), at.y(alert.candle.low if sign > 0 else alert.candle.high) + 6 * sign
    paper.polygon([(x, y), (x - 7, y + 11 * sign), (x + 7, y + 11 * sign)], fill=INK)


def _title(paper: ImageDraw, alert: Alert, language: str) -> None:
    from PIL import ImageFont

    side = f"{word(alert.direction, language)} " if alert.plan else ""
    paper.text(
        (LEFT, 14),
        f"{side}{alert.contract} {alert.timeframe}",
        fill=INK,
        font=ImageFont.load_default(20),
        anchor="lt",
    )
