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
from tests.cloud import AUDIT
from tests.counted_desk import OPERATORS, Desk, Scene, a_desk
from tests.fakes import a_level
from tests.functions.conftest import sample


def ringing(contract: str) -> dict[str, Any]:
    """The sample's post, whose newest candle raises an alert, of a contract of its own."""
    event = sample("detect")
    return event | {"body": json.dumps(json.loads(event["body"]) | {"contract": contract})}


LEVELS = 10
"""Price levels that wait on one feed: two of each of a desk's operators on five symbols."""
FOLLOW = {"action": "follow", "instruments": ["WIN"]}


def quiet(event: Mapping[str, Any]) -> dict[str, Any]:
    """The same post with a newest candle in which nothing happens."""
    batch = json.loads(event["body"])
    for name in ("open", "high", "low", "close"):
        batch["candles"][name][-1] = batch["candles"]["close"][-2]
    return {**event, "body": json.dumps(batch)}


def a_quiet_candle(desk: Desk, _contract: str) -> None:
    """A candle is posted as it closes, nothing fires."""
    with desk.uncounted():
        _posted_live(desk)
    _posted_live(desk)
    with desk.uncounted():
        desk.forgets_feeds()  # else it falls silent in scenes that move the clock


def _posted_live(desk: Desk) -> None:
    event = quiet(sample("detect"))
    assert desk.post(event | {"body": json.dumps(json.loads(event["body"]) | {"historical": False})}) == []


def an_alert_on_screens(desk: Desk, contract: str) -> None:
    """All have a screen open and confirm, the timer audits that, one of them decides and all are told."""
    with desk.screens():
        _shown(desk, contract)


def _shown(desk: Desk, contract: str) -> None:
    (alert,) = desk.post(ringing(contract))
    assert alert["verdict"] == "admitted"
    desk.consume("AlertQueue", "deliver")
    for name in desk.names:
        desk.says(name, {"action": "receipt", "alert_id": alert["id"]})
    desk.now += 10
    desk.consume("FallbackQueue", "fallback")
    desk.says(desk.names[0], {"action": "act", "alert_id": alert["id"], "decision": "executed"})


def an_alert_archived(desk: Desk, contract: str) -> None:
    """What an alert on screens left in the three tables goes into the archive, a batch of each stream."""
    with desk.uncounted():
        before = {table: len(desk.stack.records(table)) for table in AUDIT}
        an_alert_on_screens(desk, contract)
    for table, name in AUDIT.items():
        grown = [one for one in desk.stack.records(table) if one["chain"].startswith(contract)]
        assert len(desk.stack.records(table)) > before[table]
        event = sample("archive")
        (record,) = event["Records"]
        arn = f"arn:aws:dynamodb:sa-east-1:123456789012:table/{name}/stream/2026-11-23T00:00:00.000"
        keys = [{"chain": {"S": one["chain"]}, "seq": {"N": str(one["seq"])}} for one in grown]
        records = [
            record | {"eventSourceARN": arn, "dynamodb": record["dynamodb"] | {"Keys": key}} for key in keys
        ]
        assert desk.call("archive", event | {"Records": records})["archived"] == len(grown)


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


def an_hour_sealed(desk: Desk, _contract: str) -> None:
    """The hour's round: nothing is left to archive or to compact, one digest is signed."""
    with desk.uncounted():
        for _ in range(2):  # the day before is ended, then compacted
            _hour(desk)
    assert _hour(desk) == {"archived": 0, "digests": 1, "closed": 0}


def _hour(desk: Desk) -> dict[str, int]:
    desk.hours += 1
    then, desk.now = desk.now, desk.now + 3600 * desk.hours
    done = desk.call("archive", {"source": "aws.events"})
    desk.now = then
    return done


def a_screens_session(desk: Desk, _contract: str) -> None:
    """A screen connects and goes, as it does at least every two hours."""
    desk.opens(desk.names[0])
    desk.closes(desk.names[0])


def a_heartbeat(desk: Desk, _contract: str) -> None:
    """A bridge says how it is, each minute."""
    desk.beats()


def a_candle_on_charts(desk: Desk, _contract: str) -> None:
    """The stream hands a post's candle to the ticker, who keeps it and tells who wants its instrument."""
    with desk.screens():
        assert desk.call("ticker", sample("ticker"))["frames"] == len(desk.names)


