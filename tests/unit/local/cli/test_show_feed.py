"""How `pregao listen` tells of a feed."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace

import pytest
from rich.console import Console

from local.cli.shared.show import show_feed
from pregao.domain.feeds.told import Cause, Filled, Kind
from pregao.domain.text.feed_notices import duration, feed_headline, feed_line, feed_note, feed_rows
from pregao.domain.text.words import LANGUAGES, word
from pregao.flow.steps.feeds import SCREENS_ONLY
from pregao.wire.frames_v1 import feed_frame
from tests.fakes import CANDLE, a_notice

FLAPS = (Kind.STILL_SILENT, Kind.FLAPPING, Kind.FLAPPING_DIGEST, Kind.STEADY)
MAILED = sorted(set(Kind) - SCREENS_ONLY)


def told(notice, language="pt-BR"):
    out = io.StringIO()
    show_feed(Console(file=out, width=200), json.loads(feed_frame(notice)), language)
    return out.getvalue()


def test_a_silence_in_words_with_what_the_bridge_says():
    said = told(a_notice(at=CANDLE + 300.0 + 360, detail="last_error -10005"))
    assert said == (
        "23/11 11:11 ■ Sem dados de WIN M5 há 6 min: o terminal não está conectado à corretora\n"
        "      O bridge diz: last_error -10005\n"
    )


def test_a_recovery_and_a_roll():
    back = a_notice(Kind.RECOVERED, at=CANDLE + 4500.0, filled=Filled.BACKFILLED)
    assert "▶ WIN M5 is back after 1 h 10 min without data: the missing candles came afterwards" in told(
        back, "en"
    )
    rolled = a_notice(Kind.ROLLED, cause=None, previous="WINV26")
    assert "↷ WIN M5 passou de WINV26 para WINZ26" in told(rolled)


def test_candles_set_aside():
    one = a_notice(Kind.SET_ASIDE, cause=None, since=CANDLE, count=1, detail="high 1.0 is below low 2.0")
    assert told(one) == (
        "23/11 11:12 ✕ WIN M5: vela das 23/11 11:00 posta de lado\n"
        "      O bridge diz: high 1.0 is below low 2.0\n"
    )
    several = a_notice(Kind.SET_ASIDE, cause=None, since=CANDLE, count=3)
    assert "WIN M5: 3 candles are set aside, the newest of 23/11 11:00" in told(several, "en")


def test_a_feed_that_flaps():
    counts = {"since": CANDLE + 300.0, "at": CANDLE + 3900.0, "count": 6, "missing": 6, "expected": 12}
    said = {kind: told(a_notice(kind, **counts), "en").splitlines()[0][14:] for kind in FLAPS}
    assert said == {
        Kind.STILL_SILENT: "No data from WIN M5 for 1 h 00 min: the terminal is not connected to the broker",
        Kind.FLAPPING: "WIN M5 comes and goes: 6 silences in 1 h 00 min; from now on one summary an hour",
        Kind.FLAPPING_DIGEST: (
            "WIN M5 comes and goes: 6 silences in 1 h 00 min; 6 of 12 candles were not there in time (50 %)"
        ),
        Kind.STEADY: "WIN M5 whole for an hour; it came and went for 1 h 00 min",
    }
    bare = a_notice(Kind.FLAPPING_DIGEST, count=1, missing=0, expected=0)
    assert told(bare).endswith("WIN M5 oscila: 1 silêncio em 8 min\n")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_has_a_line_for_one_and_for_several_and_a_note(language):
    for kind in MAILED:
        notice = a_notice(kind, filled=Filled.WHOLE, count=3, missing=2, expected=5)
        several = [notice, replace(notice, timeframe="M15")]
        for text in (
            *(feed_headline(some, language) for some in ([notice], several)),
            feed_note(kind, language),
        ):
            assert text != kind
            assert not re.search(r"[{}]|several|note_", text), text
        assert all(value for _, value in feed_rows(several, language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_cause_and_every_end_has_words(language):
    for key in (*(f"cause_{one}" for one in Cause), *(f"filled_{one}" for one in Filled)):
        assert word(key, language) != key
    for cause in Cause:
        assert "cause_" not in feed_line(a_notice(cause=cause), language)


@pytest.mark.parametrize(
    ("seconds", "pt", "en"),
    [
        (10, "1 min", "1 min"),
        (450, "8 min", "8 min"),
        (3599, "1 h 00 min", "1 h 00 min"),
        (7500, "2 h 05 min", "2 h 05 min"),
        (100_000, "1 dia 3 h", "1 day 3 h"),
        (200_000, "2 dias 7 h", "2 days 7 h"),
    ],
)
def test_how_long(seconds, pt, en):
    assert (duration(seconds, "pt-BR"), duration(seconds, "en")) == (pt, en)
