"""Two operators press within the same second: the real stack and pages, either mode, cuts between.

What each saw and what the audit says must agree.
"""

from __future__ import annotations

import re
import shutil
from types import SimpleNamespace

import pytest
from playwright.sync_api import expect

from local.stack.dev_server import serving
from local.stack.up import stack_up
from pregao.config.reader import load as load_config
from tests.browser.conftest import browser  # noqa: F401 a fixture of this file's
from tests.browser.console_screen import Screen, built, until
from tests.browser.console_server import DIST
from tests.e2e.conftest import ROOT
from tests.e2e.desk import audit_of, batch_of, dump, post, token_of

pytestmark = [pytest.mark.emulator, built]
LINES = """
window.lines = []
window.WebSocket = class extends WebSocket {
  constructor(...given) { super(...given); window.lines.push(this) }
}
"""
"""So that a test can break a page's lines."""
NAMES = {one.audit_id: (one.id, one.name) for one in load_config(ROOT / "config").operators}
PRESSED = {"ana": ("r", "rejected", "Rejeitado"), "bruno": ("f", "false_alarm", "Alarme falso")}


@pytest.fixture(scope="module", params=["first", "each"])
def mode(request):
    return request.param


@pytest.fixture(scope="module")
def stack(mode, tmp_path_factory):
    config = tmp_path_factory.mktemp("config")
    shutil.copytree(ROOT / "config", config, dirs_exist_ok=True)
    text = (config / "alertas.yaml").read_text(encoding="utf-8")
    assert "  decision: first " in text
    text = text.replace("  decision: first ", f"  decision: {mode} ")
    (config / "alertas.yaml").write_text(text, encoding="utf-8")
    people = (
        (config / "operators.yaml").read_text(encoding="utf-8").replace("language: en", "language: pt-BR")
    )
    (config / "operators.yaml").write_text(people, encoding="utf-8")
    with stack_up(ROOT, tmp_path_factory.mktemp("stack"), {"AllowReplay": "true"}, config) as up:
        yield up


@pytest.fixture(scope="module")
def pages(stack, browser):  # noqa: F811 the fixture imported above
    with serving(stack, DIST, lambda name: token_of(stack, name)) as url:
        tabs = {}
        for name in ("ana", "bruno"):
            context = browser.new_context(viewport={"width": 1366, "height": 768})
            context.add_init_script(LINES)
            tabs[name] = Screen(context.new_page(), url)
            tabs[name].page.goto(f"{url}/#token={token_of(stack, name)}")
            tabs[name].online()
        yield tabs


def cut(tab):
    """The line of an operator's page breaks; the page comes back by itself."""
    tab.page.evaluate("window.lines.splice(0).forEach(one => one.close())")


def shown(tab, alert):
    """What an operator's card says: the decision that stands for them, and the colleagues' chips."""
    tab.row(alert).click()
    made = tab.page.locator(".card .made")
    # A page that was cut reads what stands when it is back.
    expect(made).to_contain_text(" por ", timeout=30_000)
    return made.inner_text(), tab.page.locator(".card .others .chip").all_inner_texts()


def records(stack, ident):
    """Who decided what, by the audit."""
    rows = [one for one in audit_of(stack).actions if one.get("alert_id") == ident]
    return {NAMES[one["operator"]][0]: (one["decision"], one.get("own", False)) for one in rows}, len(rows)


ROUNDS = {
    "nothing between": lambda _pages: None,
    "Ana's page is loaded anew in the grace": lambda pages: pages["ana"].page.reload(),
    "Bruno's line is cut in the grace": lambda pages: cut(pages["bruno"]),
    "both at once": lambda pages: (cut(pages["ana"]), pages["bruno"].page.reload()),
}


@pytest.mark.parametrize("between", ROUNDS)
def test_what_each_saw_and_what_the_audit_says_agree(stack, pages, ringing, mode, between):
    contract = f"WINJ{40 + list(ROUNDS).index(between)}"
    status, answer = post(stack, dump(batch_of(ringing, contract=contract)))
    assert status == 202
    alert = SimpleNamespace(id=next(one["id"] for one in answer["alerts"] if one["verdict"] == "admitted"))
    for tab in pages.values():
        tab.row(alert).click(timeout=30_000)
        expect(tab.page.locator(".card")).to_contain_text(contract)
    pages["bruno"].page.wait_for_timeout(1000)  # a new alert on the card takes no key for a moment
    for name, tab in pages.items():  # one key each, a few milliseconds apart
        tab.page.keyboard.press(PRESSED[name][0])
    ROUNDS[between](pages)
    expected = 1 if mode == "first" else 2
    until(lambda: records(stack, alert.id)[1] >= expected, 60)
    for tab in pages.values():
        tab.online()
        expect(tab.row(alert)).to_contain_text(re.compile("Rejeitado|Alarme falso"), timeout=30_000)
    decided, written = records(stack, alert.id)
    assert written == len(decided) == expected
    for after in ("as heard", "loaded anew"):
        for name, tab in pages.items():
            if after == "loaded anew":
                tab.page.reload()
                tab.online()
            made, chips = shown(tab, alert)
            whose = name if mode == "each" else next(iter(decided))
            decision, own = decided[whose]
            assert own is (mode == "each")
            word = next(told for _, one, told in PRESSED.values() if one == decision)
            assert made.startswith(f"{word} por {NAMES_BY_ID[whose]}"), (after, name)
            others = [(who, one) for who, (one, _) in decided.items() if who != whose]
            assert chips == [f"{NAMES_BY_ID[who]}: {PRESSED[who][2]}" for who, _ in others], (after, name)
    assert records(stack, alert.id) == (decided, written)


NAMES_BY_ID = dict(NAMES.values())
