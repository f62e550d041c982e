"""US$ a month: a desk, and a thousand symbols for a thousand operators, counted on growing desks."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from local.ops.costs import PriceList, Usage, bill, by_service, together, total
from local.ops.month import (
    ALERTS_A_CANDLE,
    BATCHES_A_MOMENT,
    BEAT_S,
    CHARTS_A_DAY,
    DAYS,
    FEEDS_A_BRIDGE,
    FEEDS_A_POST,
    HEALTH_S,
    HOURS,
    MAILED,
    METRICS,
    MOMENT,
    PING_S,
    QUOTE_S,
    QUOTES_A_POST,
    Counted,
    Law,
    Load,
    channels,
    frames,
    month,
)
from tests import scenes
from tests.bench import calibrate, units
from tests.bench.desk import CONTRACTS
from tests.counted_desk import OPERATORS, Desk, counted

MORE, FEEDS = 40, 60
"""So many screens, recipients or feeds more has the desk that a slope is read off."""
LOADS = (
    Load("a desk", 10, 5, 300, 5),
    Load("1,000 x 1,000, 5 followed", 1_000, 1_000, 60, 5),
    Load("1,000 x 1,000, 20 followed", 1_000, 1_000, 60, 20),
    Load("1,000 x 1,000, 100 followed", 1_000, 1_000, 60, 100),
)
BEFORE = (2405, 3064, 6582)
"""US$ of the last three on the same scenes before posts of several feeds, shards and screens by operator."""
ELSEWHERE = {
    "API Gateway": ("socket_message", "socket_minute"),
    "IoT Core": ("iot_message", "iot_minute"),
    "AppSync Events": ("appsync_operation", "appsync_minute"),
}
"""What a delivered frame and an open minute are called in the price list, by who would carry them."""


def laws(small: Mapping[str, Usage]) -> dict[str, Law]:
    """Count all scenes on three more desks, and keep the counts for `pregao cost`."""
    on_desks = counted_desks(small)
    units.write(on_desks, OPERATORS, MORE, FEEDS)
    return {name: Law.of(one, OPERATORS, MORE, FEEDS) for name, one in on_desks.items()}


def counted_desks(small: Mapping[str, Usage]) -> dict[str, Counted]:
    """Count all scenes on three more desks; `small` are those of the desk of ten."""
    wider = a_desk(elsewhere=MORE)
    fuller = a_desk(OPERATORS + MORE)
    fed = a_desk(before=lambda desk: desk.knows_feeds(FEEDS))
    return {name: Counted(small[name], wider[name], fuller[name], fed[name]) for name in small}


def a_desk(
    concerned: int = OPERATORS, elsewhere: int = 0, before: Callable[[Desk], None] = lambda _: None
) -> dict[str, Usage]:
    """Count all scenes on one desk."""
    with (
        tempfile.TemporaryDirectory(prefix="pregao-cost-") as work,
        scenes.a_warm_desk(Path(work), concerned, elsewhere) as desk,
    ):
        before(desk)
        return {
            scene.__name__: counted(desk, scene, CONTRACTS[-1 - n]).usage
            for n, scene in enumerate(scenes.SCENES)
        }


def lines(small: Mapping[str, Usage], stands: Usage, prices: PriceList) -> list[str]:
    """The section's part on months."""
    known = laws(small)
    months = [month(load, known, stands) for load in LOADS]
    return [
        f"**Months**, from the same counted units: what a scene uses as its desk grows is read off desks with"
        f" {MORE} more screens, {MORE} more operators concerned, {FEEDS} more feeds, as a line. A desk: 10"
        f" operators, 5 symbols, M5. Else 1,000 symbols, M1, 1,000 operators; *followed*: symbols whose"
        f" alerts and candles each has asked for. {HOURS} h on {DAYS} days; {ALERTS_A_CANDLE:.3f} alerts"
        " a candle and feed, WINFUT's over nine months of M5 (README), for M1 too, which nobody measured;"
        f" {100 * MAILED:.0f} % of alerts by e-mail to all they concern; each screen pings every {PING_S} s,"
        f" asks for /health every {HEALTH_S} s as a visible page does, opens {CHARTS_A_DAY} charts a day; a"
        f" bridge per {FEEDS_A_BRIDGE} feeds, whose candles of a moment go {FEEDS_A_POST} in a post, a"
        f" heartbeat each {BEAT_S} s; {METRICS} metrics of our own."
        f" The candles of a moment come to ticker in {BATCHES_A_MOMENT} batches, of one candle at least and"
        f" {MOMENT} at most (assumed); a screen gets one frame of each batch in which it follows a symbol."
        " Quotes: each screen looks at one symbol all session, no two at the same where that can be; every"
        f" {QUOTE_S} s a bridge posts the prices that are looked at, {QUOTES_A_POST} in a post at most."
        f" Price levels: {scenes.LEVELS} wait on every feed; what their candles write more.",
        "",
        *_table("US$ a month, by purpose", [_by_purpose(one, prices) for one in months], prices),
        *_table("US$ a month, by service", [_by_service(one, prices) for one in months], prices),
        *_against_before([_by_purpose(one, prices) for one in months][1:]),
        *_beside(known, prices),
        *_how_many(months),
        *_carried(months, prices),
    ]