MOMENT = 100
"""Feeds whose candles the stream hands over together: its BatchSize."""


def a_moment_on_charts(desk: Desk, _contract: str) -> None:
    """The stream hands over so many feeds' candles of one moment, and everybody follows all of them."""
    event = sample("ticker")
    (record,) = event["Records"]
    image, key = record["dynamodb"]["NewImage"], record["dynamodb"]["Keys"]
    feeds = [{"S": f"SEEN#X{n:03}#M1#live"} for n in range(MOMENT)]
    changed = [{"Keys": key | {"sk": one}, "NewImage": image | {"sk": one}} for one in feeds]
    with desk.screens():
        batch = {"Records": [record | {"dynamodb": record["dynamodb"] | one} for one in changed]}
        assert desk.call("ticker", batch)["frames"] == len(desk.names)


def a_chart_opened(desk: Desk, _contract: str) -> None:
    """A page asks for its desk, 500 candles and the day's alerts."""
    with desk.uncounted():
        desk.call("ticker", charted(500))
    desk.asks("desk", "/api/desk", desk.names[0])
    drawn = desk.asks("desk", "/api/candles", desk.names[0], {"instrument": "WIN", "timeframe": "M5"})
    assert len(json.loads(drawn["body"])["candles"]["time"]) == 500
    desk.asks("desk", "/api/alerts", desk.names[0], {"day": "2025-11-14"})


def charted(count: int) -> dict[str, Any]:
    """The stream's sample with so many candles in it."""
    event = sample("ticker")
    image = event["Records"][0]["dynamodb"]["NewImage"]
    (candle,) = json.loads(image["candles"]["S"])
    series = [candle | {"time": candle["time"] - 300 * back} for back in range(count)]
    image["candles"] = {"S": json.dumps(series)}
    return event


def health_asked(desk: Desk, _contract: str) -> None:
    """A page asks how the system is, as a visible one does every 15 seconds."""
    assert desk.asks("status", "/api/health")["statusCode"] == 200


def a_candle_with_levels(desk: Desk, _contract: str) -> None:
    """As a quiet candle, of a feed that LEVELS price levels wait on: they ride on its mark."""
    with desk.uncounted():
        _posted_live(desk)
        desk.arms([a_level(999_000.0 + n, id=f"{n:016x}") for n in range(LEVELS)])
    _posted_live(desk)
    with desk.uncounted():
        desk.forgets_feeds()


def a_screen_follows(desk: Desk, _contract: str) -> None:
    """A screen says whose price it shows, and the bridge is asked for it; said again this is a write less."""
    with desk.screens():
        with desk.uncounted():
            desk.beats()
        desk.says(desk.names[0], FOLLOW)
    with desk.uncounted():
        desk.forgets_feeds()


def a_price_told(desk: Desk, _contract: str) -> None:
    """A bridge posts one market's price, and all who are concerned look at it."""
    with desk.screens():
        with desk.uncounted():
            for name in desk.names:
                desk.says(name, FOLLOW)
        assert desk.quotes() == len(desk.names)


def a_ping(desk: Desk, _contract: str) -> None:
    """A screen keeps a quiet socket open."""
    with desk.screens():
        desk.says(desk.names[0], {"action": "ping"})


SCENES: tuple[Scene, ...] = (
    a_quiet_candle,
    an_alert_on_screens,
    an_alert_by_mail,
    an_alert_archived,
    a_quiet_minute,
    an_hour_sealed,
    a_screens_session,
    a_heartbeat,
    a_candle_on_charts,
    a_chart_opened,
    health_asked,
    a_ping,
    a_candle_with_levels,
    a_screen_follows,
    a_price_told,
    a_moment_on_charts,
)


@contextmanager
def a_warm_desk(work: Path, concerned: int = OPERATORS, elsewhere: int = 0) -> Iterator[Desk]:
    """A desk whose functions have all been called: what building them costs is no part of a scene."""
    with a_desk(work, concerned, elsewhere) as desk:
        for scene, contract in zip(SCENES, CONTRACTS, strict=False):
            scene(desk, contract)
        yield desk
