"""An operator's screen in a real browser: opens the console as somebody and looks at it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page

from tests.browser.conftest import Watched

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


def until(fact: Callable[[], Any], seconds: float = 5.0) -> Any:
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