def _against_before(months: Sequence[Mapping[str, float]]) -> list[str]:
    """Say what is left of the bill of before, whose goal was half; quotes apart, which were priced beside."""
    left = [(sum(one.values()) - one["quotes"]) / was for one, was in zip(months, BEFORE, strict=True)]
    missed = [load.name for load, share in zip(LOADS[1:], left, strict=True) if share > 1 / 2]
    return [
        f"Against US$ {', '.join(f'{was:,}' for was in BEFORE)} on the same scenes before, quotes apart:"
        f" {', '.join(f'{100 * share:.0f} %' for share in left)}. Goal: half"
        + (f"; missed at {', '.join(missed)} (docs/SCALE.md says what is left)." if missed else "."),
        "",
    ]


def _by_purpose(parts: Mapping[str, Usage], prices: PriceList) -> dict[str, float]:
    return {name: total(bill(usage, prices)) for name, usage in parts.items()}


def _by_service(parts: Mapping[str, Usage], prices: PriceList) -> dict[str, float]:
    return by_service(bill(together(*((1, usage) for usage in parts.values())), prices))


def _table(title: str, columns: Sequence[Mapping[str, float]], prices: PriceList) -> list[str]:
    names = list(dict.fromkeys(name for one in columns for name in one))
    rows = [(name, [one.get(name, 0.0) for one in columns]) for name in names]
    rows.append((f"**all, {prices.region}**", [sum(one.values()) for one in columns]))
    return [
        _row(title, [load.name for load in LOADS]),
        f"|---{'|---' * len(LOADS)}|",
        *(_row(name, [f"{usd:,.2f}" for usd in usds]) for name, usds in rows),
        "",
    ]


def _beside(known: Mapping[str, Law], prices: PriceList) -> list[str]:
    """What is no scene of the months: sessions that end, and steps on phones."""
    cpu_s = calibrate.cpu_of_a_feed()
    rows = {
        "calibration": [calibrate.month_of(cpu_s, one.symbols, one.timeframe_s) for one in LOADS],
        "a step on a phone before each e-mail": [channels(one, known) for one in LOADS],
    }
    return [
        _row("US$ a month, beside", [load.name for load in LOADS]),
        f"|---{'|---' * len(LOADS)}|",
        *(
            _row(name, [f"{total(bill(usage, prices)):,.2f}" for usage in usages])
            for name, usages in rows.items()
        ),
        "",
    ]


def _how_many(months: Sequence[Mapping[str, Usage]]) -> list[str]:
    counts = {
        "candles": [load.candles for load in LOADS],
        "alerts": [load.alerts for load in LOADS],
        "frames to and from screens": [frames(one) for one in months],
        "DynamoDB write units": [_units(one, "dynamodb_write_unit") for one in months],
        "Lambda invocations": [_units(one, "lambda_request") for one in months],
    }
    return [
        _row("a month's", [load.name for load in LOADS]),
        f"|---{'|---' * len(LOADS)}|",
        *(_row(name, [f"{count:,.0f}" for count in row]) for name, row in counts.items()),
        "",
    ]


def _carried(months: Sequence[Mapping[str, Usage]], prices: PriceList) -> list[str]:
    rows = []
    for carrier, (message, minute) in ELSEWHERE.items():
        usages = [
            {message: frames(one), minute: load.open_s / 60} for load, one in zip(LOADS, months, strict=True)
        ]
        sure = "" if prices.price(message).confirmed and prices.price(minute).confirmed else ", not confirmed"
        rows.append(_row(f"{carrier}{sure}", [f"{total(bill(one, prices)):,.2f}" for one in usages]))
    return [
        _row("US$ for those frames and open minutes alone", [load.name for load in LOADS]),
        f"|---{'|---' * len(LOADS)}|",
        *rows,
        "",
        "Where the design bends before that, and what takes over: docs/SCALE.md.",
        "",
    ]


def _units(parts: Mapping[str, Usage], unit: str) -> float:
    return sum(usage.get(unit, 0) for usage in parts.values())


def _row(name: str, cells: Sequence[str]) -> str:
    return f"| {name} | {' | '.join(cells)} |"
