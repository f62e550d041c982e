"""A day of trading in a minute: the page does not grow, and nothing is lost on the way."""

from __future__ import annotations

import random
import time

from tests.browser.console_screen import built, screen, server, until

__all__ = ["screen", "server"]  # fixtures

pytestmark = built

DAY_S = 8 * 3600
SPEED = 480
ALERTS = 200
GROWTH = 1.2
# Frames, and those that a person would notice as late.
FRAMES = """
() => {
  window.slow = 0; window.frames_drawn = 0; let last = performance.now()
  const tick = now => {
    window.frames_drawn += 1
    if (now - last > 250) window.slow += 1
    last = now
    requestAnimationFrame(tick)
  }
  requestAnimationFrame(tick)
}
"""


def _heap(session):
    session.send("HeapProfiler.collectGarbage")
    found = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return found["JSHeapUsedSize"], found["ScriptDuration"]


def test_eight_hours_in_a_minute(screen, server):
    """One-minute candles of two markets and 200 alerts, half of them decided."""
    chance, desk = random.Random(7), server.desk
    tab = screen().enter()
    assert tab.page.evaluate("performance.getEntriesByType('navigation')[0].duration") < 1000
    session = tab.page.context.new_cdp_session(tab.page)
    session.send("Performance.enable")
    tab.page.evaluate(FRAMES)
    steps = DAY_S // 60
    rung, warm, warmed = [], (0.0, 0.0), 0.0
    start = time.monotonic()
    for step in range(steps):
        for name in ("WIN", "WDO"):
            last = desk.candles[name][-1]
            close = last["close"] + chance.choice((-5, 0, 5))
            desk.candle(
                name,
                last
                | {
                    "time": last["time"] + 300,
                    "open": last["close"],
                    "high": max(close, last["close"]) + 5,
                    "low": min(close, last["close"]) - 5,
                    "close": close,
                },
            )
        while len(rung) < ALERTS * (step + 1) // steps:
            rung.append(desk.ring(desk.alert(chance.choice(("WIN", "WDO")))))
            if len(rung) > 4 and len(rung) % 2:
                desk.decide(rung[-4].id, "bruno", "watching", "x" * 200)
        if step == steps // 5:
            warm, warmed = _heap(session), time.monotonic()
        tab.page.wait_for_timeout(max(0, (start + (step + 1) * 60 / SPEED - time.monotonic()) * 1000))
    until(lambda: len({one["alert_id"] for one in desk.frames("receipt")}) == ALERTS, 15)
    time.sleep(1)
    end = _heap(session)
    drawn = tab.page.evaluate("[window.frames_drawn, window.slow]")
    share = (end[1] - warm[1]) / (time.monotonic() - warmed)
    print("heap", warm[0], end[0], "frames, above 250 ms", drawn, f"the page's own work {share:.0%}")
    assert tab.page.locator(".alerts tbody tr").count() == ALERTS
    assert end[0] < warm[0] * GROWTH
    # Whether frames come in time is the machine's affair, too; that the page leaves it the time is its own.
    assert share < 0.5
    tab.shoot("console-long")
