"""What happens on a desk, told to the deployed functions: a quiet candle, an alert's whole life, a minute.

tests/functions/test_scenes.py asserts what each of them costs in requests and units, the benchmark in US$.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pregao.wire.alert_v1 import load_alert
from tests.bench.desk import CONTRACTS
from tests.counted_desk import Desk, Scene, a_desk
from tests.functions.conftest import sample


def ringing(contract: str) -> dict[str, Any]:
    """The sample's post, whose newest candle raises an alert, of a contract of its own."""
    event = sample("detect")
    return event | {"body": json.dumps(json.loads(event["body"]) | {"contract": contract})}


def quiet(event: Mapping[str, Any]) -> dict[str, Any]:
    """The same post with a newest candle in which nothing happens."""
    batch = json.loads(event["body"])
    for name in ("open", "high", "low", "close"):
        batch["candles"][name][-1] = batch["candles"]["close"][-2]
    return {**event, "body": json.dumps(batch)}


def a_quiet_candle(desk: Desk, _contract: str) -> None:
    """A candle is posted as it closes, nothing fires."""
    event = quiet(sample("detect"))
    assert desk.post(event | {"body": json.dumps(json.loads(event["body"]) | {"historical": False})}) == []


def an_alert_on_screens(desk: Desk, contract: str) -> None:
    """All ten have a screen, all confirm, the timer audits that, one of them decides."""
    with desk.uncounted():  # a_screens_session counts it
        for name in desk.names:
            desk.opens(name)
    (alert,) = desk.post(ringing(contract))
    assert alert["verdict"] == "admitted"
    desk.consume("AlertQueue", "deliver")
    for name in desk.names:
        desk.says(name, {"action": "receipt", "alert_id": alert["id"]})
    desk.now += 10
    desk.consume("FallbackQueue", "fallback")
    desk.says(desk.names[0], {"action": "act", "alert_id": alert["id"], "decision": "executed"})
    with desk.uncounted():
        for name in desk.names:
            desk.closes(name)


def an_alert_by_mail(desk: Desk, contract: str) -> None:
    """Nobody has a screen, all ten are e-mailed, nobody decides, the minute's round closes it."""
    (alert,) = desk.post(ringing(contract))
    assert alert["verdict"] == "admitted"
    admitted = load_alert(desk.meter.queued[-1][1])
    desk.consume("AlertQueue", "deliver")
    desk.consume("FallbackQueue", "fallback")
    then, desk.now = desk.now, admitted.decide_by + 1
    assert desk.call("watch", sample("watch"))["timed_out"] == 1
    desk.now = then


def a_quiet_minute(desk: Desk, _contract: str) -> None:
    """The minute's round finds nothing to do."""
    assert not any(desk.call("watch", sample("watch")).values())


def a_screens_session(desk: Desk, _contract: str) -> None:
    """A screen connects and goes, as it does at least every two hours."""
    desk.opens(desk.names[0])
    desk.closes(desk.names[0])


SCENES: tuple[Scene, ...] = (
    a_quiet_candle,
    an_alert_on_screens,
    an_alert_by_mail,
    a_quiet_minute,
    a_screens_session,
)


@contextmanager
def a_warm_desk(work: Path) -> Iterator[Desk]:
    """A desk whose functions have all been called: what building them costs is no part of a scene."""
    with a_desk(work) as desk:
        for scene, contract in zip(SCENES, CONTRACTS, strict=False):
            scene(desk, contract)
        yield desk
