"""What `pregao-bridge check` says in each state; run as a module it writes that into the desk's page."""

from __future__ import annotations

import os
import re
import tempfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from unittest.mock import patch

import urllib3

from pregao_bridge.app.check import Check, as_text
from pregao_bridge.app.subcommands import findings
from pregao_bridge.batch import Stream, build
from pregao_bridge.clocks import Skew
from pregao_bridge.cloud.signed import Answer
from pregao_bridge.feed.posting import keep_refused
from pregao_bridge.market import Condition, Health, MarketFault
from pregao_bridge.outcome import Refused
from pregao_bridge.state import Lock, StateDir
from tests.unit.local.bridge_desk import START, STEP, WDO, WIN, FakeMarket, Time, config

PAGE = Path(__file__).resolve().parents[3] / "local" / "bridge" / "README.md"
URL = "https://a1b2c3d4e5.execute-api.sa-east-1.amazonaws.com"
BLOCK = r"(<!-- check: {name} -->\n```text\n).*?(```)"


class Connection:
    """A way to a cloud that answers with a status, or not at all."""

    def __init__(self, status, ahead_s=0.0):
        self.status, self.ahead_s = status, ahead_s

    def __call__(self, _config, _keys, skew):
        skew.seconds = self.ahead_s if self.status else None
        return self

    def post(self, _url, body):
        assert b'"version":1' in body
        if not self.status:
            raise urllib3.exceptions.NewConnectionError(None, "nobody")
        return Answer(self.status, b"{}", {}, 0.0, 0.043)


class TwoSymbols(FakeMarket):
    """The desk's two symbols, each with its own contract."""

    def source(self, symbol, _timeframe):
        return OneSymbol(self, symbol)


class OneSymbol:
    """The market's windows under one symbol's contract."""

    def __init__(self, market, symbol):
        self.market, self.contract = market, f"{symbol[:3]}J26"

    def window(self, *asked):
        window = self.market.window(*asked)
        return window and replace(window, contract=self.contract)


class Scene:
    """A desk after the close of 12:00: two feeds, everything accepted, a bridge running."""

    def __init__(self, directory: Path):
        self.directory, self.time = directory, Time(START + 3 * STEP + 20)
        self.market = TwoSymbols(self.time)
        self.market.said = replace(self.market.said, build=5000, server="Corretora-PRD")
        self.cloud, self.pid, self.keys = Connection(202), 4711, True
        self.config = config(directory / "state", (WIN, WDO), URL, language="pt-BR")
        cloud = replace(self.config.cloud, profile="pregao")
        self.config = replace(self.config, file=Path("bridge.toml"), cloud=cloud)
        self.accept(int(self.time.now) // STEP * STEP - STEP)

    def room(self, feed=WIN):
        return StateDir(self.config.state).room(feed)

    def accept(self, newest):
        for feed in (WIN, WDO):
            self.room(feed).cursor.write(newest)

    def refuse(self):
        window = self.market.window(START + STEP, 262, 100)
        batch = build(Stream("mesa-1", WIN.symbol, "M5"), window, historical=False)
        self.room().cursor.write(START + STEP)
        keep_refused(
            self.room().path, batch, Refused(400, ("candles.high[250]: 130100 is below open 130105",))
        )

    def text(self, language="pt-BR"):
        credentials = self.directory / "credentials"
        if self.keys:
            credentials.write_text(
                "[pregao]\naws_access_key_id=AKIAIOSFODNN7EXAMPLE\naws_secret_access_key=x\n"
            )
        check = Check(
            self.config,
            language,
            lambda: self.market,
            Skew(),
            connect=self.cloud,
            sleep=lambda _s: None,
            clock=self.time,
        )
        holder = patch.object(Lock, "holder", lambda _lock: self.pid)
        with holder, patch.dict(os.environ, {"AWS_SHARED_CREDENTIALS_FILE": str(credentials)}):
            said = as_text(check.findings(), language)
        said = said.replace(str(self.config.state), r"C:\pregao\state")
        return said.replace(str(credentials), r"C:\Users\mesa\.aws\credentials")


def fault(scene, condition, detail="", code=None):
    """The terminal has it, and so have its symbols."""
    scene.market.fault = MarketFault(condition, detail, code)
    said = scene.market.said if condition in {Condition.SYMBOL_MISSING, Condition.LOADING} else None
    scene.market.said = said or Health(condition, detail, code)


def _evening(scene):
    scene.market.said = replace(scene.market.said, condition=Condition.NO_TRADES)


def _no_keys(scene):
    scene.keys = False


def _late(scene):
    scene.pid = None
    scene.time.now += 9 * STEP


def _cloud(status, ahead_s=0.0):
    def change(scene):
        scene.cloud = Connection(status, ahead_s)

    return change


STATES = {
    "healthy": lambda _scene: None,
    "evening": _evening,
    "no keys": _no_keys,
    "terminal closed": partial(fault, condition=Condition.NOT_STARTED, code=-10_004),
    "not installed": partial(fault, condition=Condition.NOT_INSTALLED),
    "logged out": partial(fault, condition=Condition.LOGGED_OUT, code=-6),
    "broker lost": partial(fault, condition=Condition.BROKER_LOST),
    "clock unsure": partial(fault, condition=Condition.CLOCK_UNSURE),
    "symbol missing": partial(fault, condition=Condition.SYMBOL_MISSING, code=-4),
    "loading": partial(fault, condition=Condition.LOADING),
    "failed": partial(fault, condition=Condition.FAILED, detail="out of memory", code=-3),
    "cloud away": _cloud(None),
    "cloud sick": _cloud(500),
    "wrong url": _cloud(404),
    "signature": _cloud(403),
    "clock": _cloud(403, 312.0),
    "bridge stopped": _late,
    "refused": Scene.refuse,
}


def rendered(name, language="pt-BR") -> str:
    """What check says in a state."""
    with tempfile.TemporaryDirectory() as directory:
        scene = Scene(Path(directory))
        STATES[name](scene)
        return scene.text(language)


def misconfigured() -> str:
    """What check says of a file with a mistake."""
    with tempfile.TemporaryDirectory() as directory:
        file = Path(directory) / "bridge.toml"
        file.write_text(
            'bridge_id = "mesa-1"\nfeed = 1\n[cloud]\nurl = "http://x.com"\nregion = "sa-east-1"\n'
        )
        found, language = findings(file, None)
        return as_text(found, language).replace(str(file), "bridge.toml")


def blocks() -> dict[str, str]:
    """Every block of the page."""
    return {**{name: rendered(name) for name in STATES}, "configuration": misconfigured()}


def written(text: str) -> str:
    """The page with its blocks as they are now."""
    for name, said in blocks().items():
        pattern = re.compile(BLOCK.format(name=re.escape(name)), re.DOTALL)
        text = pattern.sub(lambda found, said=said: f"{found[1]}{said}\n{found[2]}", text)
    return text


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
