"""Every e-mail and page of a link, on a phone and on a desk, by day and by night."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pregao.domain.alerts.digest import digest_of
from pregao.domain.alerts.signal import Direction, Pattern
from pregao.domain.delivery.alert_state import Taken, state_of
from pregao.domain.delivery.unreached import Cause, Unreached
from pregao.domain.feeds.told import Filled, Kind
from pregao.domain.text.email import Way, act_page, note_page, render_digest_mail, render_mail
from pregao.domain.text.feed_mail import render_feed_mail
from tests.fakes import CANDLE, NOW, a_notice, an_alert, an_operator

LINK = "https://a1b2c3d4e5.execute-api.sa-east-1.amazonaws.com/act/" + "eyJhbGciOiJIUzI1NiJ9." * 9
BREAK = an_alert(confidence=0.27, reason={"level": 131_215.0, "margin": 35.0, "atr": 120.0})
EXTREME = an_alert(
    direction=Direction.SHORT,
    pattern=Pattern.VOLATILITY_EXTREME,
    reason={"z": 2.08, "mean": 127_784.0, "std": 56.0, "run": 2, "sigma": 2.0},
)
ANA, BRUNO = an_operator(), an_operator("bruno", language="en")
VERA = an_operator("vera", role="viewer")
SILENT = a_notice(detail="last_error -10005: no IPC connection; is the terminal's window open?")
BACK = a_notice(Kind.RECOVERED, at=CANDLE + 4500.0, filled=Filled.MISSING)
FLAPS = a_notice(Kind.FLAPPING_DIGEST, at=CANDLE + 3900.0, count=6, missing=6, expected=12)
OPEN = state_of(BREAK, None, [], NOW)
DECIDED = state_of(BREAK, Taken("bruno", "false_alarm", NOW + 3), [BRUNO], NOW + 60)
EXPIRED = state_of(BREAK, None, [], BREAK.decide_by)
MISSED = Unreached("k", "ana", Cause.REFUSED, NOW - 86_400, NOW - 60, 17)
WAY = Way(LINK)
PAGES = {
    "alerta": render_mail(BREAK, ANA, "a@b", "no_receipt", WAY, OPEN).html,
    "alert": render_mail(EXTREME, BRUNO, "a@b", "no_screen", WAY, OPEN).html,
    "viewer": render_mail(BREAK, VERA, "a@b", "no_screen", WAY, OPEN).html,
    "alerta-de-novo": render_mail(BREAK, ANA, "a@b", "no_receipt", WAY, OPEN, MISSED).html,
    "alerta-decidido": render_mail(BREAK, ANA, "a@b", "no_receipt", WAY, DECIDED).html,
    "alert-decided": render_mail(EXTREME, BRUNO, "a@b", "no_receipt", WAY, DECIDED, MISSED).html,
    "alerta-expirado": render_mail(BREAK, ANA, "a@b", "no_receipt", WAY, EXPIRED).html,
    "alert-expired": render_mail(EXTREME, BRUNO, "a@b", "no_screen", WAY, EXPIRED).html,
    "retidos": render_digest_mail(digest_of([BREAK] * 12 + [EXTREME], "queue_full"), ANA, "a@b").html,
    "silencio": render_feed_mail([SILENT], ANA, "a@b").html,
    "silence": render_feed_mail(
        [replace(SILENT, timeframe=one) for one in ("M1", "M5", "M15")], BRUNO, "a@b"
    ).html,
    "voltou": render_feed_mail([BACK], ANA, "a@b").html,
    "oscila": render_feed_mail([FLAPS], ANA, "a@b").html,
    "decidir": act_page(BREAK, ANA, OPEN, "executed"),
    "decide": act_page(EXTREME, BRUNO, OPEN),
    "decidido": act_page(BREAK, ANA, DECIDED),
    "decided": act_page(EXTREME, BRUNO, DECIDED),
    "expirado": act_page(BREAK, ANA, EXPIRED),
    "expired": act_page(EXTREME, BRUNO, EXPIRED),
    "registrado": note_page("recorded", "pt-BR", "executed"),
}
READABLE = 4.5
"""WCAG AA: the least contrast of small text."""

# Contrast of each text against the nearest painted ground behind it (WCAG 2.1, relative luminance).
_CONTRASTS = """
() => {
  const rgb = text => text.match(/[\\d.]+/g).map(Number)
  const linear = v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
  const ground = node => {
    for (; node; node = node.parentElement) {
      const [r, g, b, a = 1] = rgb(getComputedStyle(node).backgroundColor)
      if (a > 0) return [r, g, b]
    }
    return [255, 255, 255]
  }
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = []
  while (walker.nextNode()) {
    const node = walker.currentNode
    if (!node.textContent.trim()) continue
    const [a, b] = [light(rgb(getComputedStyle(node.parentElement).color)), light(ground(node.parentElement))]
    found.push([node.textContent.trim(), (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)])
  }
  return found
}
"""


@pytest.mark.parametrize("name", PAGES)
def test_it_fits_can_be_read_and_loads_nothing(look, name):
    """On a phone and on a desk, by day and by night: one page, for opening it costs more than looking."""
    seen = look(PAGES[name])
    for width in (375, 1280):
        seen.page.set_viewport_size({"width": width, "height": 768})
        for scheme in ("light", "dark"):
            seen.page.emulate_media(color_scheme=scheme)
            seen.shoot(f"mail-{name}-{width}-{scheme}")
            assert not seen.overflows(), width
            texts = seen.page.evaluate(_CONTRASTS)
            assert [(text, round(ratio, 1)) for text, ratio in texts if ratio < READABLE] == [], scheme
    assert (seen.complaints, seen.requests) == ([], [])


def test_the_form_is_filled_by_keyboard_alone(look):
    """Tab to the choices, arrow to another, on to the note, and send."""
    seen = look(PAGES["decidir"], 375)
    seen.page.keyboard.press("Tab")
    seen.page.keyboard.press("ArrowDown")
    seen.page.keyboard.press("Tab")
    seen.page.keyboard.type("sem volume")
    sent = seen.page.evaluate("Object.fromEntries(new FormData(document.querySelector('form')))")
    assert sent == {"decision": "rejected", "note": "sem volume"}
