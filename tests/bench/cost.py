"""What AWS would ask: the deployed functions over moto, counted at botocore, priced by infra/prices.yaml."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from local.ops.costs import (
    MINUTES_A_MONTH,
    POLL_S,
    POLLERS,
    PriceList,
    Usage,
    bill,
    by_service,
    read_prices,
    together,
    total,
)
from local.ops.month import DAYS, HOURS, METRICS, RECONNECTS, standing
from tests import scenes
from tests.bench import months
from tests.bench.desk import CONTRACTS
from tests.cloud import ROOT, template
from tests.counted_desk import OPERATORS, PLATFORM_LOG_BYTES, Desk, counted

PRICES = ROOT / "infra" / "prices.yaml"
TIMES = 4
FACTORS = {"a_quiet_candle": 1_000_000, "an_alert_on_screens": 1_000, "an_alert_by_mail": 1_000}
HEADS = (
    "a million quiet candles",
    "a thousand alerts, screens",
    "a thousand alerts, e-mails",
    "a month idle",
)


def measure() -> list[str]:
    """The section's lines."""
    sys.stderr.write("· what it costs\n")
    prices = read_prices(PRICES)
    with tempfile.TemporaryDirectory(prefix="pregao-cost-") as work, scenes.a_warm_desk(Path(work)) as desk:
        used = {scene.__name__: usage(desk, scene, number) for number, scene in enumerate(scenes.SCENES)}
        last = [counted(desk, scene, CONTRACTS[-1 - n]) for n, scene in enumerate(scenes.SCENES)]
    requests = [len(one.asked) for one in last]
    by_name = dict(zip((scene.__name__ for scene in scenes.SCENES), last, strict=True))
    kept_bytes, archived = by_name["an_alert_on_screens"].kept, by_name["an_alert_archived"].archived
    bills = {name: together((times, used[name])) for name, times in FACTORS.items()}
    bills["a_month"] = idle_month(used)
    kept = bill({"dynamodb_byte_month": 1000 * kept_bytes}, prices)
    return [
        *_introduction(prices),
        *_in_dollars(list(bills.values()), prices),
        *_in_units(used, requests),
        f"A thousand alerts on screens leave {kept_bytes / 1000:.0f} MB in the audit tables and their nine"
        f" indices: US$ {total(kept):.3f} a month more, for seven years {84 * total(kept):.2f};"
        f" {archived / 1000:.1f} MB in the archive.",
        "",
        *months.lines(used, standing(template()), prices),
    ]


def usage(desk: Desk, scene: scenes.Scene, number: int) -> Usage:
    """One scene's units: the same in each run but for durations, of which the median counts."""
    first = len(scenes.SCENES) + number * TIMES
    runs = [counted(desk, scene, contract).usage for contract in CONTRACTS[first : first + TIMES]]
    return {name: median(run[name] for run in runs) for name in runs[0]}


def idle_month(used: Mapping[str, Usage]) -> Usage:
    """A month in which nothing rings: what stands, the minutes' rounds, ten screens open in the session."""
    screens = OPERATORS * DAYS
    return together(
        (1, standing(template())),
        (MINUTES_A_MONTH, used["a_quiet_minute"]),
        (screens * RECONNECTS, used["a_screens_session"]),
        (screens * HOURS * 60, {"socket_minute": 1}),
    )


def _introduction(prices: PriceList) -> list[str]:
    unread = [name for name, one in prices.prices.items() if not one.confirmed]
    return [
        "## What it costs",
        "",
        "The functions as template.yaml deploys them, over moto: requests counted by botocore's hooks, units"
        " from the items' real sizes, asserted in tests/functions/test_scenes.py, priced by"
        f" infra/prices.yaml ({prices.region}; not confirmed: {', '.join(unread) or 'none'}). No free tier,"
        " no data transfer, warm functions.",
        "",
        f"Alerts go to {OPERATORS} operators and include their candle. On screens: all have one open and"
        " confirm, one decides and all are told. By e-mail: nobody has a screen, nobody decides, the minute's"
        f" round closes it. Idle: ten screens open {HOURS} h on {DAYS} days, two queues polled by {POLLERS}"
        f" receives of {POLL_S} s each (an assumption), `watch` each minute, the secret, the alarms,"
        f" {METRICS} metrics of our own, the digests' key.",
        "",
    ]


def _in_dollars(bills: Sequence[Usage], prices: PriceList) -> list[str]:
    services = [by_service(bill(one, prices)) for one in bills]
    names = list(dict.fromkeys(name for one in services for name in one))
    rows = [(name, [one.get(name, 0.0) for one in services]) for name in names]
    sums = [total(bill(one, prices)) for one in bills]
    rows.append((f"**all, {prices.region}**", sums))
    for region, there in prices.elsewhere.items():
        sure = "" if there.confirmed else ", not confirmed"
        rows.append((f"{region}, times {there.times}{sure}", [there.times * one for one in sums]))
    table = [f"| {name} | {' | '.join(f'{usd:.3f}' for usd in usds)} |" for name, usds in rows]
    return [f"| US$ | {' | '.join(HEADS)} |", "|---|---|---|---|---|", *table, ""]


def _in_units(used: Mapping[str, Usage], requests: Sequence[int]) -> list[str]:
    units = list(dict.fromkeys(name for one in used.values() for name in one))
    heads = [name.replace("_", " ") for name in used]
    lines = [f"| units of one | {' | '.join(heads)} |", f"|---{'|---' * len(heads)}|"]
    lines.append(f"| requests to AWS by the functions | {' | '.join(map(str, requests))} |")
    for name in units:
        cells = [f"{one.get(name, 0):.4g}" for one in used.values()]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return [
        *lines,
        "",
        "`lambda_gb_second` is memory times the CPU time on this machine, moto's included, as tests/mocked.py"
        f" shortens it (median of {TIMES}), not AWS's; `log_byte` holds {PLATFORM_LOG_BYTES}"
        " bytes an invocation for Lambda's own lines (an assumption).",
        "",
    ]
