"""How long an alert takes to a phone when nobody has a screen open: push, messenger, e-mail."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

from local.audit.run_account import read_audit
from local.load.run import poster, settle
from pregao_bridge.outcome import Accepted
from tests.bench import faults
from tests.bench.desk import desk
from tests.bench.pockets import pockets

WHO = faults.HEALTHY
STEPS = "screen, push 0, telegram 3, email 12"
PACE_S = 4.0
"""Between two alerts: one is on its way to the push service at a time."""
ALERTS = 20
ROWS = {
    "push": ("push at its service, after the candle was posted", "< 2 s"),
    "telegram": ("message at the messenger, 3 s behind push, after the candle was posted", "< 5 s"),
    "email": ("e-mail, 12 s behind the messenger, since neither was confirmed, after detection", "only then"),
}


def measured(work: Path, alerts: int) -> dict[str, list[float]]:
    """Return the seconds of each alert by channel, in the order of the posts; e-mail from its detection."""
    with (
        desk(1, work, channels={WHO: STEPS}) as it,
        pockets(it, 0) as phones,
    ):
        since = datetime.now(UTC).isoformat(timespec="microseconds")
        posted = _post(it, alerts)
        settle(it.stack)
        audit = read_audit(it.stack.client("dynamodb"), it.stack.outputs, since)
        notes = {(one.channel, one.alert): one.at for one in phones.notes()}
        mails = {
            one["alert_id"]: float(one["latency_ms"]) / 1000
            for one in audit.deliveries
            if (one["channel"], one["status"]) == ("email", "sent")
        }
        found = {
            channel: [notes[channel, alert] - at for alert, at in posted.items()]
            for channel in ("push", "telegram")
        }
        return {**found, "email": [mails[alert] for alert in posted]}


def _post(it: SimpleNamespace, alerts: int) -> Mapping[str, float]:
    """Post until so many alerts were admitted; returns when each was posted."""
    send, posted = poster(it.stack), dict[str, float]()
    for body in itertools.islice(it.posts, 4 * alerts):
        at = time.time()
        outcome = send.post(body)
        assert isinstance(outcome, Accepted), outcome
        posted |= {str(one["id"]): at for one in outcome.alerts if one["verdict"] == "admitted"}
        if len(posted) >= alerts:
            return posted
        time.sleep(max(0.0, at + PACE_S - time.time()))
    raise AssertionError(f"{len(posted)} of {alerts} admitted")


def told(seconds: Sequence[float]) -> str:
    """Return the first, which finds cold functions, then the least, the median and the most of the others."""
    first, *warm = seconds
    spread = f"{min(warm):.2f} / {statistics.median(warm):.2f} / {max(warm):.2f}"
    return f"{first:.2f} s | {spread} s"


def measure(work: Path) -> list[str]:
    """Return the section."""
    found = measured(work, ALERTS)
    rows = [f"| {what} | {told(found[channel])} | {wanted} |" for channel, (what, wanted) in ROWS.items()]
    return [
        "## To a phone",
        f"Nobody has a screen open, `channels: [{STEPS}]`, push service and messenger are stand-ins on"
        " loopback: no real one was tried. Each alert found its way by all three. "
        f"{ALERTS} alerts, {PACE_S:.0f} s apart; the first finds cold functions, the other {ALERTS - 1} stand"
        " as smallest / median / largest.",
        "",
        f"| what | the first | the other {ALERTS - 1} | goal |",
        "|---|---|---|---|",
        *rows,
        "",
        "A push service that fails, hangs or loses answers, and a bot that is blocked: see *Soaked*.",
        "",
    ]
