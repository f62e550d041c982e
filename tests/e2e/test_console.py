"""The real page on the real stack in a real browser: log in, see an alert, decide, come back by its link."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import urllib3
from playwright.sync_api import expect

from local.load.run import settle
from local.stack.dev_server import serving
from tests.browser.conftest import browser  # noqa: F401 a fixture of this file's
from tests.browser.console_screen import Screen, built, until
from tests.browser.console_server import DIST
from tests.e2e.desk import ANA, audit_of, batch_of, dump, post, token_of

pytestmark = [pytest.mark.emulator, built]


@pytest.fixture
def screen(stack, browser):  # noqa: F811 the fixture imported above
    def issue(name):
        return token_of(stack, name) if name in {"ana", "bruno"} else None

    with serving(stack, DIST, issue) as url:
        context = browser.new_context(viewport={"width": 1366, "height": 768}, color_scheme="dark")
        tab = Screen(context.new_page(), url)
        yield tab
        context.close()
    assert [one for one in tab.complaints if "WebSocket connection" not in one] == []


def reached(candles, stack, ident):
    """The candles and one more, which goes from the alert's close to its target and not a tick beyond."""
    alert = next(one for one in audit_of(stack).alerts if one["alert_id"] == ident)["alert"]
    close, target = float(candles.close[-1]), float(alert["take_profit"])
    low, high = sorted((close, target))
    more = {"time": int(candles.time[-1]) + 300, "open": close, "high": high, "low": low, "close": target}
    columns = {
        name: getattr(candles, name)
        for name in ("time", "open", "high", "low", "close", "tick_volume", "real_volume", "spread")
    }
    return replace(
        candles,
        **{
            name: np.append(column, more.get(name, column[-1])).astype(column.dtype)
            for name, column in columns.items()
        },
    )


def asked(stack, path):
    """What the desk's endpoint answers ana."""
    with urllib3.PoolManager(retries=False, timeout=30) as pool:
        headers = {"Authorization": f"Bearer {token_of(stack, 'ana')}"}
        return pool.request("GET", f"{stack.http_url}/api/{path}", headers=headers).json()


def parted(url, stack, ident, decision):
    """The status that a decision has which ana's page sends through its own server as it is closed."""
    with urllib3.PoolManager(retries=False, timeout=30) as pool:
        headers = {"Authorization": f"Bearer {token_of(stack, 'ana')}", "Origin": url}
        form = {"fields": {"decision": decision}, "encode_multipart": False}
        return pool.request("POST", f"{url}/api/alerts/{ident}/decision", headers=headers, **form).status


def test_an_operators_day_on_the_real_stack(stack, screen, ringing):
    page = screen.page
    page.goto(screen.url)
    page.locator("input[name=operator]").fill("ana")
    page.get_by_role("button", name="Entrar", exact=True).first.click()
    screen.online()

    posted = time.monotonic()
    status, answer = post(stack, dump(batch_of(ringing, contract="WINZ34", new=3)))
    assert status == 202
    ident = next(one["id"] for one in answer["alerts"] if one["verdict"] == "admitted")
    row = screen.row(SimpleNamespace(id=ident))
    row.wait_for()
    print(f"posted -> row: {time.monotonic() - posted:.2f} s")
    assert settle(stack)
    assert (ident, ANA) in audit_of(stack).reached("websocket", "received")

    row.click()
    expect(page.locator(".card")).to_contain_text("WINZ34")
    page.keyboard.press("e")

    def executed():
        """The replay's price may stand outside the entry: executing wants a second press then."""
        if page.locator(".card", has_text="Mesmo assim?").count():
            page.keyboard.press("e")
        return any(one["alert_id"] == ident for one in audit_of(stack).actions)

    until(executed, 30)
    (action,) = [one for one in audit_of(stack).actions if one["alert_id"] == ident]
    assert action["decision"] == "executed"
    expect(row).to_contain_text("Executado")
    assert [parted(screen.url, stack, ident, one) for one in ("executed", "rejected")] == [200, 409]
    assert [one["decision"] for one in audit_of(stack).actions if one["alert_id"] == ident] == ["executed"]
    screen.shoot("console-on-the-stack")

    page.locator(".levels-open").click()
    page.locator("[name=level-price]").fill("131.250")
    page.get_by_role("button", name="Criar alerta").click()
    expect(page.locator(".levels li")).to_contain_text("131.250")
    (level,) = asked(stack, "levels")["levels"]
    assert (level["instrument"], level["price"], level["state"]) == ("WIN", 131_250, "armed")
    page.get_by_role("button", name="Remover").click()
    until(lambda: asked(stack, "levels")["levels"] == [], 30)
    page.get_by_role("button", name="Fechar").click()

    assert post(stack, dump(batch_of(reached(ringing, stack, ident), contract="WINZ34")))[0] == 202
    until(
        lambda: asked(stack, f"alerts/{ident}")["outcome"] == "target", 30
    )  # candles are kept behind the answer
    page.goto("about:blank")
    page.goto(f"{screen.url}/#alert={ident}")  # as an e-mail's link does
    screen.online()
    expect(page.locator(".card")).to_contain_text("WINZ34")
    expect(page.locator(".card")).to_contain_text("Executado")
    expect(page.locator(".card")).to_contain_text("DesfechoAlvo")
    # The front of that day. On two busy cores the page may give up its first questions, and asks again.
    expect(page.locator(".chart-legend")).to_contain_text("WINJ26 M5  Abe", timeout=60_000)
    screen.shoot("console-link-on-the-stack")
