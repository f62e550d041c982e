"""A real browser at the pages people see; screenshots stay in .artefacts for the eye.

Debian's chromium, or its firefox-esr where PREGAO_BROWSER is "firefox".
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

PATIENCE_S = 20.0
"""How long a test waits for what a page does at once on a machine that has time for it."""
expect.set_options(timeout=1000 * PATIENCE_S)

ARTEFACTS = Path(__file__).resolve().parents[2] / ".artefacts"


PACKAGES = {"chromium": "chromium", "firefox": "firefox-esr"}
"""The browsers, and Debian's packages of them with their programs."""
DRIVER = Path(__file__).with_name("firefox_driver.cjs")
DARK = {"layout.css.prefers-color-scheme.content-override": 0}


@contextmanager
def running(name: str) -> Iterator[Browser]:
    """Run a browser for the length of a with block; skips the test where it is not installed."""
    binary = shutil.which(PACKAGES[name])
    if not binary:
        pytest.skip(f"{PACKAGES[name]} is not installed; on Debian: apt-get install {PACKAGES[name]}")
    driver = {"NODE_OPTIONS": f"--require {DRIVER}"} if name == "firefox" else {}
    with mock.patch.dict(os.environ, driver), sync_playwright() as playwright:
        browser = _launched(playwright, name, binary)
        yield browser
        browser.close()


def _launched(playwright: Playwright, name: str, binary: str) -> Browser:
    if name == "chromium":
        return playwright.chromium.launch(executable_path=binary, args=["--no-sandbox"])
    return playwright.firefox.launch(channel="moz-firefox", executable_path=binary, firefox_user_prefs=DARK)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for a file of tests: while it runs, its event loop leaves no room for another."""
    with running(os.environ.get("PREGAO_BROWSER", "chromium")) as one:
        yield one


# What runs longer (a pulsing dot, the bar of a grace period) is no transition: nobody waits for its end.
STILL = """() => document.getAnimations().every(one => one.playState !== 'running'
  || one.effect?.getComputedTiming().endTime > 1000)"""
DRAWN = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))"


class Watched:
    """A page that remembers what it complained about and what it asked the network for."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requests: list[str] = []
        page.on(
            "console", lambda said: said.type in {"error", "warning"} and self.complaints.append(said.text)
        )
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda asked: self._asked(asked.url))

    def _asked(self, url: str) -> None:
        if not url.startswith(("file:", "data:", "blob:")):
            self.requests.append(url)

    def overflows(self) -> bool:
        """Must one scroll sideways?"""
        return bool(self.page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))

    def still(self) -> None:
        """Wait until what fades or slides has come to rest, and is drawn."""
        self.page.wait_for_function(STILL, timeout=10_000)
        self.page.evaluate(DRAWN)

    def shoot(self, name: str) -> Path:
        """Take a picture of the whole page at rest.

        None in Firefox: the driver puts a style into the page for it, which the page's policy refuses.
        """
        self.still()
        ARTEFACTS.mkdir(exist_ok=True)
        path = ARTEFACTS / f"{name}.png"
        browser = self.page.context.browser
        if browser is None or browser.browser_type.name != "firefox":
            self.page.screenshot(path=path, full_page=True)
        return path


@pytest.fixture
def look(browser: Browser, tmp_path: Path) -> Iterator:
    """Show HTML at a width, by day or by night."""
    opened = []

    def show(html: str, width: int = 1280, scheme: str = "light", height: int = 768) -> Watched:
        file = tmp_path / f"page-{len(opened)}.html"
        file.write_text(html, encoding="utf-8")
        page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
        opened.append(page)
        watched = Watched(page)
        page.goto(file.as_uri())
        return watched

    yield show
    for page in opened:
        page.close()
