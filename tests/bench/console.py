"""The operators' page in a real browser on the local stack: how soon it is there, how soon an alert."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from local.load.load_clients import LoadClients
from local.load.run import poster
from local.stack.dev_server import serving
from tests.bench.desk import desk
from tests.bench.noise import Timing
from tests.bench.stack import admitted
from tests.browser.console_server import DIST, Desk, Server

LOADS = 9
ALERTS = 40
WARM_UP = 4
FIRST = 4
"""Loads that are not counted: the emulator starts a process for each question asked at once."""
WAIT_S = 60.0
LONG_MS = 200
EMPTY = '<!doctype html><title>-</title><link rel="icon" href="data:,"><p>-</p>'
# When what was drawn is on the screen: the frame after the one in which it came into the page.
EYE = """
window.rows = {}; window.gaps = []; window.tasks = []; let last = performance.now()
const ready = () => document.querySelector('.strip li[data-item="line"].good')
  && /[0-9]{3}/.test(document.querySelector('.chart-legend')?.textContent.replace(/^\\S+/, '') ?? '')
const look = () => {
  for (const row of document.querySelectorAll('tr[data-alert]')) rows[row.dataset.alert] ??= Date.now()
  if (ready()) window.readyAt ??= performance.now()
}
new MutationObserver(() => requestAnimationFrame(look))
  .observe(document, {subtree: true, childList: true, attributes: true, characterData: true})
const frame = now => { gaps.push(now - last); last = now; requestAnimationFrame(frame) }
requestAnimationFrame(frame)
const noted = told => tasks.push(...told.getEntries().map(one => one.duration))
new PerformanceObserver(noted).observe({type: 'longtask'})
"""
ROWS = {
    "empty": ("an empty page of the same server: navigation -> first paint", ""),
    "first": ("the console: navigation -> first paint", "< 300"),
    "ready": ("the console: navigation -> ready (greeted by the socket, candles drawn)", "< 600"),
    "frame": ("posted -> frame at a bare WebSocket client", ""),
    "row": ("posted -> row on the console's screen", "< 1000"),
    "page": ("the row after the bare client's frame (below 0: the page was told first)", "< 100"),
    "gaps": ("gaps between the page's frames meanwhile", ""),
    "still": ("gaps between the frames of a page of 1,000 alerts that stands still", ""),
    "scroll": ("gaps between its frames while its list scrolls by 120 px a frame", "16.7"),
}
LISTED, STEPS, STEP_PX = 1000, 240, 120
# Scrolls a list, a step in each frame; gives the gaps between the frames.
SCROLL = """
([steps, px]) => new Promise(done => {
  const list = document.querySelector('.list'), gaps = []; let last = performance.now(), at = 0
  const step = now => {
    gaps.push(now - last); last = now; at += 1
    list.scrollTop += px
    at < steps ? requestAnimationFrame(step) : done(gaps.slice(2))
  }
  requestAnimationFrame(step)
})
"""
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def measure(work: Path) -> list[str]:
    """The section's lines; none where no browser is installed, so that what was measured before stays."""
    binary = shutil.which("chromium")
    if not binary or not (DIST / "index.html").exists():
        sys.stderr.write("· the console: skipped; it needs Debian's chromium and `make console`\n")
        return []
    sys.stderr.write("· the console\n")
    shutil.copytree(DIST, work / "page")
    (work / "page" / "empty.html").write_text(EMPTY, encoding="utf-8")
    with (
        desk(2, work / "console") as it,
        serving(it.stack, work / "page", lambda _: None) as url,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=binary, args=["--no-sandbox"])
        send = poster(it.stack)
        for _ in range(WARM_UP):  # candles for the chart, functions that run already
            send.post(next(it.posts))
        loads, (seen, long_tasks) = _loads(browser, url, it.tokens[0]), _seen(browser, url, it, send)
        scrolled = _scrolled(browser)
        browser.close()
    return _section(loads | seen | scrolled, long_tasks)


