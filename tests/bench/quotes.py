"""A price from its post to ten screens and to the ticket of one of them; and candles beside prices."""

from __future__ import annotations

import json
import shutil
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from botocore.credentials import Credentials
from playwright.sync_api import Page, sync_playwright
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from local.load.run import percentiles, poster
from local.stack.dev_server import serving
from pregao_bridge.cloud.signed import SignedHttp
from pregao_bridge.outcome import Accepted
from tests.bench.desk import desk
from tests.browser.console_server import DIST
from tests.scenes import quiet

SCREENS = 10
QUOTES, WARM_UP = 60, 6
APART_S = 0.5
"""Between two prices: four times as often as a bridge posts them."""
BLOCKS, CANDLES = 8, 30
WAIT_S = 60.0
NOW = ".card .now dd"
# When a text of the card is on the screen: the frame after the one in which it came into the page.
EYE = f"""
window.told = []
const look = () => {{
  const text = document.querySelector('{NOW}')?.textContent ?? ''
  if (text !== told.at(-1)?.text) told.push({{text, at: Date.now()}})
}}
new MutationObserver(() => requestAnimationFrame(look))
  .observe(document, {{subtree: true, childList: true, characterData: true}})
"""


class Screen:
    """A bare client that follows WIN, and when it heard what."""

    def __init__(self, url: str, token: str) -> None:
        self.heard: list[tuple[float, dict[str, Any]]] = []
        self._socket = connect(f"{url}?token={token}")
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def __enter__(self) -> Screen:
        self._thread.start()
        self._socket.send('{"action": "subscribe"}')
        wait(lambda: self.of("hello"))
        self._socket.send('{"action": "follow", "instruments": ["WIN"]}')
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()
        self._thread.join()

    def of(self, action: str) -> list[tuple[float, dict[str, Any]]]:
        return [one for one in self.heard if one[1]["action"] == action]

    def _listen(self) -> None:
        try:
            for text in self._socket:
                self.heard.append((time.time(), json.loads(text)))
        except ConnectionClosed:
            return


class Prices:
    """Posts prices of a contract as a bridge does."""

    def __init__(self, stack: Any, contract: str) -> None:
        keys = Credentials(stack.bridge_access_key, stack.bridge_secret_key)
        self._http, self._url = SignedHttp(stack.region, keys), f"{stack.http_url}/quotes"
        self._contract = contract

    def post(self, last: float) -> float:
        """Post one; returns when, epoch seconds."""
        prices = {"time": time.time(), "bid": last - 5, "ask": last, "last": last}
        quote = {"symbol": "WIN$N", "contract": self._contract} | prices
        body = json.dumps({"version": 1, "bridge_id": "bench", "quotes": [quote]}).encode()
        answer = self._http.post(self._url, body)
        assert answer.status == 202, answer.body
        return answer.sent_at

    @contextmanager
    def going_on(self, last: float) -> Iterator[None]:
        """A price each two seconds from a thread of its own while the block runs."""
        over = threading.Event()

        def run() -> None:
            while not over.wait(2.0):
                self.post(last)

        thread = threading.Thread(target=run)
        thread.start()
        yield
        over.set()
        thread.join()


