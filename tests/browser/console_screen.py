"""An operator's screen in a real browser: opens the console as somebody and looks at it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import PATIENCE_S, Watched
from tests.browser.console_server import DIST, Server

built = pytest.mark.skipif(
    not (DIST / "index.html").exists(), reason="the console is not built: make local/console/dist/.ready"
)
AXE = DIST.parent / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = """
async () => (await axe.run(document, {resultTypes: ['violations']})).violations
  .filter(one => ['serious', 'critical'].includes(one.impact))
  .map(one => one.id + ': ' + one.nodes.map(node => node.target + ' ' + node.failureSummary).join(' | '))
"""

# What the page does with sound and notifications, noted instead of heard and seen.
SENSES = """
window.rung = []
window.notified = []
const start = OscillatorNode.prototype.start
OscillatorNode.prototype.start = function (...at) {
  window.rung.push(this.frequency.value)
  return start.apply(this, at)
}
window.Notification = class {
  static permission = 'granted'
  static requestPermission = async () => 'granted'
  constructor(title, options) { window.notified.push({title, ...options}) }
  close() {}
}
"""
# A tab that says it is hidden or visible: headless browsers hide none of their own.
HIDE = """
state => {
  Object.defineProperty(document, 'visibilityState', {configurable: true, get: () => state})
  Object.defineProperty(document, 'hidden', {configurable: true, get: () => state === 'hidden'})
  document.dispatchEvent(new Event('visibilitychange'))
}
"""


class Screen(Watched):
    """One tab of one operator."""

    def __init__(self, page: Page, url: str) -> None:
        super().__init__(page)
        self.url = url

    def enter(self, operator: str = "ana", fragment: str = "") -> Screen:
        """Come in with a link that carries the token, and wait for the line."""
        self.page.goto(f"{self.url}#token=token-{operator}{fragment}")
        self.online()
        return self

    def online(self) -> None:
        """Wait until the strip says that the line is up."""
        self.page.locator('.strip li[data-item="line"].good').wait_for()

    def row(self, alert: Any) -> Any:
        """Return an alert's row in the list."""
        return self.page.locator(f'tr[data-alert="{alert.id}"]')

    def visible(self, state: str) -> None:
        """Let the tab be `hidden` or `visible`."""
        self.page.evaluate(HIDE, state)

    def told(self, item: str) -> str:
        """Return what the strip says of something."""
        return self.page.locator(f'.strip li[data-item="{item}"] .value').inner_text()


def until(fact: Callable[[], Any], seconds: float = PATIENCE_S) -> Any:
    """Wait until something is so; returns it."""
    end = time.monotonic() + seconds
    while not (found := fact()):
        assert time.monotonic() < end, "it did not come to be"
        time.sleep(0.02)
    return found


def never(fact: Callable[[], Any], seconds: float = 1.0) -> None:
    """Watch that something is not so for a while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert not fact()
        time.sleep(0.05)


@pytest.fixture
def server():
    with Server() as running:
        yield running


@pytest.fixture
def screen(browser, server):
    """Open tabs; a test ends without a word of complaint from any of them."""
    contexts, screens = {}, []

    def opened(width=1366, height=768, scheme="dark", profile="one", zone=None):
        if profile not in contexts:
            contexts[profile] = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=scheme, bypass_csp=False,
                timezone_id=zone,
            )  # fmt: skip
            contexts[profile].add_init_script(SENSES)
        tab = Screen(contexts[profile].new_page(), server.url)
        screens.append(tab)
        return tab

    yield opened
    # That a socket could not be opened is the browser's own note, in its own words.
    cut = re.compile(r"WebSocket connection|establish a connection to the server at ws")
    complaints = [one for tab in screens for one in tab.complaints if not cut.search(one)]
    for context in contexts.values():
        context.close()
    assert complaints == [], complaints


def serious_faults(tab):
    """Ask axe; it is evaluated, for the page's policy lets no foreign script in."""
    tab.page.evaluate(AXE.read_text(encoding="utf-8"))
    return tab.page.evaluate(SERIOUS)