def _scrolled(browser: Browser) -> dict[str, Timing]:
    """Milliseconds between frames with many alerts in the list, at the tests' own desk: still, scrolled."""
    with Server() as server:
        _fill(server.desk)
        with _page(browser, f"{server.url}#token=token-ana") as page:
            page.wait_for_selector(f'table.alerts[aria-rowcount="{LISTED + 1}"]')
            _found(page, "window.readyAt")
            still, moved = (page.evaluate(SCROLL, [STEPS, px]) for px in (0, STEP_PX))
    return {"still": Timing(tuple(still)), "scroll": Timing(tuple(moved))}


def _fill(desk: Desk) -> None:
    one = desk.alert()
    for n in range(LISTED):
        desk.keep(replace(one, id=f"{n:064x}", seq=11 + n, price=one.price + 5 * (n % 7)))
    desk.seq[one.contract] = 10 + LISTED


def _loads(browser: Browser, url: str, token: str) -> dict[str, Timing]:
    """Milliseconds from the start of a navigation, the empty page and the console in turns."""
    taken: dict[str, list[float]] = {"empty": [], "first": [], "ready": []}
    for count in range(-FIRST, LOADS):
        with _page(browser, f"{url}/empty.html") as page:
            empty = _found(page, PAINTED)
        with _page(browser, f"{url}/#token={token}") as page:
            ready, first = _found(page, "window.readyAt"), _found(page, PAINTED)
        if count >= 0:
            for name, value in (("empty", empty), ("first", first), ("ready", ready)):
                taken[name].append(value)
    return {name: Timing(tuple(values)) for name, values in taken.items()}


def _seen(browser: Browser, url: str, it: Any, send: Any) -> tuple[dict[str, Timing], int]:
    """Milliseconds from a post to a bare client's frame and to the row on the screen, and between frames."""
    posted, frames, rows = [], [], []
    with (
        LoadClients(it.stack.websocket_url, it.tokens[1:]) as crowd,
        _page(browser, f"{url}/#token={it.tokens[0]}") as page,
    ):
        _found(page, "window.readyAt")
        while len(rows) < ALERTS + WARM_UP:
            outcome = send.post(next(it.posts))
            if alerts := admitted(outcome):  # those of one candle are one opportunity, hence one row
                posted.append(1000 * outcome.posted_at)
                rows.append(_found(page, f"{alerts}.map(one => window.rows[one]).find(one => one)"))
                frames.append(1000 * _until(lambda one=alerts[0]: crowd.arrivals[0].get(one)))
        gaps, tasks = page.evaluate("[gaps, tasks]")
    found = {"frame": _less(frames, posted), "row": _less(rows, posted), "page": _less(rows, frames)}
    return found | {"gaps": Timing(tuple(gaps[30:]))}, sum(one > LONG_MS for one in tasks)


def _less(these: Sequence[float], those: Sequence[float]) -> Timing:
    return Timing(tuple(one - other for one, other in zip(these, those, strict=True))[WARM_UP:])


@contextmanager
def _page(browser: Browser, address: str) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    page.add_init_script(EYE)
    page.goto(address)
    yield page
    context.close()


def _found(page: Page, what: str) -> float:
    return _until(lambda: page.evaluate(what))


def _until(fact: Callable[[], float | None]) -> float:
    end = time.monotonic() + WAIT_S
    while (found := fact()) is None:
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.01)
    return found


def _section(found: Mapping[str, Timing], long_tasks: int) -> list[str]:
    ratio = found["ready"].median / found["empty"].median
    return [
        "## The console",
        "",
        f"Debian's chromium, headless, at the page of the local stack; {LOADS} loads of each page in turns,"
        f" a new profile each; {ALERTS} alerts, one at a time. Milliseconds, min / median / max.",
        "",
        f"{FIRST} loads before are not counted: for each question asked at once the emulator starts a"
        " process, about two seconds each.",
        "",
        "| what | measured | goal |",
        "|---|---|---|",
        *(f"| {what} | {found[name].spread(1)} | {goal} |" for name, (what, goal) in ROWS.items()),
        "",
        f"Ready takes {ratio:.1f} times what the empty page takes to be painted. Tasks of the page above"
        f" {LONG_MS} ms while alerts came: {long_tasks}.",
        "",
    ]