def measure(work: Path) -> list[str]:
    """The section's lines; none where no browser is installed."""
    binary = shutil.which("chromium")
    if not binary or not (DIST / "index.html").exists():
        sys.stderr.write("· quotes: skipped; it needs Debian's chromium and `make console`\n")
        return []
    sys.stderr.write("· quotes\n")
    shutil.copytree(DIST, work / "quotes-page")
    with (
        desk(SCREENS, work / "quotes") as it,
        serving(it.stack, work / "quotes-page", lambda _: None) as url,
        sync_playwright() as playwright,
        ExitStack() as screens,
    ):
        browser = playwright.chromium.launch(executable_path=binary, args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": 1366, "height": 768}).new_page()
        page.add_init_script(EYE)
        page.goto(f"{url}/#token={it.tokens[0]}")
        page.wait_for_selector('.strip li[data-item="line"].good')
        bare = [screens.enter_context(Screen(it.stack.websocket_url, one)) for one in it.tokens[1:]]
        alert = rung(it, bare[0])
        prices = Prices(it.stack, alert["contract"])
        frames, tickets = told(prices, alert, bare, page)
        alone, beside = candles(it, prices, alert["price"])
        browser.close()
    return section(frames, tickets, alone, beside)


def rung(it: Any, screen: Screen) -> dict[str, Any]:
    """Let an alert ring; returns it."""
    send = poster(it.stack)
    while not screen.of("alert"):
        send.post(next(it.posts))
        time.sleep(2)
    alert: dict[str, Any] = screen.of("alert")[0][1]["alert"]
    return alert


def told(
    prices: Prices, alert: dict[str, Any], bare: Sequence[Screen], page: Page
) -> tuple[list[float], list[float]]:
    """Milliseconds from a post to each bare client's frame, and to the card's new words."""
    page.wait_for_selector(NOW)
    frames, tickets = [], []
    for count in range(QUOTES + WARM_UP):
        before = page.evaluate("told.length")
        at = prices.post(alert["price"] + 5 * (count % 2))
        wait(lambda before=before: page.evaluate("told.length") > before)
        wait(lambda count=count: all(len(one.of("quote")) > count for one in bare))
        if count >= WARM_UP:
            tickets.append(page.evaluate("told.at(-1).at") - 1000 * at)
            frames += [1000 * (one.of("quote")[count][0] - at) for one in bare]
        time.sleep(APART_S)
    return frames, tickets


def candles(it: Any, prices: Prices, last: float) -> tuple[list[float], list[float]]:
    """Milliseconds from a quiet candle's post to its answer, without and with prices beside it, in turns."""
    send = poster(it.stack)
    found: tuple[list[float], list[float]] = ([], [])
    for block in range(BLOCKS):
        for which in (block % 2, 1 - block % 2):
            with prices.going_on(last) if which else ExitStack():
                for _ in range(CANDLES):
                    outcome = send.post(quiet({"body": next(it.posts)})["body"].encode())
                    assert isinstance(outcome, Accepted), outcome
                    found[which].append(1000 * outcome.elapsed)
                    time.sleep(0.1)
    return found


def wait(fact: Any) -> None:
    end = time.monotonic() + WAIT_S
    while not fact():
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.005)


def section(
    frames: Sequence[float], tickets: Sequence[float], alone: Sequence[float], beside: Sequence[float]
) -> list[str]:
    def row(what: str, of: Sequence[float], goal: str) -> str:
        found = percentiles(list(of))
        cells = " | ".join(f"{found[name]:.0f} ms" for name in ("p50", "p95", "p99", "max"))
        return f"| {what} | {cells} | {goal} |"

    ratio = median(beside) / median(alone)
    return [
        "## Quotes",
        "",
        f"The local stack, {SCREENS} screens that follow one market, one of them the console in Debian's"
        f" chromium with an open alert on its card; {QUOTES} prices, one each {APART_S} s and its way.",
        "",
        "| what | p50 | p95 | p99 | max | goal |",
        "|---|---|---|---|---|---|",
        row(f"posted -> frame, {SCREENS - 1} bare clients", frames, ""),
        row(
            f"quote to ticket, {SCREENS} screens: posted -> the card's words on the screen",
            tickets,
            "p50 < 300",
        ),
        row(f"candle posted -> answered, {len(alone)} of them, no price meanwhile", alone, ""),
        row("the same while a price is posted each 2 s, in turns with it", beside, "not later"),
        "",
        f"A candle's median with prices beside it is {ratio:.2f} times that without;"
        " from run to run it went from 0.7 to 1.3, so what prices do to it is less than what the machine"
        " does.",
        "",
    ]
