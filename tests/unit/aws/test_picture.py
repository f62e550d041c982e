"""The chart in a message: a small PNG of candles and levels; whatever goes wrong with it holds no note up."""

from __future__ import annotations

import time
from dataclasses import replace
from io import BytesIO

import pytest
from PIL import Image

from pregao.aws.channels import picture
from pregao.aws.channels.picture import DOWN, HEIGHT, LARGEST, LEAST, PAPER, SHOWN, UP, WIDTH, Pictures, draw
from pregao.domain.alerts.signal import Direction, Pattern
from pregao.domain.market.candle import Candle
from pregao.domain.text.times import desk_zone
from tests.fakes import CANDLE, an_alert

ALERT = an_alert()


def candles(count=SHOWN, last=CANDLE):
    """Up and down by turns around the alert's price."""
    rows = []
    for place in range(count):
        at, up = last - 300 * (count - 1 - place), place % 2 == 0
        opened, closed = (131_200.0, 131_260.0) if up else (131_260.0, 131_200.0)
        rows.append(Candle(at, opened, 131_280.0, 131_180.0, closed, 1, 1))
    return rows


def decoded(png):
    image = Image.open(BytesIO(png))
    image.load()
    return image


def colours(image, box=None):
    area = image.convert("RGB").crop(box or (0, 0, *image.size))
    return {f"#{r:02x}{g:02x}{b:02x}" for _, (r, g, b) in area.getcolors(WIDTH * HEIGHT)}


def line_of(image, colour):
    """The rows of pixels that a level runs along."""
    rgb = tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))
    plain = image.convert("RGB")
    rows = [y for y in range(HEIGHT) if sum(plain.getpixel((x, y)) == rgb for x in range(16, 600)) > 400]
    return rows[0] if rows else None


class TestDraw:
    @pytest.mark.parametrize("language", ["pt-BR", "en"])
    @pytest.mark.parametrize(
        ("direction", "pattern"),
        [
            (Direction.LONG, Pattern.LEVEL_BREAK),
            (Direction.SHORT, Pattern.ENGULFING),
            (Direction.NONE, Pattern.UNUSUAL_RANGE),
        ],
    )
    def test_a_png_below_fifty_kilobytes(self, direction, pattern, language):
        alert = an_alert(direction=direction, pattern=pattern)
        png = draw(alert, candles(), language, desk_zone("WIN"))
        image = decoded(png)
        assert (image.format, image.size) == ("PNG", (WIDTH, HEIGHT))
        assert len(png) <= LARGEST
        assert {UP, DOWN, PAPER} <= colours(image)

    def test_the_target_is_above_for_a_long_and_below_for_a_short(self):
        for direction in (Direction.LONG, Direction.SHORT):
            alert = an_alert(direction=direction)
            image = decoded(draw(alert, candles(), "pt-BR", desk_zone("WIN")))
            target, stop = line_of(image, UP), line_of(image, DOWN)
            assert (target < stop) == (direction is Direction.LONG)

    def test_without_a_side_there_is_neither(self):
        alert = an_alert(direction=Direction.NONE, pattern=Pattern.UNUSUAL_RANGE)
        image = decoded(draw(alert, candles(), "pt-BR", desk_zone("WIN")))
        assert line_of(image, UP) is line_of(image, DOWN) is None

    def test_up_candles_are_hollow_and_down_candles_full(self):
        flat = an_alert(direction=Direction.NONE, pattern=Pattern.UNUSUAL_RANGE)
        rows = [replace(one, time=one.time - 300) for one in candles(10)]
        image = decoded(draw(flat, rows, "pt-BR", desk_zone("WIN"))).convert("RGB")
        step = (WIDTH - picture.LEFT - picture.RIGHT) / 10
        full = [
            image.getpixel((int(picture.LEFT + (place + 0.35) * step), HEIGHT // 2)) for place in range(10)
        ]
        paper = tuple(int(PAPER[at : at + 2], 16) for at in (1, 3, 5))
        assert [one == paper for one in full] == [True, False] * 5

    def test_prices_that_never_move(self):
        still = [Candle(CANDLE - 300 * n, 5.0, 5.0, 5.0, 5.0, 0, 0) for n in range(12, -1, -1)]
        alert = an_alert(direction=Direction.NONE, pattern=Pattern.UNUSUAL_RANGE, price=5.0)
        assert decoded(draw(alert, still, "pt-BR", desk_zone("WIN"))).size == (WIDTH, HEIGHT)

    def test_its_words_have_no_letter_that_the_font_lacks(self, monkeypatch):
        from PIL import ImageDraw

        drawn = []
        plain = ImageDraw.ImageDraw.text
        monkeypatch.setattr(
            ImageDraw.ImageDraw,
            "text",
            lambda paper, at, text, **more: (drawn.append(text), plain(paper, at, text, **more)),
        )
        for language in ("pt-BR", "en"):
            for direction in (Direction.LONG, Direction.SHORT):
                draw(an_alert(direction=direction), candles(), language, desk_zone("WIN"))
        assert drawn
        assert all(text.isascii() for text in drawn)


class TestPictures:
    def pictures(self, kept):
        self.asked = []

        def before(*asked):
            self.asked.append(asked)
            return kept() if callable(kept) else kept

        return Pictures(before, desk_zone)

    def test_of_a_desk_s_notes_on_one_alert_one_draws(self):
        pictures = self.pictures(candles())
        first = pictures.of(ALERT, "pt-BR")
        assert decoded(first).size == (WIDTH, HEIGHT)
        assert pictures.of(ALERT, "pt-BR") is first
        assert self.asked == [("WIN", "M5", CANDLE + 1, SHOWN)]
        assert pictures.of(ALERT, "en") != first

    def test_a_candle_that_is_not_kept_yet_is_the_alert_s_own(self):
        late = self.pictures(candles(last=CANDLE - 300)).of(ALERT, "pt-BR")
        assert decoded(late).size == (WIDTH, HEIGHT)

    @pytest.mark.parametrize("kept", [[], candles(LEAST - 2, CANDLE - 300)])
    def test_of_too_few_candles_there_is_none(self, kept):
        assert self.pictures(kept).of(ALERT, "pt-BR") == b""

    def test_candles_that_cannot_be_read(self):
        def broken():
            raise KeyError("no table")

        assert self.pictures(broken).of(ALERT, "pt-BR") == b""

    def test_candles_that_are_slow(self, monkeypatch):
        monkeypatch.setattr(picture, "IN_TIME_S", 0.05)
        assert self.pictures(lambda: (time.sleep(0.5), candles())[1]).of(ALERT, "pt-BR") == b""

    def test_one_that_is_too_large(self, monkeypatch):
        monkeypatch.setattr(picture, "LARGEST", 100)
        assert self.pictures(candles()).of(ALERT, "pt-BR") == b""
